"""Brief motions of a face, as candidates: onset, apex and offset within half a second. Frozen and JSON-able."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

KINDS = ("brief_brows_up", "brief_brows_down", "brief_corners_up", "brief_corners_down")
"""What a candidate may be called: brows at any time, corners of the mouth only where nobody speaks."""


@dataclass(frozen=True)
class BriefMotion:
    """One candidate; it names a motion and never an emotion.

    Attributes:
        kind: of `KINDS`.
        start, apex, end: s from the start of the clip.
        delta: departure from the face's level around it, in `unit` (fraction of the outer-eye distance).
        unit: of `delta`.
        z: `delta` over what the track usually does within a second.
        flow: what optical flow from onset to apex sees of `delta` in the same region, as a share of it, 0..1.
        certainty: min(1, |z| / 8) · flow: how clearly two measurements show it. No probability.
        side: `right` or `left` of the person where one side alone moved, else `both`.
        net: probabilities of a user's STSTNet over `BriefTrack.labels`; empty without one.
    """

    kind: str
    start: float
    apex: float
    end: float
    delta: float
    unit: str
    z: float
    flow: float
    certainty: float
    side: str
    net: tuple[float, ...] = ()


@dataclass(frozen=True)
class BriefTrack:
    """What was found in a clip.

    Attributes:
        frame_rate: of the clip, frames a second; what was looked at closely was decoded at this rate.
        looked: stretches (start, end), s, that were looked at closely, around candidates of the coarse tracks.
        movements: the candidates that both measurements show, in order of time.
        refused: reason → how many candidates fell to it.
        labels: of `BriefMotion.net`.
    """

    frame_rate: float
    looked: tuple[tuple[float, float], ...]
    movements: tuple[BriefMotion, ...]
    refused: Mapping[str, int] = field(default_factory=dict)
    labels: tuple[str, ...] = ()
