"""The emotions of a clip: pooled over the seven, with intensity, arousal and open words. Pure.

Open words are the most probable emotion and those beside it that are probable enough (`neutral` only where it is the
first), named by their degree: how aroused the voice is, where that was measured, chooses between a mild, a plain and a
strong word. Each carries what it rests on. A free answer of an omni
model adds the word that it gave.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.judging.fuse import FuseSettings, argmax_label, fuse
from harness.judging.opinions import missing_for, sources_of
from harness.records.emotions import Emotions, EmotionWord
from harness.records.labels import EMOTION7, SENTIMENT5, emotion_stem, fold
from harness.records.types import ClipEvidence, Language, Opinion

MOST_WORDS = 3
LEAST_SHARE = 0.15
"""Pooled probability from which an emotion is an open word, and the share of the most probable one from which it is."""
LEAST_OF_FIRST = 0.35
LEAST_SAID = 0.2
"""Probability from which a modality is named as evidence of an emotion."""
MILD, STRONG = 0.35, 0.7
"""Arousal of the voice below which the mild, and above which the strong word is used."""
GRADES: Mapping[str, tuple[tuple[str, str], tuple[str, str], tuple[str, str]]] = {
    "neutral": (("calm", "平静"), ("neutral", "中性"), ("neutral", "中性")),
    "joy": (("content", "满意"), ("happy", "高兴"), ("excited", "兴奋")),
    "sadness": (("downcast", "低落"), ("sad", "悲伤"), ("distressed", "痛苦")),
    "anger": (("annoyed", "不满"), ("angry", "愤怒"), ("furious", "暴怒")),
    "fear": (("uneasy", "不安"), ("afraid", "害怕"), ("terrified", "惊恐")),
    "disgust": (("averse", "反感"), ("disgusted", "厌恶"), ("revolted", "嫌恶")),
    "surprise": (("puzzled", "疑惑"), ("surprised", "惊讶"), ("astonished", "震惊")),
}
"""Emotion → its mild, plain and strong word, in English and Chinese."""
_NAMES = {"text": "words", "audio": "voice", "video": "face"}


def emotions_of(
    evidence: ClipEvidence, emotions: FuseSettings, sentiments: FuseSettings, answer: str = ""
) -> Emotions | None:
    """The emotions that the evidence holds; None when no modality with a weight names any.

    Args:
        evidence: of the clip.
        emotions: how emotions are pooled, over emotion7.
        sentiments: how sentiments are, over sentiment5.
        answer: what a model answered in words; empty without one.
    """
    sources = sources_of(evidence, EMOTION7)
    fused = fuse(sources, emotions)
    if not fused.weights:
        return None
    aroused = arousal_of(evidence)
    given = {name: source.probabilities for name, source in sources.items()}
    return Emotions(
        argmax_label(fused.probabilities, EMOTION7),
        EMOTION7.labels,
        fused.probabilities,
        given,
        fused.weights,
        intensity_of(evidence, sentiments),
        aroused,
        open_words(fused.probabilities, given, evidence, aroused, answer),
        dict(missing_for(evidence, EMOTION7)),
    )


def intensity_of(evidence: ClipEvidence, sentiments: FuseSettings) -> float | None:
    """P(strong | not neutral) of the pooled sentiment."""
    fused = fuse(sources_of(evidence, SENTIMENT5), sentiments)
    p = dict(zip(SENTIMENT5.labels, fused.probabilities, strict=True))
    polar = 1 - p["NEUT"]
    return (p["SNEG"] + p["SPOS"]) / polar if fused.weights and polar > 0 else None


def arousal_of(evidence: ClipEvidence) -> float | None:
    """The probability that the voice is aroused, as measured."""
    return next((item.value for item in evidence.items if item.kind == "arousal_probability"), None)


def open_words(
    pooled: Sequence[float],
    given: Mapping[str, Sequence[float]],
    evidence: ClipEvidence,
    aroused: float | None,
    answer: str,
) -> tuple[EmotionWord, ...]:
    """Up to `MOST_WORDS` words for what is shown, with their evidence."""
    ranked = sorted(range(len(pooled)), key=lambda y: -pooled[y])
    least = max(LEAST_SHARE, LEAST_OF_FIRST * pooled[ranked[0]])
    neutral = EMOTION7.rank("neutral")
    more = [y for y in ranked[1:] if pooled[y] >= least and y != neutral]
    kept = [ranked[0], *more][:MOST_WORDS]
    words = [_word(y, pooled[y], given, evidence, aroused) for y in kept]
    own = _answered(answer)
    if own is None:
        return tuple(words)
    said = f"the model's answer “{fold(answer)[:40]}”"
    for place, word in enumerate(words):
        if word.emotion == own.emotion:
            words[place] = EmotionWord(word.word, word.emotion, word.probability, (*word.evidence, said), word.names)
            return tuple(words)
    return (EmotionWord(own.word, own.emotion, None, (said,), own.names), *words)[:MOST_WORDS]


def _word(
    y: int, p: float, given: Mapping[str, Sequence[float]], evidence: ClipEvidence, aroused: float | None
) -> EmotionWord:
    emotion = EMOTION7.labels[y]
    english, chinese = GRADES[emotion][_degree(aroused)]
    said = [f"{_NAMES.get(m, m)} {values[y]:.2f}" for m, values in given.items() if values[y] >= LEAST_SAID]
    said = said or [f"{_NAMES.get(m, m)} {values[y]:.2f}" for m, values in given.items()][:1]
    quoted = _quoted(evidence.emotions.get("text"), emotion)
    if aroused is not None and english != GRADES[emotion][1][0]:
        said.append(f"arousal {aroused:.2f}")
    names: dict[Language, str] = {"en": english, "zh": chinese}
    return EmotionWord(english, emotion, p, (*said, *quoted), names)


def _degree(aroused: float | None) -> int:
    return 1 if aroused is None or MILD <= aroused <= STRONG else 2 * int(aroused > STRONG)


def _quoted(text: Opinion | None, emotion: str) -> list[str]:
    """The word that moved the text's head most towards the emotion, where that is what it found most probable."""
    if text is None or argmax_label(text.probabilities, EMOTION7) != emotion:
        return []
    towards = [reason for reason in text.reasons if reason.contribution > 0]
    best = max(towards, key=lambda reason: reason.contribution, default=None)
    return [f"“{best.feature}”"] if best is not None else []


def _answered(answer: str) -> EmotionWord | None:
    """The emotion that a model's free answer names, under its own word."""
    word = fold(answer)
    if not word or len(word) > 40:
        return None
    try:
        stem = emotion_stem(word)
    except KeyError:
        return None
    emotion = next((label for label in EMOTION7.labels if emotion_stem(label) == stem), "")
    return EmotionWord(word, emotion, None, (), {"en": word, "zh": word})
