from __future__ import annotations

import pytest

from models.r1omni.frames import Crop, indices

PUBLISHED = {
    1: (0,) * 8,
    5: (0, 1, 1, 2, 2, 3, 3, 4),
    8: tuple(range(8)),
    9: tuple(range(1, 9)),
    30: (2, 5, 9, 13, 16, 20, 24, 27),
    100: (6, 19, 31, 43, 56, 68, 80, 93),
    250: (16, 47, 78, 109, 140, 171, 202, 233),
}


@pytest.mark.parametrize("total", PUBLISHED)
def test_the_published_indices(total: int) -> None:
    assert indices(total, 8) == PUBLISHED[total]


def test_a_clip_without_pictures_has_none_to_choose() -> None:
    with pytest.raises(ValueError, match="8 of 0"):
        indices(0, 8)


def test_a_crop_crops() -> None:
    assert Crop(0.5, 1.0).bounds(32_000, 16_000) == (8_000, 16_000)
    assert Crop(0.0, 1.0).bounds(32_000, 16_000) == (0, 16_000)
    assert Crop().bounds(50, 25) == (0, 50)
    assert Crop(1.0).bounds(50, 25) == (25, 50)
    assert Crop(9.0, 10.0).bounds(50, 25) == (49, 50)
    assert Crop(0.5, 0.5).bounds(50, 25) == (12, 13)
