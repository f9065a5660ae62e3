"""How much of a sound is held as music holds it: partials that stand still, which a voice's hardly ever do.

After Seyerlehner et al., "Automatic music detection in television productions" (DAFx 2007): a bin of a long window's
spectrum stands out where it is louder than the bins around it. What is counted is not how often, but for how long
without a break. docs/heads.md has what it was measured on. Drums alone are not found.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.voice.prosody.frames import Floats

WINDOW, HOP = 2048, 512
"""Samples at 16 kHz: bins of 7.8 Hz, which a moving voice leaves within a few frames of 32 ms."""
BINS = 512
"""Up to 4 kHz."""
AROUND = 21
STANDS_OUT = 6.0
"""dB over the mean of the `AROUND` bins around it."""
FRAME_RANGE, BIN_RANGE = 40.0, 60.0
"""Frames and bins further (dB) under the loudest bin are not counted."""
PARTIALS, HELD = 5, 11
"""So many bins that stand out for so many frames in a row (0.35 s) make a frame of held tones."""
LEAST_FRAMES = 20
AT_ONCE = 1024


def held_tones(audio: NDArray[np.float32]) -> float | None:
    """The share 0..1 of the sounding frames with held tones; None for less than 0.74 s of 16 kHz mono audio.

    Pauses are left out, and what stands on both sides of one counts as unbroken.
    """
    count = (len(audio) - WINDOW) // HOP + 1
    if count < LEAST_FRAMES:
        return None
    windows = np.lib.stride_tricks.sliding_window_view(audio, WINDOW)[::HOP]
    peak = np.empty(count, dtype=np.float32)
    level = np.empty((0, BINS), dtype=np.float32)
    # The levels of a long sound do not fit into memory and are computed twice; the first ones are still at hand.
    for start in reversed(range(0, count, AT_ONCE)):
        level = _level(windows[start : start + AT_ONCE])
        peak[start : start + AT_ONCE] = level.max(axis=1)
    sounding = peak > peak.max() - FRAME_RANGE
    lasted, held = np.zeros(BINS, dtype=np.intp), 0
    for start in range(0, count, AT_ONCE):
        level = level if start == 0 else _level(windows[start : start + AT_ONCE])
        heard = level[sounding[start : start + AT_ONCE]].astype(np.float64)
        for standing in _stands_out(heard, float(peak.max())):
            lasted = (lasted + 1) * standing
            held += int((lasted >= HELD).sum() >= PARTIALS)
    return round(held / int(sounding.sum()), 3)


def _level(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Level of each bin in dB, shape (frames, BINS)."""
    from scipy.fft import rfft

    spectrum = np.abs(rfft(windows * np.hanning(WINDOW).astype(np.float32), axis=1)[:, :BINS])
    return np.asarray(20 * np.log10(spectrum + 1e-6), dtype=np.float32)


def _stands_out(level: Floats, loudest: float) -> NDArray[np.bool_]:
    half = AROUND // 2
    sums = np.cumsum(np.pad(level, ((0, 0), (half + 1, half)), mode="edge"), axis=1)
    around = (sums[:, AROUND:] - sums[:, :-AROUND]) / AROUND
    return np.asarray((level - around > STANDS_OUT) & (level > loudest - BIN_RANGE))
