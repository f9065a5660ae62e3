"""A calibrated multinomial logistic regression over named features: the default head."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from harness.records.types import Reason
from models.heads.files import Input, check_shapes, read_head, write_head
from models.heads.folds import group_folds


class LinearHead:
    """Standardised features → softmax((z·W + b) / temperature).

    A feature that could not be measured (NaN) counts as the training mean, so it moves nothing. Training needs
    scikit-learn; prediction needs numpy only.

    Args:
        space: name of the label space.
        labels: its labels, in the order of the columns of `predict_proba`.
        feature_names: names of the feature columns.
        penalty: inverse strength C of the L2 penalty.
        balanced: weigh classes inversely to their frequency.
        feature_key: fingerprint of what made the features, where it is a model of its own; empty otherwise.
    """

    SCHEMA = "linear-head/1"

    def __init__(
        self,
        space: str,
        labels: Sequence[str],
        feature_names: Sequence[str],
        penalty: float = 1.0,
        balanced: bool = True,
        feature_key: str = "",
    ) -> None:
        self.space = space
        self.labels = tuple(labels)
        self.feature_names = tuple(feature_names)
        self.penalty = penalty
        self.balanced = balanced
        self.feature_key = feature_key
        self.inputs = (Input("", feature_key, len(self.feature_names)),)
        self.temperature = 1.0
        self._mean: NDArray[np.float64] = np.zeros(len(self.feature_names))
        self._scale: NDArray[np.float64] = np.ones(len(self.feature_names))
        self._weights: NDArray[np.float64] = np.zeros((len(self.feature_names), len(self.labels)))
        self._bias: NDArray[np.float64] = np.zeros(len(self.labels))

    def fit(self, x: Any, y: Sequence[str], groups: Sequence[str] | None = None) -> Self:
        """Fit on x (samples, features) and labels y; with `groups` (speakers, videos) also fit the temperature.

        The temperature minimises the log-loss of predictions made across groups (5-fold), so that confidence is
        learned from speakers or videos that the weights have not seen.
        """
        from sklearn.linear_model import LogisticRegression

        x = np.asarray(x, dtype=np.float64)
        target = np.array([self.labels.index(label) for label in y])
        self._mean = np.nan_to_num(np.nanmean(x, axis=0))
        self._scale = np.maximum(np.nan_to_num(np.nanstd(x, axis=0)), 1e-9)
        z = self._standardise(x)

        def model() -> Any:
            weight = "balanced" if self.balanced else None
            return LogisticRegression(C=self.penalty, class_weight=weight, max_iter=2000)

        if groups is not None:
            held_out = np.zeros((len(z), len(self.labels)))
            for train, test in group_folds(y, groups, 5):
                held_out[test] = self._logits_of(model().fit(z[train], target[train]), z[test])
            self.temperature = fit_temperature(held_out, target)
        fitted = model().fit(z, target)
        self._weights, self._bias = self._columns_of(fitted)
        return self

    def predict_proba(self, x: Any) -> NDArray[np.float64]:
        """Probabilities, shape (samples, labels)."""
        z = self._standardise(np.asarray(x, dtype=np.float64))
        return softmax((z @ self._weights + self._bias) / self.temperature)

    def contributions(self, x: Any, label: str, top: int = 5) -> list[tuple[Reason, ...]]:
        """For each sample, the features with the largest share in the log-odds of `label`: see `explain`."""
        return [self.explain(row, label)[0][:top] for row in np.asarray(x, dtype=np.float64)]

    def explain(self, row: Any, label: str) -> tuple[tuple[Reason, ...], float]:
        """Every feature's additive share in the log-odds of `label` against the mean of all labels, largest first.

        `row` is one sample (features,). The shares and the base, which is what a sample at the training mean gets, add
        up to the label's centred logit over temperature. `z` tells how far the feature lies from the training mean.

        Returns:
            (reasons, base)
        """
        values = np.asarray(row, dtype=np.float64)
        column, z = self.labels.index(label), self._standardise(values[None])[0]
        shares = z * (self._weights[:, column] - self._weights.mean(axis=1)) / self.temperature
        reasons = tuple(
            Reason(self.feature_names[i], float(values[i]), float(shares[i]), float(z[i]))
            for i in np.argsort(-np.abs(shares))
            if shares[i]
        )
        return reasons, float(self._bias[column] - self._bias.mean()) / self.temperature

    def save(self, folder: Path) -> None:
        """Write head.json and head.safetensors into `folder`."""
        tensors = {"mean": self._mean, "scale": self._scale, "weights": self._weights, "bias": self._bias}
        config = {
            "schema": self.SCHEMA,
            "space": self.space,
            "labels": self.labels,
            "feature_names": self.feature_names,
            "penalty": self.penalty,
            "balanced": self.balanced,
            "temperature": self.temperature,
            **({"feature_key": self.feature_key} if self.feature_key else {}),
        }
        write_head(folder, config, {name: values.astype(np.float32) for name, values in tensors.items()})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. ValueError when the two files do not belong together."""
        config, tensors = read_head(folder, cls.SCHEMA)
        names, labels = config["feature_names"], config["labels"]
        key = config.get("feature_key", "")
        head = cls(config["space"], labels, names, config["penalty"], config["balanced"], key)
        width = (len(names),)
        check_shapes(
            tensors, {"mean": width, "scale": width, "weights": (len(names), len(labels)), "bias": (len(labels),)}
        )
        head.temperature = float(config["temperature"])
        wide = {name: values.astype(np.float64) for name, values in tensors.items()}
        head._mean, head._scale, head._weights, head._bias = (wide[k] for k in ("mean", "scale", "weights", "bias"))
        return head

    def _standardise(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.nan_to_num((x - self._mean) / self._scale)

    def _columns_of(self, model: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Weights (features, labels) and bias (labels,) of a fitted model that may not have seen every label."""
        weights = np.zeros((len(self.feature_names), len(self.labels)))
        bias = np.full(len(self.labels), -20.0)
        if len(model.classes_) == 2:
            coefficients = np.vstack([-model.coef_ / 2, model.coef_ / 2])
            intercepts = np.array([-model.intercept_[0] / 2, model.intercept_[0] / 2])
        else:
            coefficients, intercepts = model.coef_, model.intercept_
        weights[:, model.classes_] = coefficients.T
        bias[model.classes_] = intercepts
        return weights, bias

    def _logits_of(self, model: Any, z: NDArray[np.float64]) -> NDArray[np.float64]:
        weights, bias = self._columns_of(model)
        return z @ weights + bias


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Softmax over the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


def fit_temperature(logits: NDArray[np.float64], target: NDArray[np.intp]) -> float:
    """The temperature in 0.25..10 that minimises the log-loss of softmax(logits / T) (Guo et al., 2017)."""
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(target))

    def loss(log_temperature: float) -> float:
        p = softmax(logits / np.exp(log_temperature))[rows, target]
        return float(-np.log(np.maximum(p, 1e-12)).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.25), np.log(10)), method="bounded")
    return float(np.exp(found.x))


def held_out_probabilities(
    logits: NDArray[np.float64], target: NDArray[np.intp], fold: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Probabilities (texts, labels) from held-out logits, each fold's temperature fitted on the other folds."""
    p = np.zeros_like(logits)
    for number in np.unique(fold):
        here = fold == number
        p[here] = softmax(logits[here] / fit_temperature(logits[~here], target[~here]))
    return p
