"""What a head says of a clip when intervals of it are hidden: the face's pictures, or the sound.

Hidden means that the clip does not hold them. With everything hidden a head says nothing, and each label has its share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.judging.occlusion import Answer, Array, Masks
from harness.records.types import SAMPLE_RATE, Opinion
from models.face.readings import Readings, pooled

Interval = tuple[float, float]
FEWEST, MOST = 4, 10
LENGTH = 0.5
"""Seconds of an interval that are aimed at; a longer clip is parted into `MOST`."""
FADE = SAMPLE_RATE // 200
"""Samples over which sound goes in and out where it was parted: 5 ms, so that no click is heard."""
Says = Callable[[NDArray[np.bool_]], Array | None]
"""Which intervals are hidden (parts,) → probabilities over the head's labels; None where it says nothing."""


@dataclass(frozen=True)
class Judged:
    """A head's own answer on a clip, and the same under masks of intervals."""

    label: str
    answer: Answer


def intervals(seconds: float) -> tuple[Interval, ...]:
    """The clip in equal parts of about `LENGTH`, from `FEWEST` to `MOST` of them."""
    count = int(np.clip(round(seconds / LENGTH), FEWEST, MOST))
    edges = np.linspace(0.0, seconds, count + 1).round(4).tolist()
    return tuple(zip(edges, edges[1:], strict=False))


def judged(labels: Sequence[str], says: Says, parts: int) -> Judged | None:
    """The label that is answered with nothing hidden, and its probability under masks; None where there is none.

    No mask is asked about twice.
    """
    whole = says(np.zeros(parts, dtype=bool))
    if whole is None:
        return None
    place = int(whole.argmax())
    known: dict[bytes, float] = {np.zeros(parts, dtype=bool).tobytes(): float(whole[place])}

    def one(mask: NDArray[np.bool_]) -> float:
        key = mask.tobytes()
        if key not in known:
            said = None if mask.all() else says(mask)
            known[key] = 1 / len(labels) if said is None else float(said[place])
        return known[key]

    def answer(masks: Masks) -> Array:
        return np.array([one(np.ascontiguousarray(mask)) for mask in masks], dtype=np.float64)

    return Judged(labels[place], answer)


def face_says(readings: Readings, times: Sequence[Interval]) -> Says:
    """Of the pictures outside the hidden intervals, and of movements whose middle lies outside."""
    place = placed(readings.times, times)
    middles = placed(np.array([(m.start + m.end) / 2 for m in readings.movements]), times)

    def says(hidden: NDArray[np.bool_]) -> Array | None:
        movements = [m for m, at in zip(readings.movements, middles, strict=True) if not hidden[at]]
        return pooled(readings, ~hidden[place], movements)

    return says


def voice_says(
    audio: NDArray[np.float32], times: Sequence[Interval], opinion: Callable[[NDArray[np.float32]], Opinion | None]
) -> Says:
    """Of the sound without the hidden intervals, put together."""

    def says(hidden: NDArray[np.bool_]) -> Array | None:
        kept = without(audio, times, hidden)
        said = opinion(kept) if kept.size else None
        return None if said is None else np.asarray(said.probabilities, dtype=np.float64)

    return says


def without(audio: NDArray[np.float32], times: Sequence[Interval], hidden: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Sound (samples,) without the hidden intervals; what was apart is faded out and in over 5 ms."""
    edges = [round(start * SAMPLE_RATE) for start, _ in times] + [len(audio)]
    pieces: list[NDArray[np.float32]] = []
    first = 0
    while first < len(times):
        if hidden[first]:
            first += 1
            continue
        last = first
        while last < len(times) and not hidden[last]:
            last += 1
        piece = audio[edges[first] : edges[last]].copy()
        slope = np.linspace(0, 1, min(FADE, len(piece)), dtype=np.float32)
        if first > 0 and len(slope):
            piece[: len(slope)] *= slope
        if last < len(times) and len(slope):
            piece[-len(slope) :] *= slope[::-1]
        pieces.append(piece)
        first = last
    return np.concatenate(pieces) if pieces else audio[:0]


def placed(moments: Array, times: Sequence[Interval]) -> NDArray[np.intp]:
    """The interval in which each moment, s, lies; the last one for what lies behind."""
    ends = np.array([end for _, end in times])
    return np.minimum(np.searchsorted(ends, moments, side="right"), len(times) - 1).astype(np.intp)
