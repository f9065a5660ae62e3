"""Tracks of one face in one shot → movements in time. Pure numpy; it names movements and never an emotion.

No stretch of a clip is known to be neutral, so the resting level of a track is the middle of its shortest half (the
"shorth", Andrews et al., 1972): where the face spends most of its time, unmoved by anything that lasts less than half
of the shot; for the mouth it is the lower band of its values. The spread is what the track does within a second
(noise, and the lips' work in speech), so that a smile that fills half a clip does not count as its own noise. A
movement must leave the level by a least effect and by `LEAST_Z` spreads, both, for three frames in a row: with the
spread alone, cross-talk of 0.005 of the eye distance reached 8.5 of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.records.types import Movement

Array = NDArray[np.float64]

LEAST_Z = 3.0
LEAST_FRAMES = 3
MERGE_SECONDS = 0.2
BEGINS = 0.3
SWING_SECONDS, HOLD_SECONDS = 0.6, 0.4
QUICK_SECONDS = 1.2
LEAST_SECONDS_SEEN = 1.0
"""Shots in which the face is seen for less have no resting level worth the name, so no movements."""
# Beyond these turns the shape of a face is guessed by the landmark net rather than seen.
MOST_YAW, MOST_YAW_CHANGE, MOST_PITCH_CHANGE = 35.0, 20.0, 12.0


@dataclass(frozen=True)
class Rule:
    """When a track's departure is a movement.

    Attributes:
        kind: the movement's name.
        track: the track it is read from.
        direction: +1 or −1 for one side only, 0 for both (then the sign of `delta` tells which).
        least: smallest departure, in `unit`.
        floor: smallest spread that is believed (measurement noise), in `unit`.
        smooth: width of the running median, s: speech opens and closes a mouth several times a second, a smile stays.
        seconds: shortest duration, s.
        shape: whether the track is only believed while the head is near its resting pose.
        relaxed: whether rest is known to lie low (a mouth at rest is shut and its corners hang): then the level is
            the median of the lower band, and stays right when the movement fills more than half of the shot.
        usual: range in which most people's rest lies. A level outside is moved towards it, but not out of the shot's
            own middle 80 %: so a smile through most of a shot is one, and not a frown before it.
    """

    kind: str
    track: str
    direction: int
    least: float
    floor: float
    unit: str
    smooth: float
    seconds: float
    shape: bool = True
    relaxed: bool = False
    usual: tuple[float, float] = (-np.inf, np.inf)


EYE = "eye distance"
YAW_FLOOR = 2.5
# Around the median of 501 neutral faces of FER2013's second file (10 % −.229, 50 % −.197, 90 % −.160; happy −.139).
CORNERS = (-0.225, -0.187)
RULES = (
    Rule("mouth_corners_up", "corner_lift", 1, 0.03, 0.007, EYE, 0.4, 0.5, relaxed=True, usual=CORNERS),
    Rule("mouth_corners_down", "corner_lift", -1, 0.03, 0.007, EYE, 0.4, 0.5, relaxed=True, usual=CORNERS),
    Rule("mouth_open", "mouth_opening", 1, 0.08, 0.02, EYE, 0.4, 0.3, relaxed=True),
    Rule("brows_up", "brow_height", 1, 0.02, 0.005, EYE, 0.25, 0.25),
    Rule("brows_down", "brow_height", -1, 0.02, 0.005, EYE, 0.25, 0.25),
    Rule("head_turn", "yaw", 0, 12.0, YAW_FLOOR, "deg", 0.25, 0.25, shape=False),
    Rule("head_tilt", "roll", 0, 8.0, 2.0, "deg", 0.25, 0.25, shape=False),
    Rule("gaze_away", "gaze_across", 0, 0.13, 0.03, "ratio", 0.25, 0.25),
    Rule("gaze_down", "gaze_down", 1, 0.10, 0.02, "ratio", 0.25, 0.25),
)


@dataclass(frozen=True)
class Swing:
    """A head angle's way from one turning point to the next, signed size in degrees.

    `first` and `last` are the frames of the turning points, `start` and `end` those of the motion between them: at
    rest, noise decides where a turning point falls.
    """

    first: int
    last: int
    start: int
    end: int
    size: float


def find_movements(times: Array, tracks: Mapping[str, Array]) -> tuple[Movement, ...]:
    """Movements of one face in one shot, in order of their start.

    Args:
        times: frame times (n,), s, rising.
        tracks: name → (n,) values, NaN where not measured. Needs yaw and pitch (degrees); the other tracks of `RULES`
            are used where present.
    """
    times = np.asarray(times, dtype=np.float64)
    seen = np.isfinite(tracks["yaw"])
    if seen.sum() < 2 * LEAST_FRAMES:
        return ()
    step = float(np.median(np.diff(times)))
    if seen.sum() * step < LEAST_SECONDS_SEEN:
        return ()
    near = _near_rest(tracks["yaw"], tracks["pitch"])
    # In profile the pitch is mostly error; a large mouth leaks up to about 6° into it.
    pitch = np.where(np.abs(tracks["yaw"]) <= MOST_YAW, tracks["pitch"], np.nan)
    found = [
        *_oscillations("head_nod", times, pitch, tracks["yaw"], least=7.0, swings=2),
        *_oscillations("head_shake", times, tracks["yaw"], tracks["pitch"], least=5.0, swings=3),
    ]
    shakes = [m for m in found if m.kind == "head_shake"]
    for rule in RULES:
        if rule.track not in tracks:
            continue
        values = np.where(near, tracks[rule.track], np.nan) if rule.shape else tracks[rule.track]
        for movement in departures(rule, times, values, step):
            # The half-waves of a shake are not turns of their own.
            if movement.kind != "head_turn" or not any(_covered(movement, shake) for shake in shakes):
                found.append(movement)
    return tuple(sorted(found, key=lambda m: (m.start, m.kind)))


def resting(values: Array) -> float:
    """Resting level: the median of the shortest half of the finite `values`."""
    ordered = np.sort(values[np.isfinite(values)])
    half = len(ordered) // 2 + 1
    widths = ordered[half - 1 :] - ordered[: len(ordered) - half + 1]
    start = int(np.argmin(widths))
    return float(np.median(ordered[start : start + half]))


def lower_band(values: Array) -> float:
    """Relaxed level: the median of the finite `values` between their 20 % and 40 % quantiles."""
    known = values[np.isfinite(values)]
    low, high = np.quantile(known, [0.2, 0.4])
    return float(np.median(known[(known >= low) & (known <= high)]))


def quick_spread(values: Array, step: float, floor: float) -> float:
    """1.4826 · median absolute difference between `values` and their median over `QUICK_SECONDS`; at least `floor`."""
    rest = values - running_median(values, round(QUICK_SECONDS / step))
    return max(1.4826 * float(np.nanmedian(np.abs(rest))), floor)


def running_median(values: Array, frames: int) -> Array:
    """Median over a centred window of `frames` (made odd), ignoring NaN; NaN where the value itself is NaN."""
    reach = max(frames, 1) // 2
    padded = np.concatenate([np.full(reach, np.nan), values, np.full(reach, np.nan)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    smooth = np.full(len(values), np.nan)
    ok = np.isfinite(values)
    smooth[ok] = np.nanmedian(windows[ok], axis=1)
    return smooth


def _near_rest(yaw: Array, pitch: Array) -> NDArray[np.bool_]:
    frontal = np.abs(yaw) <= MOST_YAW
    if frontal.sum() < LEAST_FRAMES:
        return np.zeros(len(yaw), dtype=bool)
    still = np.abs(yaw - resting(yaw[frontal])) <= MOST_YAW_CHANGE
    level = np.abs(pitch - resting(pitch[frontal])) <= MOST_PITCH_CHANGE
    return np.asarray(frontal & still & level)


def departures(rule: Rule, times: Array, values: Array, step: float) -> Iterator[Movement]:
    """Where the track of a rule leaves its level; `step` is the usual time between two frames, s."""
    if np.isfinite(values).sum() * step < LEAST_SECONDS_SEEN:
        return
    smooth = running_median(values, round(rule.smooth / step))
    spread = quick_spread(smooth, step, rule.floor)
    level = float(np.clip(lower_band(smooth) if rule.relaxed else resting(smooth), *rule.usual))
    gone = smooth - np.clip(level, *np.nanquantile(smooth, [0.1, 0.9])) if rule.usual[0] > -np.inf else smooth - level
    for sign in (1, -1) if rule.direction == 0 else (rule.direction,):
        enter = max(rule.least, LEAST_Z * spread)
        strong = np.nan_to_num(gone * sign, nan=-np.inf) >= enter
        weak = np.nan_to_num(gone * sign, nan=-np.inf) >= enter / 2
        for first, last in _merged(_runs(weak), times):
            if _longest(strong[first : last + 1]) < LEAST_FRAMES:
                continue
            if times[last] - times[first] + step < rule.seconds:
                continue
            size = gone[first : last + 1] * sign
            peak = float(np.nanmax(size))
            # A large movement begins where it leaves the level by a good part of itself, not by what counts as one.
            inside = first + np.flatnonzero(np.nan_to_num(size, nan=-np.inf) >= BEGINS * peak)
            start, end = times[inside[0]], times[inside[-1]]
            yield _movement(rule.kind, start, end, sign * peak, rule.unit, sign * peak / spread)


def _oscillations(kind: str, times: Array, angle: Array, other: Array, least: float, swings: int) -> Iterator[Movement]:
    """Runs of at least `swings` quick swings to and fro, each of `least` degrees or more.

    Neighbouring swings must be alike in size (a lasting turn is not a nod) and the other axis must move less.
    """
    noise = _noise(angle)
    run: list[Swing] = []

    def close() -> Iterator[Movement]:
        if len(run) < swings:
            return
        first, last = run[0].start, run[-1].end
        size = float(np.median([abs(swing.size) for swing in run]))
        elsewhere = other[first : last + 1]
        if size >= least and np.nanmax(elsewhere) - np.nanmin(elsewhere) < size:
            yield _movement(kind, times[first], times[last], size, "deg", size / max(noise, YAW_FLOOR))

    for swing in _swings(angle, max(least, LEAST_Z * noise)):
        quick = times[swing.end] - times[swing.start] <= SWING_SECONDS
        joins = (
            bool(run)
            and swing.first == run[-1].last
            and times[swing.start] - times[run[-1].end] <= HOLD_SECONDS
            and 0.4 <= abs(swing.size / run[-1].size) <= 2.5
        )
        if run and not (quick and joins):
            yield from close()
            run = []
        if quick:
            run.append(swing)
    yield from close()


def _swings(angle: Array, least: float) -> list[Swing]:
    """Zigzag of an angle: the ways between turning points that are at least `least` apart; a gap ends the zigzag."""
    found: list[Swing] = []
    for first, last in _runs(np.isfinite(angle)):
        turning = [first]
        heading, extreme = 0, first
        low = high = first
        for i in range(first, last + 1):
            if heading == 0:
                low, high = (i if angle[i] < angle[low] else low), (i if angle[i] > angle[high] else high)
                if angle[high] - angle[low] >= least:
                    heading = 1 if high > low else -1
                    turning, extreme = [low if heading > 0 else high], i
            elif (angle[i] - angle[extreme]) * heading > 0:
                extreme = i
            elif (angle[extreme] - angle[i]) * heading >= least:
                turning.append(extreme)
                heading, extreme = -heading, i
        if heading:
            turning.append(extreme)
        found += [_swing(angle, a, b) for a, b in zip(turning, turning[1:], strict=False)]
    return found


def _swing(angle: Array, first: int, last: int) -> Swing:
    size = float(angle[last] - angle[first])
    way = (angle[first : last + 1] - angle[first]) / size
    start = first + int(np.flatnonzero(way <= 0.15)[-1])
    end = start + int(np.flatnonzero(way[start - first :] >= 0.85)[0])
    near = angle[max(start - 1, first) : min(end + 1, last) + 1]
    return Swing(first, last, start, end, float(np.copysign(near.max() - near.min(), size)))


def _noise(values: Array) -> float:
    """Standard deviation of white noise in a smooth track, from its second differences; at least 1 degree."""
    second = np.diff(values[np.isfinite(values)], n=2)
    return max(float(1.4826 * np.median(np.abs(second)) / np.sqrt(6)) if len(second) else 0.0, 1.0)


def _runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last index of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _longest(mask: NDArray[np.bool_]) -> int:
    return max((last - first + 1 for first, last in _runs(mask)), default=0)


def _merged(runs: Sequence[tuple[int, int]], times: Array) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in runs:
        if merged and times[first] - times[merged[-1][1]] < MERGE_SECONDS:
            merged[-1] = (merged[-1][0], last)
        else:
            merged.append((first, last))
    return merged


def _covered(part: Movement, whole: Movement) -> bool:
    common = min(part.end, whole.end) - max(part.start, whole.start)
    return common >= 0.5 * (part.end - part.start)


def _movement(kind: str, start: float, end: float, delta: float, unit: str, z: float) -> Movement:
    return Movement(kind, round(float(start), 3), round(float(end), 3), round(delta, 4), unit, round(z, 1))
