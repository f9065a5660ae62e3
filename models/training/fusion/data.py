"""Clips whose words, voice and picture were judged apart by people, and what our heads would have said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.inputs.table import numbers_in, read_rows
from harness.records.conversions import to_sentiment5
from harness.records.labels import SENTIMENT5, SPACES, LabelSpace
from harness.records.numbers import Number

Floats = NDArray[np.float64]
Labels = NDArray[np.intp]
PARTS = ("text", "audio", "video")
COLUMNS: Mapping[str, str] = {
    "whole": "score",
    "text": "text_score",
    "audio": "voice_score",
    "video": "picture_score",
}
CUTS = (-0.7, -0.1, 0.1, 0.7)
CHANCE = Number(0, 1)
POLARITY = np.array([-1, -1, 0, 1, 1])
LEAST = 1e-6
"""Probability that a value leaves a label far from it."""


@dataclass(frozen=True)
class Judged:
    """Clips with four values each, −1 … 1, and their labels as indices into SNEG … SPOS.

    `group` is the video, which no fold parts.
    """

    ids: tuple[str, ...]
    group: NDArray[np.str_]
    values: Mapping[str, Floats]
    labels: Mapping[str, Labels]


@dataclass(frozen=True)
class HeldOut:
    """What a head said of samples that it had not seen: five probabilities each, and the truth.

    `polarity` is −1, 0 or 1; `strong` 1 or 0, and −1 where the data do not say how strong it is.
    """

    ids: tuple[str, ...]
    five: Floats
    polarity: Labels
    strong: Labels


def read_judged(path: Path, limit: int | None = None) -> Judged:
    """Clips of a csv with id, score, text_score, voice_score, picture_score (−1..1), and where known video_id.

    Scores are rounded to one decimal before they are cut at ±0.1 and ±0.7 (Yu et al., 2020). ConfigError when a column
    is missing or a value is no number.
    """
    rows = read_rows(path, "id", *COLUMNS.values())[:limit]
    scores = {name: np.array(numbers_in(path, rows, column, Number(-1, 1))) for name, column in COLUMNS.items()}
    values = {name: score.round(1) for name, score in scores.items()}
    labels = {name: np.digitize(value, CUTS) for name, value in values.items()}
    group = np.array([row.get("video_id") or row.get("video") or row["id"] for row in rows])
    return Judged(tuple(row["id"] for row in rows), group, values, labels)


def read_held_out(path: Path) -> HeldOut:
    """A csv with Label (the truth) and p_LABEL …, or a folder that `models evaluate … --out` wrote.

    Of a polarity, a column `strength` holds the head's probability that it is strong, and `strong` the truth (1 or 0).

    ConfigError when it has no such columns, or its labels are of no known space.
    """
    truth: dict[str, str] = {}
    file = path / "predictions.csv" if path.is_dir() else path
    rows = read_rows(file, "Label")
    if path.is_dir():
        truth = {row["ID"]: row["Label"] for row in read_rows(path / "labels.csv", "ID", "Label")}
    space = _space([name[2:] for name in rows[0] if name.startswith("p_")], file)
    strong = _chances(file, rows, "strength", 0.5)
    given = list(zip(*(numbers_in(file, rows, f"p_{label}", CHANCE) for label in space.labels), strict=True))
    five = np.array([to_sentiment5(space, p, share) for p, share in zip(given, strong, strict=True)])
    polarity = [_polarity(space, truth.get(row.get("ID", ""), row["Label"])) for row in rows]
    known = np.array([value is not None for value in polarity])
    ids = tuple(row.get("ID", "") for row, keep in zip(rows, known.tolist(), strict=True) if keep)
    strong_truth = np.array(_chances(file, rows, "strong", -1.0), np.intp)
    return HeldOut(ids, five[known], np.array([value for value in polarity if value is not None]), strong_truth[known])


def _chances(file: Path, rows: list[dict[str, str]], column: str, without: float) -> list[float]:
    """A column of numbers 0..1; `without` where a row, or the file, has none."""
    given = [row for row in rows if row.get(column)]
    values = iter(numbers_in(file, given, column, CHANCE))
    return [next(values) if row.get(column) else without for row in rows]


def opinions(judged: Judged, heads: Mapping[str, HeldOut], seed: int = 0) -> dict[str, Floats]:
    """What the heads say of the clips, modality → (clips, 5).

    A head that was tried on these very clips (its IDs are theirs) gives its own opinion of each. Of another, an opinion
    is drawn among those that it gave of samples whose truth has the polarity (and, where its data say so, the strength)
    that people gave this modality of the clip: as good as the head was measured to be, on data of its own kind.
    """
    found = {}
    for name, held in heads.items():
        at = {clip: i for i, clip in enumerate(held.ids)}
        if all(clip in at for clip in judged.ids):
            found[name] = held.five[[at[clip] for clip in judged.ids]]
            continue
        random = np.random.default_rng([seed, PARTS.index(name)])
        chosen = np.zeros(len(judged.ids), dtype=np.intp)
        for label, polarity in enumerate(POLARITY.tolist()):
            like = held.polarity == polarity
            exact = like & (held.strong == int(label in (0, 4)))
            pool = np.flatnonzero(exact if polarity and exact.any() else like)
            rows = np.flatnonzero(judged.labels[name] == label)
            if not len(pool):
                raise ConfigError(
                    f"the held-out opinions of {name} hold no sample of polarity {polarity}",
                    "hold out more samples, of every label",
                )
            chosen[rows] = random.choice(pool, len(rows))
        found[name] = held.five[chosen]
    return found


def experts(judged: Judged, certainty: float) -> dict[str, Floats]:
    """People's own labels as opinions: `certainty` on the label, the rest spread evenly."""
    rest = (1 - certainty) / (len(SENTIMENT5.labels) - 1)
    spread = np.full((5, 5), rest) + np.eye(5) * (certainty - rest)
    return {name: spread[judged.labels[name]] for name in PARTS}


def graded(judged: Judged, spread: float) -> dict[str, Floats]:
    """People's values as opinions: the part of Normal(value, spread²) between the labels' cuts, modality → (clips, 5).

    Unlike `experts`, .2 and .6 are not the same opinion although both are weakly positive.
    """
    from scipy.stats import norm

    bounds = np.array([-np.inf, *CUTS, np.inf])
    found = {}
    for name in PARTS:
        below = norm.cdf((bounds - judged.values[name][:, None]) / spread)
        p = np.maximum(np.diff(below, axis=1), LEAST)
        found[name] = p / p.sum(axis=1, keepdims=True)
    return found


def _space(names: Sequence[str], file: Path) -> LabelSpace:
    for space in SPACES.values():
        if sorted(space.labels) == sorted(names):
            return space
    raise ConfigError(
        f"{file}: p_ columns of no known label space: {', '.join(names) or 'none'}",
        "columns p_LABEL for all labels of one known space",
    )


def _polarity(space: LabelSpace, label: str) -> int | None:
    """−1, 0, 1, or None for an emotion without one."""
    exact = [float(label == name) for name in space.labels]
    if not any(exact):
        raise ConfigError(f"{label!r} is no label of {space.name}", f"one of {', '.join(space.labels)}")
    five = to_sentiment5(space, exact)
    if max(five) - min(five) < 1e-9:
        return None
    return int(np.sign(five[3] + five[4] - five[0] - five[1]))
