"""Joints over time → movements of shoulders, trunk and hands. Pure numpy; it names movements and never an emotion.

Positions count in shoulder widths of the shot, with the camera's movement taken out. What one cause alone can fake is
told only where two measurements agree: shoulders have risen when they have risen in the picture *and* towards the
head (a bowed head does the second alone); the trunk leans in when shoulders *and* face grow. Baseline and spread are
those of `models/face/movements.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.records.types import Movement
from models.face.movements import Rule, departures, resting, running_median

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

WIDTHS, SPEED = "shoulder widths", "shoulder widths/s"
RULES = (
    Rule("shoulders_up", "raise", 1, 0.09, 0.02, WIDTHS, 0.4, 0.4, shape=False),
    Rule("shoulder_tilt", "tilt", 0, 5.0, 1.2, "deg", 0.4, 0.4, shape=False),
    Rule("lean_in", "lean", 1, 0.10, 0.025, "share", 0.6, 0.6, shape=False),
    Rule("lean_back", "lean", -1, 0.10, 0.025, "share", 0.6, 0.6, shape=False),
)
GESTURE, GESTURE_SECONDS = 0.8, 0.4
"""A wrist's speed, shoulder widths a second, from which it gestures, and for how long."""
STILL_SECONDS, STILL_WIDTHS = 2.0, 0.05
"""For how long head and shoulders keep within which distance when the body is still."""
NEAR_FACE = 0.75
"""Distance of a wrist from the border of the face, in heights of the face, within which its hand is near it."""
LEAST_SEEN = 5
LEAST_KNOWN = 0.6
"""Share of a shot whose camera movement is known, below which nothing is said that rests on it."""


@dataclass(frozen=True)
class Joints:
    """One person in one shot, n pictures; NaN where not seen.

    Attributes:
        times: (n,) s.
        shoulders: (n, 2, 2) px.
        wrists: (n, 2, 2) px.
        hands: (n, 2) whether the hand net confirms a hand at the wrist: arms that are hidden are guessed, and wildly.
        faces: (n, 4) left, top, right, bottom px.
        camera: (n, 2, 3) from each picture's pixels to those of the first.
        known: (n,) whether that is known.
    """

    times: Array
    shoulders: Array
    wrists: Array
    hands: Mask
    faces: Array
    camera: Array
    known: Mask


def measure(joints: Joints) -> dict[str, Array]:
    """Tracks (n,): raise, tilt, lean, gesture, camera; NaN where not known."""
    shoulders, wrists = steady(joints.shoulders, joints.camera), steady(joints.wrists, joints.camera)
    across = shoulders[:, 1] - shoulders[:, 0]
    width = np.hypot(across[:, 0], across[:, 1])
    usual = float(np.nanmedian(width))
    middle = shoulders.mean(axis=1)
    faces = steady(joints.faces.reshape(-1, 2, 2), joints.camera)
    head, height = faces.mean(axis=1), faces[:, 1, 1] - faces[:, 0, 1]
    lifted, towards = -middle[:, 1] / usual, (head[:, 1] - middle[:, 1]) / usual
    # A line has no direction: the angle is that of the shoulders as they stand in the picture.
    angle = np.degrees(np.arctan2(across[:, 1], across[:, 0]))
    angle = (angle + 90.0) % 180.0 - 90.0
    tracks = {
        "raise": _agreed(_change(lifted), _change(towards)),
        "tilt": _change(angle),
        "lean": _agreed(_change(np.log(width / usual)), _change(np.log(height / np.nanmedian(height)))),
        "gesture": _fastest(joints.times, np.where(joints.hands[:, :, None], wrists, np.nan) / usual),
    }
    tracks = {name: np.where(joints.known, values, np.nan) for name, values in tracks.items()}
    tracks["camera"] = _camera_speed(joints, usual)
    return tracks


def steady(points: Array, camera: Array) -> Array:
    """Points (n, k, 2) with the camera's movement (n, 2, 3) taken out."""
    moved: Array = np.einsum("nij,nkj->nki", camera[:, :, :2], points) + camera[:, None, :, 2]
    return moved


def find(joints: Joints) -> tuple[dict[str, Array], list[Movement], dict[str, str]]:
    """The tracks of a shot, its movements in order of time, and kind → why nothing is said of it."""
    tracks, withheld = measure(joints), {}
    step = float(np.median(np.diff(joints.times))) if len(joints.times) > 1 else 0.2
    found: list[Movement] = list(_near_face(joints, step))
    if joints.known.mean() < LEAST_KNOWN:
        why = "the background gives no hold to tell the camera's movement from the body's"
        return tracks, found, dict.fromkeys((*(rule.kind for rule in RULES), "gesture", "body_still"), why)
    for rule in RULES:
        if np.isfinite(tracks[rule.track]).sum() >= LEAST_SEEN:
            found += departures(rule, joints.times, tracks[rule.track], step)
        else:
            withheld[rule.kind] = "the shoulders were seen too briefly"
    if np.isfinite(tracks["gesture"]).sum() >= LEAST_SEEN:
        found += _gestures(joints.times, tracks["gesture"], step)
    else:
        withheld["gesture"] = "no hand was seen, or too briefly"
    found += _stillness(joints, tracks, step)
    return tracks, sorted(found, key=lambda m: (m.start, m.kind)), withheld


def _change(values: Array) -> Array:
    known = np.isfinite(values)
    return values - resting(values) if known.any() else values


def _agreed(one: Array, other: Array) -> Array:
    """The smaller of two changes where they have one sign, else 0."""
    return np.where(np.sign(one) == np.sign(other), np.where(np.abs(one) < np.abs(other), one, other), 0.0) + 0 * (
        one + other
    )


def _fastest(times: Array, wrists: Array) -> Array:
    """Speed of the faster wrist (n,), per second; NaN where neither was seen twice in a row."""
    speeds = np.full((len(times), 2), np.nan)
    if len(times) > 1:
        away = np.linalg.norm(np.diff(wrists, axis=0), axis=2)
        speeds[1:] = away / np.diff(times)[:, None]
    known = np.isfinite(speeds).any(axis=1)
    fastest = np.full(len(times), np.nan)
    fastest[known] = np.nanmax(speeds[known], axis=1)
    return fastest


def _camera_speed(joints: Joints, usual: float) -> Array:
    """How fast the middle of the shoulders would move in the picture if only the camera did, per second."""
    speed = np.full(len(joints.times), np.nan)
    at = np.nanmean(joints.shoulders.reshape(-1, 2), axis=0)
    seen = joints.camera[:, :, :2] @ at + joints.camera[:, :, 2]
    if len(speed) > 1:
        speed[1:] = np.linalg.norm(np.diff(seen, axis=0), axis=1) / np.diff(joints.times) / usual
    return np.where(joints.known, speed, np.nan)


def _gestures(times: Array, speed: Array, step: float) -> Iterator[Movement]:
    smooth = running_median(speed, round(GESTURE_SECONDS / step))
    for first, last in _runs(np.nan_to_num(smooth) >= GESTURE):
        if times[last] - times[first] + step >= GESTURE_SECONDS - 1e-6:
            peak = float(np.nanmax(smooth[first : last + 1]))
            yield _movement("gesture", times[max(first - 1, 0)], times[last], peak, SPEED, peak / (GESTURE / 3))


def _near_face(joints: Joints, step: float) -> Iterator[Movement]:
    """Stretches in which a confirmed hand is near the face; `delta` is its least distance, in heights of the face."""
    middle = joints.faces.reshape(-1, 2, 2).mean(axis=1)
    height = joints.faces[:, 3] - joints.faces[:, 1]
    away = np.linalg.norm(joints.wrists - middle[:, None], axis=2) / height[:, None]
    away = np.where(joints.hands, away, np.inf).min(axis=1)
    for first, last in _runs(away <= 0.5 + NEAR_FACE):
        if last > first:  # one picture alone is no evidence
            nearest = float(away[first : last + 1].min())
            yield _movement("hand_near_face", joints.times[first], joints.times[last], nearest, "face heights", None)


def _stillness(joints: Joints, tracks: Mapping[str, Array], step: float) -> Iterator[Movement]:
    """The longest stretch, if long enough, in which head and shoulders keep their place and no wrist gestures."""
    times = joints.times
    places = np.stack([running_median(values, round(0.6 / step)) for values in _places(joints).T], axis=1)
    busy = np.nan_to_num(tracks["gesture"]) >= GESTURE / 2
    best, first = (0, 0), 0
    for last in range(len(times)):
        while first <= last and (
            not np.isfinite(places[first : last + 1]).all()
            or busy[first : last + 1].any()
            or np.ptp(places[first : last + 1], axis=0).max() > STILL_WIDTHS
        ):
            first += 1
        if first <= last and times[last] - times[first] > times[best[1]] - times[best[0]]:
            best = (first, last)
    length = float(times[best[1]] - times[best[0]])
    if length >= STILL_SECONDS:
        yield _movement("body_still", times[best[0]], times[best[1]], length, "s", None)


def _places(joints: Joints) -> Array:
    """Where the middle of the shoulders and of the face are (n, 4), in shoulder widths; NaN where not known."""
    shoulders = steady(joints.shoulders, joints.camera)
    width = float(np.nanmedian(np.linalg.norm(shoulders[:, 1] - shoulders[:, 0], axis=1)))
    head = steady(joints.faces.reshape(-1, 2, 2), joints.camera).mean(axis=1)
    places = np.hstack([shoulders.mean(axis=1), head]) / width
    return np.where(joints.known[:, None], places, np.nan)


def _movement(kind: str, start: float, end: float, delta: float, unit: str, z: float | None) -> Movement:
    rounded = None if z is None else round(z, 1)
    return Movement(kind, round(float(start), 3), round(float(end), 3), round(delta, 4), unit, rounded)


def _runs(mask: Mask) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def merged(found: list[Movement]) -> tuple[Movement, ...]:
    """All shots' movements in order of time; a shrug is told once, not as a tilt of its shoulders as well."""
    raised = [m for m in found if m.kind == "shoulders_up"]

    def told(one: Movement) -> bool:
        within = any(r.start - 0.2 <= one.start and one.end <= r.end + 0.2 for r in raised)
        return one.kind != "shoulder_tilt" or not within

    return tuple(m for m in sorted(found, key=lambda m: (m.start, m.kind)) if told(m))
