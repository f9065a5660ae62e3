"""How sure one can be: intervals and tests on counts. Randomness is passed in as a numpy Generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval.metrics.classification import Floats

LEVEL = 0.95
CHUNK_NUMBERS = 2**22
"""Numbers drawn at a time: keeps the memory of a bootstrap at some tens of MiB, whatever the file."""

LEAST_CLIPS = 5
"""Clips below which resampling says little: two clips have but three different resamples."""

Metric = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Interval:
    """A confidence interval. `method` is wilson, bootstrap-percentile or cluster-bootstrap-percentile."""

    low: float
    high: float
    method: str
    level: float


def wilson(successes: int, trials: int, level: float = LEVEL) -> Interval:
    """Wilson's score interval (1927) of a share. NaN bounds without trials."""
    if trials == 0:
        return Interval(float("nan"), float("nan"), "wilson", level)
    z = NormalDist().inv_cdf(0.5 + level / 2.0)
    share, slack = successes / trials, z * z / trials
    centre = (share + slack / 2.0) / (1.0 + slack)
    half = z * np.sqrt(share * (1.0 - share) / trials + slack / (4.0 * trials)) / (1.0 + slack)
    # At 0 and at all successes the bound is 0 and 1 exactly, up to rounding.
    return Interval(max(0.0, float(centre - half)), min(1.0, float(centre + half)), "wilson", level)


def resampled_tables(table: ArrayLike, resamples: int, generator: np.random.Generator) -> Iterator[Floats]:
    """Bootstrap samples of a table of counts, in chunks of shape (chunk, *table.shape).

    To draw n rows with replacement and count them is one multinomial draw over the cells.
    """
    counts = np.asarray(table, np.int64)
    patterns = np.flatnonzero(counts)
    units = np.zeros((len(patterns), counts.size))
    units[np.arange(len(patterns)), patterns] = 1.0
    yield from _draw(counts.ravel()[patterns], units, counts.shape, resamples, generator)


def resampled_clusters(
    cells: NDArray[np.int64],
    clusters: NDArray[np.int64],
    shape: tuple[int, ...],
    resamples: int,
    generator: np.random.Generator,
) -> Iterator[Floats]:
    """Bootstrap samples that draw whole clusters with replacement.

    Args:
        cells: cell of the table (flat index) that each row falls in, shape (n,).
        clusters: cluster of each row, 0 … C − 1, shape (n,).
        shape: shape of the table.
        resamples: number of samples.
        generator: source of randomness.

    Clusters with the same table are interchangeable, so a draw is multinomial over the distinct tables.
    """
    from scipy.sparse import csr_array

    size = int(np.prod(shape))
    count = int(clusters.max()) + 1 if len(clusters) else 0
    tables = csr_array((np.ones(len(cells), np.int64), (clusters, cells)), shape=(count, size))
    tables.sum_duplicates()
    signatures: dict[tuple[bytes, bytes], int] = {}
    members: list[int] = []
    kinds: list[int] = []
    for cluster in range(count):
        span = slice(tables.indptr[cluster], tables.indptr[cluster + 1])
        signature = (tables.indices[span].tobytes(), tables.data[span].tobytes())
        kind = signatures.setdefault(signature, len(signatures))
        if kind == len(kinds):
            kinds.append(cluster)
            members.append(0)
        members[kind] += 1
    patterns = tables[np.array(kinds, np.int64)].toarray().astype(np.float64) if kinds else np.zeros((0, size))
    yield from _draw(np.array(members, np.int64), patterns, shape, resamples, generator)


def _draw(
    members: NDArray[np.int64],
    patterns: Floats,
    shape: tuple[int, ...],
    resamples: int,
    generator: np.random.Generator,
) -> Iterator[Floats]:
    total = int(members.sum())
    if not total:
        return
    chunk = max(1, CHUNK_NUMBERS // max(len(members), patterns.shape[1]))
    for done in range(0, resamples, chunk):
        drawn = generator.multinomial(total, members / total, size=min(chunk, resamples - done))
        yield (drawn @ patterns).reshape(-1, *shape)


def evaluate(metrics: Mapping[str, Metric], samples: Iterator[Floats]) -> dict[str, Floats]:
    """Every metric on every sample, shape (resamples,) or (resamples, K) each; nothing when there are no samples."""
    collected: dict[str, list[Floats]] = {name: [] for name in metrics}
    for chunk in samples:
        known: dict[Metric, Floats] = {}
        for name, metric in metrics.items():
            if metric not in known:
                known[metric] = metric(chunk)
            collected[name].append(known[metric])
    return {name: np.concatenate(parts) for name, parts in collected.items() if parts}


def percentile_interval(values: Floats, method: str, level: float = LEVEL) -> Interval | None:
    """Percentile interval of bootstrap values; resamples where the metric is undefined do not count. None if all."""
    defined = values[~np.isnan(values)]
    if not len(defined):
        return None
    low, high = np.percentile(defined, [50 * (1 - level), 50 * (1 + level)])
    return Interval(float(low), float(high), method, level)


def resampled_means(values: Floats, resamples: int, generator: np.random.Generator) -> Floats:
    """Means of bootstrap samples of `values`, shape (resamples,)."""
    rows = max(1, CHUNK_NUMBERS // len(values))
    means = [
        values[generator.integers(0, len(values), (min(rows, resamples - done), len(values)))].mean(axis=1)
        for done in range(0, resamples, rows)
    ]
    return np.concatenate(means)


def mean_interval(values: Sequence[float], resamples: int, generator: np.random.Generator) -> dict[str, Any]:
    """`n`, `mean`, and `low` and `high` of its percentile bootstrap interval (None below `LEAST_CLIPS` values)."""
    if not len(values):
        return {"n": 0, "mean": None, "low": None, "high": None}
    numbers = np.asarray(values, np.float64)
    low = high = None
    if resamples and len(numbers) >= LEAST_CLIPS:
        interval = percentile_interval(resampled_means(numbers, resamples, generator), "bootstrap-percentile")
        low, high = (interval.low, interval.high) if interval else (None, None)
    return {"n": len(numbers), "mean": float(numbers.mean()), "low": low, "high": high}


def mcnemar_exact(b: int, c: int) -> float:
    """Two-sided exact McNemar test of discordant counts `b` and `c` (binomial, p = ½); 1 without any."""
    from scipy.special import bdtr

    if b + c == 0:
        return 1.0
    return float(min(1.0, 2.0 * bdtr(min(b, c), b + c, 0.5)))


def permutation_test(
    pairs: ArrayLike, metric: Metric, resamples: int, generator: np.random.Generator
) -> tuple[float, float]:
    """Difference of a metric between two submissions and its p under random swaps of the two answers, clip by clip.

    Args:
        pairs: counts by (true label, answer of A, answer of B), shape (K, K + 1, K + 1).
        metric: function of a confusion matrix.
        resamples: number of random swaps.
        generator: source of randomness.

    Returns:
        metric(A) − metric(B), and (1 + swaps with at least that difference) / (1 + resamples), two-sided. p is NaN
        where the difference is undefined.
    """
    counts = np.asarray(pairs, np.int64)
    observed = float(metric(counts.sum(2, dtype=np.float64)) - metric(counts.sum(1, dtype=np.float64)))
    if np.isnan(observed):
        return observed, float("nan")
    chunk = max(1, CHUNK_NUMBERS // counts.size)
    extreme = 0
    for done in range(0, resamples, chunk):
        size = min(chunk, resamples - done)
        moved = generator.binomial(counts, 0.5, size=(size, *counts.shape))
        swapped = (counts - moved + moved.transpose(0, 1, 3, 2)).astype(np.float64)
        differences = metric(swapped.sum(3)) - metric(swapped.sum(2))
        # Equal differences can differ in the last digits.
        extreme += int((np.abs(differences) >= abs(observed) - 1e-12).sum())
    return observed, (1 + extreme) / (1 + resamples)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's (1979) step-down correction: adjusted p values in the given order."""
    order = np.argsort(p_values, kind="stable")
    adjusted = np.empty(len(p_values))
    highest = 0.0
    for step, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - step) * p_values[index]))
        adjusted[index] = highest
    return [float(value) for value in adjusted]
