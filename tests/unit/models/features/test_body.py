"""Features of the body: rows as measured, and one row for a clip."""

from __future__ import annotations

import numpy as np

from harness.records.body import KINDS, BodyTrack
from harness.records.types import Movement
from models.features.body import TRACKS, rows_of, utterance_names, utterance_of

TIMES = tuple(0.24 * k for k in range(5))
TRACK = BodyTrack(
    TIMES,
    {name: (0.0, None, 0.1 * k, 0.2, 0.3) for k, name in enumerate(TRACKS)},
    seen_share=0.8,
    hand_share=0.2,
    shoulder_width_px=200.0,
    movements=(Movement("lean_in", 0.2, 0.7, 0.2, "share", 5.0), Movement("lean_in", 0.8, 0.9, 0.2, "share", 5.0)),
    withheld={"gesture": "no hand was seen"},
)


def test_rows_keep_what_is_not_known_apart_from_nothing() -> None:
    rows = rows_of(TRACK)
    assert rows.shape == (5, len(TRACKS)) and np.isnan(rows[1]).all() and (rows[0] == 0).all()


def test_a_clip_is_one_row_with_the_seconds_of_its_movements() -> None:
    found = dict(zip(utterance_names(), utterance_of(TRACK), strict=True))
    assert found["lean_in_seconds"] == np.float32(0.6) and found["lean_back_seconds"] == 0
    assert np.isnan(found["gesture_seconds"]) and found["shoulders_share"] == np.float32(0.8)
    assert found["tilt_p90"] > found["tilt_p10"] and len(found) == 4 * len(TRACKS) + len(KINDS) + 2
