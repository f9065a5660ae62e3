"""How labels and modalities are called in what people read, in English and Chinese."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from harness.records.labels import SPACES, emotion_stem, emotions_of
from harness.records.types import MODALITIES as ORDER
from harness.records.types import Language

Words = Mapping[Language, Mapping[str, str]]
LANGUAGES: Sequence[Language] = ("en", "zh")
ANSWER = "answer"
"""The reasoner's own answer: a source of the pool, and no modality."""


class Names(dict[str, str]):
    """Label → its name. A label that has none, such as one of a user's own space, is called by itself."""

    def __missing__(self, label: str) -> str:
        """The label."""
        return label


LABELS: Words = {
    "en": {
        "SNEG": "strongly negative",
        "WNEG": "mildly negative",
        "NEUT": "neutral",
        "WPOS": "mildly positive",
        "SPOS": "strongly positive",
    },
    "zh": {"SNEG": "强烈负面", "WNEG": "轻微负面", "NEUT": "中性", "WPOS": "轻微正面", "SPOS": "强烈正面"},
}


class SourceNames(dict[str, str]):
    """Source of an opinion → its name. One that is no modality is a net from outside, called as the user calls it."""

    def __init__(self, names: Mapping[str, str], outside: str) -> None:
        super().__init__(names)
        self._outside = outside

    def __missing__(self, source: str) -> str:
        """The net from outside."""
        return self._outside.format(source)


MODALITIES: Mapping[Language, SourceNames] = {
    "en": SourceNames(
        {"text": "the words", "audio": "the voice", "video": "the face", "answer": "the model's answer"},
        "the outside net {}",
    ),
    "zh": SourceNames({"text": "话语", "audio": "声音", "video": "表情", "answer": "模型的回答"}, "外部模型 {}"),
}


def in_order(sources: Iterable[str]) -> list[str]:
    """Names of sources: the modalities in their order, then the others as they come."""
    given = list(sources)
    return [*(m for m in ORDER if m in given), *(name for name in given if name not in ORDER)]


# Emotions by their stem in `labels.py`: as what someone looks or sounds.
_EMOTIONS: Words = {
    "en": {
        "happy": "happy",
        "sad": "sad",
        "neutral": "neutral",
        "angry": "angry",
        "surprise": "surprised",
        "disgust": "disgusted",
        "fear": "afraid",
        "contemptuous": "contemptuous",
        "disappointed": "disappointed",
        "helpless": "helpless",
        "anxious": "anxious",
        "worried": "worried",
        "calm": "calm",
        "other": "another emotion",
    },
    "zh": {
        "happy": "高兴",
        "sad": "悲伤",
        "neutral": "平静",
        "angry": "愤怒",
        "surprise": "惊讶",
        "disgust": "厌恶",
        "fear": "害怕",
        "contemptuous": "轻蔑",
        "disappointed": "失望",
        "helpless": "无助",
        "anxious": "焦虑",
        "worried": "担心",
        "calm": "平静",
        "other": "其他情绪",
    },
}
READINGS: Words = {
    language: {
        **{label: words[emotion_stem(label)] for space in SPACES.values() for label in emotions_of(space)},
        "negative": {"en": "negative", "zh": "负面"}[language],
        "positive": {"en": "positive", "zh": "正面"}[language],
        "unknown": {"en": "unclear", "zh": "不明"}[language],
    }
    for language, words in _EMOTIONS.items()
}
"""Labels of every space of emotions, and of polarity."""
ALL: Mapping[Language, Names] = {language: Names({**READINGS[language], **LABELS[language]}) for language in LANGUAGES}
"""Whatever label of whatever space → its name."""
