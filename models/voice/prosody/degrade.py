"""A studio recording as a video might carry it: for training heads that do not take hiss for a mood."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.records.types import SAMPLE_RATE

SNR_DB = (0.0, 25.0)
NOISE_TILT_DB = (0.0, 6.0)
"""Fall of the noise's spectrum per octave: from white to brown."""
CHANNEL_TILT_DB = (-1.5, 1.5)
CUTOFF_HZ = (3400.0, 8000.0)


def degrade(audio: NDArray[np.float32], random: np.random.Generator) -> NDArray[np.float32]:
    """Audio through a random channel (tilt per octave, upper cutoff) with random coloured noise at a random SNR.

    The SNR is against the whole recording's power. `random` decides everything; equal state, equal result.
    """
    hz = np.maximum(np.fft.rfftfreq(len(audio), 1 / SAMPLE_RATE), 50.0)
    octaves = np.log2(hz / 1000)
    channel = 10 ** (random.uniform(*CHANNEL_TILT_DB) * octaves / 20)
    channel /= 1 + (hz / random.uniform(*CUTOFF_HZ)) ** 16
    colour = 10 ** (-random.uniform(*NOISE_TILT_DB) * octaves / 20)
    noise = np.fft.irfft(np.fft.rfft(random.standard_normal(len(audio))) * colour, len(audio))
    voice = np.fft.irfft(np.fft.rfft(audio.astype(np.float64)) * channel, len(audio))
    ratio = np.sqrt(np.mean(voice**2) / max(float(np.mean(noise**2)), 1e-20))
    return np.asarray(voice + noise * ratio * 10 ** (-random.uniform(*SNR_DB) / 20), dtype=np.float32)
