"""TF-IDF and lexicon marks over a fitted vocabulary, for one language; prediction needs numpy only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.text.lexicon import is_mark
from models.text.tokens import Tokens, count

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

LENGTH_OFFSET = 3
"""Words added to a text's length before its marks are divided by the root of it."""


@dataclass(frozen=True)
class Bag:
    """A vocabulary with its inverse document frequencies: idf = ln((1 + n) / (1 + df)) + 1.

    A text is the vector (1 + ln tf)·idf over the features it knows, scaled to length 1 (Manning, Raghavan & Schütze,
    Introduction to Information Retrieval, ch. 6). Beside it stand the marks of a lexicon's words: their number over
    √(words + 3), whatever their idf, so that a rare mark does not push the words aside.
    """

    index: Mapping[str, int]
    idf: NDArray[np.float32]

    @classmethod
    def learn(cls, documents: Sequence[Tokens], least: int = 2) -> Bag:
        """The features of at least `least` documents."""
        frequency: Counter[str] = Counter()
        for document in documents:
            frequency.update(set(count(document)))
        ordered = sorted(name for name, number in frequency.items() if number >= least)
        df = np.array([frequency[name] for name in ordered])
        idf = np.log((1 + len(documents)) / (1 + df)) + 1
        return cls({name: i for i, name in enumerate(ordered)}, idf.astype(np.float32))

    @cached_property
    def marks(self) -> NDArray[np.bool_]:
        """Which columns are marks of a lexicon."""
        return np.array([is_mark(name) for name in self.index], dtype=bool)

    def vector(self, tokens: Tokens) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Columns and values of a text's vector; empty when it holds nothing known."""
        known = sorted((self.index[name], tf, name) for name, tf in count(tokens).items() if name in self.index)
        columns = np.array([column for column, _, _ in known], dtype=np.intp)
        counts = np.array([tf for _, tf, _ in known], dtype=np.float64)
        marks = np.array([is_mark(name) for _, _, name in known], dtype=bool)
        values: NDArray[np.float64] = (1 + np.log(counts)) * self.idf[columns].astype(np.float64)
        values /= max(float(np.linalg.norm(values[~marks])), 1e-12)
        values[marks] = counts[marks] / np.sqrt(len(tokens.words) + LENGTH_OFFSET)
        return columns, values

    def matrix(self, documents: Sequence[Tokens]) -> csr_matrix[Any]:
        """The vectors as rows, for training."""
        from scipy.sparse import csr_matrix

        rows = [self.vector(document) for document in documents]
        bounds = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows]) if rows else np.zeros(0, np.intp)
        values = np.concatenate([values for _, values in rows]) if rows else np.zeros(0)
        return csr_matrix((values, columns, bounds), shape=(len(rows), len(self.index)))

    def known_words(self, tokens: Tokens) -> int:
        """How many words of a text are in the vocabulary as words or carry a mark; punctuation is no word."""
        marked = {at[-1] for name, at in tokens.features if is_mark(name) and name in self.index}
        return sum(
            word[0].isalnum() and (i in marked or "w:" + word in self.index) for i, word in enumerate(tokens.words)
        )
