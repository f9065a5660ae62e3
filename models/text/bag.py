"""TF-IDF over a fitted vocabulary, for one language; prediction needs numpy only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from models.text.tokens import Tokens, count

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


@dataclass(frozen=True)
class Bag:
    """A vocabulary with its inverse document frequencies: idf = ln((1 + n) / (1 + df)) + 1.

    A text is the vector (1 + ln tf)·idf over the features it knows, scaled to length 1 (Manning, Raghavan & Schütze,
    Introduction to Information Retrieval, ch. 6).
    """

    index: Mapping[str, int]
    idf: NDArray[np.float32]

    @classmethod
    def learn(cls, documents: Sequence[Tokens], also: Sequence[Tokens] = (), least: int = 2) -> Bag:
        """Features of at least `least` documents, and every feature of `also` (a lexicon's words)."""
        frequency: Counter[str] = Counter()
        for document in documents:
            frequency.update(set(count(document)))
        names = {name for name, number in frequency.items() if number >= least}
        names |= {name for entry in also for name in count(entry) if name.startswith("w:")}
        ordered = sorted(names)
        df = np.array([frequency[name] for name in ordered])
        idf = np.log((1 + len(documents)) / (1 + df)) + 1
        return cls({name: i for i, name in enumerate(ordered)}, idf.astype(np.float32))

    def vector(self, tokens: Tokens) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Columns and values of a text's vector; empty when it holds nothing known."""
        known = sorted((self.index[name], tf) for name, tf in count(tokens).items() if name in self.index)
        columns = np.array([column for column, _ in known], dtype=np.intp)
        counts = np.array([tf for _, tf in known], dtype=np.float64)
        values: NDArray[np.float64] = (1 + np.log(counts)) * self.idf[columns].astype(np.float64)
        return columns, values / max(float(np.linalg.norm(values)), 1e-12)

    def matrix(self, documents: Sequence[Tokens]) -> csr_matrix[Any]:
        """The vectors as rows, for training."""
        from scipy.sparse import csr_matrix

        rows = [self.vector(document) for document in documents]
        bounds = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows]) if rows else np.zeros(0, np.intp)
        values = np.concatenate([values for _, values in rows]) if rows else np.zeros(0)
        return csr_matrix((values, columns, bounds), shape=(len(rows), len(self.index)))

    def known_words(self, tokens: Tokens) -> int:
        """How many words of a text are in the vocabulary as words; punctuation is no word."""
        return sum(word[0].isalnum() and "w:" + word in self.index for word in tokens.words)
