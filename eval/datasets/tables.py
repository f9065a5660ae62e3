"""Datasets that come as a table: CH-SIMS, CH-SIMS v2, CMU-MOSI, CMU-MOSEI, MER, MELD, DFEW, MAFW, Pazhou.

Each adapter takes the published columns, and the flat text layout `id,…,split,score,label,chinese,english`.
Column names are matched in any case.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

from eval.datasets.base import (
    Dataset,
    DatasetError,
    LabelRow,
    Source,
    clip_name,
    first_line,
    need,
    pick,
    read_source,
    split_of,
)
from harness.records.labels import POLARITY3, SENTIMENT5, SPACES, LabelSpace

Found = Iterator[LabelRow | DatasetError]

DFEW_CODES = ("happy", "sad", "neutral", "angry", "surprise", "disgust", "fear")
MAFW_CODES = (
    "angry",
    "disgust",
    "fear",
    "happy",
    "neutral",
    "sad",
    "surprise",
    "contemptuous",
    "anxious",
    "helpless",
    "disappointed",
)
# MELD's files carry Windows-1252 punctuation as C1 control characters.
_C1 = {code: bytes([code]).decode("cp1252", errors="replace") for code in range(0x80, 0xA0)}


def number(value: str, low: float, high: float, place: str) -> float:
    """A score within its scale. DatasetError otherwise."""
    try:
        score = float(value)
    except ValueError:
        raise DatasetError(f"{place}: score {value!r} is not a number") from None
    if not math.isfinite(score) or not low - 1e-9 <= score <= high + 1e-9:
        raise DatasetError(f"{place}: score {value} is outside {low:g} to {high:g}")
    return score


def emotion_in(space: LabelSpace, word: str, place: str) -> str:
    """The emotion that a dataset's word means in its label space. DatasetError if none."""
    label = space.normalise(word)
    if label is None:
        raise DatasetError(f"{place}: unknown label {word!r}; {space.name} has {', '.join(space.labels)}")
    return label


def _mmsa(path: Path, language: str, bound: float) -> Found:
    """MMSA's label.csv / meta.csv (video_id, clip_id, text, label, …, mode), or the flat text layout.

    The source video stands in the column Speaker: it is what clips must be grouped by.
    """
    source = read_source(path)
    need(source, ("video_id", "clip_id", "label"), ("id", "score"))
    flat = not source.has("video_id", "clip_id")
    for line, row in source.rows:
        place = source.place(line)
        try:
            score = number(row["score"] if flat else row["label"], -bound, bound, place)
            spoken = pick(row, "chinese" if language == "zh" else "english", "text")
            identity = row["id"] if flat else f"{row['video_id']}_{row['clip_id']}"
            yield LabelRow(
                id=_identity(identity, place),
                parts=() if flat else (row["video_id"], _identity(row["clip_id"], place)),
                place=place,
                own=pick(row, "label") if flat else "",
                score=score,
                language=pick(row, "language") or language,
                speaker=pick(row, "video_id", "video"),
                split=split_of(pick(row, "mode", "split"), path),
                text=spoken,
            )
        except DatasetError as problem:
            yield problem


def _identity(name: str, place: str) -> str:
    if not name.strip("_ "):
        raise DatasetError(f"{place}: the clip has no name")
    return clip_name(name)


def _mer2023(path: Path) -> Found:
    source = read_source(path)
    need(source, ("name", "discrete"), ("id", "emotion"))
    for line, row in source.rows:
        place = source.place(line)
        try:
            valence = pick(row, "valence", "score")
            yield LabelRow(
                id=_identity(pick(row, "name", "id"), place),
                place=place,
                score=number(valence, -5, 5, place) if valence else None,
                emotion=emotion_in(SPACES["mer6"], pick(row, "discrete", "emotion"), place),
                language=pick(row, "language") or "zh",
                split=split_of(pick(row, "split"), path),
                text=pick(row, "chinese", "transcript_zh", "text"),
            )
        except DatasetError as problem:
            yield problem


def _meld(path: Path) -> Found:
    source = read_source(path)
    need(source, ("utterance", "emotion", "sentiment", "dialogue_id", "utterance_id"))
    for line, row in source.rows:
        place = source.place(line)
        try:
            yield LabelRow(
                id=f"dia{row['dialogue_id']}_utt{row['utterance_id']}.mp4",
                place=place,
                own=emotion_in(POLARITY3, row["sentiment"], place),
                emotion=emotion_in(SPACES["dfew7"], row["emotion"], place),
                language="en",
                speaker=pick(row, "speaker").translate(_C1),
                split=split_of(pick(row, "split"), path),
                text=row["utterance"].translate(_C1),
            )
        except DatasetError as problem:
            yield problem


def _listed(path: Path, space: LabelSpace) -> Source:
    """A face-video list: `name label` with or without a header, or an annotation sheet saved as csv."""
    words = [word.strip().lower() for word in first_line(path).replace(";", ",").replace("\t", ",").split(",")]
    last = words[-1].split()[-1] if words[-1] else ""
    headless = last.isdigit() or space.normalise(last) is not None
    return read_source(path, ("video_name", "label") if headless else None)


def _face_list(path: Path, space: LabelSpace, codes: tuple[str, ...]) -> Found:
    """DFEW and MAFW: labels are published 1-based codes or words.

    A 0 is refused: it belongs to re-numbered copies, where every other code would be off by one too. Only in
    DFEW's full annotation sheet, known by its vote columns, 0 means that the votes gave no single label.
    """
    source = _listed(path, space)
    names = next((n for n in ("video_name", "name", "clip", "video", "order", "path", "id") if source.has(n)), "")
    labels = next((n for n in ("label", "annotation", "single_label", "emotion") if source.has(n)), "")
    if not names or not labels:
        raise DatasetError(f"{path.name}:1: columns video_name,label needed, found {','.join(source.columns)}")
    votes = any(column.lstrip("1 _").startswith("happy") and column[0] == "1" for column in source.columns if column)
    for line, row in source.rows:
        place = source.place(line)
        try:
            emotion = _code(row[labels], space, codes, votes, place)
            identity = row[names].zfill(5) if row[names].isdigit() else row[names]
            yield LabelRow(
                id=_identity(identity, place), place=place, emotion=emotion, split=split_of(pick(row, "split"), path)
            )
        except DatasetError as problem:
            yield problem


def _code(value: str, space: LabelSpace, codes: tuple[str, ...], votes: bool, place: str) -> str:
    plain = value.removesuffix(".0")
    if not plain.isdigit():
        return emotion_in(space, value, place)
    code = int(plain)
    if code == 0 and votes:
        return ""
    if not 1 <= code <= len(codes):
        raise DatasetError(f"{place}: unknown code {value}; published codes are 1 to {len(codes)} ({', '.join(codes)})")
    return codes[code - 1]


def _pazhou(path: Path) -> Found:
    source = read_source(path)
    need(source, ("id", "label"))
    for line, row in source.rows:
        place = source.place(line)
        own = row["label"].upper()
        if own in SENTIMENT5.labels:
            yield LabelRow(
                id=_identity(row["id"], place),
                place=place,
                own=own,
                language=pick(row, "language"),
                split=split_of(pick(row, "split"), path),
                text=pick(row, "text", "transcript_zh", "chinese"),
            )
        else:
            hint = "; integer classes are numbered differently by different teams" if own.isdigit() else ""
            yield DatasetError(f"{place}: unknown label {row['label']!r}; known: {', '.join(SENTIMENT5.labels)}{hint}")


def _table(name: str, about: str, rules: tuple[str, ...], language: str, bound: float) -> Dataset:
    return Dataset(name, lambda path: _mmsa(path, language, bound), rules, about, (-bound, bound))


_MMSA = "video_id,clip_id,text,label,label_T,label_A,label_V,annotation,mode"
TABLES: Mapping[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        _table("simsv2", f"CH-SIMS v2 meta.csv: {_MMSA}", ("sims",), "zh", 1),
        _table("sims", f"CH-SIMS label.csv: {_MMSA}", ("sims",), "zh", 1),
        _table("mosei", f"CMU-MOSEI label.csv: {_MMSA}", ("mosei", "mosei-halves"), "en", 3),
        _table("mosi", f"CMU-MOSI label.csv: {_MMSA}", ("mosei", "mosei-halves"), "en", 3),
        Dataset(
            "mer2023",
            _mer2023,
            ("mer-valence", "polarity"),
            "MER label csv: name,discrete,valence (a file without any valence goes by polarity)",
            (-5, 5),
        ),
        Dataset("meld", _meld, ("own", "polarity"), "MELD *_sent_emo.csv: Utterance,Speaker,Emotion,Sentiment,…"),
        Dataset(
            "dfew",
            lambda path: _face_list(path, SPACES["dfew7"], DFEW_CODES),
            ("polarity",),
            "DFEW single_trainset_N.csv (video_name,label), annotation sheet as csv, or a list `name label`",
        ),
        Dataset(
            "mafw",
            lambda path: _face_list(path, SPACES["mafw11"], MAFW_CODES),
            ("polarity",),
            "MAFW set_N/train.txt (`name label`), or a csv with clip,label",
        ),
        Dataset("pazhou", _pazhou, ("own",), "Pazhou validation_real_labels.csv: ID,Label"),
    )
}
