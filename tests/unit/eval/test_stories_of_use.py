"""The scorer's commands as README shows them, run on small files: each does what its line says."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from eval.__main__ import main
from tests.support.stories import write_story


@pytest.fixture
def places(tmp_path: Path) -> dict[str, str]:
    """The words in capitals of README's lines → files of this test."""
    labels, said = tmp_path / "labels.csv", tmp_path / "said.csv"
    labels.write_text("ID,Label,A,B,C\na,happy,happy,happy,sad\nb,sad,sad,sad,sad\n", encoding="utf-8")
    space = ("happy", "sad", "neutral", "angry", "surprise", "disgust", "fear")
    rows = ["ID,Label," + ",".join(f"p_{label}" for label in space)]
    rows += ["a,Happy,0.7,0.3,0,0,0,0,0", "b,sad,0.2,0.8,0,0,0,0,0"]
    said.write_text("\n".join(rows), encoding="utf-8")
    for name in ("A.json", "B.json"):
        score = [str(said), str(labels), "--label-space", "dfew7", "--bootstrap", "10"]
        assert main(["score", *score, "--json", str(tmp_path / name)]) == 0
    write_story(tmp_path / "run", "a.mp4", "她的声音变大了。")
    files = {"PREDICTIONS": said, "LABELS": labels, "RUN": tmp_path / "run"}
    files |= {name: tmp_path / name for name in ("A.json", "B.json")}
    return {"NAME": "dfew"} | {word: str(path) for word, path in files.items()}


@pytest.mark.parametrize(
    ("start", "shown"),
    [
        ("reproduce", "WAR"),
        ("compare A.json", "uar"),
        ("soft", "an annotator against the others"),
        ("claims card", "prec. contr."),
    ],
)
def test_a_line_of_readme(
    root: Path, places: dict[str, str], start: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(rf"^python -m eval ({re.escape(start)}.*?)(?:  |$)", text, re.MULTILINE)
    words = [places.get(word, word) for word in shlex.split(line)]
    more = ["--label-space", "dfew7", "--bootstrap", "10"] if start == "soft" else []
    assert main([*words, *more]) == 0
    said = capsys.readouterr().out
    assert shown in said and "task:" in said.splitlines()[-1]


def test_a_results_signature_is_in_its_json(places: dict[str, str]) -> None:
    assert json.loads(Path(places["A.json"]).read_text())["signature"].startswith("task:score|")
