"""The bag of words that reads seven emotions: ridge regressions below, a multinomial logistic regression above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.text.bag import Bag
from models.text.fit import LinearText, TokenRows, centred_ridge, of_every_class

Floats = NDArray[np.float64]
INNER_FOLDS = 4
LEAST = 50
"""Texts that a question must be answered for."""


@dataclass(frozen=True)
class BagKnobs:
    """Penalty of the regressions below, C above, smallest document frequency, and as in `fit.fit` the balance."""

    ridge: float = 1.0
    upper: float = 0.5
    least: int = 2
    balance: float = 0.0


@dataclass(frozen=True)
class BagTexts(TokenRows):
    """Texts of one language.

    Attributes:
        tokens: the texts.
        target: label index, −1 where unknown.
        corpus, emotion: names; emotion empty where unknown.
        score, valence: about −1..1, NaN where unknown.
        fold: an inner split never parts a fold's group: it is made of these very groups.
    """

    target: NDArray[np.intp]
    corpus: NDArray[np.str_]
    emotion: NDArray[np.str_]
    score: Floats
    valence: Floats
    fold: NDArray[np.intp]


def fit_bag(texts: BagTexts, labels: int, knobs: BagKnobs) -> LinearText:
    """The collapsed model: one weight for each feature and label, with the label shares of the texts that have one."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    bag = Bag.learn(texts.tokens, knobs.least)
    x = bag.matrix(texts.tokens)
    questions = list(_questions(texts))
    said = np.column_stack([_held_out(x, texts, mask, y, knobs.ridge) for mask, y in questions])
    home = texts.target >= 0
    spread, target = np.maximum(said[home].std(axis=0), 1e-9), texts.target[home]
    marks = np.flatnonzero(bag.marks)
    weight = (np.bincount(target, minlength=labels)[target] / len(target)) ** -knobs.balance
    model = LogisticRegression(C=knobs.upper, max_iter=300, tol=1e-4)
    model.fit(
        hstack([csr_matrix(said / spread), x[:, marks]]).tocsr()[home], target, sample_weight=weight / weight.mean()
    )
    coefficients, intercepts = of_every_class(model)
    below, of_marks = np.split(coefficients, [len(questions)], axis=1)
    solved = [_ridge(x, texts, mask, y, knobs.ridge) for mask, y in questions]
    slopes = np.column_stack([slope for slope, _ in solved])
    weights, bias = np.zeros((len(bag.index), labels)), np.full(labels, -20.0)
    weights[:, model.classes_] = slopes / spread @ below.T
    weights[np.ix_(marks, model.classes_)] += of_marks.T
    bias[model.classes_] = intercepts + (np.array([offset for _, offset in solved]) / spread) @ below.T
    return LinearText(bag, weights.astype(np.float32), bias.astype(np.float32))


def _questions(texts: BagTexts) -> list[tuple[NDArray[np.bool_], Floats]]:
    """(of whom, answers): each emotion of the scheme and of other corpora, the sentiment, the word list's verdict."""
    home = texts.target >= 0
    asked = [(home, (texts.target == k).astype(np.float64)) for k in sorted(set(texts.target[home].tolist()))]
    named = texts.emotion != ""
    for name in sorted(set(texts.emotion[named].tolist())):
        if (texts.emotion == name).sum() >= LEAST:
            asked.append((named, (texts.emotion == name).astype(np.float64)))
    for values in (texts.score, texts.valence):
        known = np.isfinite(values)
        if known.sum() >= LEAST:
            asked.append((known, np.nan_to_num(values)))
    return asked


def _held_out(x: Any, texts: BagTexts, mask: NDArray[np.bool_], y: Floats, ridge: float) -> Floats:
    """For every text what a model says that saw nothing of its part; parts follow the folds."""
    parts = texts.fold % INNER_FOLDS if len(set(texts.fold.tolist())) > INNER_FOLDS else texts.fold
    result = np.zeros(len(y))
    for part in sorted(set(parts.tolist())):
        own = parts == part
        slope, offset = _ridge(x, texts, mask & ~own, y, ridge)
        result[own] = x[own] @ slope + offset
    return result


def _ridge(x: Any, texts: BagTexts, mask: NDArray[np.bool_], y: Floats, ridge: float) -> tuple[Floats, float]:
    rows = np.flatnonzero(mask)
    return centred_ridge(x[rows], y[rows], texts.corpus[rows], ridge)
