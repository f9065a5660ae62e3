"""From a data set's published tree to speaker-disjoint folds: extracted ids, converted labels and their join."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from harness.inputs.kinds import AUDIO_SUFFIXES, VIDEO_SUFFIXES
from models.features.extract import read_files
from models.features.table import About, Writer
from models.heads.folds import group_folds
from models.training.labelled import Labelled, configure, read_labelled
from tests.unit.eval.tables.test_labels_convert import convert

FACES = About("f" * 64, ("x",), "frame", 12.5, "video")
TREES = {
    "ravdess": [f"Actor_{a:02}/02-01-{e:02}-01-01-01-{a:02}.mp4" for a in (1, 2, 24) for e in (1, 3, 5)],
    "cremad": [f"VideoFlash/{a}_DFA_{e}.flv" for a in (1001, 1002, 1091) for e in ("ANG_XX", "HAP_HI", "NEU_XX")],
    "savee": [f"AudioVisualClip/{s}/{e}01.avi" for s in ("DC", "JE", "JK", "KL") for e in ("a", "h", "sa", "n")],
    "tess": [f"{s}_{e}/{s}_back_{e}.wav" for s in ("OAF", "YAF") for e in ("angry", "happy", "neutral")],
}


def joined(tmp_path: Path, name: str, form: str) -> Labelled:
    """Published files, their converted labels, and a feature for each file that an extraction would list."""
    for file in TREES[name]:
        (tmp_path / "tree" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / file).touch()
    assert convert("--from", name, tmp_path / "tree", tmp_path / "labels.csv", "--ids", form) == 0
    found = read_files(tmp_path / "tree", "path", (*VIDEO_SUFFIXES, *AUDIO_SUFFIXES))
    writer = Writer(tmp_path / "faces", FACES)
    for item in found:
        writer.add(item, np.zeros((2, 1), np.float32))
    writer.flush()
    parser = argparse.ArgumentParser()
    configure(parser)
    columns = ("--id-column", "ID", "--label-column", "Label", "--group-column", "Speaker")
    given = ("--features", str(tmp_path / "faces"), "--labels", str(tmp_path / "labels.csv"), *columns)
    return read_labelled(parser.parse_args(given))


@pytest.mark.parametrize("name", TREES)
def test_every_published_file_gets_its_label_and_no_speaker_is_parted(tmp_path: Path, name: str) -> None:
    data = joined(tmp_path, name, "path")
    assert sorted(data.ids) == sorted(TREES[name]) and data.left_out == 0
    assert set(data.labels) == {"negative", "neutral", "positive"}
    held: list[int] = []
    for inside, outside in group_folds(data.labels, data.groups, 5):
        assert not {data.groups[i] for i in inside} & {data.groups[i] for i in outside}
        held += outside.tolist()
    assert sorted(held) == list(range(len(data.ids))), "every clip is held out once"


def test_four_speakers_of_savee_are_not_one(tmp_path: Path) -> None:
    data = joined(tmp_path, "savee", "path")
    assert {Path(item).parent.name: group for item, group in zip(data.ids, data.groups, strict=True)} == {
        speaker: speaker for speaker in ("DC", "JE", "JK", "KL")
    }
