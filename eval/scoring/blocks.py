"""The block of figures that `score` gives for all clips and for each group of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.metrics import classification, ordinal, stats
from eval.metrics.classification import CLASSIFICATION, Floats
from eval.metrics.ordinal import ORDINAL
from eval.tables.output import plain
from harness.records.labels import LabelSpace

INVALID = "<INVALID>"
EMPTY = "undefined: no clips to score"
UNDEFINED = {
    "mcc": "undefined: truth or predictions are all of one class (scikit-learn says 0 here)",
    **dict.fromkeys(
        ("qwk", "linear_kappa", "kappa"), "undefined: truth and predictions are all of one and the same class"
    ),
    **dict.fromkeys(("spearman", "kendall_tau_b"), "undefined: truth or predictions are all of one class"),
}


@dataclass(frozen=True)
class Scored:
    """The scored clips of a group: codes (see `Aligned`), cluster of each clip or None, forecasts or None.

    Forecasts have shape (n, labels), rows of NaN where a clip has none.
    """

    truth: NDArray[np.int64]
    predicted: NDArray[np.int64]
    clusters: NDArray[np.int64] | None = None
    forecasts: Floats | None = None

    def subset(self, mask: NDArray[np.bool_]) -> Scored:
        """The clips under a mask; clusters are numbered anew."""
        clusters = None
        if self.clusters is not None:
            clusters = np.unique(self.clusters[mask], return_inverse=True)[1].astype(np.int64)
        forecasts = None if self.forecasts is None else self.forecasts[mask]
        return Scored(self.truth[mask], self.predicted[mask], clusters, forecasts)


def block(
    scored: Scored, space: LabelSpace, bootstrap: int = 0, generator: np.random.Generator | None = None
) -> dict[str, Any]:
    """All figures of a group of clips, intervals included when `bootstrap` resamples are asked for."""
    confusion = classification.confusion_matrix(scored.truth, scored.predicted, len(space.labels))
    result = figures(confusion, space)
    notes: dict[str, str] = result["notes"]
    if space.ordinal:
        notes["rps"] = "of one-hot predictions: mae_rank / (labels − 1)"
        if scored.forecasts is not None:
            parsable = scored.predicted < len(space.labels)
            certain = np.eye(len(space.labels))[scored.predicted[parsable]]
            given = scored.forecasts[parsable]
            readable = np.asarray(np.isfinite(given).all(1), bool)
            forecasts = np.where(readable[:, None], given, certain)
            result["ordinal"]["rps"] = plain(ordinal.rps_of_probabilities(forecasts, scored.truth[parsable]))
            notes["rps"] = f"of the probabilities in the predictions file; {int((~readable).sum())} clips have none"
    if bootstrap and len(scored.truth):
        result["ci"] = _intervals(scored, confusion, space, bootstrap, generator or np.random.default_rng(0))
    return result


def figures(confusion: NDArray[Any], space: LabelSpace) -> dict[str, Any]:
    """All figures that follow from a confusion matrix, without intervals.

    The cells may be expected values, as long as the rows sum to whole numbers.
    """
    total = round(float(confusion.sum()))
    result: dict[str, Any] = {"n": total}
    result |= {name: plain(float(metric(confusion))) for name, metric in CLASSIFICATION.items()}
    columns = {
        "precision": classification.precision(confusion),
        "recall": classification.recall(confusion),
        "f1": classification.f1(confusion),
        "support": confusion.sum(-1).round().astype(np.int64),
    }
    result["per_class"] = {
        label: {name: plain(values[code]) for name, values in columns.items()}
        for code, label in enumerate(space.labels)
    }
    result["confusion"] = {"labels": [*space.labels, INVALID], "rows_true_cols_pred": plain(confusion)}
    result["ordinal"] = None
    notes = {name: UNDEFINED.get(name, EMPTY) if total else EMPTY for name in CLASSIFICATION if result[name] is None}
    if space.ordinal:
        valid = round(float(ordinal.parsable(confusion)))
        ranks: dict[str, Any] = {"n": valid}
        ranks |= {name: plain(float(metric(confusion))) for name, metric in ORDINAL.items()}
        result["ordinal"] = ranks
        empty = "undefined: no clip with a valid prediction"
        notes |= {name: UNDEFINED.get(name, empty) if valid else empty for name in ORDINAL if ranks[name] is None}
    else:
        notes["ordinal"] = f"{space.name} has no order"
    result["ci"] = {}
    result["notes"] = notes
    return result


def _intervals(
    scored: Scored, confusion: NDArray[np.int64], space: LabelSpace, resamples: int, generator: np.random.Generator
) -> dict[str, Any]:
    """Interval of every metric; `f1:LABEL` for the labels' own F1. An always undefined metric has none."""
    samples: Iterator[Floats]
    if scored.clusters is None:
        method = "bootstrap-percentile"
        samples = stats.resampled_tables(confusion, resamples, generator)
    else:
        method = "cluster-bootstrap-percentile"
        cells = scored.truth * confusion.shape[1] + scored.predicted
        samples = stats.resampled_clusters(cells, scored.clusters, confusion.shape, resamples, generator)
    metrics: dict[str, stats.Metric] = {**CLASSIFICATION, "f1": classification.f1}
    if space.ordinal:
        metrics |= ORDINAL
    if scored.forecasts is not None:
        # A mean over clips, not a function of the confusion matrix.
        metrics.pop("rps", None)
    values = dict(stats.evaluate(metrics, samples))
    of_labels = values.pop("f1")
    values |= {f"f1:{label}": of_labels[:, code] for code, label in enumerate(space.labels)}
    found = {name: stats.percentile_interval(draws, method) for name, draws in values.items()}
    if scored.clusters is None:
        right = int(np.trace(confusion[:, :-1]))
        found["accuracy"] = found["war"] = stats.wilson(right, int(confusion.sum()))
    return {name: plain(interval) for name, interval in found.items() if interval is not None}


def baselines(truth: NDArray[np.int64], space: LabelSpace) -> Mapping[str, dict[str, Any]]:
    """What answering without looking scores.

    `majority` answers the most frequent true label (the first among equals). `uniform` draws each label with the same
    probability: its figures follow from the expected confusion matrix, which is exact for accuracy, recalls and mean
    rank errors, and the limit of many clips for F1 and the correlations.
    """
    labels = len(space.labels)
    support = np.bincount(truth, minlength=labels)
    majority = np.zeros((labels, labels + 1), np.int64)
    majority[:, int(support.argmax())] = support
    uniform = np.zeros((labels, labels + 1))
    uniform[:, :labels] = support[:, None] / labels
    result = {"majority": figures(majority, space), "uniform": figures(uniform, space)}
    result["majority"]["label"] = space.labels[int(support.argmax())] if len(truth) else None
    for each in result.values():
        del each["ci"]
    return result
