"""Features and labels joined: by id, by language, over several folders."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.faults import ConfigError
from models.features.table import About, Writer
from models.training.labelled import Labelled, class_order, configure, read_labelled

VOICES = About("v" * 64, ("a", "b"), "utterance", None)
FACES = About("f" * 64, ("x",), "frame", 12.5, "video")
ROWS = """path,speaker,language,polarity
one.mp4,anna,zh,negative
two.mp4,anna,en,positive
three.mp4,ben,en,negative
four.mp4,ben,en,
five.mp4,carl,zh,positive
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name, about, items in (("voices", VOICES, ("one", "two", "four")), ("faces", FACES, ("two", "three"))):
        writer = Writer(tmp_path / name, about)
        for number, item in enumerate(items):
            shape = (2,) if about is VOICES else (3, 1)
            writer.add(f"{item}.mp4", np.full(shape, number, np.float32))
        writer.flush()
    (tmp_path / "labels.csv").write_text(ROWS, encoding="utf-8-sig")
    return tmp_path


def read(place: Path, *more: str, features: tuple[str, ...] = ("voices", "faces")) -> Labelled:
    parser = argparse.ArgumentParser()
    configure(parser)
    folders = [str(place / name) for name in features]
    return read_labelled(parser.parse_args(["--features", *folders, "--labels", str(place / "labels.csv"), *more]))


def test_clips_may_lack_a_modality_but_not_a_label(place: Path) -> None:
    data = read(place)
    assert dict(zip(data.ids, data.labels, strict=True)) == {
        "one.mp4": "negative",
        "two.mp4": "positive",
        "three.mp4": "negative",
    }
    assert [set(clip) for clip in data.clips] == [{"audio"}, {"audio", "video"}, {"video"}]
    assert data.left_out == 1, "five.mp4 has a label and no features"
    assert [(source.modality, source.width, source.rate) for source in data.inputs] == [
        ("audio", 2, None),
        ("video", 1, 12.5),
    ]
    part = data.take([2])
    assert (part.ids, part.labels, part.groups, part.abouts) == (("three.mp4",), ("negative",), ("ben",), data.abouts)


def test_one_language_alone(place: Path) -> None:
    assert read(place, "--language", "en").ids == ("two.mp4", "three.mp4")
    assert read(place, "--language", "zh").ids == ("one.mp4",)
    table = (place / "labels.csv").read_text(encoding="utf-8-sig").replace("language", "tongue")
    (place / "labels.csv").write_text(table, encoding="utf-8")
    with pytest.raises(ConfigError, match="lacks language"):
        read(place, "--language", "en")


def test_what_does_not_join_is_refused(place: Path) -> None:
    with pytest.raises(ConfigError, match="lacks clip"):
        read(place, "--id-column", "clip")
    with pytest.raises(ConfigError, match="no id of the features"):
        read(place, "--id-column", "speaker")
    with pytest.raises(ConfigError, match="one folder of features for each modality"):
        read(place, features=("voices", "voices"))
    with pytest.raises(ConfigError, match="no folder of features"):
        read(place, features=("nowhere",))


def test_classes_are_all_named_and_at_least_two(place: Path) -> None:
    data = read(place)
    assert class_order(data, None) == ("negative", "positive")
    assert class_order(data, ["positive", "neutral", "negative"]) == ("positive", "neutral", "negative")
    with pytest.raises(ConfigError, match="lacks: negative"):
        class_order(data, ["positive"])
    with pytest.raises(ConfigError, match="every clip is negative"):
        class_order(replace(data, labels=("negative",) * 3), None)
