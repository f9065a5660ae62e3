"""What the expression head reads in each picture of a clip, and what that comes to over some of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.records.types import Movement
from models.face.temporal import fuse_movements
from models.heads.linear import softmax

Array = NDArray[np.float64]
OPINION_FRAMES = 16
"""Pictures that an opinion rests on at most."""


@dataclass(frozen=True)
class Readings:
    """The pictures in which the face was followed, in order of time.

    Attributes:
        labels: of the head.
        times: (pictures,) s.
        logs: (pictures, labels) log-probabilities.
        quality: (pictures,) frontality × relative sharpness; 0 where nothing is read.
        movements: of the whole clip.
    """

    labels: tuple[str, ...]
    times: Array
    logs: Array
    quality: Array
    movements: tuple[Movement, ...]


def pooled(readings: Readings, kept: NDArray[np.bool_], movements: Sequence[Movement]) -> Array | None:
    """The head's probabilities (labels,) over the pictures of `kept` (pictures,) alone, as in the opinion on a clip.

    None where nothing is read in any of them.
    """
    rows = np.flatnonzero(kept).tolist()
    best = [max(part, key=lambda row: readings.quality[row]) for part in parts(rows, OPINION_FRAMES)]
    best = [row for row in best if readings.quality[row] > 0]
    if not best:
        return None
    mean = softmax(np.average(readings.logs[best], axis=0, weights=readings.quality[best]))
    return np.array(fuse_movements(readings.labels, [round(float(p), 6) for p in mean], movements)[0])


def parts(rows: Sequence[Any], count: int) -> list[Sequence[Any]]:
    """`rows` cut into at most `count` equal, non-empty stretches."""
    count = min(count, len(rows))
    edges = [round(k * len(rows) / count) for k in range(count + 1)] if count else []
    return [rows[a:b] for a, b in zip(edges, edges[1:], strict=False)]
