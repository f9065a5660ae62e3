from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.inputs.sampling import WHOLE, Stretch, middles

PUBLISHED = {
    1: (0,) * 8,
    5: (0, 1, 1, 2, 2, 3, 3, 4),
    8: tuple(range(8)),
    9: tuple(range(1, 9)),
    30: (2, 5, 9, 13, 16, 20, 24, 27),
    100: (6, 19, 31, 43, 56, 68, 80, 93),
    250: (16, 47, 78, 109, 140, 171, 202, 233),
}
"""Pictures of a clip → those that R1-Omni's published inference takes."""


@pytest.mark.parametrize("total", PUBLISHED)
def test_the_published_indices(total: int) -> None:
    assert middles(total, 8) == PUBLISHED[total]


def test_a_clip_without_pictures_has_none_to_choose() -> None:
    with pytest.raises(ValueError, match="8 of 0"):
        middles(0, 8)


@given(st.integers(1, 5000), st.integers(1, 64))
def test_in_order_within_the_clip_and_all_of_a_short_one(total: int, count: int) -> None:
    chosen = middles(total, count)
    assert len(chosen) == count
    assert list(chosen) == sorted(chosen)
    assert chosen[0] >= 0 and chosen[-1] < total
    if total <= count:
        assert set(chosen) == set(range(total))


@pytest.mark.parametrize(
    ("stretch", "first", "after"),
    [
        (WHOLE, 0, 50),
        (Stretch(1.0), 25, 50),
        (Stretch(0.0, 1.0), 0, 25),
        (Stretch(0.4, 1.2), 10, 30),
        (Stretch(1.96, 9.0), 49, 50),
        (Stretch(0.5, 0.51), 12, 13),
    ],
)
def test_pictures_of_a_stretch(stretch: Stretch, first: int, after: int) -> None:
    """Two seconds at 25 a second."""
    assert stretch.pictures([k / 25 for k in range(50)], 1 / 25) == range(first, after)


def test_after_its_end_a_clip_has_nothing() -> None:
    assert not Stretch(9.0, 10.0).pictures([0.0, 0.5], 0.5) and not WHOLE.pictures([], 0.04)
    assert list(range(32_000))[Stretch(9.0, 10.0).samples(32_000, 16_000)] == []


def test_a_still_picture_lasts_no_time_and_is_there() -> None:
    assert WHOLE.pictures([0.0], 0.0) == range(1)


@pytest.mark.parametrize(
    ("stretch", "first", "after"),
    [(WHOLE, 0, 32_000), (Stretch(0.5, 1.0), 8_000, 16_000), (Stretch(1.5, 7.0), 24_000, 32_000)],
)
def test_sound_of_a_stretch(stretch: Stretch, first: int, after: int) -> None:
    assert stretch.samples(32_000, 16_000) == slice(first, after)
