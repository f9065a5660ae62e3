"""The scoring program: layout, flat scores, the page."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path

import pytest

from eval.errors import EvalError
from eval.scoring import codabench

TRUTH = "ID,Label,Language\na.mp4,SNEG,zh\nb.mp4,WNEG,zh\nc.mp4,NEUT,en\nd.mp4,WPOS,en\n"
GOOD = "ID,Label\na.mp4,SNEG\nb.mp4,SNEG\nc.mp4,NEUT\nd.mp4,oops\n"


def make(tmp_path: Path, res: dict[str, str], ref: dict[str, str] | None = None) -> Path:
    for folder, files in (("ref", ref or {"labels.csv": TRUTH}), ("res", res)):
        for name, text in files.items():
            path = tmp_path / "input" / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return tmp_path / "input"


def score(tmp_path: Path, *flags: str) -> Path:
    parser = argparse.ArgumentParser()
    codabench.configure(parser)
    out = tmp_path / "output"
    assert codabench.run(parser.parse_args([str(tmp_path / "input"), str(out), "--bootstrap", "200", *flags])) == 0
    return out


def test_scores_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make(tmp_path, {"combined_results.csv": GOOD})
    out = score(tmp_path, "--by", "Language")
    scores = json.loads((out / "scores.json").read_text(encoding="utf-8"))
    assert scores["accuracy"] == scores["war"] == 0.5
    assert scores["uar"] == 0.5
    assert scores["f1_NEUT"] == 1.0 and scores["recall_WPOS"] == 0.0
    assert scores["accuracy_zh"] == 0.5 and scores["accuracy_en"] == 0.5
    assert scores["unknown_labels"] == 1 and scores["missing"] == 0
    assert scores["accuracy_low"] <= 0.5 <= scores["accuracy_high"]
    assert all(type(value) is float for value in scores.values())
    lines = (out / "scores.txt").read_text(encoding="utf-8").splitlines()
    assert {key: float(value) for key, value in (line.split(": ") for line in lines)} == scores
    assert "uar: 0.5" in capsys.readouterr().out


def test_the_page_is_one_file(tmp_path: Path) -> None:
    make(tmp_path, {"combined_results.csv": GOOD.replace("oops", "<img src=x onerror=alert(1)>")})
    text = (score(tmp_path) / "detailed_results.html").read_text(encoding="utf-8")
    assert text.count("data:image/png;base64,") == 2
    assert "<img src=x" not in text and "&lt;img src=x" in text
    assert not re.search(r"https?:|<script|<link|url\(", text)
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text


@pytest.mark.parametrize(
    "res",
    [
        {"mine.csv": GOOD},
        {"Test_Results/combined_results.csv": GOOD},
        {"sub/whatever.csv": GOOD, "sub/readme.txt": "x", "__MACOSX/._whatever.csv": "junk", ".hidden.csv": "junk"},
        {"label_prediction.csv": GOOD, "extra.csv": "junk"},
    ],
)
def test_where_the_submission_may_lie(tmp_path: Path, res: dict[str, str]) -> None:
    make(tmp_path, res, {"truth/labels.csv": TRUTH})
    scores = json.loads((score(tmp_path) / "scores.json").read_text(encoding="utf-8"))
    assert scores["accuracy"] == 0.5


@pytest.mark.parametrize(
    ("res", "message"),
    [
        ({"notes.txt": "x"}, "res: no csv file in it"),
        ({"a/b/deep.csv": GOOD}, "res: no csv file in it"),
        ({"one.csv": GOOD, "two.csv": GOOD}, "several csv files (one.csv, two.csv)"),
        ({"combined_results.csv": ""}, "the file is empty"),
    ],
)
def test_what_cannot_be_scored_says_why(tmp_path: Path, res: dict[str, str], message: str) -> None:
    make(tmp_path, res)
    out = tmp_path / "output"
    out.mkdir()
    (out / "scores.json").write_text("{}", encoding="utf-8")
    with pytest.raises(EvalError, match=re.escape(message)):
        score(tmp_path)
    assert message in (out / "detailed_results.html").read_text(encoding="utf-8")
    assert not (out / "scores.json").exists()


def test_no_ref(tmp_path: Path) -> None:
    (tmp_path / "input" / "res").mkdir(parents=True)
    with pytest.raises(EvalError, match="needs ref/ and res/"):
        score(tmp_path)


def test_undefined_figures_are_left_out(tmp_path: Path) -> None:
    one_class = "ID,Label\na.mp4,NEUT\nb.mp4,NEUT\n"
    make(tmp_path, {"p.csv": one_class}, {"labels.csv": one_class})
    scores = json.loads((score(tmp_path) / "scores.json").read_text(encoding="utf-8"))
    assert scores["accuracy"] == 1.0
    assert "qwk" not in scores and None not in scores.values()
