"""A zero-phase high-pass and a search for peaks.

Both exist in `scipy.signal`, whose import takes a worker process more than a second of its life; tests hold the results
against it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ORDER = 4
PADDING = 15
"""Samples that are mirrored at both ends before the filter runs."""


def high_pass(signal: Floats, hz: float, rate: float) -> Floats:
    """`signal` (samples, more than `PADDING`) above `hz`: Butterworth of fourth order, run forth and back.

    Zero phase, −6 dB at `hz`; the ends are mirrored and the filter begins as if it had seen their level for ever
    (Gustafsson, 1996, after the steady state of each section).
    """
    sections = butterworth(hz, rate)
    longer = np.concatenate([signal[PADDING:0:-1], signal, signal[-2 : -PADDING - 2 : -1]])
    once = _run(sections, longer)
    return np.asarray(_run(sections, once[::-1])[::-1][PADDING:-PADDING])


def butterworth(hz: float, rate: float) -> Floats:
    """Second-order sections b0 b1 b2 1 a1 a2 of the high-pass, shape (2, 6), by the bilinear transform."""
    twice = 2.0 * rate
    corner = twice * np.tan(np.pi * hz / rate)
    prototype = np.exp(0.5j * np.pi * (2 * np.arange(ORDER // 2) + ORDER + 1) / ORDER)[::-1]
    analog = corner / prototype
    poles = (twice + analog) / (twice - analog)
    sections = np.array([[1.0, -2.0, 1.0, 1.0, -2.0 * pole.real, abs(pole) ** 2] for pole in poles])
    at_nyquist = np.prod((1.0 - sections[:, 4] + sections[:, 5]) / 4.0)
    sections[0, :3] *= at_nyquist
    return np.asarray(sections)


def peaks(values: Floats, height: float, prominence: float) -> NDArray[np.intp]:
    """Places of local maxima at least `height` high that rise at least `prominence` above both dips beside them.

    The dip on a side is the lowest value before a strictly higher one, or before the end. Of a flat top the middle is
    given.
    """
    if len(values) < 3:
        return np.zeros(0, dtype=np.intp)
    starts = np.flatnonzero(np.concatenate([[True], values[1:] != values[:-1]]))
    levels = values[starts]
    ends = np.concatenate([starts[1:], [len(values)]]) - 1
    top = np.flatnonzero((levels[1:-1] > levels[:-2]) & (levels[1:-1] > levels[2:])) + 1
    left, right = _dips(levels), _dips(levels[::-1])[::-1]
    risen = levels[top] - np.maximum(left[top], right[top])
    kept = top[(levels[top] >= height) & (risen >= prominence)]
    return np.asarray((starts[kept] + ends[kept]) // 2, dtype=np.intp)


def _dips(levels: Floats) -> Floats:
    """For each value the lowest one between it and the nearest strictly higher value before it (or the start)."""
    lowest = np.empty(len(levels))
    higher: list[tuple[float, float]] = []  # values that may still end a later search, each with the dip behind it
    for place, level in enumerate(levels.tolist()):
        dip = level
        while higher and higher[-1][0] <= level:
            dip = min(dip, higher.pop()[1])
        lowest[place] = dip
        higher.append((level, dip))
    return lowest


def _run(sections: Floats, signal: Floats) -> Floats:
    """The signal through every section, each begun in the steady state of the signal's first sample."""
    from scipy.linalg.blas import dtbsv

    first, gain = float(signal[0]), 1.0
    for b0, b1, b2, _, a1, a2 in sections.tolist():
        # The recursion is a banded triangular system: y[n] + a1·y[n-1] + a2·y[n-2] = the moving average of x.
        driven = b0 * signal
        driven[1:] += b1 * signal[:-1]
        driven[2:] += b2 * signal[:-2]
        steady = (b0 + b1 + b2) / (1.0 + a1 + a2)
        driven[0] += (steady - b0) * gain * first
        driven[1] += (b2 - a2 * steady) * gain * first
        band = np.empty((3, len(signal)), order="F")
        band[:] = [[1.0], [a1], [a2]]
        signal = dtbsv(2, band, driven, lower=1, diag=1)
        gain *= steady
    return signal
