"""What an answer rests on in time or place, by hiding parts of the clip; and the file where the report looks for it."""

from __future__ import annotations

from dataclasses import dataclass

FOLDER = "saliency"
"""In a run's folder; a file for each clip, called like its story."""
SCHEMA = "saliency-time/1"


@dataclass(frozen=True)
class Areas:
    """Area under a curve over the share of parts: of the ranking by effect, mean of random ones, and chance p."""

    area: float
    random: float
    p: float


@dataclass(frozen=True)
class HiddenParts:
    """How P(label) falls when parts of a clip are hidden from a model.

    Attributes:
        label: what it answers with nothing hidden.
        probability, probability_hidden: of `label` with nothing and with everything hidden.
        effects: fall of the probability when a part alone is hidden.
        intervals: the parts (start, end), s; empty where they are regions.
        grid: cells a side of every picture, row by row; 0 where the parts are intervals.
        deletion, insertion: areas under the curves; low and high are good.
        shown: whether both beat random rankings.
        requests: how often the model was asked.
    """

    label: str
    probability: float
    probability_hidden: float
    effects: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]
    grid: int
    deletion: Areas
    insertion: Areas
    shown: bool
    requests: int
