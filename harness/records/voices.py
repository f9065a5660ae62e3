"""What is known of the voices of a run taken together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.records.types import Opinion


@dataclass(frozen=True)
class World:
    """How the voices of a run sound taken together: mean and standard deviation of every feature over `clips` clips."""

    clips: int
    mean: Mapping[str, float]
    scale: Mapping[str, float]


@dataclass(frozen=True)
class NormalisedVoice:
    """What a voice says once its measurements are normalised over the `clips` voices of the run."""

    clips: int
    opinion: Opinion | None
    likeness: float | None
    emotions: Opinion | None = None
