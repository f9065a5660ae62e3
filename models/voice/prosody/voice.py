"""When somebody speaks, how fast, with which pauses, and with which spectral balance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.records.types import SAMPLE_RATE, Span
from models.voice.prosody.filters import peaks
from models.voice.prosody.frames import (
    BLOCK,
    FREQUENCIES,
    LEVEL_FLOOR,
    RUMBLE,
    STEP,
    WINDOW,
    Floats,
    Frames,
    Mask,
    Power,
    Spectra,
    band_power,
    decibel,
    flatness,
    level,
    stretches,
    tone_share,
    windows,
)
from models.voice.prosody.pitch import WINDOW as PITCH_WINDOW
from models.voice.prosody.pitch import PitchTrack, candidates, joined, track_f0

CORE_RANGE = 22.0
"""Voiced frames up to this far (dB) under the clip's loud voiced frames are the core of speech."""
CORE_FLATNESS = 0.5
SOUND_RANGE = 35.0
ABOVE_FLOOR, LEAST_RANGE = 6.0, 15.0
"""Speech lies 6 dB over the clip's 5th percentile, or is within 15 dB of its loud frames (a clip without rests)."""
REACH = 0.15
"""Unvoiced sound (s) that belongs to the voiced core beside it: consonants, breath of a vowel's end."""
HANGOVER = 0.03
MIN_PAUSE = 0.2
MIN_SPEECH = 0.15
MIN_VOICED_SHARE = 0.2
TONE_SHARE = 0.95
MIN_MOVEMENT = 1.0
"""A voice's level moves; a stretch whose level has a standard deviation under this (dB) is a machine's hum."""
SYLLABLE_DIP = 2.0
SYLLABLE_RANGE = 25.0


@dataclass(frozen=True)
class Voice:
    """A clip measured frame by frame; the arrays share the 10 ms grid.

    Attributes:
        frames: level and spectrum.
        pitch: F0 and periodicity.
        speech: stretches of speech, at least 0.15 s long and 0.2 s apart.
        active: the frames within `speech`.
        voiced: the active frames that have an F0 and are within 22 dB of the loud ones.
        syllables: times of the syllable nuclei, s.
        snr_db: level of the speech over what lies between, None without speech.
        seconds: length of the clip.
    """

    frames: Frames
    pitch: PitchTrack
    speech: tuple[Span, ...]
    active: Mask
    voiced: Mask
    syllables: Floats
    snr_db: float | None
    seconds: float

    @property
    def speech_seconds(self) -> float:
        """Total length of the stretches of speech."""
        return sum(span.end - span.start for span in self.speech)

    @property
    def pauses(self) -> tuple[Span, ...]:
        """Silences of at least 0.2 s between stretches of speech."""
        return tuple(Span(a.end, b.start) for a, b in zip(self.speech, self.speech[1:], strict=False))


def measure(audio: NDArray[np.float32], block: int = BLOCK) -> Voice:
    """Measure 16 kHz mono audio of at least 25 ms, `block` frames at a time."""
    levels, periods = [], []
    for _, stretch in stretches(audio, RUMBLE, block):
        levels.append(level(windows(stretch, WINDOW)))
        periods.append(candidates(windows(stretch, PITCH_WINDOW)))
    frames, pitch = Frames(np.concatenate(levels[::-1]), Spectra(audio, block)), track_f0(joined(periods[::-1]))
    active, voiced = speech_activity(frames, pitch)
    seconds = len(audio) / SAMPLE_RATE
    spans = tuple(span_of(start, end, seconds) for start, end in runs(active))
    nuclei = syllable_nuclei(frames.level_db, voiced, active)
    return Voice(frames, pitch, spans, active, voiced, nuclei, _snr(frames.level_db, active), seconds)


def span_of(start: int, end: int, seconds: float) -> Span:
    """The time that the frames start … end − 1 stand for, within a clip of `seconds`."""
    return Span(round(max(0.0, float(start - 0.5) * STEP), 2), round(min(seconds, float(end - 0.5) * STEP), 2))


def speech_activity(frames: Frames, pitch: PitchTrack) -> tuple[Mask, Mask]:
    """Frames of speech, and those of its voiced core.

    Speech is a voiced core, the sound that adjoins it and a short hangover, with small gaps closed.

    Sound without any voicing (noise, clicks, whisper) is not taken for speech, nor is a steady tone or hum. Singing
    and music with a single voice cannot be told from speech here.
    """
    level = frames.level_db
    flat, share = frames.spectra.tracks(flatness, tone_share)
    tonal = ~np.isnan(pitch.f0_hz) & (flat < CORE_FLATNESS) & (level > LEVEL_FLOOR)
    if not tonal.any():
        return tonal, tonal
    loud = float(np.quantile(level[tonal], 0.95))
    floor = float(np.quantile(level, 0.05))
    above = min(floor + ABOVE_FLOOR, loud - LEAST_RANGE)
    core = tonal & (level > max(loud - CORE_RANGE, above))
    near = _widened(core, round(REACH / STEP))
    active = _joined(core | (near & (level > max(loud - SOUND_RANGE, above))), near)
    active = _closed(_widened(active, round(HANGOVER / STEP)), round(MIN_PAUSE / STEP))
    for start, end in runs(active):
        inside = slice(start, end)
        if (
            (end - start) * STEP < MIN_SPEECH + 2 * HANGOVER
            or core[inside].mean() < MIN_VOICED_SHARE
            or _machine_made(level[inside][core[inside]], share[inside][core[inside]])
        ):
            active[inside] = False
    return active, core & active


def _machine_made(level: Floats, share: Floats) -> bool:
    """Whether the core of a stretch is a bare tone, or keeps its level as no voice does for half a second."""
    inner = level[3:-3]
    return float(np.median(share)) > TONE_SHARE or (len(inner) > 50 and float(np.std(inner)) < MIN_MOVEMENT)


def syllable_nuclei(level_db: Floats, voiced: Mask, active: Mask) -> Floats:
    """Times (s) of voiced intensity peaks that rise 2 dB over the dips beside them (de Jong & Wempe, 2009)."""
    from scipy.ndimage import gaussian_filter1d

    if not voiced.any():
        return np.zeros(0)
    smooth = gaussian_filter1d(level_db, 2.0)
    height = float(np.quantile(level_db[active], 0.99)) - SYLLABLE_RANGE
    found = peaks(smooth, height, SYLLABLE_DIP)
    return np.asarray(found[voiced[found]] * STEP)


def balance(power: Power) -> dict[str, Floats]:
    """Spectral balance per frame, each independent of gain (definitions as in eGeMAPS, Eyben et al., 2016).

    alpha_ratio_db: 50–1000 Hz over 1–5 kHz. hammarberg_db: strongest bin under 2 kHz over the strongest in 2–5 kHz.
    slope_0_500, slope_500_1500: dB per kHz of a line through the power spectrum in dB. centroid_hz. flatness: 0..1.
    """
    low = power[:, FREQUENCIES < 2000].max(axis=1)
    high = power[:, (FREQUENCIES >= 2000) & (FREQUENCIES < 5000)].max(axis=1)
    total = np.maximum(power.sum(axis=1), 1e-20)
    return {
        "alpha_ratio_db": decibel(band_power(power, 50, 1000)) - decibel(band_power(power, 1000, 5000)),
        "hammarberg_db": decibel(low) - decibel(high),
        "slope_0_500": _slope(power, 0, 500),
        "slope_500_1500": _slope(power, 500, 1500),
        "centroid_hz": np.asarray((power @ FREQUENCIES) / total),
        "flatness": flatness(power),
    }


def runs(mask: Mask) -> NDArray[np.intp]:
    """Runs of True as rows (first frame, frame after the last)."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return np.asarray(edges.reshape(-1, 2))


def _slope(power: Power, low: float, high: float) -> Floats:
    inside = (low < FREQUENCIES) & (high >= FREQUENCIES)
    khz = FREQUENCIES[inside] / 1000
    centred = khz - khz.mean()
    return np.asarray(decibel(power[:, inside].astype(np.float64)) @ centred / (centred @ centred))


def _snr(level_db: Floats, active: Mask) -> float | None:
    """Mean power of speech over the median level of the rest; the 5th percentile stands in when there is no rest."""
    if not active.any():
        return None
    speech = 10 * np.log10(np.mean(10 ** (level_db[active] / 10)))
    rest = level_db[~_widened(active, 5)]
    floor = float(np.median(rest)) if len(rest) >= 10 else float(np.quantile(level_db, 0.05))
    return float(speech - floor)


def _widened(mask: Mask, by: int) -> Mask:
    """The mask with every run longer by `by` frames at both ends."""
    from scipy.ndimage import binary_dilation

    return np.asarray(binary_dilation(mask, np.ones(2 * by + 1, dtype=bool)))


def _joined(mask: Mask, near: Mask) -> Mask:
    """The mask with gaps of up to 50 ms (closures of stops) filled where they lie near the core."""
    return _closed(mask, 5) & (near | mask)


def _closed(mask: Mask, gap: int) -> Mask:
    """The mask with inner gaps shorter than `gap` frames filled."""
    filled = mask.copy()
    edges = runs(mask)
    for (_, end), (start, _) in zip(edges, edges[1:], strict=False):
        if start - end < gap:
            filled[end:start] = True
    return filled
