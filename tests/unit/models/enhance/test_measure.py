"""Which pictures are compared, what around the face is enhanced, and what counts as jitter."""

from __future__ import annotations

import numpy as np
import pytest

from harness.records.types import FaceTrack, Frame, Media, MediaInfo
from models.enhance.measure import around, enhanced_media, jitter, stretch

BOX = (40.0, 30.0, 80.0, 90.0)


def face(seen: str, yaw: dict[int, float] | None = None) -> FaceTrack:
    """A face in the frames that `seen` marks by x; `yaw` in degrees where it is not 20."""
    boxes = tuple(BOX if mark == "x" else None for mark in seen)
    yaws = tuple((yaw or {}).get(k, 20.0) if box else None for k, box in enumerate(boxes))
    tracks = {"yaw": yaws, "sharpness": tuple(1.0 if box else None for box in boxes)}
    times = tuple(k / 10 for k in range(len(seen)))
    return FaceTrack(times, boxes, tracks, 1, 1.0, 60.0, False, "the only face", (), None)


@pytest.mark.parametrize(
    ("seen", "yaw", "expected"),
    [
        ("xxxxxxxxxxxxxxx", {7: 1.0}, range(3, 12)),
        ("xxxxxxxxxxxxxxx", {0: 1.0}, range(0, 9)),
        ("xx.xxxx", {4: -1.0}, range(3, 7)),
        ("xx.xxxx", {0: 1.0}, range(0)),
        (".......", {}, range(0)),
    ],
)
def test_the_pictures_lie_around_the_best_one_without_a_gap(seen: str, yaw: dict[int, float], expected: range) -> None:
    assert stretch(face(seen, yaw)) == expected


def test_only_the_surroundings_of_the_face_change() -> None:
    frames = tuple(Frame(k / 10, np.zeros((100, 90, 3), np.uint8)) for k in range(2))
    made = enhanced_media(Media(MediaInfo("", 1.0, None, None), None, frames), face("x."), lambda part: part + 9)
    rows, columns = around(BOX, (100, 90))
    assert (rows, columns) == (slice(9, 100), slice(19, 90)), "a margin of 21 px, as far as there is a picture"
    changed = made.frames[0].rgb[..., 0]
    assert (changed[rows, columns] == 9).all() and changed.sum() == 9 * 91 * 71
    assert made.frames[1] is frames[1] and not frames[0].rgb.any(), "the decoded pictures stay as they are"


def test_jitter_is_what_is_no_steady_movement() -> None:
    steady = np.zeros((6, 468, 3))
    steady[..., 0] = np.arange(6)[:, None] * 2.0
    assert jitter(steady) == pytest.approx(0)
    shaking = steady.copy()
    shaking[1::2, :, 1] += 1.5
    assert jitter(shaking) == pytest.approx(3.0)
