"""Short-time level and spectrum on one common grid: frame i is centred at i · 10 ms.

A long sound is gone through in blocks of frames, since its filtered copy and its spectra are more than fits into
memory (0.8 GB an hour). Up to `BLOCK` frames it is one block; more of them give the same numbers, but for the last
bits of those that are matrix products.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.records.types import SAMPLE_RATE
from models.voice.prosody.filters import high_pass_parts

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Power = NDArray[np.float32]

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
REACH = 400
"""Samples on both sides of a frame's centre that are at hand for the longest window."""
BLOCK = 4096
"""Frames that are measured at once: 41 s, so that only long sounds are taken apart."""


FREQUENCIES: Floats = np.arange(FFT // 2 + 1, dtype=np.float64) * float(SAMPLE_RATE / FFT)


class Spectra:
    """Hann-windowed power spectra of a sound, bins of 31.25 Hz, a block of frames at a time.

    Those of a sound of one block are kept; those of a longer one are computed whenever they are gone through.

    Args:
        audio: 16 kHz mono, at least one window long, shape (samples,).
        block: frames.
    """

    def __init__(self, audio: NDArray[np.float32], block: int = BLOCK) -> None:
        self._audio, self._block = audio, block
        self._kept: list[tuple[slice, Power]] = []

    def __len__(self) -> int:
        """The number of frames."""
        return len(self._audio) // HOP + 1

    def __iter__(self) -> Iterator[tuple[slice, Power]]:
        """From the last block to the first: which frames, and their power, shape (frames, bins)."""
        if self._kept:
            yield from self._kept
            return
        for at, stretch in stretches(self._audio, OFFSET, self._block):
            power = _power(windows(stretch, WINDOW))
            if at == slice(0, len(self)):
                self._kept = [(at, power)]
            yield at, power

    def tracks(self, *of: Callable[[Power], Floats]) -> list[Floats]:
        """Of each function from power to a number a frame: its numbers for all frames, in their order."""
        parts = [[one(power) for one in of] for _, power in self]
        return [np.concatenate(column[::-1]) for column in zip(*parts, strict=True)]


@dataclass(frozen=True)
class Frames:
    """Level and spectrum per frame.

    Attributes:
        level_db: RMS level of 25 ms above 100 Hz, dB re full scale, shape (frames,).
        spectra: power of the whole sound.
    """

    level_db: Floats
    spectra: Spectra


def stretches(audio: NDArray[np.float32], hz: float, block: int = BLOCK) -> Iterator[tuple[slice, Floats]]:
    """The sound above `hz`, from the last `block` of frames to the first: which frames, and the samples about them.

    Butterworth high-pass of fourth order, run both ways (zero phase, −6 dB at `hz`). The samples reach from `REACH`
    before the first frame's centre to `REACH` after the last one's, with zeros outside the sound.
    """
    count = len(audio) // HOP + 1
    firsts = range(0, max(1, count - 1), block)  # no block of a single frame, which numpy adds up in another order
    starts = [max(0, first * HOP - REACH) for first in firsts]
    later = np.zeros(0)
    for first, part in zip(reversed(firsts), high_pass_parts(audio, hz, SAMPLE_RATE, starts), strict=True):
        last = count if first == firsts[-1] else first + block
        stretch = np.zeros((last - first - 1) * HOP + 2 * REACH)
        within = stretch[REACH if first == 0 else 0 :]
        within[: len(part)] = part[: len(within)]
        beyond = within[len(part) :]
        beyond[: len(later)] = later[: len(beyond)]
        later = part[: 2 * REACH - HOP].copy()
        yield slice(first, last), stretch


def windows(stretch: Floats, size: int) -> Floats:
    """Frames of `size` samples, at most 2 · `REACH`, of one of the `stretches`; a read-only view (frames, size)."""
    spare = REACH - size // 2
    return np.lib.stride_tricks.sliding_window_view(stretch[spare : len(stretch) - spare], size)[::HOP]


def level(frames: Floats) -> Floats:
    """RMS level of frames of `WINDOW` samples, dB re full scale, shape (frames,)."""
    mean_square = np.einsum("ij,ij->i", frames, frames) / WINDOW
    return np.asarray(10 * np.log10(np.maximum(mean_square, 10 ** (LEVEL_FLOOR / 10))))


def _power(frames: Floats) -> Power:
    from scipy.fft import rfft

    taper = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    spectrum = rfft(frames.astype(np.float32) * taper, FFT, axis=1)
    return np.asarray(spectrum.real**2 + spectrum.imag**2, dtype=np.float32)


def band_power(power: NDArray[np.float32], low: float, high: float) -> Floats:
    """Summed power of the bins in low ≤ f < high Hz, shape (frames,)."""
    inside = (low <= FREQUENCIES) & (high > FREQUENCIES)
    return np.asarray(power[:, inside].sum(axis=1), dtype=np.float64)


def decibel(ratio: Floats) -> Floats:
    """10·log10 with the dynamic range of a float32 spectrum as its floor."""
    return np.asarray(10 * np.log10(np.maximum(ratio, 1e-12)))


def flatness(power: Power) -> Floats:
    """Spectral flatness 100–7000 Hz, 0 (a tone) … 1 (white): geometric over arithmetic mean, shape (frames,)."""
    inside = (FREQUENCIES >= 100) & (FREQUENCIES < 7000)
    part = np.maximum(power[:, inside].astype(np.float64), 1e-20)
    return np.asarray(np.exp(np.log(part).mean(axis=1)) / part.mean(axis=1))


def tone_share(power: Power) -> Floats:
    """Share of a frame's power within ±62.5 Hz of its strongest bin: near 1 for a pure tone, shape (frames,)."""
    peak = np.clip(power.argmax(axis=1), 2, power.shape[1] - 3)
    near = power[np.arange(len(power))[:, None], peak[:, None] + np.arange(-2, 3)]
    return np.asarray(near.sum(axis=1) / np.maximum(power.sum(axis=1), 1e-20), dtype=np.float64)


def cepstra(energies: Floats) -> Floats:
    """MFCC 1–12 (Davis & Mermelstein, 1980), shape (frames, 12); the gain-dependent zeroth is left out.

    `energies` are the `mel_energies` of the clip. They are taken to lie no more than 80 dB under the strongest, so that
    digital silence stays finite.
    """
    from scipy.fft import dct

    least = _least(energies)
    parts = [
        dct(np.log(np.maximum(energies[i : i + BLOCK], least)), type=2, norm="ortho", axis=1)[:, 1 : CEPSTRA + 1]
        for i in range(0, len(energies), BLOCK)
    ]
    return np.concatenate(parts)


def mel_levels(energies: Floats) -> Floats:
    """Level of the mel bands in dB, shape (frames, 26), with the floor of `cepstra`."""
    return np.asarray(10 * np.log10(np.maximum(energies, _least(energies))))


def mel_energies(power: Power) -> Floats:
    """Power within the mel bands, shape (frames, 26)."""
    return np.asarray(power.astype(np.float64) @ _mel_filters().T)


def _least(energies: Floats) -> float:
    return max(float(energies.max()) * 1e-8, 1e-20)


def _mel_filters() -> Floats:
    """Triangles of equal width on the mel scale (O'Shaughnessy, 1987), shape (bands, bins)."""
    low, high = (2595 * float(np.log10(1 + hz / 700)) for hz in (MEL_LOW, MEL_HIGH))
    mel = np.linspace(low, high, MEL_BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    rising = (FREQUENCIES - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - FREQUENCIES) / (edges[2:] - edges[1:-1])[:, None]
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)))
