"""Data sets of faces and of short videos with codes for emotions: FER2013, CK+, RAF-DB, OMG-Emotion.

Their codes are those of each data set's own page; each numbers the emotions differently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from eval.datasets.base import Dataset, DatasetError, LabelRow, decode, need, read_source, split_of
from eval.datasets.tables import emotion_in, number
from harness.records.labels import SPACES

Found = Iterator[LabelRow | DatasetError]

FER2013_CODES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
FER2013_SPLITS = {"training": "train", "publictest": "valid", "privatetest": "test"}
RAFDB_CODES = ("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")
"""From 1 on."""
CKPLUS_CODES = ("neutral", "angry", "contemptuous", "disgust", "fear", "happy", "sad", "surprise")
OMG_CODES = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp")


def coded(codes: tuple[str, ...], value: str, first: int, place: str) -> str:
    """The emotion of a code that counts from `first`. DatasetError for any other value."""
    plain = value.strip().removesuffix(".0")
    if not plain.isdigit() or not first <= int(plain) < first + len(codes):
        last = first + len(codes) - 1
        raise DatasetError(f"{place}: unknown code {value!r}; codes are {first} to {last} ({', '.join(codes)})")
    return codes[int(plain) - first]


def _fer2013(path: Path) -> Found:
    """Folders `train/angry/x.jpg`, or fer2013.csv (emotion,pixels,Usage), whose rows are called as FER+ does."""
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix.lower() in PICTURES and not p.name.startswith("."))
        if not found:
            raise DatasetError(f"{path}: no pictures in this folder")
        for picture in found:
            name = picture.relative_to(path)
            try:
                emotion = emotion_in(SPACES["fer7"], picture.parent.name, name.as_posix())
                split = next((s for part in name.parts[:-2] if (s := split_of("", Path(part)))), "")
                yield LabelRow(picture.name, name.as_posix(), emotion=emotion, split=split, parts=name.parts)
            except DatasetError as problem:
                yield problem
        return
    source = read_source(path)
    need(source, ("emotion", "usage"))
    for count, (line, row) in enumerate(source.rows):
        place = source.place(line)
        try:
            split = FER2013_SPLITS.get(row["usage"].lower(), row["usage"].lower())
            emotion = coded(FER2013_CODES, row["emotion"], 0, place)
            yield LabelRow(f"fer{count:07}.png", place, emotion=emotion, split=split)
        except DatasetError as problem:
            yield problem


def _rafdb(path: Path) -> Found:
    """list_patition_label.txt: `train_00001.jpg 5`."""
    source = read_source(path, ("name", "label"))
    for line, row in source.rows:
        place = source.place(line)
        try:
            emotion = coded(RAFDB_CODES, row["label"], 1, place)
            yield LabelRow(row["name"], place, emotion=emotion, split=split_of("", Path(row["name"])))
        except DatasetError as problem:
            yield problem


def _ckplus(path: Path) -> Found:
    """The folder Emotion: S005/001/S005_001_00000011_emotion.txt holds one number; the last picture shows it."""
    if not path.is_dir():
        raise DatasetError(f"{path}: CK+ is given by its folder Emotion")
    found = sorted(path.rglob("*_emotion.txt"))
    if not found:
        raise DatasetError(f"{path}: no *_emotion.txt in this folder")
    for file in found:
        place = file.relative_to(path).as_posix()
        try:
            name = re.fullmatch(r"(S\d{3})_(\d{3})_(\d{8})_emotion", file.stem)
            if name is None:
                raise DatasetError(f"{place}: the name does not follow S005_001_00000011_emotion.txt")
            code = f"{number(decode(file).strip(), 0, len(CKPLUS_CODES) - 1, place):g}"
            picture = file.stem.removesuffix("_emotion") + ".png"
            parts = (name.group(1), name.group(2), picture)
            yield LabelRow(
                picture, place, emotion=coded(CKPLUS_CODES, code, 0, place), speaker=name.group(1), parts=parts
            )
        except DatasetError as problem:
            yield problem


def _omg(path: Path) -> Found:
    """omg_TrainVideos.csv: link,start,end,video,utterance,arousal,valence,EmotionMaxVote."""
    source = read_source(path)
    need(source, ("video", "utterance", "valence", "emotionmaxvote"))
    for line, row in source.rows:
        place = source.place(line)
        try:
            clip = row["utterance"] if "." in row["utterance"] else f"{row['utterance']}.mp4"
            yield LabelRow(
                id=f"{row['video']}_{clip}",
                place=place,
                score=number(row["valence"], -1, 1, place),
                emotion=coded(OMG_CODES, row["emotionmaxvote"], 0, place),
                language="en",
                speaker=row["video"],
                split=split_of("", Path(re.sub(r"(?<=[a-z])Videos", "_Videos", path.name))),
                parts=(row["video"], clip),
            )
        except DatasetError as problem:
            yield problem


PICTURE_SETS: Mapping[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset("fer2013", _fer2013, ("polarity",), "FER2013 folders train/angry/x.jpg, or fer2013.csv"),
        Dataset("ckplus", _ckplus, ("polarity",), "CK+ folder Emotion: S005/001/S005_001_00000011_emotion.txt"),
        Dataset("rafdb", _rafdb, ("polarity",), "RAF-DB list_patition_label.txt: train_00001.jpg 5"),
        Dataset("omg", _omg, ("polarity",), "OMG-Emotion omg_TrainVideos.csv: video,utterance,valence,…", (-1, 1)),
    )
}
