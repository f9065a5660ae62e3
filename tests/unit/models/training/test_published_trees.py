"""From a data set's published tree to its labelled clips: extracted ids, converted labels and their join."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pytest

from harness.inputs.kinds import VIDEO_SUFFIXES
from models.features.extract import read_files
from models.features.table import About, Writer
from models.training.labelled import Labelled, configure, read_labelled
from tests.unit.eval.tables.test_labels_convert import convert

FACES = About("f" * 64, ("x",), "frame", 12.5, "video")
TREES = {  # one whose names tell the speaker, one whose folders do
    "ravdess": ([f"Actor_{a:02}/02-01-{e:02}-01-01-01-{a:02}.mp4" for a in (1, 24) for e in (1, 3, 5)], "Actor_"),
    "savee": ([f"AudioVisualClip/{s}/{e}01.avi" for s in ("DC", "JE", "JK", "KL") for e in ("a", "h", "n")], ""),
}


def joined(tmp_path: Path, name: str, files: list[str]) -> Labelled:
    """Published files, their converted labels, and a feature for each file that an extraction would list."""
    for file in files:
        (tmp_path / "tree" / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "tree" / file).touch()
    assert convert("--from", name, tmp_path / "tree", tmp_path / "labels.csv", "--ids", "path") == 0
    writer = Writer(tmp_path / "faces", FACES)
    for item in read_files(tmp_path / "tree", "path", VIDEO_SUFFIXES):
        writer.add(item, np.zeros((2, 1), np.float32))
    writer.flush()
    parser = argparse.ArgumentParser()
    configure(parser)
    columns = ("--id-column", "ID", "--label-column", "Label", "--group-column", "Speaker")
    given = ("--features", str(tmp_path / "faces"), "--labels", str(tmp_path / "labels.csv"), *columns)
    return read_labelled(parser.parse_args(given))


@pytest.mark.parametrize("name", TREES)
def test_every_published_file_gets_its_label_and_its_speaker(tmp_path: Path, name: str) -> None:
    files, before = TREES[name]
    data = joined(tmp_path, name, files)
    assert sorted(data.ids) == sorted(files) and data.left_out == 0
    assert set(data.labels) == {"negative", "neutral", "positive"}
    folders = [Path(item).parent.name.removeprefix(before) for item in data.ids]
    assert [group.removeprefix("actor") for group in data.groups] == folders, "four speakers of SAVEE are not one"
