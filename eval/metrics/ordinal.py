"""Metrics that know the order of the labels, as pure functions of a confusion matrix.

Matrices are those of `eval.metrics.classification`, shape (..., K, K + 1), labels in ascending order.
The last column (invalid or missing) does not count: these metrics are over parsable clips. NaN stands for undefined.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval.metrics.classification import Floats, ratio


def _square(confusion: ArrayLike) -> Floats:
    square: Floats = np.asarray(confusion, np.float64)[..., :-1]
    return square


def _total(counts: Floats) -> Floats:
    total: Floats = counts.sum((-2, -1))
    return total


def _steps(labels: int) -> Floats:
    """Predicted rank − true rank of each cell, shape (K, K)."""
    ranks = np.arange(labels, dtype=np.float64)
    return ranks[None, :] - ranks[:, None]


def _mean(confusion: ArrayLike, worth: Floats) -> Floats:
    counts = _square(confusion)
    return ratio((counts * worth).sum((-2, -1)), _total(counts))


def parsable(confusion: ArrayLike) -> Floats:
    """Number of clips with a valid prediction."""
    return _total(_square(confusion))


def _weighted_kappa(confusion: ArrayLike, weights: Floats) -> Floats:
    """Cohen (1968): 1 − observed over expected disagreement. Undefined when none is to be expected."""
    counts = _square(confusion)
    expected = counts.sum(-1)[..., :, None] * counts.sum(-2)[..., None, :]
    disagreement = ratio((expected * weights).sum((-2, -1)), _total(counts))
    return 1.0 - ratio((counts * weights).sum((-2, -1)), disagreement)


def qwk(confusion: ArrayLike) -> Floats:
    """Cohen's kappa with quadratic weights."""
    return _weighted_kappa(confusion, _steps(np.shape(confusion)[-2]) ** 2)


def linear_kappa(confusion: ArrayLike) -> Floats:
    """Cohen's kappa with linear weights."""
    return _weighted_kappa(confusion, np.abs(_steps(np.shape(confusion)[-2])))


def kappa(confusion: ArrayLike) -> Floats:
    """Cohen's kappa without weights."""
    return _weighted_kappa(confusion, (_steps(np.shape(confusion)[-2]) != 0).astype(np.float64))


def mae_rank(confusion: ArrayLike) -> Floats:
    """Mean absolute difference of ranks."""
    return _mean(confusion, np.abs(_steps(np.shape(confusion)[-2])))


def macro_mae_rank(confusion: ArrayLike) -> Floats:
    """Mean over the true labels (that have parsable clips) of their mean absolute difference of ranks."""
    counts = _square(confusion)
    by_label = counts.sum(-1)
    errors = ratio((counts * np.abs(_steps(counts.shape[-2]))).sum(-1), by_label, 0.0)
    return ratio(errors.sum(-1), (by_label > 0).sum(-1).astype(np.float64))


def acc_within_1(confusion: ArrayLike) -> Floats:
    """Share of clips whose predicted rank is at most one off."""
    return _mean(confusion, (np.abs(_steps(np.shape(confusion)[-2])) <= 1).astype(np.float64))


def signed_bias(confusion: ArrayLike) -> Floats:
    """Mean of predicted minus true rank: positive when predictions are too positive."""
    return _mean(confusion, _steps(np.shape(confusion)[-2]))


def _midranks(marginal: Floats) -> Floats:
    return np.cumsum(marginal, -1) - (marginal - 1.0) / 2.0


def spearman(confusion: ArrayLike) -> Floats:
    """Spearman's rank correlation with mid-ranks for ties. Undefined when one side is constant."""
    counts = _square(confusion)
    rows, columns = counts.sum(-1), counts.sum(-2)
    centre = (_total(counts) + 1.0) / 2.0
    x = _midranks(rows) - centre[..., None]
    y = _midranks(columns) - centre[..., None]
    covariance = (counts * x[..., :, None] * y[..., None, :]).sum((-2, -1))
    # A constant side has one mid-rank, the centre; its spread is 0 up to rounding, so the marginal decides.
    varied = ((rows > 0).sum(-1) > 1) & ((columns > 0).sum(-1) > 1)
    spread = np.sqrt((rows * x**2).sum(-1)) * np.sqrt((columns * y**2).sum(-1))
    return ratio(covariance, np.where(varied, spread, 0.0))


def kendall_tau_b(confusion: ArrayLike) -> Floats:
    """Kendall's tau-b from the contingency table. Undefined when one side is constant."""
    counts = _square(confusion)
    labels = counts.shape[-2]
    below = np.tril(np.ones((labels, labels)), -1)
    # For each cell, the clips with a higher true and a higher (lower) predicted rank.
    higher = below.T @ counts @ below
    lower = below.T @ counts @ below.T
    surplus = (counts * (higher - lower)).sum((-2, -1))
    total = _total(counts)

    def untied(marginal: Floats) -> Floats:
        pairs: Floats = (total**2 - (marginal**2).sum(-1)) / 2.0
        return pairs

    return ratio(surplus, np.sqrt(untied(counts.sum(-1))) * np.sqrt(untied(counts.sum(-2))))


def rps(confusion: ArrayLike) -> Floats:
    """Ranked probability score (Epstein 1969) of one-hot forecasts, over K − 1: 0 best, 1 worst.

    Without probabilities a label is the forecast that is sure of it; the score is then `mae_rank` / (K − 1).
    """
    score: Floats = mae_rank(confusion) / max(np.shape(confusion)[-2] - 1, 1)
    return score


def rps_of_probabilities(probabilities: ArrayLike, truth: ArrayLike) -> float:
    """Mean over clips of Σₖ (cumulative forecast − cumulative truth)² / (K − 1), from (n, K) and codes (n,)."""
    forecast = np.asarray(probabilities, np.float64)
    labels = forecast.shape[1]
    outcome: NDArray[np.float64] = np.eye(labels)[np.asarray(truth, np.int64)]
    if not len(forecast):
        return float("nan")
    steps = np.cumsum(forecast - outcome, axis=1)[:, :-1]
    return float((steps**2).sum(1).mean() / max(labels - 1, 1))


ORDINAL = {
    "qwk": qwk,
    "linear_kappa": linear_kappa,
    "kappa": kappa,
    "mae_rank": mae_rank,
    "macro_mae_rank": macro_mae_rank,
    "acc_within_1": acc_within_1,
    "signed_bias": signed_bias,
    "spearman": spearman,
    "kendall_tau_b": kendall_tau_b,
    "rps": rps,
}
"""Name in `score`'s JSON → function of the confusion matrix."""
