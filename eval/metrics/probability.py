"""Calibration and proper scores of probabilities, shape (n, K) in label order, against codes, shape (n,)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Bins:
    """Reliability of the top label by its probability, one entry per bin of equal width.

    Attributes:
        edges: shape (bins + 1,); a bin holds its lower edge, the last one holds 1 as well.
        counts: clips, shape (bins,).
        confidence: mean probability of the top label, NaN in an empty bin.
        accuracy: share of right top labels, NaN in an empty bin.
    """

    edges: Floats
    counts: NDArray[np.int64]
    confidence: Floats
    accuracy: Floats


def reliability(probabilities: ArrayLike, truth: ArrayLike, bins: int = 15) -> Bins:
    """Bins of the top label's probability (Guo et al. 2017). Among equal probabilities the first label is the top."""
    forecast = np.asarray(probabilities, np.float64)
    edges = np.linspace(0.0, 1.0, bins + 1)
    top = forecast.argmax(1) if len(forecast) else np.empty(0, np.int64)
    sure = forecast.max(1) if len(forecast) else np.empty(0)
    right = top == np.asarray(truth, np.int64)
    at = np.clip(np.searchsorted(edges, sure, side="right") - 1, 0, bins - 1)
    counts = np.bincount(at, minlength=bins)
    with np.errstate(invalid="ignore"):
        confidence = np.bincount(at, sure, minlength=bins) / counts
        accuracy = np.bincount(at, right, minlength=bins) / counts
    return Bins(edges, counts, confidence, accuracy)


def ece(probabilities: ArrayLike, truth: ArrayLike, bins: int = 15) -> float:
    """Expected calibration error of the top label, L1, bins of equal width. NaN without clips."""
    found = reliability(probabilities, truth, bins)
    if not found.counts.sum():
        return float("nan")
    gaps = np.abs(found.accuracy - found.confidence)
    return float(np.nansum(gaps * found.counts) / found.counts.sum())


def mce(probabilities: ArrayLike, truth: ArrayLike, bins: int = 15) -> float:
    """Largest gap of any bin. Unstable: it depends much on the number of bins."""
    found = reliability(probabilities, truth, bins)
    if not found.counts.sum():
        return float("nan")
    return float(np.nanmax(np.abs(found.accuracy - found.confidence)))


def brier(probabilities: ArrayLike, truth: ArrayLike) -> float:
    """Brier's score over all labels: mean of Σₖ (pₖ − oₖ)², 0 best, 2 worst."""
    forecast = np.asarray(probabilities, np.float64)
    if not len(forecast):
        return float("nan")
    outcome = np.eye(forecast.shape[1])[np.asarray(truth, np.int64)]
    return float(((forecast - outcome) ** 2).sum(1).mean())


def log_loss(probabilities: ArrayLike, truth: ArrayLike) -> float:
    """Mean −ln p(true label), p not below the float64 resolution (as scikit-learn)."""
    forecast = np.asarray(probabilities, np.float64)
    if not len(forecast):
        return float("nan")
    of_truth = forecast[np.arange(len(forecast)), np.asarray(truth, np.int64)]
    smallest = np.finfo(np.float64).eps
    return float(-np.log(np.clip(of_truth, smallest, 1.0 - smallest)).mean())
