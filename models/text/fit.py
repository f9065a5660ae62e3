"""Training of the linear text model: one weight matrix per language, from several corpora.

Linear models are stacked, and since all are linear they collapse into one weight per feature and label. Below stand a
ridge regression of the sentiment score, which uses the order of the labels, and three binary logistic regressions:
positive against negative, strong against weak, neutral against the rest. Beside them stand ridge regressions of what
else is known of some texts: each emotion of the corpora that name emotions, the score, polarity and neutrality with
the corpora that give a polarity only (no label, score −1, 0 or 1), and what a lexicon of the other language says of
the translation. Above stands a multinomial logistic regression that sees what they say of texts they were not trained
on, and the marks of the lexicon. Corpora differ in their label shares, so each has a bias of its own; the home corpus'
bias is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from models.text.bag import Bag
from models.text.tokens import Tokens

Floats = NDArray[np.float64]
INNER_FOLDS = 4
LEAST_EMOTION = 50
"""Texts that an emotion must have to be learned."""
UNLABELLED = -1
"""The target of a text of which only the polarity is known."""


@dataclass(frozen=True)
class TokenRows:
    """Texts as tokens; what else is known of them stands in arrays side by side, one for each further field."""

    tokens: Sequence[Tokens]

    def take(self, rows: NDArray[np.intp]) -> Self:
        """The texts at `rows`."""
        picked = [self.tokens[i] for i in rows]
        rest: dict[str, Any] = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name != "tokens"}
        return replace(self, tokens=picked, **rest)


@dataclass(frozen=True)
class Samples(TokenRows):
    """Training texts of one language.

    Attributes:
        tokens: the texts.
        target: label indices, or −1.
        score: sentiment, about −1..1.
        weight: of each sample.
        corpus, group: names; a group (video) is never split.
        emotion: name of the emotion, empty where none is known.
        valence: what a lexicon says of the text's translation, −1..1, NaN where nothing is known.
    """

    target: NDArray[np.intp]
    score: Floats
    weight: Floats
    corpus: NDArray[np.str_]
    group: NDArray[np.str_]
    emotion: NDArray[np.str_]
    valence: Floats


@dataclass(frozen=True)
class Knobs:
    """C of the lower and of the upper logistic regressions, alpha of the ridge, smallest document frequency."""

    penalty: float = 2.0
    ridge: float = 1.0
    least: int = 2
    upper: float = 2.0


@dataclass(frozen=True)
class LinearText:
    """A bag and what its features weigh: logits = vector · weights + bias, weights of shape (features, labels)."""

    bag: Bag
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def logits(self, tokens: Tokens) -> Floats:
        """Scores of one text, shape (labels,)."""
        columns, values = self.bag.vector(tokens)
        return np.asarray(values @ self.weights[columns].astype(np.float64) + self.bias)


@dataclass(frozen=True)
class _Table:
    """Samples as numbers: the matrix, and the corpora as indicator columns."""

    x: Any
    marks: NDArray[np.bool_]
    corpora: tuple[str, ...]
    indicator: Floats
    samples: Samples


@dataclass(frozen=True)
class _Question:
    """The answers (samples,) to one question, and of whom it is asked."""

    answer: NDArray[Any]
    asked: NDArray[np.bool_]
    logistic: bool = False
    weighted: bool = True


def fit_linear_text(samples: Samples, home: str, labels: int, knobs: Knobs) -> LinearText:
    """Fit on `samples`; the bias is that of corpus `home`. The words are those of the labelled samples."""
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    labelled = samples.target != UNLABELLED
    bag = Bag.learn([samples.tokens[i] for i in np.flatnonzero(labelled)], knobs.least)
    corpora = tuple(sorted(set(samples.corpus[labelled].tolist())))
    indicator = np.stack([samples.corpus == name for name in corpora], axis=1).astype(np.float64)
    table = _Table(bag.matrix(samples.tokens), bag.marks, corpora, indicator, samples)
    below = [_Below(table, question, knobs) for question in _questions(samples, labels // 2)]
    said = np.column_stack([model.held_out() for model in below])
    spread = np.maximum(said[labelled].std(axis=0), 1e-9)
    marks = np.flatnonzero(table.marks)
    design = hstack([csr_matrix(said / spread), table.x[:, marks], csr_matrix(indicator)]).tocsr()[labelled]
    model = LogisticRegression(C=knobs.upper, max_iter=300, tol=1e-4)
    model.fit(design, samples.target[labelled], sample_weight=samples.weight[labelled])

    coefficients, intercepts = np.zeros((labels, design.shape[1])), np.full(labels, -20.0)
    coefficients[model.classes_], intercepts[model.classes_] = of_every_class(model)
    of_below, of_marks, of_corpus = np.split(coefficients.T, [len(below), len(below) + len(marks)])
    slopes, offsets = zip(*(model.all_rows() for model in below), strict=True)
    weights = np.column_stack(slopes) / spread @ of_below
    weights[marks] += of_marks
    bias = intercepts + of_corpus[corpora.index(home)] + (np.array(offsets) / spread) @ of_below
    return LinearText(bag, weights.astype(np.float32), bias.astype(np.float32))


def _questions(samples: Samples, middle: int) -> list[_Question]:
    """What the lower layer is asked of the samples."""
    target, known = samples.target, samples.target != UNLABELLED
    polar = np.where(known, target != middle, samples.score != 0)
    positive = np.where(known, target > middle, samples.score > 0)
    everyone = np.ones(len(target), dtype=bool)
    asked = [
        _Question(samples.score, known),
        _Question(positive, polar & known, logistic=True),
        _Question(np.abs(target - middle) == middle, polar & known, logistic=True),
        _Question(~polar, known, logistic=True),
    ]
    if not known.all():
        asked += [_Question(samples.score, everyone), _Question(positive, polar), _Question(~polar, everyone)]
    felt = samples.emotion != ""
    for name, number in zip(*np.unique(samples.emotion[felt], return_counts=True), strict=True):
        if number >= LEAST_EMOTION:
            asked.append(_Question(samples.emotion == name, felt, weighted=False))
    translated = np.isfinite(samples.valence)
    if translated.sum() >= LEAST_EMOTION:
        asked.append(_Question(samples.valence, translated, weighted=False))
    return asked


def centred_ridge(
    x: Any, y: Floats, corpus: NDArray[np.str_], penalty: float, weight: Floats | None = None
) -> tuple[Floats, float]:
    """Weight per feature, and offset, of a ridge regression of `y` on `x`, each corpus around its own mean."""
    from sklearn.linear_model import Ridge

    means = {name: y[corpus == name].mean() for name in set(corpus.tolist())}
    model = Ridge(penalty, solver="sparse_cg", tol=1e-3)
    model.fit(x, y - np.array([means[name] for name in corpus.tolist()]), sample_weight=weight)
    return model.coef_, float(model.intercept_)


def of_every_class(model: Any) -> tuple[Floats, Floats]:
    """Coefficients and intercepts with one row per class, also where there are but two classes."""
    if len(model.classes_) == 2:
        return np.vstack([-model.coef_, model.coef_]) / 2, np.concatenate([-model.intercept_, model.intercept_]) / 2
    return model.coef_, model.intercept_


class _Below:
    """One model of the lower layer."""

    def __init__(self, table: _Table, question: _Question, knobs: Knobs) -> None:
        self._table, self._question, self._knobs = table, question, knobs

    def held_out(self) -> Floats:
        """For every sample, what a model says that saw none of its group."""
        from sklearn.model_selection import GroupKFold

        group = self._table.samples.group
        result = np.zeros(len(group))
        folds = min(INNER_FOLDS, len(set(group.tolist())))
        for train, test in GroupKFold(folds).split(result, groups=group):
            slope, offset = self._fit(train)
            result[test] = self._table.x[test] @ slope + offset
        return result

    def all_rows(self) -> tuple[Floats, float]:
        """Weight per feature, and offset, fitted on every sample."""
        return self._fit(np.arange(len(self._question.asked)))

    def _fit(self, rows: NDArray[np.intp]) -> tuple[Floats, float]:
        rows = rows[self._question.asked[rows]]
        return self._logistic(rows) if self._question.logistic else self._ridge(rows)

    def _ridge(self, rows: NDArray[np.intp]) -> tuple[Floats, float]:
        samples, question = self._table.samples, self._question
        weight = samples.weight[rows] if question.weighted else None
        answer = question.answer[rows].astype(np.float64)
        return centred_ridge(self._table.x[rows], answer, samples.corpus[rows], self._knobs.ridge, weight)

    def _logistic(self, rows: NDArray[np.intp]) -> tuple[Floats, float]:
        """Binary logistic regression on the words alone (the marks join above); a bias for each corpus."""
        from scipy.sparse import csr_matrix, hstack
        from sklearn.linear_model import LogisticRegression

        table, words = self._table, np.flatnonzero(~self._table.marks)
        slope = np.zeros(len(table.marks))
        answer = self._question.answer[rows].astype(np.intp)
        if len(set(answer.tolist())) < 2:
            return slope, 0.0
        design = hstack([table.x[rows][:, words], csr_matrix(table.indicator[rows])]).tocsr()
        model = LogisticRegression(C=self._knobs.penalty, max_iter=100, tol=1e-3)
        model.fit(design, answer, sample_weight=table.samples.weight[rows])
        slope[words] = model.coef_[0, : len(words)]
        return slope, 0.0
