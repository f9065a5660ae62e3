"""Tones held as music holds them, on signals whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.voice.prosody import music
from models.voice.prosody.music import held_tones

RATE = 16_000
Audio = NDArray[np.float32]


def tone(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Eight partials over a fundamental given per sample."""
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    return np.asarray(sum(np.cos(k * phase) / k for k in range(1, 9)))


def chord(seconds: float) -> Audio:
    steady = np.ones(int(seconds * RATE))
    parts = sum(tone(steady * hz) for hz in (196.0, 246.9, 293.7))
    hiss = np.random.default_rng(0).standard_normal(len(steady)) * 1e-3
    return np.asarray(0.05 * parts + hiss, dtype=np.float32)


def talk(seconds: float) -> Audio:
    """Bursts of a buzz whose pitch moves by three semitones and never stands."""
    t = np.arange(int(seconds * RATE)) / RATE
    buzz = tone(160 * 2 ** (3 / 12 * np.sin(2 * np.pi * 1.7 * t) + 1 / 12 * np.sin(2 * np.pi * 4.1 * t)))
    hiss = np.random.default_rng(1).standard_normal(len(t)) * 1e-3
    return np.asarray(0.05 * buzz * (0.1 + 0.9 * np.sin(np.pi * 4 * t) ** 2) + hiss, dtype=np.float32)


def test_a_chord_is_held_and_talk_is_not() -> None:
    held, moved = held_tones(chord(3.0)), held_tones(talk(3.0))
    assert held is not None and moved is not None
    assert held > 0.8 and moved < 0.1


def test_talk_over_music_as_loud_has_its_tones() -> None:
    both = held_tones(chord(3.0) + talk(3.0))
    assert both is not None and both > 0.3


def test_noise_and_silence_hold_nothing() -> None:
    noise = np.random.default_rng(2).standard_normal(2 * RATE).astype(np.float32)
    assert held_tones(noise) == 0 == held_tones(np.zeros(2 * RATE, np.float32))


def test_gain_plays_no_part() -> None:
    both = chord(2.0) + talk(2.0)
    assert held_tones(both) == pytest.approx(held_tones(both * np.float32(0.05)), abs=0.02)


def test_less_than_twenty_windows_say_nothing() -> None:
    least = music.WINDOW + (music.LEAST_FRAMES - 1) * music.HOP
    assert held_tones(chord(2.0)[: least - 1]) is None
    assert held_tones(chord(2.0)[:least]) is not None


def test_a_long_clip_is_read_in_parts_that_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    both = np.concatenate([talk(2.0), chord(2.0)])
    whole = held_tones(both)
    monkeypatch.setattr(music, "AT_ONCE", 7)
    assert held_tones(both) == whole
