"""The verb `probes`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.__main__ import main
from tests.support.stories import write_story


@pytest.fixture
def run_dir(tmp_path: Path) -> Path:
    write_story(tmp_path, "a.mp4", "她的声音变大了。")
    return tmp_path


def test_questions_are_written_and_replies_scored(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probes", str(run_dir)]) == 0
    rows = [json.loads(line) for line in (run_dir / "probes.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows and all("<answer>yes</answer>" in row["question"] and row["answers"] == ["yes", "no"] for row in rows)
    replies = run_dir / "replies.jsonl"
    replies.write_text(
        "".join(json.dumps({"id": row["id"], "reply": row["truth"]}) + "\n" for row in rows[1:]), encoding="utf-8"
    )
    capsys.readouterr()
    assert main(["probes", str(run_dir), "--answers", str(replies), "--json", "-"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["schema"] == "probes/1" and result["n"] == len(rows) and result["without_reply"] == [rows[0]["id"]]
    assert result["accuracy"]["value"] == (len(rows) - 1) / len(rows)
    assert result["signature"].startswith(f"task:probes|v:1|n:{len(rows)}|")
    assert main(["probes", str(run_dir), "--answers", str(replies)]) == 0
    assert "always yes: .5 and none" in capsys.readouterr().out


def test_what_cannot_be_scored_is_refused(run_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = run_dir / "other.jsonl"
    other.write_text('{"id": "x", "reply": "yes"}\n', encoding="utf-8")
    for words, message in (
        (["--answers", str(other)], "answers none of these questions"),
        (["--answers", str(run_dir / "none.jsonl")], "No such file"),
        (["--omni-url", "http://127.0.0.1:1/v1"], "--omni-url needs --test-data"),
    ):
        assert main(["probes", str(run_dir), *words]) == 2
        assert message in capsys.readouterr().err
