"""Stretches in which a voice leaves its own baseline, and the pauses in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.records.types import VocalEvent
from models.voice.prosody.frames import BLOCK, STEP, Floats, Mask
from models.voice.prosody.voice import Voice, runs, span_of

SMOOTHING = 0.3
LEVEL_QUANTILE = 0.75
MIN_VOICED_IN_WINDOW = 0.08
MIN_LEVEL_DB = 4.0
MIN_SEMITONES = 3.0
MIN_SECONDS = 0.25
MIN_BASELINE = 0.8
"""Voiced speech (s) below which a clip has no baseline to leave."""


@dataclass(frozen=True)
class Baseline:
    """A voice's usual value and how far it usually strays: median and 1.4826 · MAD of the smoothed track."""

    track: Floats
    median: float
    spread: float


def find_events(voice: Voice) -> tuple[VocalEvent, ...]:
    """Louder, softer, higher, lower and pause events in order of time.

    Level and F0 are compared over voiced frames only (an unvoiced consonant is not a softer voice), within 0.3 s as
    their upper quartile (the nuclei, not the dips between them) and median. An event lasts 0.25 s at least, and
    strays by 4 dB or 3 semitones and by more than the voice's usual spread. Gain plays no part.
    """
    events = [VocalEvent("pause", p.start, p.end, round(p.end - p.start, 2), "s", None) for p in voice.pauses]
    if voice.voiced.sum() * STEP >= MIN_BASELINE:
        level = baseline(voice.frames.level_db, voice.voiced, voice.active, LEVEL_QUANTILE)
        events += _departures(level, MIN_LEVEL_DB, ("louder", "softer"), "dB", voice.seconds)
        semitones = 12 * np.log2(np.where(voice.voiced, voice.pitch.f0_hz, 100.0) / 100.0)
        melody = baseline(semitones, voice.voiced, voice.active, 0.5)
        events += _departures(melody, MIN_SEMITONES, ("higher", "lower"), "semitones", voice.seconds)
    return tuple(sorted(events, key=lambda event: (event.start, event.end, event.kind)))


def baseline(values: Floats, counted: Mask, within: Mask, quantile: float) -> Baseline:
    """Sliding quantile over 0.3 s of the counted frames, NaN outside `within` or where under 80 ms are counted."""
    half = round(SMOOTHING / STEP / 2)
    padded = np.pad(np.where(counted, values, np.nan), half, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    track = np.full(len(values), np.nan)
    for start in range(0, len(values), BLOCK):
        here = slice(start, start + BLOCK)
        counts = (~np.isnan(windows[here])).sum(axis=1)
        enough = within[here] & (counts * STEP >= MIN_VOICED_IN_WINDOW)
        rank = np.rint((counts[enough] - 1) * quantile).astype(int)
        ordered = np.sort(windows[here][enough], axis=1)
        track[here][enough] = np.take_along_axis(ordered, rank[:, None], axis=1)[:, 0]
    usable = ~np.isnan(track)
    if not usable.any():
        return Baseline(track, float("nan"), float("nan"))
    median = float(np.median(track[usable]))
    return Baseline(track, median, 1.4826 * float(np.median(np.abs(track[usable] - median))))


def _departures(base: Baseline, least: float, kinds: tuple[str, str], unit: str, seconds: float) -> list[VocalEvent]:
    """One event per run beyond the threshold; `delta` is the median over the run."""
    least = max(least, base.spread)
    shift = base.track - base.median
    events = []
    for kind, sign in zip(kinds, (1.0, -1.0), strict=True):
        for start, end in runs(np.nan_to_num(shift * sign, nan=-1.0) >= least):
            if (end - start) * STEP < MIN_SECONDS:
                continue
            delta = float(np.median(shift[start:end]))
            z = round(delta / base.spread, 2) if base.spread > 1e-6 else None
            span = span_of(start, end, seconds)
            events.append(VocalEvent(kind, span.start, span.end, round(delta, 2), unit, z))
    return events
