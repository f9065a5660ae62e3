"""What the body of a clip does, against its own baseline. Frozen and JSON-able."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.records.types import Movement

KINDS = ("shoulders_up", "shoulder_tilt", "lean_in", "lean_back", "hand_near_face", "gesture", "body_still")
"""What a body's movement may be called. Hands are told of only where they were recognised as hands."""


@dataclass(frozen=True)
class BodyTrack:
    """The shoulders and hands below the followed face. Tracks share `times`; None where a value is not known.

    Attributes:
        times: of the pictures that were looked at, about five a second.
        tracks: raise, lean (shares), tilt (degrees) against the shot's rest; gesture (shoulder widths a second);
            camera (shoulder widths a second, of the background).
        seen_share: share of `times` at which both shoulders were seen.
        hand_share: share of them at which a hand was seen, and recognised as one.
        shoulder_width_px: median; None where none were seen.
        movements: what left the baseline. Units: `shoulder widths`, `deg`, `share`, `shoulder widths/s`, `s`.
        withheld: kind → why nothing is said of it in part of the clip or all of it.
        joints: shoulders, elbows and wrists, left and right of the person (12 numbers, px of the decoded picture) at
            each of `times`, for drawing; None where the body was not seen.
        picture: width and height of the decoded picture, px.
    """

    times: tuple[float, ...]
    tracks: Mapping[str, tuple[float | None, ...]]
    seen_share: float
    hand_share: float
    shoulder_width_px: float | None
    movements: tuple[Movement, ...]
    withheld: Mapping[str, str] = field(default_factory=dict)
    joints: tuple[tuple[float, ...] | None, ...] = ()
    picture: tuple[int, int] = (0, 0)
