"""A sentence read as a whole: encoder, head, and what each content word of it does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.records.types import Language, Reason
from models.fingerprint import file_sha256
from models.text.e5.encoder import Encoder
from models.text.linear import TextHead
from models.text.sentence import FLOOR, SentenceHead, plain
from models.text.units import units, without

Floats = NDArray[np.float64]
MOST_UNITS = 16
"""Content words that are left out in turn; of more, those with the largest shares in the bag of words."""
MOST_KEPT = 512
"""Texts whose states are kept."""
DIGITS = 5
"""To which probabilities are rounded, so that the order of a sum on another machine does not show."""


class Encoded:
    """The encoder, with the states of the texts that it was last asked for: two heads ask it for the same ones.

    Args:
        encoder: file of multilingual-e5-small.
        layers: whose states are wanted.
    """

    def __init__(self, encoder: Path, layers: tuple[int, ...]) -> None:
        self.layers, self.sha256 = layers, file_sha256(encoder)
        self._net = Encoder(encoder, layers)
        self._kept: dict[str, NDArray[np.float32]] = {}

    def means(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Mean states of texts, shape (texts, layers, width)."""
        if len(self._kept) > MOST_KEPT:
            self._kept.clear()
        lacking = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if lacking:
            self._kept.update(zip(lacking, self._net.means(lacking), strict=True))
        return np.stack([self._kept[text] for text in texts])


class SentenceReader:
    """The pooled opinion of the head over whole sentences and the bag of words.

    Args:
        folder: of the head.
        encoder: file of multilingual-e5-small.
        bag: the partner.
        net: the encoder as another reader has it already; used where it gives the layers that this head reads.

    Raises:
        ValueError: the head was trained on another encoder, or a file cannot be read.
        OSError, KeyError: a file or a part of one is missing.
    """

    def __init__(self, folder: Path, encoder: Path, bag: TextHead, net: Encoded | None = None) -> None:
        self._head, self._bag = SentenceHead.load(folder), bag
        if self._head.labels != bag.labels:
            raise ValueError(f"the heads know different labels: {self._head.labels}, {bag.labels}")
        shared = net is not None and set(self._head.layers) <= set(net.layers)
        self.net = net if net is not None and shared else Encoded(encoder, self._head.layers)
        self._read = [self.net.layers.index(layer) for layer in self._head.layers]
        if self._head.encoder != self.net.sha256:
            raise ValueError(f"{folder.name}/ was trained on another encoder than {encoder.name}")

    def probabilities(self, texts: Sequence[str], bag: Floats, language: Language) -> Floats:
        """Pooled probabilities (texts, labels); `bag` is what the bag of words says of the same texts."""
        return np.round(self._head.pooled(self._states(texts), bag, language), DIGITS)

    def effects(self, text: str, row: Floats, language: Language) -> tuple[Reason, ...]:
        """Each unit's effect on the log-odds of the most probable label of `row`, largest first.

        The effect of a unit is ln(p / (1 − p)) of the whole text less the same of the text without it.
        """
        found = units(text, language, self._bag.segmenter)
        if len(found) > MOST_UNITS:
            share = {reason.feature: abs(reason.contribution) for reason in self._shares(text, row, language)}
            weigh = [sum(v for word, v in share.items() if word in text[u.start : u.end].lower()) for u in found]
            found = [found[i] for i in sorted(np.argsort(weigh)[::-1][:MOST_UNITS].tolist())]
        if not found:
            return ()
        column = int(np.argmax(row))
        fewer = [without(text, unit) for unit in found]
        bag = self._bag.predict_proba(fewer, language)
        left = self._head.pooled(self._states(fewer), bag, language)
        total: dict[str, list[float]] = {}
        for unit, p in zip(found, left[:, column], strict=True):
            total.setdefault(text[unit.start : unit.end], []).append(_logit(float(row[column])) - _logit(float(p)))
        reasons = [Reason(word, float(len(parts)), round(sum(parts), 4)) for word, parts in total.items()]
        return tuple(sorted(reasons, key=lambda reason: -abs(reason.contribution)))

    def confidence(self, row: Floats) -> float:
        """How sure of the polarity: the largest of P(negative), P(neutral), P(positive)."""
        middle = len(row) // 2
        return round(float(max(row[:middle].sum(), row[middle], row[middle + 1 :].sum())), DIGITS)

    def _states(self, texts: Sequence[str]) -> Floats:
        """Of the layers that this head reads, shape (texts, layers, width)."""
        return self.net.means([plain(text) for text in texts])[:, self._read].astype(np.float64)

    def _shares(self, text: str, row: Floats, language: Language) -> tuple[Reason, ...]:
        return self._bag.explain(text, self._bag.labels[int(np.argmax(row))], language)[0]


def _logit(p: float) -> float:
    p = min(max(p, FLOOR), 1 - FLOOR)
    return float(np.log(p / (1 - p)))
