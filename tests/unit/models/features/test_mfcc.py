"""Cepstra frame by frame: their rate, their blindness to gain, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from harness.faults import ClipError
from models.features.mfcc import RATE, mfcc

TIME = np.arange(16_000) / 16_000


def vowel(hz: float) -> np.ndarray:
    """A buzz of 120 Hz whose partials are strongest around `hz`."""
    partials = [np.exp(-(((120 * k - hz) / 300) ** 2)) * np.sin(2 * np.pi * 120 * k * TIME) for k in range(1, 60)]
    return np.asarray(0.05 * np.sum(partials, axis=0), np.float32)


def test_rows_have_their_rate_and_do_not_hear_how_loud_it_is() -> None:
    rows = mfcc(vowel(700.0))
    assert rows.shape == (RATE, 24) and rows.dtype == np.float32
    assert mfcc(0.3 * vowel(700.0))[5:-5] == pytest.approx(rows[5:-5], abs=0.05)
    assert np.abs(rows[5:-5, 12:]).max() < 0.3, "nothing changes in a steady tone"
    assert np.abs(mfcc(vowel(1500.0))[5:-5, :12] - rows[5:-5, :12]).mean() > 1.0


@pytest.mark.parametrize("sound", [np.zeros(16_000, np.float32), vowel(700.0)[:1000]])
def test_silence_and_snippets_are_refused(sound: np.ndarray) -> None:
    with pytest.raises(ClipError, match="too short, or silent"):
        mfcc(sound)
