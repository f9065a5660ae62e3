"""What a clip shows of emotions, whatever space its label is of. Frozen and JSON-able."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.records.types import Language


@dataclass(frozen=True)
class EmotionWord:
    """An open word for what is shown.

    Attributes:
        word: in English; `names` has it in both languages.
        emotion: the one of emotion7 that it stands for; empty for a word of the model's own that stands for none.
        probability: of that emotion, pooled; None for such a word.
        evidence: what it rests on: a modality with its probability, a quoted word, the model's answer.
    """

    word: str
    emotion: str
    probability: float | None
    evidence: tuple[str, ...]
    names: Mapping[Language, str]


@dataclass(frozen=True)
class Emotions:
    """The emotions of a clip over emotion7.

    Attributes:
        label: the most probable; `probabilities` are in the order of `labels`.
        by_modality: what each modality says alone.
        weights: its share in the pool.
        intensity: P(strong | not neutral) of the pooled sentiment, 0..1; None where no sentiment was pooled.
        arousal: probability that the voice is aroused; None where that was not measured.
        words: up to three open words, the most probable first.
        missing: modality → why it names no emotion.
    """

    label: str
    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    by_modality: Mapping[str, tuple[float, ...]]
    weights: Mapping[str, float]
    intensity: float | None
    arousal: float | None
    words: tuple[EmotionWord, ...]
    missing: Mapping[str, str]
