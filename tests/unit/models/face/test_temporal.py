"""The pictures' verdict and the movements in one: exact shares, and a prior that cannot outvote clear pictures."""

from __future__ import annotations

import math

import pytest

from harness.records.types import Movement
from models.face.temporal import PICTURES, PRIOR, fuse_movements

LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
UNSURE = (0.1, 0.05, 0.05, 0.3, 0.32, 0.1, 0.08)


def move(kind: str, start: float, end: float) -> Movement:
    return Movement(kind, start, end, 0.02, "eye distance", 8.0)


def test_the_shares_add_up_to_the_winner_s_log_odds() -> None:
    movements = [move("mouth_corners_up", 0.5, 1.1), move("brows_down", 1.0, 1.2), move("mouth_open", 0.0, 3.0)]
    p, reasons = fuse_movements(LABELS, UNSURE, movements)
    logs = [math.log(value) for value in p]
    best = max(logs)
    assert sum(reason.contribution for reason in reasons) == pytest.approx(best - sum(logs) / len(logs))
    assert {reason.feature: reason.value for reason in reasons} == pytest.approx(
        {PICTURES: UNSURE[3], "mouth_corners_up": 0.6, "brows_down": 0.2}
    )
    assert sum(p) == pytest.approx(1)


def test_a_smile_decides_between_nearly_equal_verdicts_and_no_more() -> None:
    smile = [move("mouth_corners_up", 0.0, 2.0)]
    assert LABELS[max(range(7), key=fuse_movements(LABELS, UNSURE, [])[0].__getitem__)] == "neutral"
    assert LABELS[max(range(7), key=fuse_movements(LABELS, UNSURE, smile)[0].__getitem__)] == "happy"
    clear = (0.7, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05)
    assert fuse_movements(LABELS, clear, smile)[0][0] == pytest.approx(0.7 / (0.95 + 0.05 * math.exp(0.5)))


def test_without_movements_the_pictures_speak_alone() -> None:
    p, (only,) = fuse_movements(LABELS, UNSURE, [move("head_nod", 0.0, 1.0)])
    assert p == pytest.approx(UNSURE)
    assert only.feature == PICTURES


def test_the_prior_names_known_movements_and_expressions_and_stays_small() -> None:
    assert set(PRIOR) <= {"mouth_corners_up", "mouth_corners_down", "brows_up", "brows_down"}
    assert {label for row in PRIOR.values() for label in row} <= set(LABELS)
    assert max(value for row in PRIOR.values() for value in row.values()) <= 0.5
