"""Plain figures of a head's answers, which every trainer shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def accuracy(y: Sequence[Any] | NDArray[Any], p: Sequence[Any] | NDArray[Any]) -> float:
    """Share of predictions `p` that equal the truth `y`. ValueError on empty or unequal input."""
    truth, predicted = _pair(y, p)
    return float(np.mean(truth == predicted))


def uar(y: Sequence[Any] | NDArray[Any], p: Sequence[Any] | NDArray[Any]) -> float:
    """Unweighted average recall over the classes that occur in the truth `y` (Schuller et al., 2009)."""
    truth, predicted = _pair(y, p)
    return float(np.mean([np.mean(predicted[truth == label] == label) for label in np.unique(truth)]))


def majority(y: Sequence[Any] | NDArray[Any]) -> float:
    """Accuracy of always answering the most frequent label of `y`; the UAR of that answer is 1 / classes."""
    _, counts = np.unique(np.asarray(y), return_counts=True)
    return float(counts.max() / counts.sum())


def ece(probs: ArrayLike, y: ArrayLike, bins: int = 15) -> float:
    """Expected calibration error of the top label with equal-width bins (Naeini et al., 2015; Guo et al., 2017).

    Args:
        probs: probabilities, shape (samples, labels).
        y: true labels as column indices of `probs`, shape (samples,).
        bins: number of bins over 0..1.
    """
    p, truth = np.asarray(probs, dtype=np.float64), np.asarray(y, dtype=np.int64)
    if p.ndim != 2 or len(p) != len(truth) or not len(p):
        raise ValueError(f"probabilities {p.shape} do not fit {truth.shape} labels")
    confidence, hit = p.max(axis=1), p.argmax(axis=1) == truth
    index = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gaps = [
        abs(float(hit[index == b].mean()) - float(confidence[index == b].mean())) * float(np.mean(index == b))
        for b in np.unique(index)
    ]
    return float(sum(gaps))


def scores(probabilities: NDArray[np.float64], y: NDArray[np.str_], labels: Sequence[str]) -> dict[str, float]:
    """UAR, accuracy, the accuracy of always saying the most frequent label, calibration error, size, recalls."""
    predicted = np.array(labels)[probabilities.argmax(axis=1)]
    return {
        "UAR": round(uar(y, predicted), 4),
        "chance UAR": round(1 / len(np.unique(y)), 4),
        "accuracy": round(accuracy(y, predicted), 4),
        "majority": round(majority(y), 4),
        "ECE": round(ece(probabilities, [labels.index(label) for label in y]), 4),
        "n": len(y),
        **{f"recall {label}": round(float(np.mean(predicted[y == label] == label)), 4) for label in np.unique(y)},
    }


def _pair(y: Any, p: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    truth, predicted = np.asarray(y), np.asarray(p)
    if truth.ndim != 1 or truth.shape != predicted.shape or not len(truth):
        raise ValueError(f"truth {truth.shape} and predictions {predicted.shape} must be equal, non-empty vectors")
    return truth, predicted
