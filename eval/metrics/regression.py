"""MMSA's regression metrics for sentiment values, rule for rule, in float32 as MMSA computes them.

Where MMSA stops with an error or gives NaN (no true value but 0, a single row, a constant side), the value is NaN
here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval.metrics.classification import accuracy, confusion_matrix, weighted_f1

Singles = NDArray[np.float32]

MOSEI_KEYS = (
    "Has0_acc_2",
    "Has0_F1_score",
    "Non0_acc_2",
    "Non0_F1_score",
    "Mult_acc_5",
    "Mult_acc_7",
    "MAE",
    "Corr",
)
SIMS_KEYS = ("Mult_acc_2", "Mult_acc_2_weak", "Mult_acc_3", "Mult_acc_5", "F1_score", "MAE", "Corr", "R2")
SIMS_EDGES = {2: (0.0,), 3: (-0.1, 0.1), 5: (-0.7, -0.1, 0.1, 0.7)}
WEAK = 0.4


def _two_class(truth: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> tuple[float, float]:
    """Accuracy and support-weighted F1."""
    confusion = confusion_matrix(truth.astype(np.int64), predicted.astype(np.int64), 2)
    return float(accuracy(confusion)), float(weighted_f1(confusion))


def _share(hits: NDArray[np.bool_]) -> float:
    return float(np.sum(hits) / len(hits)) if len(hits) else float("nan")


def mean_absolute_error(truth: Singles, predicted: Singles) -> float:
    """Mean absolute difference, summed in float32."""
    return float(np.mean(np.absolute(predicted - truth))) if len(truth) else float("nan")


def pearson(truth: Singles, predicted: Singles) -> float:
    """Pearson's correlation; NaN for fewer than two rows or a constant side."""
    if len(truth) < 2 or np.ptp(truth) == 0 or np.ptp(predicted) == 0:
        return float("nan")
    return float(np.corrcoef(predicted, truth)[0, 1])


def rounded_accuracy(truth: Singles, predicted: Singles, limit: float) -> float:
    """Equality after clipping to ±limit and rounding half to even."""
    return _share(np.round(np.clip(predicted, -limit, limit)) == np.round(np.clip(truth, -limit, limit)))


def r_squared(truth: Singles, predicted: Singles) -> float:
    """Coefficient of determination as scikit-learn gives it to the peers; NaN for fewer than two rows.

    With a constant truth it is 1 for perfect predictions and 0 for all others. The columns are summed in the shape
    (n, 1) that scikit-learn gives them, since single precision depends on the order of summation.
    """
    if len(truth) < 2:
        return float("nan")
    true, said = truth[:, None], predicted[:, None]
    residual = np.sum((true - said) ** 2, axis=0)
    spread = np.sum((true - np.average(true, axis=0)) ** 2, axis=0)
    if spread[0] == 0:
        return 1.0 if residual[0] == 0 else 0.0
    return float((1 - residual / spread)[0])


def mosei_regression(truth: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """CMU-MOSI and CMU-MOSEI: keys `MOSEI_KEYS`, from values in −3 … 3, shape (n,).

    `Has0` takes 0 as positive on all rows; `Non0` leaves out rows whose truth is 0 and takes a predicted 0 as negative.
    MAE and Corr are of the values as they are, not clipped.
    """
    true, said = np.asarray(truth, np.float32), np.asarray(predicted, np.float32)
    away = true != 0
    has0 = _two_class(true >= 0, said >= 0)
    non0 = _two_class(true[away] > 0, said[away] > 0)
    return {
        "Has0_acc_2": has0[0],
        "Has0_F1_score": has0[1],
        "Non0_acc_2": non0[0],
        "Non0_F1_score": non0[1],
        "Mult_acc_5": rounded_accuracy(true, said, 2.0),
        "Mult_acc_7": rounded_accuracy(true, said, 3.0),
        "MAE": mean_absolute_error(true, said),
        "Corr": pearson(true, said),
    }


def sims_bins(values: Singles, classes: int) -> NDArray[np.int64]:
    """Class of each value: bins open on the left, closed on the right, edges rounded to float32."""
    return np.searchsorted(np.array(SIMS_EDGES[classes], np.float32), values, side="left").astype(np.int64)


def sims_regression(truth: ArrayLike, predicted: ArrayLike) -> dict[str, float]:
    """CH-SIMS and CH-SIMS v2: keys `SIMS_KEYS`, from values in −1 … 1, shape (n,).

    Both sides are clipped to ±1 before everything else; exactly 0 is negative. `Mult_acc_2_weak` is over rows with
    |truth| ≤ 0.4.
    """
    true = np.clip(np.asarray(truth, np.float32), -1.0, 1.0)
    said = np.clip(np.asarray(predicted, np.float32), -1.0, 1.0)
    two = sims_bins(true, 2), sims_bins(said, 2)
    weak = np.abs(true) <= np.float32(WEAK)
    return {
        "Mult_acc_2": _share(two[0] == two[1]),
        "Mult_acc_2_weak": _share((two[0] == two[1])[weak]),
        "Mult_acc_3": _share(sims_bins(true, 3) == sims_bins(said, 3)),
        "Mult_acc_5": _share(sims_bins(true, 5) == sims_bins(said, 5)),
        "F1_score": _two_class(two[0] > 0, two[1] > 0)[1],
        "MAE": mean_absolute_error(true, said),
        "Corr": pearson(true, said),
        "R2": r_squared(true, said),
    }


REGRESSION = {
    "mosei": mosei_regression,
    "mosi": mosei_regression,
    "sims": sims_regression,
    "simsv2": sims_regression,
}
"""Name of the data set → its metrics."""
