"""Classification metrics as pure functions of a confusion matrix.

A confusion matrix has shape (..., K, K + 1): true label in rows, predicted label in columns, the last column for
invalid or missing predictions. Leading axes are independent matrices (bootstrap resamples), counts may be fractional.
Results have the leading shape; NaN stands for undefined.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def confusion_matrix(truth: ArrayLike, predicted: ArrayLike, labels: int) -> NDArray[np.int64]:
    """Counts, shape (labels, labels + 1), from codes 0 … labels − 1; a prediction of `labels` is invalid.

    Raises:
        ValueError: different lengths, or a code out of range.
    """
    rows, columns = np.asarray(truth, np.int64), np.asarray(predicted, np.int64)
    if rows.shape != columns.shape or rows.ndim != 1:
        raise ValueError(f"truth {rows.shape} and predictions {columns.shape} must be vectors of one length")
    if rows.size and (rows.min() < 0 or rows.max() >= labels or columns.min() < 0 or columns.max() > labels):
        raise ValueError(f"label codes out of range for {labels} labels")
    cells = np.bincount(rows * (labels + 1) + columns, minlength=labels * (labels + 1))
    return cells.reshape(labels, labels + 1).astype(np.int64)


def ratio(above: Floats, below: Floats, otherwise: float = np.nan) -> Floats:
    """Quotient, `otherwise` where the divisor is 0."""
    above, below = np.broadcast_arrays(np.asarray(above, np.float64), np.asarray(below, np.float64))
    result: Floats = np.full(above.shape, otherwise)
    np.divide(above, below, out=result, where=below != 0)
    return result


def support(confusion: ArrayLike) -> Floats:
    """Clips of each true label, shape (..., K)."""
    counts: Floats = np.asarray(confusion, np.float64).sum(-1)
    return counts


def predicted_counts(confusion: ArrayLike) -> Floats:
    """How often each label is predicted, shape (..., K)."""
    counts: Floats = np.asarray(confusion, np.float64).sum(-2)[..., :-1]
    return counts


def hits(confusion: ArrayLike) -> Floats:
    """Right predictions of each label, shape (..., K)."""
    return np.diagonal(np.asarray(confusion, np.float64)[..., :-1], axis1=-2, axis2=-1)


def accuracy(confusion: ArrayLike) -> Floats:
    """Share of right predictions (WAR). Undefined without clips."""
    return ratio(hits(confusion).sum(-1), support(confusion).sum(-1))


def precision(confusion: ArrayLike) -> Floats:
    """Per label, shape (..., K); 0 where the label is never predicted."""
    return ratio(hits(confusion), predicted_counts(confusion), 0.0)


def recall(confusion: ArrayLike) -> Floats:
    """Per label, shape (..., K); 0 where the label is absent from the truth."""
    return ratio(hits(confusion), support(confusion), 0.0)


def f1(confusion: ArrayLike) -> Floats:
    """Per label, shape (..., K); 0 where the label is neither true nor predicted."""
    return ratio(2 * hits(confusion), support(confusion) + predicted_counts(confusion), 0.0)


def _over_present(values: Floats, confusion: ArrayLike) -> Floats:
    present = support(confusion) > 0
    return ratio((values * present).sum(-1), present.sum(-1).astype(np.float64))


def _weighted(values: Floats, confusion: ArrayLike) -> Floats:
    weights = support(confusion)
    return ratio((values * weights).sum(-1), weights.sum(-1))


def _if_any(values: Floats, confusion: ArrayLike) -> Floats:
    return np.where(support(confusion).sum(-1) > 0, values, np.nan)


def uar(confusion: ArrayLike) -> Floats:
    """Mean recall over the labels that occur in the truth (as R1-Omni's evaluation)."""
    return _over_present(recall(confusion), confusion)


def uar_all_labels(confusion: ArrayLike) -> Floats:
    """Mean recall over all labels of the space; an absent label's recall is 0."""
    return _if_any(recall(confusion).mean(-1), confusion)


def macro_f1(confusion: ArrayLike) -> Floats:
    """Mean F1 over all labels of the space, zero_division 0."""
    return _if_any(f1(confusion).mean(-1), confusion)


def macro_f1_present(confusion: ArrayLike) -> Floats:
    """Mean F1 over the labels that occur in the truth."""
    return _over_present(f1(confusion), confusion)


def weighted_f1(confusion: ArrayLike) -> Floats:
    """F1 weighted by support."""
    return _weighted(f1(confusion), confusion)


def weighted_precision(confusion: ArrayLike) -> Floats:
    """Precision weighted by support."""
    return _weighted(precision(confusion), confusion)


def weighted_recall(confusion: ArrayLike) -> Floats:
    """Recall weighted by support; equals accuracy."""
    return _weighted(recall(confusion), confusion)


def mcc(confusion: ArrayLike) -> Floats:
    """Matthews correlation for many classes (Gorodkin 2004); invalid predictions are a class of their own.

    Undefined when truth or predictions have a single class (scikit-learn then says 0).
    """
    counts = np.asarray(confusion, np.float64)
    total = counts.sum((-2, -1))
    true, said = support(counts), counts.sum(-2)
    covariance = hits(counts).sum(-1) * total - (true * said[..., :-1]).sum(-1)
    spread_true = total**2 - (true**2).sum(-1)
    spread_said = total**2 - (said**2).sum(-1)
    # Two roots, not the root of a product: the product of counts overflows the exact range of a float.
    return ratio(covariance, np.sqrt(spread_true) * np.sqrt(spread_said))


CLASSIFICATION = {
    "accuracy": accuracy,
    "war": accuracy,
    "uar": uar,
    "uar_all_labels": uar_all_labels,
    "macro_f1": macro_f1,
    "macro_f1_present": macro_f1_present,
    "weighted_f1": weighted_f1,
    "weighted_precision": weighted_precision,
    "weighted_recall": weighted_recall,
    "mcc": mcc,
}
"""Name in `score`'s JSON → function of the confusion matrix."""
