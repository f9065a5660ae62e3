"""Scores against distributions of labels, and agreement among annotators. Pure functions on arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval.metrics.classification import Floats, accuracy, confusion_matrix, macro_f1_present, uar

FLOOR = 1e-12


def distributions(ratings: ArrayLike, labels: int) -> Floats:
    """Share of each label among an item's ratings, (items, labels); −1 is no rating, and NaN where there is none.

    >>> distributions([[0, 0, 1], [1, -1, -1]], 2).round(2).tolist()
    [[0.67, 0.33], [0.0, 1.0]]
    """
    counts = rating_counts(ratings, labels)
    totals = counts.sum(1, keepdims=True)
    shares: Floats = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    return shares


def rating_counts(ratings: ArrayLike, labels: int) -> Floats:
    """How often each label was given to an item, (items, labels)."""
    table = np.asarray(ratings, np.int64)
    counts: Floats = (table[:, :, None] == np.arange(labels)).sum(1).astype(np.float64)
    return counts


def cross_entropy(truth: ArrayLike, said: ArrayLike) -> Floats:
    """−Σ p log q of each item, in nats, shape (items,); q not below 1e-12.

    >>> float(cross_entropy([[1.0, 0.0]], [[0.5, 0.5]]).round(4)[0])
    0.6931
    """
    return np.asarray(-(np.asarray(truth) * np.log(np.maximum(said, FLOOR))).sum(-1))


def jensen_shannon(truth: ArrayLike, said: ArrayLike) -> Floats:
    """Jensen–Shannon divergence of each item, base 2: 0 for equal, 1 for disjoint distributions (Lin, 1991).

    >>> jensen_shannon([[1.0, 0.0]], [[0.0, 1.0]]).tolist()
    [1.0]
    """
    p, q = np.asarray(truth, np.float64), np.asarray(said, np.float64)
    middle = (p + q) / 2

    def divergence(one: Floats) -> Floats:
        ratio = np.divide(one, middle, out=np.ones_like(one), where=middle > 0)
        return np.asarray((one * np.log2(np.maximum(ratio, FLOOR))).sum(-1))

    return (divergence(p) + divergence(q)) / 2


def fleiss_kappa(ratings: ArrayLike, labels: int) -> float:
    """Fleiss' κ (1971) over the items that have as many ratings as the fullest; NaN where chance agreement is 1.

    >>> round(fleiss_kappa([[0, 0], [1, 1], [0, 1], [1, 1]], 2), 4)
    0.4667
    """
    counts = rating_counts(ratings, labels)
    totals = counts.sum(1)
    raters = totals.max(initial=0)
    counts = counts[totals == raters]
    if raters < 2:
        return float("nan")
    observed = float((((counts**2).sum(1) - raters) / (raters * (raters - 1))).mean())
    chance = float(((counts.sum(0) / counts.sum()) ** 2).sum())
    return (observed - chance) / (1 - chance) if chance < 1 else float("nan")


def krippendorff_alpha(ratings: ArrayLike, labels: int, ordinal: bool = False) -> float:
    """Krippendorff's α, nominal or ordinal (2011); items with fewer than two ratings do not count.

    >>> round(krippendorff_alpha([[0, 0], [1, 1], [0, 1], [1, 1]], 2), 4)
    0.5333
    """
    counts = rating_counts(ratings, labels)
    counts = counts[counts.sum(1) >= 2]
    if not len(counts):
        return float("nan")
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(labels)
    together = (pairs / (counts.sum(1) - 1)[:, None, None]).sum(0)
    share = together.sum(1)
    distance = _ordinal_distance(share) if ordinal else 1 - np.eye(labels)
    expected = (np.outer(share, share) * distance).sum() / (share.sum() - 1)
    return float(1 - (together * distance).sum() / expected) if expected > 0 else float("nan")


def _ordinal_distance(share: Floats) -> Floats:
    labels = len(share)
    between = np.zeros((labels, labels))
    for low in range(labels):
        for high in range(low + 1, labels):
            between[low, high] = share[low : high + 1].sum() - (share[low] + share[high]) / 2
    return (between + between.T) ** 2


def majority(counts: Floats) -> NDArray[np.int64]:
    """The most frequent label of each item, the first among equals; −1 without ratings."""
    found: NDArray[np.int64] = counts.argmax(1).astype(np.int64)
    return np.where(counts.sum(1) > 0, found, -1)


def human_ceiling(ratings: ArrayLike, labels: int) -> Mapping[str, float]:
    """What an annotator scores against the majority of the others, averaged over the annotators left out in turn.

    Items whose other annotators are tied have no majority and are left out of that turn.

    >>> human_ceiling([[0, 0, 0], [1, 1, 0], [1, 1, 1]], 2)["n_annotators"]
    3.0
    """
    table = np.asarray(ratings, np.int64)
    found: list[tuple[float, float, float]] = []
    for out in range(table.shape[1]):
        counts = rating_counts(np.delete(table, out, 1), labels)
        top = counts.max(1)
        clear = ((counts == top[:, None]).sum(1) == 1) & (top > 0) & (table[:, out] >= 0)
        if clear.any():
            confusion = confusion_matrix(majority(counts)[clear], table[clear, out], labels)
            found.append((float(accuracy(confusion)), float(uar(confusion)), float(macro_f1_present(confusion))))
    means = np.mean(found, axis=0) if found else np.full(3, np.nan)
    names = ("accuracy", "uar", "macro_f1_present")
    return {**dict(zip(names, map(float, means), strict=True)), "n_annotators": float(len(found))}
