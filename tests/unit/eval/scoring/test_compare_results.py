"""Signatures: in every result, and what differs in them is not compared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.tables.signature import parts_of


@pytest.fixture
def results(tmp_path: Path) -> dict[str, str]:
    labels, said = tmp_path / "labels.csv", tmp_path / "said.csv"
    labels.write_text("ID,Label\na,SPOS\nb,NEUT\nc,WNEG\n", encoding="utf-8")
    said.write_text("ID,Label\na,SPOS\nb,junk\nc,WNEG\n", encoding="utf-8")
    found = {}
    for name, flags in (("plain", []), ("again", []), ("drop", ["--invalid", "drop"]), ("seed", ["--seed", "7"])):
        found[name] = str(tmp_path / f"{name}.json")
        assert main(["score", str(said), str(labels), "--bootstrap", "20", "--json", found[name], *flags]) == 0
    return found


def test_one_line_says_what_a_figure_rests_on(results: dict[str, str]) -> None:
    parts = parts_of(json.loads(Path(results["drop"]).read_text())["signature"])
    assert list(parts) == ["task", "v", "space", "invalid", "dup", "n", "ci", "seed", "harness"]
    assert parts | {"harness": "x"} == {
        "task": "score",
        "v": "1",
        "space": "sentiment5",
        "invalid": "drop",
        "dup": "last",
        "n": "2",
        "ci": "bootstrap-percentile@20",
        "seed": "0",
        "harness": "x",
    }


def test_different_signatures_are_refused_without_force(
    results: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", results["plain"], results["again"]]) == 0
    assert "task:score|v:1" in capsys.readouterr().out
    for other in ("drop", "seed"):
        assert main(["compare", results["plain"], results[other]]) == 2
        assert "different signatures" in capsys.readouterr().err
    assert main(["compare", results["plain"], results["drop"], "--force"]) == 0
    assert "invalid (wrong and drop)" in capsys.readouterr().out


def test_a_result_without_signature_is_refused(results: dict[str, str], tmp_path: Path) -> None:
    bare = tmp_path / "bare.json"
    bare.write_text("{}", encoding="utf-8")
    assert main(["compare", results["plain"], str(bare)]) == 2
