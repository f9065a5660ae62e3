"""Intervals and tests against statsmodels and scipy, and the bootstrap against drawing rows one by one."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.stats import permutation_test as scipy_permutation
from sklearn.metrics import f1_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from eval.metrics import CLASSIFICATION, confusion_matrix, macro_f1, stats

K = 5


def codes(seed: int, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, K, rows)
    a, b = (np.where(rng.random(rows) < share, truth, rng.integers(0, K + 1, rows)) for share in (0.5, 0.45))
    return truth, a, b


@pytest.mark.parametrize(("right", "rows"), [(0, 1), (1, 1), (0, 40), (40, 40), (17, 50), (2500, 5000)])
def test_wilson(right: int, rows: int) -> None:
    low, high = proportion_confint(right, rows, method="wilson")
    found = stats.wilson(right, rows)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert found.method == "wilson" and found.level == 0.95


def test_wilson_without_trials() -> None:
    assert np.isnan(stats.wilson(0, 0).low)


@pytest.mark.parametrize(("b", "c"), [(0, 0), (0, 1), (3, 3), (10, 25), (400, 380), (0, 30)])
def test_mcnemar(b: int, c: int) -> None:
    wanted = mcnemar([[50, b], [c, 20]], exact=True).pvalue if b + c else 1.0
    assert stats.mcnemar_exact(b, c) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("p_values", [[0.5], [0.01, 0.04, 0.03], [0.2, 0.001, 0.2, 0.9, 0.02], [1.0, 1.0]])
def test_holm(p_values: list[float]) -> None:
    assert stats.holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-12)


@pytest.mark.parametrize("metric", ["accuracy", "uar", "macro_f1", "weighted_f1"])
def test_bootstrap_from_counts_is_the_bootstrap_of_rows(metric: str) -> None:
    truth, predicted, _ = codes(3, 400)
    rng = np.random.default_rng(8)
    rows = [rng.integers(0, 400, 400) for _ in range(2000)]
    by_rows = [float(CLASSIFICATION[metric](confusion_matrix(truth[r], predicted[r], K))) for r in rows]
    table = confusion_matrix(truth, predicted, K)
    samples = stats.resampled_tables(table, 10_000, np.random.default_rng(1))
    drawn = stats.evaluate({metric: CLASSIFICATION[metric]}, samples)[metric]
    assert len(drawn) == 10_000
    found = stats.percentile_interval(drawn, "bootstrap-percentile")
    assert found is not None
    assert [found.low, found.high] == pytest.approx(np.percentile(by_rows, [2.5, 97.5]), abs=0.01)


def test_cluster_bootstrap_draws_whole_clusters() -> None:
    truth, predicted, _ = codes(4, 300)
    clusters = np.repeat(np.arange(30), 10)
    truth[:] = truth[clusters * 10]
    predicted[:] = predicted[clusters * 10]
    rng = np.random.default_rng(0)
    by_rows = []
    for _ in range(3000):
        rows = (rng.integers(0, 30, 30)[:, None] * 10 + np.arange(10)).ravel()
        by_rows.append(float(macro_f1(confusion_matrix(truth[rows], predicted[rows], K))))
    cells = truth * (K + 1) + predicted
    samples = stats.resampled_clusters(cells, clusters, (K, K + 1), 10_000, np.random.default_rng(1))
    drawn = stats.evaluate({"macro_f1": macro_f1}, samples)["macro_f1"]
    found = stats.percentile_interval(drawn, "")
    assert found is not None
    assert [found.low, found.high] == pytest.approx(np.percentile(by_rows, [2.5, 97.5]), abs=0.02)
    plain = stats.resampled_tables(confusion_matrix(truth, predicted, K), 10_000, np.random.default_rng(1))
    assert drawn.std() > 1.5 * stats.evaluate({"m": macro_f1}, plain)["m"].std()


def test_clusters_of_one_row_are_the_plain_bootstrap() -> None:
    truth, predicted, _ = codes(5, 200)
    cells = truth * (K + 1) + predicted
    clustered = stats.resampled_clusters(cells, np.arange(200), (K, K + 1), 5000, np.random.default_rng(1))
    drawn = np.concatenate(list(clustered))
    assert (drawn.sum((1, 2)) == 200).all()
    np.testing.assert_allclose(drawn.mean(0), confusion_matrix(truth, predicted, K), atol=0.4)


def test_same_seed_same_samples() -> None:
    table = confusion_matrix(*codes(5, 200)[:2], K)
    one, other = (next(stats.resampled_tables(table, 50, np.random.default_rng(9))) for _ in range(2))
    assert (one == other).all()


def macro_f1_of_rows(truth: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Macro-F1 along the last axis, for any number of resampled columns at once."""
    scores = []
    for label in range(K):
        hits = ((predicted == label) & (truth == label)).sum(-1)
        found = (predicted == label).sum(-1) + (truth == label).sum()
        scores.append(2 * hits / np.maximum(found, 1))
    return np.mean(scores, axis=0)


@pytest.mark.parametrize("seed", [1, 2])
def test_permutation_against_scipy(seed: int) -> None:
    truth, a, b = codes(seed, 250)

    def difference(x: np.ndarray, y: np.ndarray, axis: int) -> np.ndarray:
        return macro_f1_of_rows(truth, x) - macro_f1_of_rows(truth, y)

    for codes_of in (a, b):
        reference = f1_score(truth, codes_of, labels=range(K), average="macro", zero_division=0)
        assert macro_f1_of_rows(truth, codes_of) == pytest.approx(float(reference), abs=1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = scipy_permutation(
            (a, b),
            difference,
            permutation_type="samples",
            vectorized=True,
            n_resamples=800,
            rng=np.random.default_rng(0),
        )
    pairs = np.zeros((K, K + 1, K + 1), np.int64)
    np.add.at(pairs, (truth, a, b), 1)
    observed, p = stats.permutation_test(pairs, macro_f1, 10_000, np.random.default_rng(0))
    assert observed == pytest.approx(float(wanted.statistic), abs=1e-9)
    assert p == pytest.approx(float(wanted.pvalue), abs=0.06)


def test_permutation_of_equal_submissions() -> None:
    pairs = np.zeros((K, K + 1, K + 1), np.int64)
    pairs[0, 1, 1] = pairs[1, 1, 1] = 20
    assert stats.permutation_test(pairs, macro_f1, 500, np.random.default_rng(0)) == (0.0, 1.0)


def test_undefined_resamples_do_not_count() -> None:
    found = stats.percentile_interval(np.array([np.nan, 0.5, 0.5]), "m")
    assert found is not None and (found.low, found.high) == (0.5, 0.5)
    assert stats.percentile_interval(np.array([np.nan]), "m") is None
