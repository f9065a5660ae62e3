"""The names of all functionals, in order: those of a sound in which every one of them can be measured."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from harness.records.types import SAMPLE_RATE
from models.voice.prosody.dynamics import dynamics
from models.voice.prosody.functionals import functionals
from models.voice.prosody.voice import Voice, measure


@lru_cache(maxsize=1)
def functional_names() -> tuple[str, ...]:
    """The names that `functionals` gives."""
    return tuple(sorted(functionals(_reference())))


@lru_cache(maxsize=1)
def dynamic_names() -> tuple[str, ...]:
    """The names that `dynamics` gives."""
    return tuple(sorted(dynamics(_reference())))


def _reference() -> Voice:
    """Four seconds of a wavering tone in syllables."""
    t = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
    f0 = 140 * 2 ** (3 / 12 * np.sin(2 * np.pi * 0.7 * t))
    phase = 2 * np.pi * np.cumsum(f0) / SAMPLE_RATE
    tone = np.sum([np.cos(k * phase) / k for k in range(1, 20)], axis=0)
    return measure((0.1 * tone * (0.05 + 0.95 * np.sin(np.pi * 3 * t) ** 2)).astype(np.float32))
