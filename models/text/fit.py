"""Training of the linear text model: one weight matrix per language, from several corpora.

Two linear models are stacked, and since both are linear they collapse into one weight per feature and label:
a ridge regression of the sentiment score, which uses the order of the labels and may also learn from single words
with a known polarity, and a multinomial logistic regression over the same features plus that score. Corpora differ in
their label shares, so each has a bias of its own; the home corpus' bias is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.text.bag import Bag
from models.text.tokens import Tokens


@dataclass(frozen=True)
class Samples:
    """Training texts of one language. `target` are label indices, `score` about −1..1, `weight` per sample."""

    tokens: Sequence[Tokens]
    target: NDArray[np.intp]
    score: NDArray[np.float64]
    weight: NDArray[np.float64]
    corpus: NDArray[np.str_]
    group: NDArray[np.str_]

    def take(self, rows: NDArray[np.intp]) -> Samples:
        """The samples at `rows`."""
        picked = [self.tokens[i] for i in rows]
        rest = {k: getattr(self, k)[rows] for k in ("target", "score", "weight", "corpus", "group")}
        return replace(self, tokens=picked, **rest)


@dataclass(frozen=True)
class Words:
    """Single words with a polarity score of about −1..1; `extend` adds them to the vocabulary."""

    tokens: Sequence[Tokens]
    score: NDArray[np.float64]
    weight: float
    extend: bool


@dataclass(frozen=True)
class Knobs:
    """C of the logistic regression, alpha of the ridge, and the smallest document frequency of a feature."""

    penalty: float = 1.0
    ridge: float = 1.0
    least: int = 2


@dataclass(frozen=True)
class LinearText:
    """A bag and what its features weigh: logits = vector · weights + bias, weights of shape (features, labels)."""

    bag: Bag
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, tokens: Tokens) -> NDArray[np.float64]:
        """Scores of one text, shape (labels,)."""
        columns, values = self.bag.vector(tokens)
        return np.asarray(values @ self.weights[columns].astype(np.float64) + self.bias)


def fit_linear_text(samples: Samples, home: str, labels: int, lexicon: Words | None, knobs: Knobs) -> LinearText:
    """Fit on `samples`; the bias is that of corpus `home`."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    extra = lexicon.tokens if lexicon is not None and lexicon.extend else ()
    bag = Bag.learn(samples.tokens, extra, knobs.least)
    x = bag.matrix(samples.tokens)
    ridge = _ScoreModel(samples, x, bag.matrix(lexicon.tokens) if lexicon else None, lexicon, knobs.ridge)
    held_out = ridge.held_out()
    spread = float(held_out.std()) or 1.0
    corpora = sorted(set(samples.corpus))
    indicator = np.stack([samples.corpus == name for name in corpora], axis=1).astype(np.float64)
    design = hstack([x, csr_matrix(np.column_stack([indicator, held_out / spread]))]).tocsr()
    model = LogisticRegression(C=knobs.penalty, max_iter=300)
    model.fit(design, samples.target, sample_weight=samples.weight)

    coefficients, intercepts = np.zeros((labels, design.shape[1])), np.full(labels, -20.0)
    coefficients[model.classes_], intercepts[model.classes_] = model.coef_, model.intercept_
    direct, of_corpus, of_score = np.split(coefficients.T, [x.shape[1], x.shape[1] + len(corpora)])
    slope, offset = ridge.all_rows()
    weights = direct + np.outer(slope / spread, of_score[0])
    bias = intercepts + of_corpus[corpora.index(home)] + of_score[0] * offset / spread
    return LinearText(bag, weights.astype(np.float32), bias.astype(np.float32))


class _ScoreModel:
    """Ridge regression of the score, each corpus around its own mean, with the lexicon's words as further rows."""

    def __init__(self, samples: Samples, x: Any, of_words: Any, lexicon: Words | None, alpha: float) -> None:
        means = {name: samples.score[samples.corpus == name].mean() for name in set(samples.corpus)}
        self._residual = samples.score - np.array([means[name] for name in samples.corpus])
        self._samples, self._x, self._words, self._lexicon, self._alpha = samples, x, of_words, lexicon, alpha

    def held_out(self) -> NDArray[np.float64]:
        """For every sample, the score by a model that saw none of its group (5 folds)."""
        from sklearn.model_selection import GroupKFold

        result = np.zeros(self._x.shape[0])
        folds = min(5, len(set(self._samples.group)))
        for train, test in GroupKFold(folds).split(result, groups=self._samples.group):
            slope, offset = self._fit(train)
            result[test] = self._x[test] @ slope + offset
        return result

    def all_rows(self) -> tuple[NDArray[np.float64], float]:
        """Weight per feature, and offset, fitted on every sample."""
        return self._fit(np.arange(self._x.shape[0]))

    def _fit(self, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], float]:
        from scipy.sparse import vstack
        from sklearn.linear_model import Ridge

        x, y, weight = self._x[rows], self._residual[rows], self._samples.weight[rows]
        if self._lexicon is not None:
            x = vstack([x, self._words]).tocsr()
            y = np.concatenate([y, self._lexicon.score])
            weight = np.concatenate([weight, np.full(len(self._lexicon.score), self._lexicon.weight)])
        model = Ridge(self._alpha, solver="sparse_cg", tol=1e-3).fit(x, y, sample_weight=weight)
        return model.coef_, float(model.intercept_)
