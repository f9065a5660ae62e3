"""The emotion-wheel metric on small wheels, by hand."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import pytest

from eval.errors import EvalError
from eval.metrics.wheels import open_words, read_wheels, string_to_list
from eval.scoring import open_vocabulary


def write(path: Path, header: str, *rows: tuple[str, ...]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header.split(","))
        writer.writerows(rows)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """Two shapes of wheel: 1 to 4 tell joy, anger and fear apart; wheel5 has one cluster and no fear."""
    folder = tmp_path / "emotion_wheel"
    folder.mkdir()
    write(
        folder / "format.csv",
        "name,format",
        ("happy", "happily,happier"),
        ("glad", ""),
        ("angry", "angrily,mad"),
        ("furious", "['mad', 'raging']"),
        ("afraid", "fearless,fear"),
        ("homeless", "homelessly"),
    )
    write(
        folder / "synonym.csv",
        "word_run1,synonym_run1,word_run2,synonym_run2",
        (" Joy", "happy,glad", "joy", "glad"),
        ("anger", "['angry', 'furious']", "anger", "angry"),
        ("fear", "afraid", "awe", "afraid,glad"),
    )
    merged = [("Joy", "awe", "bliss"), ("", "", "delight"), ("Anger", "rage", "fury"), ("fear", "panic", "")]
    for wheel in ("wheel1", "wheel2", "wheel3", "wheel4"):
        write(folder / f"{wheel}.csv", "level1,level2,level3", *merged)
    write(folder / "wheel5.csv", "level1,level2,level3", ("power", "joy", "anger"))
    return folder


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("[happy, sad]", ["happy", "sad"]),
        ("['Happy', \"sad\"]", ["Happy", "sad"]),
        ("happy", ["happy"]),
        ("", []),
        ("[]", []),
        ("nan", []),
        ("[", []),
        ("don't worry", ["don", "t worry"]),
        (" [happy]", ["[happy"]),
        ("happy，sad；calm", ["happy，sad；calm"]),
        ("[[happy]]", ["[happy]"]),
        ("“happy”, sad", ["“happy”", "sad"]),
        (", ,happy,,", ["happy"]),
    ],
)
def test_string_to_list(cell: str, items: list[str]) -> None:
    assert string_to_list(cell) == items


def test_words_are_folded() -> None:
    assert open_words("[Happy , 'SAD']") == ["happy", "sad"]


def test_lookup_by_hand(wheels: Path) -> None:
    mapping = read_wheels(wheels)
    assert mapping.runs == 2
    # happier → happy → joy
    assert mapping.cluster("happier", "wheel1") == "joy"
    # glad → joy (both runs) and awe (run 2): awe comes first in the alphabet and is under joy in wheel 1
    assert mapping.synonyms["glad"] == {"joy", "awe"}
    assert mapping.cluster("glad", "wheel1") == "joy"
    # mad is a form of angry and of furious
    assert mapping.bases["mad"] == ("angry", "furious")
    assert mapping.cluster("mad", "wheel1") == "anger"
    # fear is a form of afraid → fear and awe; awe is looked at first
    assert mapping.cluster("fear", "wheel1") == "joy"
    # a base form without synonyms, and unknown or Chinese words, have none
    for word in ("homelessly", "neutral", "joyous", "高兴", "Happy", ""):
        assert mapping.cluster(word, "wheel1") == ""
    # the empty level-3 cell of the last row repeats `fury`, which thereby moves to fear, as published
    assert mapping.clusters["wheel1"]["fury"] == "fear"
    assert mapping.clusters["wheel5"] == {"power": "power", "joy": "power", "anger": "power"}
    assert mapping.cluster("fear", "wheel5") == ""


def score(wheels: Path, truth: str, predicted: str) -> dict[str, object]:
    labels, predictions = wheels.parent / "labels.csv", wheels.parent / "predictions.csv"
    labels.write_text(truth, encoding="utf-8")
    predictions.write_text(predicted, encoding="utf-8")
    return open_vocabulary.score_open_vocabulary(predictions, labels, read_wheels(wheels))


def test_metric_by_hand(wheels: Path) -> None:
    result = score(
        wheels,
        'name,openset\na,"[happy, mad]"\nb,[glad]\nc,[neutral]\nd,[angry]\ne,[mad]\n',
        'name,openset\na,"[Happier, glad, unknown]"\nb,"happy, furious"\nc,[happy]\nd,[高兴]\n',
    )
    # wheels 1–4: a P 1/1 R 1/2; b P 1/2 R 1/1; c skipped; d, e empty predictions 0 0
    precision, recall = (1 + 0.5) / 4, (0.5 + 1) / 4
    first = result["per_wheel"]["wheel1"]
    assert first["n"] == 4
    assert (first["precision"], first["recall"]) == (precision, recall)
    assert first["f1"] == pytest.approx(0.375)
    assert first["hit_rate"] == 2 / 4
    # a: joy of {joy} candidates 1/1; b: joy of {joy, anger} 1/2
    assert first["mscore"] == (1 + 0.5) / 4
    # wheel 5 has one cluster: a P 1 R 1, b P 1 R 1, d and e 0
    fifth = result["per_wheel"]["wheel5"]
    assert (fifth["n"], fifth["precision"], fifth["recall"], fifth["f1"]) == (4, 0.5, 0.5, 0.5)
    assert result["overall"]["f1"] == pytest.approx((4 * 0.375 + 0.5) / 5)
    assert result["overall"]["hit_rate"] == pytest.approx((4 * 0.5 + 0.5) / 5)
    assert result["counts"] == {"labels": 5, "predictions": 4, "missing": 1, "extra": 0, "duplicates": 0}
    assert [(p["id"], p["kind"]) for p in result["problems"]] == [("e", "missing"), ("", "wheels")]


def test_nothing_right_is_zero_and_nothing_to_score_is_undefined(wheels: Path) -> None:
    nothing_right = score(wheels, "name,openset\na,[happy]\n", "name,openset\na,[mad]\n")
    assert nothing_right["per_wheel"]["wheel1"]["f1"] == 0.0
    neutral = score(wheels, "name,openset\na,[neutral]\n", "name,openset\na,[happy]\n")
    assert neutral["per_wheel"]["wheel1"]["f1"] is None and neutral["overall"]["f1"] is None
    assert "undefined: no true word is on wheel1" in open_vocabulary.as_text(neutral)


def test_last_duplicate_counts_and_extra_is_listed(wheels: Path) -> None:
    result = score(wheels, "name,openset\na,[happy]\n", "name,openset\na,[mad]\na,[happy]\nz,[happy]\n")
    assert result["overall"]["f1"] == 1.0
    kinds = [(p["kind"], p["line"]) for p in result["problems"]]
    assert kinds[:2] == [("duplicate", 3), ("extra", None)]


def test_perfect_and_permuted(wheels: Path) -> None:
    rows = ["a,[happy]", "b,[mad]", 'c,"[glad, angry]"']
    body = "\n".join(rows)
    shuffled = "\n".join(reversed(rows))
    assert score(wheels, f"name,openset\n{body}\n", f"name,openset\n{shuffled}\n")["overall"]["f1"] == 1.0


def test_verb(wheels: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = wheels.parent / "labels.csv"
    labels.write_text("name,openset\na,[happy]\n", encoding="utf-8")
    parser = argparse.ArgumentParser()
    open_vocabulary.configure(parser)
    out = wheels.parent / "out.json"
    argv = [str(labels), str(labels), "--wheels", str(wheels), "--json", str(out)]
    assert open_vocabulary.run(parser.parse_args(argv)) == 0
    printed = capsys.readouterr()
    assert "EW metric" in printed.out and "2 synonym runs" in printed.err
    assert json.loads(out.read_text(encoding="utf-8"))["overall"]["f1"] == 1.0


def test_missing_folder_file_or_column(wheels: Path, tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="download the emotion_wheel folder"):
        read_wheels(tmp_path / "nowhere")
    (wheels / "wheel3.csv").rename(wheels / "kept")
    with pytest.raises(EvalError, match="neither wheel3.csv nor wheel3.xlsx"):
        read_wheels(wheels)
    (wheels / "kept").rename(wheels / "wheel3.csv")
    write(wheels / "synonym.csv", "word_run1,synonym_run1", ("sorrow", ""))
    with pytest.raises(EvalError, match="row 2: 'sorrow' of word_run1 is on none of the wheels"):
        read_wheels(wheels)
    write(wheels / "synonym.csv", "word,synonym", ("joy", ""))
    with pytest.raises(EvalError, match="columns word_run1, synonym_run1"):
        read_wheels(wheels)
    write(wheels / "synonym.csv", "word_run1,synonym_run1", ("joy", "happy"))
    write(wheels / "format.csv", "name,forms", ("happy", ""))
    with pytest.raises(EvalError, match="column format needed, found name, forms"):
        read_wheels(wheels)


def test_xlsx_without_openpyxl_names_the_remedy(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (wheels / "wheel2.csv").unlink()
    (wheels / "wheel2.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(EvalError, match="pip install openpyxl, or save the sheet as wheel2.csv"):
        read_wheels(wheels)


def test_xlsx_is_read_like_csv(wheels: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    expected = read_wheels(wheels)
    for name in ("synonym", "wheel1", "wheel5"):
        book = openpyxl.Workbook()
        with (wheels / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
            for row in csv.reader(stream):
                book.active.append([cell or None for cell in row])
        book.save(wheels / f"{name}.xlsx")
        (wheels / f"{name}.csv").unlink()
    found = read_wheels(wheels)
    assert (found.bases, found.synonyms, found.clusters) == (expected.bases, expected.synonyms, expected.clusters)


def test_the_open_words_of_a_run_are_read_without_what_they_rest_on(tmp_path: Path) -> None:
    file = tmp_path / "predictions.csv"
    file.write_text(
        "ID,emotions.openset\n"
        'a.mp4,"furious (words 0.31, face 0.27, “混蛋”); sad (face 0.40)"\n'
        "b.mp4,happy (face 0.62)\n"
        "c.mp4,\n",
        encoding="utf-8-sig",
    )
    words, problems = open_vocabulary.read_words(file)
    assert words == {"a.mp4": ["furious", "sad"], "b.mp4": ["happy"], "c.mp4": []}
    assert {problem.kind for problem in problems} == {"header"}
