"""Which language is spoken, from a recogniser's probabilities of all languages it knows. Pure.

Clips are Chinese or English. Whisper's probabilities of these two are taken as they are, not renormalised over the
two: where it puts most of its belief elsewhere, both are unlikely, and the words are as doubtful as that says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.records.types import Language
from models.transcription.language import UNDECIDED

SPOKEN: Mapping[Language, tuple[str, ...]] = {"zh": ("zh", "yue"), "en": ("en",)}
"""What clips are worked on as → the languages by which Whisper may call it."""
SURE = 0.5
"""Belief in zh and en together below which neither is believed."""
FOREIGN = 0.9
"""Belief in one other language from which the clip is taken for that language, and given no words."""


@dataclass(frozen=True)
class Belief:
    """What the recogniser believes of the language of a stretch of sound.

    Attributes:
        language: the likelier of zh and en; None where neither is believed.
        probability: of zh and of en among all languages.
        detected: the likeliest language of all.
        detected_probability: its probability.
    """

    language: Language | None
    probability: Mapping[Language, float]
    detected: str
    detected_probability: float

    @property
    def mass(self) -> float:
        """Belief in zh and en together."""
        return sum(self.probability.values())

    @property
    def foreign(self) -> bool:
        """Whether it is another language with near certainty."""
        return self.detected_probability >= FOREIGN and self.mass < 1 - FOREIGN


def belief(probabilities: Mapping[str, float], folder: Language | None = None) -> Belief:
    """The belief that follows from the probability of every language; `folder` counts where sound leaves it open."""
    of: dict[Language, float] = {
        spoken: sum(probabilities.get(code, 0.0) for code in codes) for spoken, codes in SPOKEN.items()
    }
    detected = max(probabilities, key=lambda code: probabilities[code], default="und")
    mass = sum(of.values())
    likelier: Language = "zh" if of["zh"] >= of["en"] else "en"
    language: Language | None = likelier if mass >= SURE else folder
    if folder is not None and mass >= SURE and of[likelier] / mass < UNDECIDED:
        language = folder
    return Belief(language, of, detected, probabilities.get(detected, 0.0))
