"""Short-time level and spectrum on one common grid: frame i is centred at i · 10 ms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.records.types import SAMPLE_RATE
from models.voice.prosody.filters import high_pass

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

HOP = 160
STEP = HOP / SAMPLE_RATE
"""Seconds between frames."""
WINDOW = 400
FFT = 512
LEVEL_FLOOR = -100.0
"""dB re full scale that digital silence is given."""
OFFSET = 40.0
RUMBLE = 100.0
"""Level and F0 are taken above this (Hz): mains hum and the bass of a score lie below, a voice's harmonics above."""
MEL_BANDS, MEL_LOW, MEL_HIGH = 26, 60.0, 7600.0
CEPSTRA = 12


@dataclass(frozen=True)
class Frames:
    """Level and spectrum per frame.

    Attributes:
        level_db: RMS level of 25 ms above 100 Hz, dB re full scale, shape (frames,).
        power: Hann-windowed power spectrum, shape (frames, bins), bins of 31.25 Hz.
    """

    level_db: Floats
    power: NDArray[np.float32]


FREQUENCIES: Floats = np.arange(FFT // 2 + 1, dtype=np.float64) * float(SAMPLE_RATE / FFT)


def high_passed(audio: NDArray[np.float32], hz: float) -> Floats:
    """The audio above `hz`: Butterworth high-pass of fourth order, run both ways (zero phase, −6 dB at `hz`)."""
    return high_pass(np.asarray(audio, dtype=np.float64), hz, SAMPLE_RATE)


def windows(signal: Floats, size: int) -> Floats:
    """Frames of `size` samples centred on the grid, zeros outside the signal; a read-only view (frames, size)."""
    count = len(signal) // HOP + 1
    padded = np.zeros((count - 1) * HOP + size)
    padded[size // 2 : size // 2 + len(signal)] = signal[: len(padded) - size // 2]
    return np.lib.stride_tricks.sliding_window_view(padded, size)[::HOP]


def analyse(audio: NDArray[np.float32], voice: Floats) -> Frames:
    """Level of `voice` and power spectrum of `audio`.

    Args:
        audio: the clip, at least one window long.
        voice: the same above the rumble (`high_passed` at `RUMBLE`).
    """
    from scipy.fft import rfft

    frames = windows(voice, WINDOW)
    mean_square = np.einsum("ij,ij->i", frames, frames) / WINDOW
    level = 10 * np.log10(np.maximum(mean_square, 10 ** (LEVEL_FLOOR / 10)))
    taper = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    full = windows(high_passed(audio, OFFSET), WINDOW).astype(np.float32)
    spectrum = rfft(full * taper, FFT, axis=1)
    return Frames(level, np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32))


def band_power(power: NDArray[np.float32], low: float, high: float) -> Floats:
    """Summed power of the bins in low ≤ f < high Hz, shape (frames,)."""
    inside = (low <= FREQUENCIES) & (high > FREQUENCIES)
    return np.asarray(power[:, inside].sum(axis=1), dtype=np.float64)


def decibel(ratio: Floats) -> Floats:
    """10·log10 with the dynamic range of a float32 spectrum as its floor."""
    return np.asarray(10 * np.log10(np.maximum(ratio, 1e-12)))


def flatness(power: NDArray[np.float32]) -> Floats:
    """Spectral flatness 100–7000 Hz, 0 (a tone) … 1 (white): geometric over arithmetic mean, shape (frames,)."""
    inside = (FREQUENCIES >= 100) & (FREQUENCIES < 7000)
    part = np.maximum(power[:, inside].astype(np.float64), 1e-20)
    return np.asarray(np.exp(np.log(part).mean(axis=1)) / part.mean(axis=1))


def tone_share(power: NDArray[np.float32]) -> Floats:
    """Share of a frame's power within ±62.5 Hz of its strongest bin: near 1 for a pure tone, shape (frames,)."""
    peak = np.clip(power.argmax(axis=1), 2, power.shape[1] - 3)
    near = power[np.arange(len(power))[:, None], peak[:, None] + np.arange(-2, 3)]
    return np.asarray(near.sum(axis=1) / np.maximum(power.sum(axis=1), 1e-20), dtype=np.float64)


def cepstra(power: NDArray[np.float32]) -> Floats:
    """MFCC 1–12 (Davis & Mermelstein, 1980), shape (frames, 12); the gain-dependent zeroth is left out.

    Mel energies lie no more than 80 dB under the clip's strongest, so that digital silence stays finite.
    """
    from scipy.fft import dct

    return np.asarray(dct(np.log(_mel_energies(power)), type=2, norm="ortho", axis=1)[:, 1 : CEPSTRA + 1])


def mel_levels(power: NDArray[np.float32]) -> Floats:
    """Level of the mel bands in dB, shape (frames, 26), with the floor of `cepstra`."""
    return np.asarray(10 * np.log10(_mel_energies(power)))


def _mel_energies(power: NDArray[np.float32]) -> Floats:
    energies = power.astype(np.float64) @ _mel_filters().T
    return np.asarray(np.maximum(energies, max(float(energies.max()) * 1e-8, 1e-20)))


def _mel_filters() -> Floats:
    """Triangles of equal width on the mel scale (O'Shaughnessy, 1987), shape (bands, bins)."""
    low, high = (2595 * float(np.log10(1 + hz / 700)) for hz in (MEL_LOW, MEL_HIGH))
    mel = np.linspace(low, high, MEL_BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    rising = (FREQUENCIES - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - FREQUENCIES) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))
