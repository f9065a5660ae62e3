"""The metrics against scikit-learn and scipy, and their properties."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr
from sklearn import metrics as sk

from eval import metrics
from eval.metrics import CLASSIFICATION, ORDINAL, confusion_matrix

K = 5
INVALID = K


def random_codes(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Truth and predictions of 1 to 5,000 rows; some seeds have one class, absent classes, invalid predictions."""
    rng = np.random.default_rng(seed)
    rows = int(rng.choice([1, 2, 3, 7, 40, 300, 5000]))
    present = rng.permutation(K)[: rng.integers(1, K + 1)]
    truth = rng.choice(present, rows)
    allowed = np.append(rng.permutation(K)[: rng.integers(1, K + 1)], [INVALID] if rng.random() < 0.5 else [])
    predicted = np.where(rng.random(rows) < 0.5, truth, rng.choice(allowed.astype(int), rows))
    return truth, predicted


def classification_reference(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    labels = list(range(K))
    present = sorted(set(truth.tolist()))

    def f1(average: str, over: list[int]) -> float:
        return sk.f1_score(truth, predicted, labels=over, average=average, zero_division=0)

    weighted = sk.precision_recall_fscore_support(truth, predicted, labels=labels, average="weighted", zero_division=0)
    both_vary = len(present) > 1 and len(set(predicted.tolist())) > 1
    return {
        "accuracy": sk.accuracy_score(truth, predicted),
        "war": sk.accuracy_score(truth, predicted),
        "uar": sk.recall_score(truth, predicted, labels=present, average="macro", zero_division=0),
        "uar_all_labels": sk.recall_score(truth, predicted, labels=labels, average="macro", zero_division=0),
        "macro_f1": f1("macro", labels),
        "macro_f1_present": f1("macro", present),
        "weighted_f1": f1("weighted", labels),
        "weighted_precision": weighted[0],
        "weighted_recall": weighted[1],
        "mcc": sk.matthews_corrcoef(truth, predicted) if both_vary else float("nan"),
    }


def ordinal_reference(truth: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    valid = predicted != INVALID
    t, p = truth[valid], predicted[valid]
    if not len(t):
        return dict.fromkeys(ORDINAL, float("nan"))
    gaps = np.abs(p - t)
    cumulative = np.array([[float(np.sum(np.arange(K)[: k + 1] == v)) for k in range(K - 1)] for v in range(K)])
    return {
        "qwk": sk.cohen_kappa_score(t, p, weights="quadratic", labels=range(K)),
        "linear_kappa": sk.cohen_kappa_score(t, p, weights="linear", labels=range(K)),
        "kappa": sk.cohen_kappa_score(t, p, labels=range(K)),
        "mae_rank": sk.mean_absolute_error(t, p),
        "macro_mae_rank": float(np.mean([gaps[t == c].mean() for c in np.unique(t)])),
        "acc_within_1": float(np.mean(gaps <= 1)),
        "signed_bias": float(np.mean(p - t)),
        "spearman": spearmanr(t, p).statistic if len(t) > 1 else float("nan"),
        "kendall_tau_b": kendalltau(t, p).statistic if len(t) > 1 else float("nan"),
        "rps": float(
            np.mean([np.sum((cumulative[b] - cumulative[a]) ** 2) / (K - 1) for a, b in zip(t, p, strict=True)])
        ),
    }


@pytest.mark.parametrize("seed", range(60))
def test_against_references(seed: int) -> None:
    truth, predicted = random_codes(seed)
    confusion = confusion_matrix(truth, predicted, K)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = classification_reference(truth, predicted) | ordinal_reference(truth, predicted)
    assert set(wanted) == set(CLASSIFICATION) | set(ORDINAL)
    for name, metric in (CLASSIFICATION | ORDINAL).items():
        assert float(metric(confusion)) == pytest.approx(wanted[name], abs=1e-9, nan_ok=True), name


@pytest.mark.parametrize("seed", range(20))
def test_per_class_and_confusion(seed: int) -> None:
    truth, predicted = random_codes(seed)
    confusion = confusion_matrix(truth, predicted, K)
    whole = sk.confusion_matrix(truth, predicted, labels=range(K + 1))
    assert (confusion == whole[:K]).all()
    p, r, f, s = sk.precision_recall_fscore_support(truth, predicted, labels=range(K), zero_division=0)
    np.testing.assert_allclose(metrics.precision(confusion), p, atol=1e-12)
    np.testing.assert_allclose(metrics.recall(confusion), r, atol=1e-12)
    np.testing.assert_allclose(metrics.f1(confusion), f, atol=1e-12)
    assert (metrics.support(confusion) == s).all()


def test_batches_equal_single_matrices() -> None:
    stack = np.stack([confusion_matrix(*random_codes(seed), K) for seed in range(12)])
    for name, metric in (CLASSIFICATION | ORDINAL).items():
        single = [float(metric(each)) for each in stack]
        np.testing.assert_allclose(metric(stack), single, atol=1e-12, err_msg=name)


def test_published_conventions() -> None:
    # Two classes, nearly all right: the fixed five against the present two.
    truth = np.array([0] * 50 + [1] * 50)
    predicted = truth.copy()
    predicted[[0, 60]] = 1 - predicted[[0, 60]]
    confusion = confusion_matrix(truth, predicted, K)
    assert float(metrics.macro_f1(confusion)) == pytest.approx(0.98 * 2 / 5)
    assert float(metrics.macro_f1_present(confusion)) == pytest.approx(0.98)
    assert float(metrics.uar(confusion)) == pytest.approx(0.98)
    assert float(metrics.uar_all_labels(confusion)) == pytest.approx(0.98 * 2 / 5)


@pytest.mark.parametrize(("truth", "predicted"), [([0], [6]), ([5], [0]), ([-1], [0]), ([0, 1], [0])])
def test_impossible_codes(truth: list[int], predicted: list[int]) -> None:
    with pytest.raises(ValueError):
        confusion_matrix(truth, predicted, K)


def test_nothing_to_score_is_undefined() -> None:
    empty = confusion_matrix([], [], K)
    assert all(np.isnan(metric(empty)) for metric in (CLASSIFICATION | ORDINAL).values())


codes = st.lists(st.tuples(st.integers(0, K - 1), st.integers(0, K)), min_size=1, max_size=60)
BOUNDS = {
    "mcc": (-1, 1),
    "qwk": (-1, 1),
    "linear_kappa": (-1, 1),
    "kappa": (-1, 1),
    "mae_rank": (0, K - 1),
    "macro_mae_rank": (0, K - 1),
    "signed_bias": (1 - K, K - 1),
    "spearman": (-1, 1),
    "kendall_tau_b": (-1, 1),
}
ERRORS = {"mae_rank", "macro_mae_rank", "signed_bias", "rps"}


@given(codes, st.randoms(use_true_random=False))
@settings(max_examples=60)
def test_order_of_rows_does_not_matter(rows: list[tuple[int, int]], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (confusion_matrix(*zip(*each, strict=True), K) for each in (rows, shuffled))
    assert (one == other).all()


@given(codes)
@settings(max_examples=150)
def test_bounds(rows: list[tuple[int, int]]) -> None:
    confusion = confusion_matrix(*zip(*rows, strict=True), K)
    for name, metric in (CLASSIFICATION | ORDINAL).items():
        low, high = BOUNDS.get(name, (0, 1))
        value = float(metric(confusion))
        assert np.isnan(value) or low - 1e-12 <= value <= high + 1e-12, name


@given(st.lists(st.integers(0, K - 1), min_size=2, max_size=60).filter(lambda labels: len(set(labels)) > 1))
@settings(max_examples=60)
def test_perfect_is_one(truth: list[int]) -> None:
    confusion = confusion_matrix(truth, truth, K)
    share = len(set(truth)) / K
    for name, metric in (CLASSIFICATION | ORDINAL).items():
        wanted = 0.0 if name in ERRORS else share if name in ("uar_all_labels", "macro_f1") else 1.0
        assert float(metric(confusion)) == pytest.approx(wanted, abs=1e-12), name


@given(codes)
@settings(max_examples=60)
def test_reversing_the_order_mirrors_the_ordinal_metrics(rows: list[tuple[int, int]]) -> None:
    mirrored = [(K - 1 - t, p if p == INVALID else K - 1 - p) for t, p in rows]
    one, other = (confusion_matrix(*zip(*each, strict=True), K) for each in (rows, mirrored))
    for name, metric in ORDINAL.items():
        sign = -1 if name == "signed_bias" else 1
        assert float(metric(other)) == pytest.approx(sign * float(metric(one)), abs=1e-9, nan_ok=True), name


def forecasts(seed: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    raw = rng.dirichlet(np.full(K, 0.7), rows)
    return raw, rng.integers(0, K, rows)


@pytest.mark.parametrize("rows", [1, 2, 50, 5000])
def test_probability_scores(rows: int) -> None:
    probabilities, truth = forecasts(rows, rows)
    assert metrics.log_loss(probabilities, truth) == pytest.approx(
        sk.log_loss(truth, probabilities, labels=range(K)), abs=1e-9
    )
    assert metrics.brier(probabilities, truth) == pytest.approx(
        sk.brier_score_loss(truth, probabilities, labels=list(range(K)), scale_by_half=False), abs=1e-9
    )
    gaps = []
    for low in range(15):
        top, right = probabilities.max(1), probabilities.argmax(1) == truth
        inside = (top >= low / 15) & ((top < (low + 1) / 15) | (low == 14))
        if inside.any():
            gaps.append((inside.sum(), abs(right[inside].mean() - top[inside].mean())))
    assert metrics.ece(probabilities, truth) == pytest.approx(sum(n * g for n, g in gaps) / rows, abs=1e-9)
    assert metrics.mce(probabilities, truth) == pytest.approx(max(g for _, g in gaps), abs=1e-9)
    ranked = [
        sum((p[: k + 1].sum() - float(t <= k)) ** 2 for k in range(K - 1)) / (K - 1)
        for p, t in zip(probabilities, truth, strict=True)
    ]
    assert metrics.rps_of_probabilities(probabilities, truth) == pytest.approx(np.mean(ranked), abs=1e-9)


def test_certain_probabilities() -> None:
    certain = np.eye(K)
    assert metrics.ece(certain, range(K)) == 0
    assert metrics.brier(certain, range(K)) == 0
    assert metrics.log_loss(certain, range(K)) == pytest.approx(0, abs=1e-12)
    assert metrics.brier(certain, [1, 2, 3, 4, 0]) == 2
    assert np.isfinite(metrics.log_loss(certain, [1, 2, 3, 4, 0]))
    assert metrics.reliability(certain, range(K), 10).counts.tolist() == [0] * 9 + [5]
    assert np.isnan(metrics.ece(np.empty((0, K)), []))
