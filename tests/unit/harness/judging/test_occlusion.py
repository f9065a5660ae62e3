"""Occlusion on functions whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest

from harness.judging.occlusion import Answer, Areas, Masks, Occlusion, areas, centre_first, grid_masks, occlude

PARTS = 36


def weighted(weights: np.ndarray) -> Answer:
    """The probability is the sum of the weights of the parts that are shown."""
    return lambda masks: np.asarray((~masks) @ weights, dtype=np.float64)


def seeded(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_where_one_part_decides_it_alone_has_an_effect() -> None:
    weights = np.zeros(PARTS)
    weights[14] = 0.8
    found = occlude(weighted(weights), PARTS, seeded(), controls=199)
    assert found.whole == pytest.approx(0.8) and found.hidden == 0.0
    assert found.effects == pytest.approx(weights)
    assert found.areas.deletion == pytest.approx(0.8 / PARTS / 2)  # gone with the first part
    assert found.areas.insertion == pytest.approx(0.8 * (1 - 1 / PARTS / 2))
    assert np.mean([control.deletion for control in found.controls]) == pytest.approx(0.4, abs=0.05)
    assert 1 / 200 < found.deletion_p < 0.05  # one random ranking in 36 names that part first, too
    assert found.beats_random


def test_a_ranking_that_tells_what_decides_beats_random() -> None:
    weights = np.zeros(PARTS)
    weights[[3, 14, 15, 20, 21, 22]] = 0.15
    found = occlude(weighted(weights), PARTS, seeded())
    assert found.deletion_p == found.insertion_p == 0.05 and found.beats_random


def test_a_part_that_speaks_against_has_a_negative_effect() -> None:
    weights = np.full(PARTS, 0.02)
    weights[5] = -0.1
    assert occlude(weighted(weights), PARTS, seeded()).effects[5] == pytest.approx(-0.1)


def test_a_constant_function_does_not_beat_random() -> None:
    found = occlude(lambda masks: np.full(len(masks), 0.7), PARTS, seeded())
    assert found.deletion_p == found.insertion_p == 1.0 and not found.beats_random
    assert found.areas.deletion == pytest.approx(0.7) and not found.effects.any()


def test_rounding_of_a_net_is_no_difference() -> None:
    noise = seeded(1)
    found = occlude(lambda masks: 0.7 + noise.normal(0, 1e-8, len(masks)), PARTS, seeded())
    assert not found.beats_random


def test_a_function_without_order_beats_random_as_seldom_as_the_level_says() -> None:
    def noise(masks: Masks) -> np.ndarray:
        return np.array([np.random.default_rng([seed, *np.packbits(row)]).random() for row in masks])

    shown = 0
    for seed in range(60):
        shown += occlude(noise, PARTS, seeded(seed)).beats_random
    assert shown <= 5


def test_one_area_alone_is_not_enough() -> None:
    controls = tuple(Areas(0.5, 0.5) for _ in range(19))
    assert Occlusion(0.9, 0.1, np.zeros(2), Areas(0.2, 0.8), controls).beats_random
    assert not Occlusion(0.9, 0.1, np.zeros(2), Areas(0.2, 0.5), controls).beats_random
    assert not Occlusion(0.9, 0.1, np.zeros(2), Areas(0.5, 0.8), controls).beats_random


def test_too_few_controls_never_suffice() -> None:
    assert not Occlusion(0.9, 0.1, np.zeros(2), Areas(0.2, 0.8), (Areas(0.5, 0.5),) * 18).beats_random


def test_the_seed_decides_the_controls() -> None:
    answer = weighted(np.linspace(0, 0.05, PARTS))
    same = [occlude(answer, PARTS, seeded(3)).controls for _ in range(2)]
    assert same[0] == same[1] != occlude(answer, PARTS, seeded(4)).controls


def test_few_parts_and_none() -> None:
    found = occlude(weighted(np.array([0.6, 0.2, 0.1])), 3, seeded())
    assert found.areas.deletion == pytest.approx((0.9 / 2 + 0.3 + 0.1) / 3)
    assert found.areas.insertion == pytest.approx((0.6 + 0.8 + 0.9 / 2) / 3)
    with pytest.raises(ValueError, match="1 parts"):
        occlude(weighted(np.array([0.5])), 1, seeded())


def test_the_reverse_of_the_best_ranking_is_the_worst() -> None:
    answer = weighted(np.linspace(0.0, 0.05, PARTS))
    best, worst = (areas(answer, np.arange(PARTS)[::step], 0.9, 0.0) for step in (-1, 1))
    assert best.deletion < 0.45 < worst.deletion and best.insertion > 0.45 > worst.insertion


def test_a_cell_is_its_square_of_pixels() -> None:
    masks = np.zeros((1, 4), dtype=bool)
    masks[0, 1] = True
    assert grid_masks(masks, 2, 4)[0].tolist() == [[False, False, True, True]] * 2 + [[False] * 4] * 2
    with pytest.raises(ValueError, match="do not divide"):
        grid_masks(masks, 2, 5)


def test_the_middle_comes_first_and_a_corner_last() -> None:
    order = centre_first(6).tolist()
    assert set(order[:4]) == {14, 15, 20, 21} and set(order[-4:]) == {0, 5, 30, 35} and len(set(order)) == 36
