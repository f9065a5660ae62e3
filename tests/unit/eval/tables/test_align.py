"""Joining by ID: what happens when two IDs have the same hash."""

from __future__ import annotations

import numpy as np
import pytest

from eval.tables import align
from eval.tables.align import match_ids


def strings(*names: str) -> np.ndarray:
    cells = np.empty(len(names), object)
    cells[:] = names
    return cells


IDS, WANTED = strings("a", "b", "-c", "片"), strings("片", "x", "b", "y")


def test_places_and_leftovers() -> None:
    at, extra = match_ids(IDS, WANTED)
    assert at.tolist() == [3, -1, 1, -1]
    assert extra.tolist() == [0, 2]
    assert match_ids(strings(), WANTED)[0].tolist() == [-1] * 4
    assert match_ids(IDS, strings())[1].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("collide", ["ab", "ax", "yx片"])
def test_equal_hashes_change_nothing(monkeypatch: pytest.MonkeyPatch, collide: str) -> None:
    hashes = {name: (0 if name in collide else ord(name[-1])) for name in (*IDS, *WANTED)}
    monkeypatch.setattr(align, "_hashes", lambda ids: np.array([hashes[name] for name in ids], np.int64))
    at, extra = match_ids(IDS, WANTED)
    assert at.tolist() == [3, -1, 1, -1]
    assert extra.tolist() == [0, 2]
