"""Landmarks over time → brief motions: onset, apex and offset within half a second. Pure numpy.

Two looks. The coarse one reads the tracks that the face stage stored, about twelve a second, and only says where it is
worth while to decode every picture. The close one measures brows and corners of the mouth, side by side, in the head's
own axes, and takes for brief what leaves the level around it (a median over `WINDOW_SECONDS`, which nothing of half
a second moves) and is back in time.

What looks like it and is none is refused with its reason: a lid that closes takes the brows' landmarks along, a head
that turns or nods leaks into them, and a mouth speaks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.face.geometry import EYE_CORNERS, LIDS, NOSE_BASE, angles, pose_of, reference_shape
from models.face.movements import running_median

Array = NDArray[np.float64]
Span = tuple[float, float]

UNIT = "eye distance"
LONGEST = 0.5
WINDOW_SECONDS = 1.2
LEAST = {"brow": 0.02, "corner": 0.03}
"""Smallest departure, in eye distances: those of the lasting movements (models/face/movements.py)."""
LEAST_Z = 4.0
FLOOR = 0.004
"""Smallest spread that is believed: what the landmark net does on a still picture with sensor noise."""
EDGE = 0.3
"""Share of the peak at which a motion begins and ends."""
LEAST_ABOVE = 2
"""Pictures above half of the peak: one alone is an error of the landmark net."""
COARSE = 0.5
"""Share of the least departure that the coarse tracks have to show: they see fewer pictures, and both sides at once."""
COARSE_Z = 2.5
CLEARLY = 2.0
"""Times `MOST_TURN` within five coarse pictures, from which the close look would see a turned head as well."""
MOST_SECONDS = 6.0
"""Longest stretch that is decoded at once: its pictures are held in memory."""
AROUND = 0.9
"""Seconds that are decoded on each side of a coarse candidate: the level around it has to be known."""
BLINK = 0.25
"""Share by which the lids close, against the level around, from which it is a blink."""
BESIDE = 0.1
"""Seconds before and after a motion in which a blink, or speech, counts as well."""
MOST_TURN = {"pitch": 3.0, "yaw": 4.0, "roll": 4.0}
"""Degrees that the head may turn during the motion."""
BROWS = {"brow_right": (70, 63, 105, 66, 107), "brow_left": (336, 296, 334, 293, 300)}
CORNERS = {"corner_right": 61, "corner_left": 291}
KIND = {"brow": ("brief_brows_up", "brief_brows_down"), "corner": ("brief_corners_up", "brief_corners_down")}


@dataclass(frozen=True)
class Found:
    """One motion of the close look: `first`, `apex`, `last` are picture numbers, `track` is brow_right and so on."""

    track: str
    first: int
    apex: int
    last: int
    delta: float
    z: float

    @property
    def kind(self) -> str:
        """Which of the record's kinds it is."""
        up, down = KIND[self.track.partition("_")[0]]
        return up if self.delta > 0 else down


def coarse(times: Array, tracks: Mapping[str, Array], speech: Sequence[Span]) -> list[Span]:
    """Where a close look is worth while: stretches (start, end), s, in order of their start.

    Stretches that touch are one, up to `MOST_SECONDS` long. What the close look would refuse in any case (a head that
    clearly turns, a blink) is left out.

    Args:
        times: of the face's pictures (n,), s.
        tracks: brow_height, corner_lift, eye_opening, yaw and pitch_change of the face record (n,), NaN where there is
            no face.
        speech: where somebody speaks, s.
    """
    if len(times) < 3:
        return []
    step = float(np.median(np.diff(times)))
    hindered = _hindered(tracks, step)
    moments: list[float] = []
    for name, part in (("brow_height", "brow"), ("corner_lift", "corner")):
        values = tracks.get(name)
        if values is None or not np.isfinite(values).any():
            continue
        away = values - running_median(values, round(WINDOW_SECONDS / step))
        spread = 1.4826 * float(np.nanmedian(np.abs(away)))
        enter = max(COARSE * LEAST[part], COARSE_Z * spread)
        high = np.flatnonzero((np.nan_to_num(np.abs(away)) >= enter) & ~hindered)
        moments += [float(times[i]) for i in high if part == "brow" or not _spoken(times[i], times[i], speech)]
    stretches: list[Span] = []
    for moment in sorted(moments):
        start, end = max(moment - AROUND, 0.0), moment + AROUND
        if stretches and start <= stretches[-1][1] and end - stretches[-1][0] <= MOST_SECONDS:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((start, end))
    return stretches


def _hindered(tracks: Mapping[str, Array], step: float) -> NDArray[np.bool_]:
    """Where the coarse tracks show a head that clearly turns, or lids that close (n,)."""
    lids = tracks["eye_opening"]
    usual = running_median(lids, round(WINDOW_SECONDS / step))
    shut = np.nan_to_num(lids <= (1 - BLINK) * usual)
    turned = np.zeros(len(lids), bool)
    for name, most in (("pitch_change", MOST_TURN["pitch"]), ("yaw", MOST_TURN["yaw"])):
        values = np.pad(tracks[name], 2, mode="edge")
        around = np.lib.stride_tricks.sliding_window_view(values, 5)
        known = np.isfinite(around).all(axis=1)
        turned |= known & (np.nan_to_num(np.ptp(around, axis=1)) > CLEARLY * most)
    return np.asarray(shut | turned)


def measure(points: Array) -> dict[str, Array]:
    """Tracks (n,) of landmarks (n, 468, 3): each brow's and corner's height in eye distances, lids, head in degrees."""
    pose = pose_of(points, reference_shape(points))
    centred = points - pose.centre[:, None]
    face = np.einsum("nji,nkj->nki", pose.rotation, centred) / pose.eye_distance[:, None, None]
    yaw, pitch, roll = angles(pose.rotation)
    eyes, nose = (face[:, list(rows), 1].mean(axis=1) for rows in (EYE_CORNERS, NOSE_BASE))
    tracks = {name: eyes - face[:, list(rows), 1].mean(axis=1) for name, rows in BROWS.items()}
    tracks |= {name: nose - face[:, row, 1] for name, row in CORNERS.items()}
    lids = [np.linalg.norm(face[:, a] - face[:, b], axis=1) for a, b in LIDS]
    return tracks | {"lids": (lids[0] + lids[1]) / 2, "yaw": yaw, "pitch": pitch, "roll": roll}


def find(times: Array, tracks: Mapping[str, Array], speech: Sequence[Span]) -> tuple[list[Found], list[str]]:
    """Brief motions of one face in one stretch, and why others were refused.

    Args:
        times: of every picture (n,), s.
        tracks: of `measure`.
        speech: where somebody speaks, s.
    """
    found: list[Found] = []
    refused: list[str] = []
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    if len(times) * step < WINDOW_SECONDS / 2:
        return [], []
    for name in (*BROWS, *CORNERS):
        for one in _excursions(name, times, tracks[name], step):
            why = _no_brief_motion(one, times, tracks, speech, step)
            if why:
                refused.append(why)
            else:
                found.append(one)
    return sorted(found, key=lambda one: (one.first, one.track)), refused


def _excursions(name: str, times: Array, values: Array, step: float) -> list[Found]:
    """Where a track leaves the level around it and is back within `LONGEST`."""
    away = values - running_median(values, round(WINDOW_SECONDS / step))
    smooth = np.convolve(np.pad(away, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    spread = max(1.4826 * float(np.median(np.abs(smooth))), FLOOR)
    enter = max(LEAST[name.partition("_")[0]], LEAST_Z * spread)
    found: list[Found] = []
    for apex in np.flatnonzero(np.abs(smooth) >= enter):
        size = smooth * np.sign(smooth[apex])
        if found and found[-1].last >= apex:
            continue
        first = last = int(apex)
        while first > 0 and size[first] >= EDGE * size[apex]:
            first -= 1
        while last < len(size) - 1 and size[last] >= EDGE * size[apex]:
            last += 1
        top = first + int(np.argmax(size[first : last + 1]))
        whole = first > 0 and last < len(size) - 1
        above = int((size[first : last + 1] >= 0.5 * size[top]).sum())
        if whole and above >= LEAST_ABOVE and times[last] - times[first] <= LONGEST + 1e-6:
            found.append(Found(name, first, top, last, float(smooth[top]), float(smooth[top] / spread)))
    return found


def _no_brief_motion(one: Found, times: Array, tracks: Mapping[str, Array], speech: Sequence[Span], step: float) -> str:
    """Why an excursion is no brief motion of the face; empty when it is."""
    rows = slice(one.first, one.last + 1)
    beside = round(BESIDE / step)
    wide = slice(max(one.first - beside, 0), one.last + beside + 1)
    if times[one.last] - times[one.first] > (one.last - one.first) * step * 1.5:
        return "pictures are missing within it"
    lids = tracks["lids"]
    usual = running_median(lids, round(WINDOW_SECONDS / step))
    if (lids[wide] <= (1 - BLINK) * usual[wide]).any():
        return "a blink"
    if any(float(np.ptp(tracks[name][rows])) > most for name, most in MOST_TURN.items()):
        return "the head turned"
    if one.track.startswith("corner") and _spoken(times[one.first] - BESIDE, times[one.last] + BESIDE, speech):
        return "the mouth may be speaking"
    return ""


def _spoken(start: float, end: float, speech: Sequence[Span]) -> bool:
    return any(a <= end and start <= b for a, b in speech)


def joined(found: Sequence[Found]) -> list[tuple[Found, str]]:
    """Each motion once, with its side: those of both sides that overlap are one, told by the stronger."""
    kept: list[tuple[Found, str]] = []
    for one in found:
        side = one.track.partition("_")[2]
        for k, (other, known) in enumerate(kept):
            if other.kind == one.kind and other.first <= one.last and one.first <= other.last:
                both = known if known == side else "both"
                kept[k] = (max(other, one, key=lambda f: abs(f.z)), both)
                break
        else:
            kept.append((one, side))
    return kept
