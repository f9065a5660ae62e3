"""MMSA's regression rules, against scikit-learn on hand-made classes and against the peers' quirks."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from eval.metrics import MOSEI_KEYS, SIMS_KEYS, mosei_regression, sims_regression


def nearest_even(value: float) -> int:
    return round(value)


def scores(seed: int, limit: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows = int(rng.choice([2, 3, 30, 800, 5000]))
    step = rng.choice([0.1, 0.2, 1 / 3, 0.5])
    truth = np.round(rng.uniform(-limit, limit, rows) / step) * step
    predicted = truth + rng.normal(0, 0.6, rows)
    on_grid = rng.random(rows) < 0.4
    predicted[on_grid] = np.round(predicted[on_grid] / step) * step
    return truth.astype(np.float32), predicted.astype(np.float32)


def mosei_reference(t: np.ndarray, p: np.ndarray) -> dict[str, float]:
    pairs = [(float(a), float(b)) for a, b in zip(t, p, strict=True)]
    away = [(a, b) for a, b in pairs if a != 0]
    wanted = {}
    for name, rows, positive in (
        ("Has0", pairs, lambda v: v >= 0),
        ("Non0", away, lambda v: v > 0),
    ):
        true, said = [positive(a) for a, _ in rows], [positive(b) for _, b in rows]
        wanted[f"{name}_acc_2"] = sk.accuracy_score(true, said) if rows else math.nan
        wanted[f"{name}_F1_score"] = sk.f1_score(true, said, average="weighted") if rows else math.nan
    for limit, name in ((2, "Mult_acc_5"), (3, "Mult_acc_7")):
        said = [nearest_even(max(-limit, min(limit, b))) for _, b in pairs]
        wanted[name] = sk.accuracy_score([nearest_even(max(-limit, min(limit, a))) for a, _ in pairs], said)
    wanted["MAE"] = float(np.mean(np.abs(p - t)))
    wanted["Corr"] = float(np.corrcoef(p, t)[0][1])
    return wanted


def sims_class(value: np.float32, edges: tuple[float, ...]) -> int:
    return sum(value > np.float32(edge) for edge in edges)


def sims_reference(t: np.ndarray, p: np.ndarray) -> dict[str, float]:
    t, p = np.clip(t, -1, 1), np.clip(p, -1, 1)
    wanted = {}
    classes = {}
    for name, edges in ((2, (0.0,)), (3, (-0.1, 0.1)), (5, (-0.7, -0.1, 0.1, 0.7))):
        classes[name] = [[sims_class(v, edges) for v in side] for side in (t, p)]
        wanted[f"Mult_acc_{name}"] = sk.accuracy_score(*classes[name])
    weak = (t >= np.float32(-0.4)) & (t <= np.float32(0.4))
    true, said = (np.array(side)[weak] for side in classes[2])
    wanted["Mult_acc_2_weak"] = sk.accuracy_score(true, said) if weak.any() else math.nan
    wanted["F1_score"] = sk.f1_score(*classes[2], average="weighted")
    wanted["MAE"] = float(np.mean(np.abs(p - t)))
    wanted["Corr"] = float(np.corrcoef(p, t)[0][1])
    wanted["R2"] = float(sk.r2_score(t, p))
    return wanted


@pytest.mark.parametrize("seed", range(25))
def test_against_references(seed: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for ours, reference, limit in (
            (mosei_regression, mosei_reference, 3.0),
            (sims_regression, sims_reference, 1.0),
        ):
            truth, predicted = scores(seed, limit)
            found, wanted = ours(truth, predicted), reference(truth, predicted)
            assert set(found) == set(wanted)
            for name in wanted:
                assert found[name] == pytest.approx(wanted[name], abs=1e-9, nan_ok=True), (seed, name)


def test_keys() -> None:
    assert tuple(mosei_regression([1.0], [1.0])) == MOSEI_KEYS
    assert tuple(sims_regression([1.0], [1.0])) == SIMS_KEYS


@pytest.mark.parametrize(
    ("value", "same_as"),
    [(0.5, 0.0), (1.5, 2.0), (2.5, 2.0), (-0.5, 0.0), (-1.5, -2.0), (-2.5, -2.0), (9.0, 3.0), (-9.0, -3.0)],
)
def test_mosei_rounds_half_to_even_and_clips(value: float, same_as: float) -> None:
    assert mosei_regression([same_as], [value])["Mult_acc_7"] == 1
    five = max(-2.0, min(2.0, same_as))
    assert mosei_regression([five], [value])["Mult_acc_5"] == 1


def test_which_side_zero_falls_on() -> None:
    positive = mosei_regression([1.0, 1.0], [0.0, 0.0])
    assert (positive["Has0_acc_2"], positive["Non0_acc_2"]) == (1, 0)
    negative = mosei_regression([-1.0, -1.0], [0.0, 0.0])
    assert (negative["Has0_acc_2"], negative["Non0_acc_2"]) == (0, 1)
    assert sims_regression([-1.0], [0.0])["Mult_acc_2"] == 1
    assert sims_regression([1.0], [0.0])["Mult_acc_2"] == 0


def test_mosei_error_is_not_clipped_and_sims_error_is() -> None:
    assert mosei_regression([3.0], [5.0])["MAE"] == 2
    assert sims_regression([1.0], [5.0])["MAE"] == 0


@pytest.mark.parametrize(
    ("value", "bin3", "bin5"),
    [(-1.0, -1.0, -1.0), (-0.7, -1.0, -1.0), (-0.69, -1.0, -0.5), (-0.1, -1.0, -0.5), (0.1, 0.0, 0.0), (0.7, 1.0, 0.5)],
)
def test_sims_bins_are_closed_on_the_right(value: float, bin3: float, bin5: float) -> None:
    assert sims_regression([bin3], [value])["Mult_acc_3"] == 1
    assert sims_regression([bin5], [value])["Mult_acc_5"] == 1


def test_what_stops_the_peers_is_undefined() -> None:
    zero = mosei_regression([0.0, 0.0], [0.1, -0.1])
    assert math.isnan(zero["Non0_acc_2"]) and math.isnan(zero["Non0_F1_score"]) and math.isnan(zero["Corr"])
    assert zero["Has0_acc_2"] == 0.5
    one = sims_regression([0.5], [0.5])
    assert math.isnan(one["Corr"]) and math.isnan(one["R2"]) and math.isnan(one["Mult_acc_2_weak"])
    assert one["Mult_acc_2"] == 1
    # scikit-learn's word for a constant truth, which the peers print.
    assert sims_regression([0.2, 0.2], [0.2, 0.2])["R2"] == sk.r2_score([0.2, 0.2], [0.2, 0.2]) == 1
    assert sims_regression([0.2, 0.2], [0.2, 0.3])["R2"] == sk.r2_score([0.2, 0.2], [0.2, 0.3]) == 0
    assert all(math.isnan(value) for value in mosei_regression([], []).values())
    assert all(math.isnan(value) for value in sims_regression([], []).values())


def test_computed_in_float32() -> None:
    truth, predicted = scores(7, 3.0)
    wide = float(np.mean(np.abs(predicted.astype(np.float64) - truth.astype(np.float64))))
    found = mosei_regression(truth.astype(np.float64), predicted.astype(np.float64))["MAE"]
    assert found == float(np.float32(found))
    assert found == pytest.approx(wide, abs=1e-5)
    # 0.1 as float64 lies above float32's 0.1: only single precision puts it into the neutral bin's closed edge.
    assert sims_regression([0.0], [np.float64(0.1)])["Mult_acc_3"] == 1
