"""The seven emotions that words name: a bag of words that ships and, where the encoder is, a head over the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.records.conversions import polarity_of
from harness.records.labels import EMOTION7
from harness.records.types import Language, Opinion
from models.text import sentence
from models.text.linear import TextHead

if TYPE_CHECKING:
    from models.text.reading import Encoded, SentenceReader

FOLDER = "emotions"
"""Within the folder of the bag of words that tells sentiment."""
REASONS = 8
_SIDES = tuple(polarity_of(label, EMOTION7) for label in EMOTION7.labels)


class EmotionReader:
    """What words say over emotion7.

    Args:
        folder: of the head: a bag of words, and within it the folder `sentence` where there is such a head.
        encoder: the file of multilingual-e5-small; None for the bag of words alone.
        net: the encoder as another reader has it already.

    Raises:
        ValueError: the files do not belong together, or are of another space.
        OSError, KeyError: a file or a part of one is missing.
    """

    def __init__(self, folder: Path, encoder: Path | None = None, net: Encoded | None = None) -> None:
        self._head = TextHead.load(folder)
        if self._head.labels != EMOTION7.labels:
            raise ValueError(f"{folder} reads {', '.join(self._head.labels)}, expected {', '.join(EMOTION7.labels)}")
        self._whole: SentenceReader | None = None
        if encoder is not None and (folder / sentence.FOLDER / "head.json").is_file():
            from models.text.reading import SentenceReader

            self._whole = SentenceReader(folder / sentence.FOLDER, encoder, self._head, net)

    def opinion(self, text: str, language: Language, reasons: bool = True) -> Opinion | None:
        """Probabilities over the seven with the words that moved the most probable one; None without a known word.

        Reasons are shares of the bag of words where it reads alone, else effects of leaving a word out.
        """
        if not any(letter.isalpha() for letter in text):
            return None
        bag = self._head.predict_proba([text], language)
        shares, _ = self._head.explain(text, self._head.labels[int(bag[0].argmax())], language)
        if not shares:
            return None
        row, known = bag[0], self._head.known_share(text, language)
        moved = tuple(reason for reason in shares if any(letter.isalnum() for letter in reason.feature))
        if self._whole is not None:
            row, known = self._whole.probabilities([text], bag, language)[0], 1.0
            moved = self._whole.effects(text, row, language) if reasons else ()
        probabilities = tuple(float(p) for p in row)
        return Opinion(EMOTION7.name, EMOTION7.labels, probabilities, known * _sure(row), moved[:REASONS])

    def probabilities(self, texts: Sequence[str], language: Language) -> NDArray[np.float64]:
        """Probabilities of many texts of one language, shape (texts, 7)."""
        bag = self._head.predict_proba(texts, language)
        return bag if self._whole is None else self._whole.probabilities(texts, bag, language)


def _sure(row: Any) -> float:
    """How sure of the kind of emotion: the largest mass of the positive, the neutral, the negative, and of surprise."""
    sides = set(_SIDES)
    return float(max(sum(p for p, side in zip(row, _SIDES, strict=True) if side == one) for one in sides))
