"""A zero-phase high-pass and a search for peaks.

Both exist in `scipy.signal`, whose import takes a worker process more than a second of its life; tests hold the results
against it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

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
    (whole,) = high_pass_parts(signal, hz, rate, (0,))
    return whole


def high_pass_parts(signal: NDArray[Any], hz: float, rate: float, starts: Sequence[int]) -> Iterator[Floats]:
    """`high_pass`, to the bit, in parts that begin at the samples `starts`: from the last part to the first.

    Of the way forth only the filter's memory at the borders is kept, and each part goes forth again before it goes
    back: the whole of a long sound would not fit into memory. A part has two samples at least; the first begins at 0.
    """
    sections = butterworth(hz, rate)
    ends = [*starts[1:], len(signal)]

    def part(number: int) -> Floats:
        here = [np.asarray(signal[starts[number] : ends[number]], dtype=np.float64)]
        if number == 0:
            here.insert(0, np.asarray(signal[PADDING:0:-1], dtype=np.float64))
        if number == len(starts) - 1:
            here.append(np.asarray(signal[-2 : -PADDING - 2 : -1], dtype=np.float64))
        return np.concatenate(here)

    memories: list[Floats | None] = [None]
    for number in range(len(starts)):
        once, memory = _run(sections, part(number), memories[-1])
        memories.append(memory)
    back: Floats | None = None
    for number in reversed(range(len(starts))):
        if number < len(starts) - 1:
            once, _ = _run(sections, part(number), memories[number])
        twice, back = _run(sections, once[::-1], back)
        inner = slice(PADDING if number == 0 else None, -PADDING if number == len(starts) - 1 else None)
        yield twice[::-1][inner]


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


def _run(sections: Floats, signal: Floats, before: Floats | None) -> tuple[Floats, Floats]:
    """The signal through every section, and the two last samples of the signal and behind each section, (3, 2).

    `before` is the latter for what came before; None at the beginning, where each section is in the steady state of
    the signal's first sample.
    """
    from scipy.linalg.blas import dtbsv

    first, gain, last = float(signal[0]), 1.0, [signal[-2:]]
    for number, (b0, b1, b2, _, a1, a2) in enumerate(sections.tolist()):
        # The recursion is a banded triangular system: y[n] + a1·y[n-1] + a2·y[n-2] = the moving average of x.
        driven = b0 * signal
        driven[1:] += b1 * signal[:-1]
        driven[2:] += b2 * signal[:-2]
        known = 0
        if before is None:
            steady = (b0 + b1 + b2) / (1.0 + a1 + a2)
            driven[0] += (steady - b0) * gain * first
            driven[1] += (b2 - a2 * steady) * gain * first
            gain *= steady
        else:
            older, newer = before[number]
            driven[0] = driven[0] + b1 * newer + b2 * older
            driven[1] += b2 * newer
            driven, known = np.concatenate([before[number + 1], driven]), 2
        band = np.empty((3, len(driven)), order="F")
        band[:] = [[1.0], [a1], [a2]]
        band[1, : known // 2] = 0.0  # what is known already is taken as it is
        signal = dtbsv(2, band, driven, lower=1, diag=1)[known:]
        last.append(signal[-2:])
    return signal, np.array(last)
