"""F0 by normalised autocorrelation with a best path through several candidates per frame (Boersma, 1993)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.records.types import SAMPLE_RATE
from models.voice.prosody.frames import STEP, Floats

F0_MIN, F0_MAX = 60.0, 600.0
WINDOW = int(3 * SAMPLE_RATE / F0_MIN)
FFT = 1280
BAND = 4000.0
"""Periodicity is judged below this; the soft edge also makes the autocorrelation smooth enough to interpolate."""
CANDIDATES = 6
VOICING_THRESHOLD = 0.55
SILENCE_THRESHOLD = 0.03
OCTAVE_COST = 0.02
OCTAVE_JUMP_COST = 0.35
VOICING_COST = 0.14
MIN_VOICED = 0.03
"""Voiced stretches shorter than this (s) are taken back."""
HNR_MAX = 40.0
AT_ONCE = 2048
"""Frames whose autocorrelation is computed at once."""


@dataclass(frozen=True)
class PitchTrack:
    """F0 and periodicity every 10 ms.

    Attributes:
        f0_hz: shape (frames,), NaN where unvoiced.
        periodicity: normalised autocorrelation at the period (voiced) or its largest peak (unvoiced), 0..1.
    """

    f0_hz: Floats
    periodicity: Floats

    @property
    def hnr_db(self) -> Floats:
        """Harmonics-to-noise ratio 10·log10(r / (1 − r)) below 4 kHz, NaN where unvoiced, at most 40 dB."""
        r = np.clip(self.periodicity, 1e-4, 1 - 10 ** (-HNR_MAX / 10))
        return np.where(np.isnan(self.f0_hz), np.nan, 10 * np.log10(r / (1 - r)))


class Candidates(NamedTuple):
    """The highest autocorrelation peaks of each frame.

    Attributes:
        lags: in samples, 0 for none, shape (frames, 6).
        heights: shape (frames, 6).
        peaks: the frame's largest amplitude, shape (frames,).
    """

    lags: Floats
    heights: Floats
    peaks: Floats


def joined(parts: Sequence[Candidates]) -> Candidates:
    """Candidates of frames that follow each other."""
    return Candidates(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def candidates(frames: Floats) -> Candidates:
    """Periods that each frame may have; `frames` are of `WINDOW` samples, high-passed."""
    return joined([_candidates(frames[i : i + AT_ONCE]) for i in range(0, len(frames), AT_ONCE)])


def track_f0(found: Candidates) -> PitchTrack:
    """F0 60–600 Hz from the candidates of a whole clip, on the grid of `frames`.

    Each frame spans three longest periods (50 ms). Gain plays no part: silence is judged against the clip itself.
    """
    lags, heights, peaks = found
    strength = np.where(lags > 0, heights - OCTAVE_COST * np.log2(np.maximum(lags, 1) * F0_MIN / SAMPLE_RATE), -1e6)
    loudest = float(np.quantile(peaks, 0.99)) or 1.0
    quiet = np.maximum(0.0, 2 - (peaks / loudest) / (SILENCE_THRESHOLD / (1 + VOICING_THRESHOLD)))
    unvoiced = np.where(peaks > 0, VOICING_THRESHOLD + quiet, 2.0)
    path = _best_path(np.column_stack([unvoiced, strength]), lags)
    rows = np.arange(len(path))
    chosen = np.maximum(path - 1, 0)
    voiced = _without_short(path > 0, round(MIN_VOICED / STEP))
    f0 = np.where(voiced, SAMPLE_RATE / np.maximum(lags[rows, chosen], 1.0), np.nan)
    return PitchTrack(f0, np.where(voiced, heights[rows, chosen], heights.max(axis=1)))


def _candidates(frames: Floats) -> Candidates:
    """The autocorrelation of the windowed frame is divided by that of the window, which undoes its taper."""
    taper = np.hanning(WINDOW + 2)[1:-1].astype(np.float32)
    centred = (frames - frames.mean(axis=1, keepdims=True)).astype(np.float32)
    longest = int(np.ceil(SAMPLE_RATE / F0_MIN)) + 1
    shortest = int(SAMPLE_RATE / F0_MAX)
    r = _autocorrelation(centred * taper, longest + 1)
    own = _autocorrelation(taper[None, :], longest + 1)[0]
    r = r / np.maximum(r[:, :1], 1e-20) / (own / own[0])
    centre, left, right = r[:, shortest:longest], r[:, shortest - 1 : longest - 1], r[:, shortest + 1 : longest + 1]
    is_peak = (centre > left) & (centre >= right) & (centre > 0)
    # Ranked with the octave cost: at a high F0 all its multiples are about as high, and would crowd it out.
    bias = OCTAVE_COST * np.log2(np.arange(shortest, longest))
    order = np.argsort(np.where(is_peak, bias - centre, np.inf), axis=1)[:, :CANDIDATES]
    a, b, c = (np.take_along_axis(m, order, axis=1) for m in (left, centre, right))
    curvature = np.minimum(a - 2 * b + c, -1e-12)
    offset = np.clip(0.5 * (a - c) / curvature, -0.5, 0.5)
    height = b - 0.25 * (a - c) * offset
    height = np.where(height > 1, 1 / np.maximum(height, 1e-6), height)
    found = np.take_along_axis(is_peak, order, axis=1)
    lags = np.where(found, shortest + order + offset, 0.0)
    return Candidates(lags, np.where(found, height, 0.0), np.abs(centred).max(axis=1).astype(np.float64))


def _autocorrelation(frames: NDArray[np.float32], lags: int) -> Floats:
    """Autocorrelation of the part below `BAND`, shape (frames, lags)."""
    from scipy.fft import irfft, rfft

    spectrum = rfft(frames, FFT, axis=1)
    hz = np.fft.rfftfreq(FFT, 1 / SAMPLE_RATE)
    edge = (0.5 + 0.5 * np.cos(np.pi * np.clip((hz - BAND + 500) / 1000, 0, 1))).astype(np.float32)
    power = (spectrum.real**2 + spectrum.imag**2) * edge
    return np.asarray(irfft(power, FFT, axis=1)[:, :lags], dtype=np.float64)


def _best_path(strength: Floats, lags: Floats) -> NDArray[np.intp]:
    """Viterbi path, 0 = unvoiced, k = candidate k − 1: strengths less the costs of octave jumps and voicing changes."""
    octaves = np.log2(np.maximum(lags, 1.0))
    unit = 0.01 / STEP
    states = strength.shape[1]
    back = np.zeros(strength.shape, dtype=np.intp)
    cost = np.full((states, states), VOICING_COST * unit)
    cost[0, 0] = 0.0
    score = strength[0]
    columns = np.arange(states)
    for i in range(1, len(strength)):
        cost[1:, 1:] = OCTAVE_JUMP_COST * unit * np.abs(octaves[i - 1][:, None] - octaves[i])
        total = score[:, None] - cost
        back[i] = total.argmax(axis=0)
        score = total[back[i], columns] + strength[i]
    path = np.zeros(len(strength), dtype=np.intp)
    path[-1] = int(score.argmax())
    for i in range(len(strength) - 1, 0, -1):
        path[i - 1] = back[i, path[i]]
    return path


def _without_short(mask: NDArray[np.bool_], least: int) -> NDArray[np.bool_]:
    """The mask without runs of fewer than `least` frames."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    kept = mask.copy()
    for start, end in edges.reshape(-1, 2):
        if end - start < least:
            kept[start:end] = False
    return kept
