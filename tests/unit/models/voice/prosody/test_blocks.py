"""A long sound is measured in blocks: each number as if it had been measured as a whole."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.voice.prosody.dynamics import dynamics
from models.voice.prosody.events import find_events
from models.voice.prosody.filters import high_pass, high_pass_parts
from models.voice.prosody.frames import HOP, REACH, RUMBLE, Spectra, flatness, stretches, windows
from models.voice.prosody.functionals import functionals
from models.voice.prosody.voice import measure

RATE = 16_000
Audio = NDArray[np.float32]
LENGTHS = (HOP * 500, HOP * 500 - 1, HOP * 512 + 37, HOP * 64 * 7)
"""Over blocks of 64 there remain 53, 52, 1 and 1 frames."""


def talk(samples: int) -> Audio:
    """Syllables whose pitch and level move, with rests, in a little hiss and hum."""
    t = np.arange(samples) / RATE
    phase = 2 * np.pi * np.cumsum(170 * 2 ** (4 / 12 * np.sin(2 * np.pi * 0.6 * t))) / RATE
    buzz = sum(np.cos(k * phase) / k for k in range(1, 20))
    loud = np.sin(np.pi * 4 * t) ** 2 * (np.sin(2 * np.pi * 0.4 * t) > -0.6) * (1 + np.sin(2 * np.pi * 0.23 * t))
    rest = np.random.default_rng(4).standard_normal(samples) * 1e-3 + 0.01 * np.sin(2 * np.pi * 50 * t)
    return np.asarray(0.05 * buzz * loud + rest, dtype=np.float32)


@pytest.mark.parametrize("step", [2, 3, 50, 4000])
def test_filtered_in_parts_to_the_bit(step: int) -> None:
    sound = talk(12_001)
    parts = list(high_pass_parts(sound, RUMBLE, RATE, range(0, len(sound) - 1, step)))
    whole = high_pass(sound.astype(np.float64), RUMBLE, RATE)
    assert len(parts) > 3 - (step == 4000) and np.array_equal(np.concatenate(parts[::-1]), whole)


@pytest.mark.parametrize("samples", LENGTHS)
@pytest.mark.parametrize("size", [400, 800])
def test_windows_over_the_borders_of_blocks(samples: int, size: int) -> None:
    sound = talk(samples)
    whole = np.concatenate([np.zeros(REACH), high_pass(sound.astype(np.float64), RUMBLE, RATE), np.zeros(2 * REACH)])
    for at, stretch in stretches(sound, RUMBLE, block=64):
        for number, frame in zip(range(at.start, at.stop), windows(stretch, size), strict=True):
            start = REACH + number * HOP - size // 2
            assert np.array_equal(frame, whole[start : start + size])


@pytest.mark.parametrize("samples", LENGTHS)
def test_a_voice_is_the_same_in_blocks(samples: int) -> None:
    sound = talk(samples)
    whole, parts = measure(sound), measure(sound, block=64)
    assert len(list(parts.frames.spectra)) > 6 and len(list(whole.frames.spectra)) == 1
    assert np.array_equal(parts.frames.level_db, whole.frames.level_db)
    assert np.array_equal(parts.frames.spectra.tracks(flatness), whole.frames.spectra.tracks(flatness))
    assert np.array_equal(parts.pitch.f0_hz, whole.pitch.f0_hz, equal_nan=True)
    assert np.array_equal(parts.pitch.periodicity, whole.pitch.periodicity)
    assert parts.speech == whole.speech != () and find_events(parts) == find_events(whole) != ()
    assert parts.snr_db == whole.snr_db and np.array_equal(parts.syllables, whole.syllables)
    for numbers in (functionals, dynamics):
        one, other = numbers(parts), numbers(whole)
        assert one.keys() == other.keys() and len(one) > 60
        assert all(one[name] == pytest.approx(value, rel=1e-11, abs=1e-13) for name, value in other.items())


def test_spectra_of_a_short_sound_are_kept_and_those_of_a_long_one_are_not() -> None:
    sound = talk(HOP * 100)
    ((_, one),), ((_, other),) = kept = Spectra(sound), Spectra(sound)
    assert one is not other and [power for _, power in kept[0]][0] is one
    parts = Spectra(sound, block=64)
    assert all(a is not b for (_, a), (_, b) in zip(parts, parts, strict=True))
