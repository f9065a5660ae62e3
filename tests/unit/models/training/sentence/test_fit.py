"""The head over hidden states, on made states of which the answers are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.heads.linear import softmax
from models.training.sentence.fit import Knobs, Linear, Stack, Texts, fit

KNOBS = Knobs(ridge=5.0, upper=0.1, direct=0.3, balance=0.0, folds=3)
SHARES = (0.1, 0.15, 0.2, 0.2, 0.35)


def made(texts: int = 600, features: int = 12) -> Texts:
    """Two languages of one corpus; the first state is the sentiment with noise."""
    random = np.random.default_rng(4)
    target = random.choice(5, texts, p=SHARES)
    x = random.normal(size=(texts, features))
    x[:, 0] += target - 2
    return Texts(
        x.astype(np.float32),
        np.where(np.arange(texts) % 2, "en", "zh"),
        np.full(texts, "films"),
        target.astype(np.intp),
        (target - 2) / 2,
        np.full(texts, np.nan),
        np.full((texts, 1), ""),
        (np.arange(texts) // 2 % 3).astype(np.intp),
    )


def fitted(texts: Texts, knobs: Knobs = KNOBS, without: tuple[int, ...] = ()) -> Linear:
    used = np.ones(len(texts.x), dtype=bool)
    return fit(Stack(texts, used, knobs), "films", "zh", used, 5, without)


def test_it_finds_what_the_states_say() -> None:
    texts = made()
    unseen = (texts.fold == 0) & (texts.language == "zh")
    logits = fitted(texts, without=(0,)).logits(texts.x[unseen])
    assert np.corrcoef(softmax(logits) @ np.arange(5), texts.target[unseen])[0, 1] > 0.7


def test_what_is_left_out_moves_nothing() -> None:
    """The labels of a fold are dealt anew; their mean, which centres every fold's answers, stays."""
    texts = made()
    changed, random = texts.target.copy(), np.random.default_rng(0)
    for language in ("zh", "en"):
        own = (texts.fold == 0) & (texts.language == language)
        changed[own] = random.permutation(changed[own])
    other = replace(texts, target=changed, score=(changed - 2) / 2)
    assert np.allclose(fitted(texts, without=(0,)).weights, fitted(other, without=(0,)).weights, atol=1e-5)
    assert not np.allclose(fitted(texts).weights, fitted(other).weights, atol=1e-3)


def test_balance_divides_the_odds_by_the_label_shares() -> None:
    texts = made()
    plain, even = fitted(texts), fitted(texts, replace(KNOBS, balance=0.5))
    shares = np.bincount(texts.target) / len(texts.target)
    assert np.allclose(even.weights, plain.weights)
    assert even.bias - plain.bias == pytest.approx(-0.5 * np.log(shares))
