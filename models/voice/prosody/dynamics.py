"""How the spectrum moves: statistics of mel-band levels and the course of pitch and level over the clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.voice.prosody.frames import Floats, mel_energies, mel_levels
from models.voice.prosody.voice import Voice

SPAN = 3
"""Frames (of 10 ms) over which a band's change is taken."""
PARTS = 6


def dynamics(voice: Voice) -> dict[str, float]:
    """Named numbers of the active frames; none depends on gain. Empty with less than 100 ms of speech.

    Of each mel band's level, in dB against the clip's median level over the bands: mean, spread, skewness, the 10 %
    and 90 % quantiles, the interquartile range, the spread of the change over 30 ms, and the first two Legendre
    coefficients of its course. Of F0 (st) and level (dB), against the clip's medians: the values in six equal parts.
    """
    at = np.flatnonzero(voice.active)
    if len(at) < 10 or not voice.voiced.any():
        return {}
    energies = [mel_energies(power[voice.active[frames]]) for frames, power in voice.frames.spectra]
    levels = mel_levels(np.concatenate(energies[::-1]))
    levels = levels - np.median(levels.mean(axis=1))
    values: dict[str, float] = {}
    for band, track in enumerate(levels.T):
        values |= {f"band{band + 1}_{name}": value for name, value in _of_track(track).items()}
    return values | _course(voice, at)


def _of_track(x: Floats) -> dict[str, float]:
    p10, p25, p75, p90 = (float(q) for q in np.quantile(x, [0.1, 0.25, 0.75, 0.9]))
    mean, spread = float(x.mean()), float(x.std())
    around, t = x - mean, np.linspace(-1, 1, len(x))
    return {
        "mean_db": mean,
        "std_db": spread,
        "skewness": float((around**3).mean()) / max(spread**3, 1e-6),
        "p10_db": p10,
        "p90_db": p90,
        "iqr_db": p75 - p25,
        "change_db": float((x[SPAN:] - x[:-SPAN]).std()),
        "slope_db": float((t * around).mean()),
        "bend_db": float(((t**2 - 1 / 3) * around).mean()),
    }


def _course(voice: Voice, at: NDArray[np.intp]) -> dict[str, float]:
    f0, level = voice.pitch.f0_hz, voice.frames.level_db
    usual_f0, usual_level = float(np.median(f0[voice.voiced])), float(np.median(level[voice.voiced]))
    values = {}
    for number, part in enumerate(np.array_split(at, PARTS), 1):
        voiced = part[voice.voiced[part]]
        if len(voiced) > SPAN:
            values[f"f0_part{number}_st"] = float(12 * np.log2(np.median(f0[voiced]) / usual_f0))
        if len(part):
            values[f"level_part{number}_db"] = float(level[part].mean()) - usual_level
    return values
