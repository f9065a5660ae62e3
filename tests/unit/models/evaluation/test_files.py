"""`models evaluate`: what is written down for the scorer, and that its figures are those of the head."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from models.__main__ import main
from models.evaluation.files import THIRDS, Case, Evaluated, write_files
from models.evaluation.text import polarity
from models.text.head import HEAD, TextHeadReader

TEXTS = (
    ("a", "v1", "zh", "我很开心，太好了", "I am very happy", "SPOS", "positive"),
    ("b", "v1", "zh", "我讨厌你", "I hate you", "SNEG", "negative"),
    ("c", "v2", "en", "他在北京", "He is in Beijing", "NEUT", "neutral"),
    ("d", "v2", "en", "这部电影很糟糕", "This film is terrible", "WNEG", "negative"),
    ("e", "v3", "en", "还不错", "Not bad", "", ""),
    ("f", "v3", "en", "！！！", "!!!", "NEUT", "neutral"),
)


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.csv"
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["id", "video", "language", "chinese", "english", "label", "polarity"])
        writer.writerows(TEXTS)
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_text_figures_are_those_of_the_head(texts: Path, tmp_path: Path) -> None:
    out, kept = tmp_path / "score.json", tmp_path / "kept"
    flags = ["--data", str(texts), "--json", str(out), "--out", str(kept), "--bootstrap", "20"]
    assert main(["evaluate", "text", *flags]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["schema"] == "score/1"
    assert result["head"]["left_out"] == {"no label": 1}
    assert result["head"]["no_opinion"] == 1  # "!!!" holds no words
    assert result["counts"]["missing"] == 1
    reader_head = TextHeadReader(HEAD)._head
    hits = 0
    for _, _, language, chinese, english, label, _ in TEXTS[:4]:
        p = reader_head.predict_proba([chinese if language == "zh" else english], language)[0]
        hits += reader_head.labels[int(p.argmax())] == label
    assert result["overall"]["accuracy"] == pytest.approx(hits / 5)
    assert set(result["baselines"]) == {"majority", "uniform"}
    assert result["calibration"]["schema"] == "calibration/1"
    assert result["calibration"]["n"] == 4
    assert len(result["head"]["files"]["head.safetensors"]) == 64
    assert {row["ID"]: row["Label"] for row in read(kept / "labels.csv")} == {t[0]: t[5] for t in TEXTS if t[5]}


def test_polarity_by_hand() -> None:
    labels = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
    said = (
        ("SNEG", (0.3, 0.3, 0.4, 0.0, 0.0)),  # negative added up, though neutral is the top of the five
        ("WPOS", (0.0, 0.0, 0.6, 0.3, 0.1)),  # neutral, but on the right side
        ("NEUT", (0.1, 0.1, 0.5, 0.2, 0.1)),
        ("SPOS", None),
    )
    cases = [Case(str(i), truth, p) for i, (truth, p) in enumerate(said)]
    found = polarity(Evaluated("sentiment5", labels, cases))
    assert found["three-class accuracy"] == pytest.approx(2 / 4)
    assert found["three-class uar"] == pytest.approx((1 + 1 + 0) / 3, abs=1e-4)
    assert (found["acc2"], found["n acc2"]) == (pytest.approx(2 / 3, abs=1e-4), 3)
    # two at .6, of which one is right, and one at .5, which is right: (2 · .1 + .5) / 3
    assert found["three-class ece"] == pytest.approx(0.7 / 3, abs=1e-4)


def test_three_classes_add_up_the_five(texts: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    flags = [
        "--data",
        str(texts),
        "--language",
        "en",
        "--labels",
        "polarity",
        "--out",
        str(kept),
        "--bootstrap",
        "0",
        "--encoder",
        "none",
    ]
    assert main(["evaluate", "text", *flags]) == 0
    first = read(kept / "predictions.csv")[0]
    five = TextHeadReader(HEAD)._head.predict_proba(["I am very happy"], "en")[0]
    three = [float(first[f"p_{name}"]) for name in ("negative", "neutral", "positive")]
    assert three == pytest.approx([five[:2].sum(), five[2], five[3:].sum()], abs=1e-6)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--labels", "mood"], "no column 'mood'"),
        (["--labels", "video"], "'v1' is no label"),
        (["--data", "absent.csv"], "there is no file"),
        (["--weights", "absent"], "cannot be used|No such file"),
    ],
)
def test_what_does_not_fit_is_named(
    texts: Path, flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "text", "--data", str(texts), *flags]) == 2
    import re

    assert re.search(message, capsys.readouterr().err)


def test_thirds_of_confidence_and_groups(tmp_path: Path) -> None:
    cases = [Case(f"c{i}", "neutral", (0.2, 0.5, 0.3), i / 9, f"g{i % 2}") for i in range(9)]
    assert write_files(Evaluated("polarity3", ("negative", "neutral", "positive"), cases), tmp_path) == {
        "confidence",
        "group",
    }
    rows = read(tmp_path / "labels.csv")
    assert Counter(row["confidence"] for row in rows) == dict.fromkeys(THIRDS, 3)
    assert [row["confidence"] for row in rows[:3]] == [THIRDS[0]] * 3
    assert {row["Label"] for row in read(tmp_path / "predictions.csv")} == {"neutral"}


@pytest.mark.shared
def test_a_shared_corpus_of_three_sentiments(shared: Path, tmp_path: Path) -> None:
    data, out = shared / "data" / "text" / "meld_dev.csv", tmp_path / "score.json"
    flags = ["--labels", "Sentiment", "--language", "en", "--json", str(out), "--bootstrap", "0"]
    flags += ["--encoder", "none"]  # the sentence's encoder takes a quarter of a minute for these utterances
    assert main(["evaluate", "text", "--data", str(data), *flags]) == 0
    result = json.loads(out.read_text(encoding="utf-8"))
    assert result["label_space"] == "polarity3"
    assert result["overall"]["n"] > 1000
    assert np.isfinite(result["calibration"]["ece"])
    assert result["overall"]["uar"] > 0.4
    added = result["polarity"]["of the probabilities added up"]
    assert added["three-class accuracy"] == pytest.approx(result["overall"]["accuracy"], abs=1e-4)
    assert added["acc2"] > added["three-class accuracy"]
