"""The eight-emotion measurement: its arithmetic, its split, and features that do not hang on gain."""

from __future__ import annotations

import numpy as np
import pytest

from models.training.speech_emotion import LABELS, discriminant, held_out
from models.voice.prosody.dynamics import dynamics
from models.voice.prosody.voice import measure


def test_the_discriminant_finds_shifted_classes() -> None:
    random = np.random.default_rng(0)
    y = np.arange(400) % 4
    centres = 3 * random.standard_normal((4, 10))
    weights, bias = discriminant(centres[y] + random.standard_normal((400, 10)), y, 4)
    fresh = centres[y] + random.standard_normal((400, 10))
    assert np.mean((fresh @ weights + bias).argmax(axis=1) == y) > 0.95


def test_speakers_are_held_out() -> None:
    """Every speaker keeps one emotion and one voice: whoever hears the speaker knows, nobody else does."""
    random = np.random.default_rng(1)
    speakers = np.repeat(np.arange(40), 8)
    y = random.permutation(np.arange(40) % len(LABELS))[speakers]
    x = random.standard_normal((40, 30))[speakers]
    p = held_out(x, y, speakers.astype(str))
    assert p.sum(axis=1) == pytest.approx(1)
    assert np.mean(p.argmax(axis=1) == y) < 0.4


def test_dynamics_do_not_hang_on_gain() -> None:
    t = np.arange(24_000) / 16_000
    f0 = 140 + 30 * np.sin(2 * np.pi * 1.2 * t)
    phase = 2 * np.pi * np.cumsum(f0) / 16_000
    voice = sum(np.sin(k * phase) / k for k in range(1, 12)) * (0.55 + 0.45 * np.sin(2 * np.pi * 3 * t))
    loud = (0.3 * voice / np.abs(voice).max()).astype(np.float32)
    one, other = dynamics(measure(loud)), dynamics(measure(loud * np.float32(0.25)))
    assert len(one) > 200
    assert set(one) == set(other)
    assert max(abs(one[name] - other[name]) for name in one) < 0.05
    assert dynamics(measure(np.zeros(16_000, dtype=np.float32))) == {}
