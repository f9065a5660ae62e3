"""The head over hidden states, from every corpus at once.

Below stand ridge regressions of all that is known of some texts: the score of each corpus, the sentiment of the words
alone, polarity, neutrality, strength, and each emotion of the corpora that name emotions. Hidden states of both
languages lie in one space, so both train them. Above stands, for each language, a multinomial logistic regression of
the home corpus' labels (its utterances and their translations) over what the regressions say of texts that they were
not trained on, and over the states themselves. All of it is linear and collapses into one weight per state and label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.records.types import Language

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Question = tuple[Mask, NDArray[np.float32]]
LEAST = 100
"""Texts that a question must be answered for."""


@dataclass(frozen=True)
class Knobs:
    """`ridge` is the penalty below, `upper` C above, `direct` the scale of the states beside the regressions.

    `balance` is the power of the home corpus' label shares by which the odds are divided: a penalised regression leans
    to the frequent labels more than the texts warrant (docs/heads.md).
    """

    ridge: float = 2250.0
    upper: float = 0.1
    direct: float = 0.05
    balance: float = 0.5
    folds: int = 5


@dataclass(frozen=True)
class Texts:
    """Training texts of all languages as arrays.

    Attributes:
        x: standardised states, shape (texts, features).
        language, corpus: names.
        target: label index, −1 where only the polarity is known.
        score: −1..1.
        words: sentiment of the words alone, NaN where not known.
        emotions: columns of emotion names, one per scheme, empty where not known; shape (texts, schemes).
        fold: 0 … folds − 1; a video is in one fold.
    """

    x: NDArray[np.float32]
    language: NDArray[np.str_]
    corpus: NDArray[np.str_]
    target: NDArray[np.intp]
    score: Floats
    words: Floats
    emotions: NDArray[np.str_]
    fold: NDArray[np.intp]


@dataclass(frozen=True)
class Linear:
    """logits = x · weights + bias."""

    weights: Floats
    bias: Floats

    def logits(self, x: NDArray[np.float32]) -> Floats:
        """Shape (texts, labels)."""
        return np.asarray(x @ self.weights + self.bias)


@dataclass(frozen=True)
class _Gram:
    """Sums over the texts of one fold for questions that are asked of the same texts."""

    xx: NDArray[np.float32]
    xy: NDArray[np.float32]


class Stack:
    """The regressions below, ready to be solved for any set of folds.

    Args:
        texts: all of them.
        used: which texts may be learned from.
        knobs: strengths.
        questions: which texts are asked what, (mask, answers (texts, questions)); by default what sentiment needs.
    """

    def __init__(self, texts: Texts, used: Mask, knobs: Knobs, questions: Sequence[Question] | None = None) -> None:
        self.texts, self.knobs = texts, knobs
        self._place = np.char.add(np.char.add(texts.corpus, "/"), texts.language)
        self.centre = {
            name: texts.x[self._place == name].mean(axis=0) for name in sorted(set(self._place[used].tolist()))
        }
        asked = _questions(texts, used) if questions is None else questions
        self._grams = [self._summed(mask, answers) for mask, answers in asked]

    def solved(self, folds: Sequence[int]) -> NDArray[np.float32]:
        """Weights (features, questions) learned from the texts of `folds`."""
        eye = self.knobs.ridge * np.eye(self.texts.x.shape[1], dtype=np.float32)
        parts = [np.linalg.solve(sum((g[k].xx for k in folds), eye), sum(g[k].xy for k in folds)) for g in self._grams]
        return np.concatenate(parts, axis=1)

    def said(self, without: Sequence[int]) -> NDArray[np.float32]:
        """What they say of every text (texts, questions), none having seen its fold nor the folds `without`."""
        texts, folds = self.texts, range(self.knobs.folds)
        result = np.zeros((len(texts.x), sum(g[0].xy.shape[1] for g in self._grams)), np.float32)
        for own in folds:
            rows = texts.fold == own
            result[rows] = texts.x[rows] @ self.solved([k for k in folds if k not in (own, *without)])
        return result

    def _summed(self, mask: Mask, answers: NDArray[np.float32]) -> list[_Gram]:
        """Everything around the mean of its corpus and language, fold by fold.

        The means are those of all folds, so a fold that is left out still has its fifth in the mean of the answers.
        """
        x, y = self.texts.x.copy(), np.where(mask[:, None], answers, 0).astype(np.float32)
        for name, centre in self.centre.items():
            rows = (self._place == name) & mask
            x[rows] -= centre
            if rows.any():
                y[rows] -= y[rows].mean(axis=0)
        grams = []
        for fold in range(self.knobs.folds):
            rows = mask & (self.texts.fold == fold)
            grams.append(_Gram(x[rows].T @ x[rows], x[rows].T @ y[rows]))
        return grams


def fit(
    stack: Stack,
    home: str,
    language: Language,
    used: Mask,
    labels: int,
    without: Sequence[int] = (),
    weigh: float = 0.0,
) -> Linear:
    """The collapsed head for texts of `language`, with the label shares of the corpus `home`.

    `used` says which texts may be learned from; those of the folds `without` are not. A text weighs
    (its label's share)^−`weigh`.
    """
    from sklearn.linear_model import LogisticRegression

    texts, knobs = stack.texts, stack.knobs
    rows = used & (texts.corpus == home) & (texts.target >= 0) & ~np.isin(texts.fold, list(without))
    said = stack.said(without)
    spread = said[rows].std(axis=0) + 1e-9
    centre = stack.centre[f"{home}/{language}"]
    own = (texts.language[rows] == language)[:, None]
    direct = (texts.x[rows] - _centres(stack, home, texts.language[rows])) * knobs.direct
    model = LogisticRegression(C=knobs.upper, max_iter=150, tol=1e-3)
    target = texts.target[rows]
    weight = (np.bincount(target, minlength=labels)[target] / len(target)) ** -weigh
    model.fit(np.concatenate([said[rows] / spread, direct, own], axis=1), target, sample_weight=weight / weight.mean())
    below, straight, of_language = np.split(model.coef_, [said.shape[1], said.shape[1] + len(centre)], axis=1)
    folds = [k for k in range(knobs.folds) if k not in without]
    found = (stack.solved(folds) / spread) @ below.T + straight.T * knobs.direct
    weights, bias = np.zeros((len(centre), labels)), np.full(labels, -20.0)
    weights[:, model.classes_] = found
    shares = np.bincount(texts.target[rows], minlength=labels)[model.classes_] / rows.sum()
    even = model.intercept_ - knobs.balance * np.log(shares)
    bias[model.classes_] = even + of_language[:, 0] - centre @ straight.T * knobs.direct
    return Linear(weights, bias)


def _centres(stack: Stack, home: str, languages: NDArray[np.str_]) -> NDArray[np.float32]:
    return np.stack([stack.centre[f"{home}/{language}"] for language in languages.tolist()])


def _questions(texts: Texts, used: Mask) -> list[Question]:
    """(which texts, their answers (texts, questions)); questions of the same texts stand together."""
    labelled = texts.target >= 0
    middle = 2
    polarity = np.where(labelled, np.sign(texts.target - middle), np.sign(texts.score))
    strong = labelled & (polarity != 0)
    asked: list[tuple[Mask, list[Floats]]] = [
        (np.isfinite(texts.words), [np.nan_to_num(texts.words)]),
        (labelled, [texts.score]),
        (np.ones(len(labelled), dtype=bool), [polarity, polarity == 0]),
        (strong, [np.abs(texts.target - middle) == middle]),
    ]
    for name in sorted(set(texts.corpus[labelled].tolist())):
        asked.append(((texts.corpus == name) & labelled, [texts.score]))
    for scheme in texts.emotions.T:
        names = sorted(set(scheme[used].tolist()) - {""})
        asked.append((scheme != "", [scheme == name for name in names]))
    return [
        (mask & used, np.stack([np.asarray(a, np.float32) for a in answers], axis=1))
        for mask, answers in asked
        if (mask & used).sum() >= LEAST
    ]
