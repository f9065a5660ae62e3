"""How far a face looks less like one than it usually does, and what that leaves of its weight."""

from __future__ import annotations

import numpy as np
import pytest

from models.face.expression import COVERED, presence, uncovered


def score(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


def test_a_fall_counts_against_the_shots_own_usual() -> None:
    fallen = presence(np.array([score(v) for v in (12, 12, 12, 14, 5, 1)]))
    assert fallen == pytest.approx([0, 0, 0, 0, -7, -11], abs=1e-3)
    assert uncovered(fallen) == pytest.approx([1, 1, 1, 1, 0.5, 0], abs=1e-3)
    assert presence(np.array([score(v) for v in (1, 1, 1)])) == pytest.approx([0, 0, 0]), "covered throughout is usual"


def test_scores_of_one_and_zero_and_what_is_unknown() -> None:
    assert np.isfinite(presence(np.array([1.0, 1.0, 0.0]))).all()
    assert uncovered(np.array([np.nan, 0.0, -COVERED[1]])).tolist() == [0, 1, 0]
