"""Sounds that are no speech, made here: what a recogniser must not hear words in. All are float32 at 16 kHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.records.types import SAMPLE_RATE

Sound = NDArray[np.float32]


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def noise(seconds: float, level: float = 0.1, seed: int = 0) -> Sound:
    return (np.random.default_rng(seed).standard_normal(round(seconds * SAMPLE_RATE)) * level).astype(np.float32)


def hum(seconds: float) -> Sound:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return (0.2 * np.sin(2 * np.pi * 50 * time)).astype(np.float32) + noise(seconds, 0.02)


def clicks(seconds: float) -> Sound:
    made = silence(seconds)
    made[::8000] = 0.9
    return made


def music(seconds: float, seed: int = 0) -> Sound:
    """Chords of plucked notes with harmonics, two a second; each rings for three seconds."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    random, made = np.random.default_rng(seed), np.zeros(len(time))
    for beat in range(int(2 * seconds)):
        heard = slice(beat * SAMPLE_RATE // 2, (beat + 6) * SAMPLE_RATE // 2)
        fading = np.exp(-3 * (time[heard] - beat / 2))
        for root in (110, 220, 330):
            pitch = root * 2 ** (random.integers(0, 12) / 12)
            turn = np.exp(2j * np.pi * pitch * time[heard])
            made[heard] += fading * (turn + turn**2 / 2 + turn**3 / 3 + turn**4 / 4).imag
    return (made / np.abs(made).max() / 2).astype(np.float32)
