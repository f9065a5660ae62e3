"""Splits without a speaker on two sides, on trees with the published names."""

from __future__ import annotations

import argparse
import csv
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from eval.datasets.base import LabelRow
from eval.tables import labels_convert
from eval.tables.splits import with_splits

TREES = {
    "cremad": [f"VideoFlash/{a}_IEO_{e}_LO.flv" for a in range(1001, 1092) for e in ("ANG", "HAP", "NEU")],
    "ravdess": [
        f"Video_Speech_Actor_{a:02}/Actor_{a:02}/01-01-0{e}-01-01-01-{a:02}.mp4" for a in range(1, 25) for e in (1, 3)
    ],
    "savee": [f"AudioData/{s}/{e}01.wav" for s in ("DC", "JE", "JK", "KL") for e in ("a", "sa", "su")],
    "tess": [f"{s}_{e}/{s}_back_{e}.wav" for s in ("OAF", "YAF") for e in ("angry", "ps")],
    "ckplus": [f"S{n:03}/001/S{n:03}_001_00000011_emotion.txt" for n in range(5, 25)],
}


def converted(dataset: str, tmp_path: Path, *more: str) -> list[dict[str, str]]:
    for name in TREES[dataset]:
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("3.0000000e+00\n", encoding="utf-8")
    parser = argparse.ArgumentParser()
    labels_convert.configure(parser)
    out = tmp_path / "out.csv"
    args = parser.parse_args(["convert", "--from", dataset, str(tmp_path / "set"), str(out), *more])
    assert labels_convert.run(args) == 0
    return list(csv.DictReader(out.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("dataset", TREES)
def test_no_speaker_is_on_two_sides(dataset: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = converted(dataset, tmp_path)
    sides = defaultdict(set)
    for row in rows:
        sides[row["Speaker"]].add(row["Split"])
    assert len(rows) == len(TREES[dataset]) and all(len(found) == 1 for found in sides.values())
    counts = Counter(row["Split"] for row in rows)
    assert set(counts) == ({"train", "test"} if dataset == "tess" else {"train", "valid", "test"})
    if len(sides) >= 20:
        assert all(0.1 <= counts[split] / len(rows) <= 0.2 for split in ("valid", "test"))
    assert "none on two sides" in capsys.readouterr().out


def test_it_is_left_empty_when_asked(tmp_path: Path) -> None:
    assert {row["Split"] for row in converted("savee", tmp_path, "--split", "published")} == {""}


def test_the_order_of_the_rows_decides_nothing() -> None:
    rows = [LabelRow(f"{n}.mp4", "", speaker=str(n % 9)) for n in range(50)]
    there = {row.id: row.split for row in with_splits(rows, "speakers", "x")[0]}
    assert there == {row.id: row.split for row in with_splits(rows[::-1], "speakers", "x")[0]}


def test_a_published_split_stays_and_its_shared_speakers_are_counted() -> None:
    rows = [LabelRow("a.mp4", "", speaker="Joey", split="train"), LabelRow("b.mp4", "", speaker="Joey", split="test")]
    assert with_splits(rows, "speakers", "meld") == (
        rows,
        "1 of 1 speakers are on several sides of the published split",
    )


@pytest.mark.parametrize("speakers", [("a", ""), ("a", "a")])
def test_unknown_speakers_or_a_single_one_give_no_split(speakers: tuple[str, str]) -> None:
    rows = [LabelRow(f"{n}.mp4", "", speaker=one) for n, one in enumerate(speakers)]
    assert with_splits(rows, "speakers", "x") == (rows, "")
