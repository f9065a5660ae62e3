"""All eight ways in which a picture can be stored."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from harness.inputs.orientation import Orientation, from_matrix

ONE = 1 << 16
STORED = np.arange(6).reshape(2, 3, 1)


def by_definition(a: int, b: int, c: int, d: int) -> np.ndarray:  # type: ignore[type-arg]
    """Every stored point sent to (a·x + c·y, b·x + d·y), moved into view."""
    points = {(a * x + c * y, b * x + d * y): STORED[y, x, 0] for y in range(2) for x in range(3)}
    left, top = min(x for x, _ in points), min(y for _, y in points)
    width, height = max(x for x, _ in points) - left + 1, max(y for _, y in points) - top + 1
    shown = np.zeros((height, width, 1), int)
    for (x, y), value in points.items():
        shown[y - top, x - left] = value
    return shown


@pytest.mark.parametrize(
    "signs", [*product((1, -1), (0,), (0,), (1, -1)), *product((0,), (1, -1), (1, -1), (0,))], ids=str
)
def test_a_matrix_is_applied_as_the_standard_defines_it(signs: tuple[int, int, int, int]) -> None:
    a, b, c, d = signs
    found = from_matrix((a * ONE, b * ONE, 0, c * ONE, d * ONE, 0, 0, 0, 1 << 30))
    assert np.array_equal(found.apply(STORED), by_definition(a, b, c, d))
    assert found.odd_angle == 0


@pytest.mark.parametrize(("transpose", "x", "y"), list(product((False, True), repeat=3)))
def test_what_is_said_is_what_is_done(transpose: bool, x: bool, y: bool) -> None:
    one = Orientation(transpose, x, y)
    mirrored = STORED[:, ::-1] if one.mirrored else STORED
    assert np.array_equal(np.rot90(mirrored, -(one.degrees // 90)), one.apply(STORED))
    assert bool(one.described()) != one.upright


def test_other_angles_are_named_and_not_applied() -> None:
    c, s = round(ONE * np.cos(np.pi / 6)), round(ONE * np.sin(np.pi / 6))
    found = from_matrix((c, s, 0, -s, c, 0, 0, 0, 1 << 30))
    assert (found.odd_angle, found.upright) == (30, True)
    assert from_matrix((0,) * 9) == Orientation()
