"""The best picture of each stretch: sharp and frontal, or its middle where no face is seen."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from harness.engine.best_frames import best_times
from harness.inputs.sampling import WHOLE, Stretch
from harness.records.types import FaceTrack, Record

YAW = (0.0, 30.0, 0.0, None, None, None, 5.0, 0.0, 0.0)
SHARP = (0.4, 1.0, 0.9, None, None, None, 1.0, 0.2, 0.9)
FACE = FaceTrack(
    tuple(0.1 * k for k in range(9)), (None,) * 9, {"yaw": YAW, "sharpness": SHARP}, 1, 0.6, 60.0, False, "", (), None
)


def records(face: FaceTrack) -> dict[str, Record]:
    return {"face": Record("face", "x", "test", "f", "ok", msgspec.to_builtins(face))}


def test_each_stretch_gives_its_best_and_else_its_middle() -> None:
    assert best_times(records(FACE), 3, WHOLE) == (FACE.times[2], FACE.times[4], FACE.times[8])
    assert best_times(records(FACE), 20, WHOLE) == FACE.times, "never more than were looked at"
    assert best_times(records(FACE), 1, Stretch(0.55, 0.75)) == (FACE.times[6],)


def test_a_covered_face_is_not_the_best() -> None:
    covered = replace(FACE, tracks={**FACE.tracks, "presence": (0.0, 0.0, -10.5, None, None, None, 0.0, 0.0, -1.0)})
    assert best_times(records(covered), 3, WHOLE) == (FACE.times[0], FACE.times[4], FACE.times[8])


def test_without_a_face_the_clip_is_sampled_as_usual() -> None:
    assert best_times({}, 3, WHOLE) == ()
    assert best_times({"face": Record("face", "x", "test", "f", "absent")}, 3, WHOLE) == ()
    assert best_times(records(FaceTrack((), (), {}, 0, 0.0, None, False, "", (), None)), 3, WHOLE) == ()
