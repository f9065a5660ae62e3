"""The light filters against those of scipy.signal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from models.voice.prosody.filters import PADDING, butterworth, high_pass, peaks

RATE = 16000


@pytest.mark.parametrize("hz", [40.0, 100.0, 1000.0])
def test_sections_of_a_butterworth(hz: float) -> None:
    ours = signal.sosfreqz(butterworth(hz, RATE), worN=512, fs=RATE)[1]
    theirs = signal.sosfreqz(signal.butter(4, hz, "highpass", fs=RATE, output="sos"), worN=512, fs=RATE)[1]
    assert np.abs(ours - theirs).max() < 1e-9


@pytest.mark.parametrize("kind", ["noise", "step", "short", "silence"])
@pytest.mark.parametrize("hz", [40.0, 100.0])
def test_forth_and_back(kind: str, hz: float) -> None:
    noise = np.random.default_rng(3).standard_normal(20000) + 0.7
    audio = {"noise": noise, "step": np.ones(5000), "short": noise[: PADDING + 1], "silence": np.zeros(400)}[kind]
    sos = signal.butter(4, hz, "highpass", fs=RATE, output="sos")
    wanted = signal.sosfiltfilt(sos, audio, padtype="even", padlen=PADDING)
    assert np.abs(high_pass(audio, hz, RATE) - wanted).max() < 1e-8


@given(st.lists(st.integers(-5, 5), max_size=40), st.integers(-5, 5), st.integers(0, 6))
def test_peaks(values: list[int], height: int, prominence: int) -> None:
    found = peaks(np.array(values, dtype=float), height, prominence)
    wanted, _ = signal.find_peaks(np.array(values, dtype=float), height=height, prominence=prominence)
    assert found.tolist() == wanted.tolist()
