"""How emotions are called on the page, in English and Chinese; labels are named in `harness/records/names.py`."""

from __future__ import annotations

from harness.records.names import LABELS, Words
from harness.records.types import Language

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
