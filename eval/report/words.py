"""How labels, emotions and modalities are called in what people read, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.records.types import Language

Words = Mapping[Language, Mapping[str, str]]
LANGUAGES: Sequence[Language] = ("en", "zh")

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
MODALITIES: Words = {
    "en": {"text": "the words", "audio": "the voice", "video": "the face", "answer": "the model's answer"},
    "zh": {"text": "话语", "audio": "声音", "video": "表情", "answer": "模型的回答"},
}
READINGS: Words = {
    "en": {
        "angry": "angry",
        "disgust": "disgusted",
        "disgusted": "disgusted",
        "fear": "afraid",
        "fearful": "afraid",
        "happy": "happy",
        "sad": "sad",
        "surprise": "surprised",
        "surprised": "surprised",
        "neutral": "neutral",
        "negative": "negative",
        "positive": "positive",
        "calm": "calm",
        "worried": "worried",
        "contemptuous": "contemptuous",
        "other": "another emotion",
        "unknown": "unclear",
    },
    "zh": {
        "angry": "愤怒",
        "disgust": "厌恶",
        "disgusted": "厌恶",
        "fear": "害怕",
        "fearful": "害怕",
        "happy": "高兴",
        "sad": "悲伤",
        "surprise": "惊讶",
        "surprised": "惊讶",
        "neutral": "平静",
        "negative": "负面",
        "positive": "正面",
        "calm": "平静",
        "worried": "担心",
        "contemptuous": "轻蔑",
        "other": "其他情绪",
        "unknown": "不明",
    },
}
"""Labels of the heads' own spaces, as what someone looks or sounds."""


def label_words(label: str, language: Language) -> str:
    """A label in words; itself where it has none."""
    return LABELS[language].get(label, label)


def reading_words(reading: str, language: Language) -> str:
    """What a head reads, in words: a label of the five, or one of its own space."""
    return READINGS[language].get(reading) or label_words(reading, language)


def all_words() -> dict[str, Words]:
    """Every table, as the page is given them."""
    return {"labels": LABELS, "readings": READINGS}
