"""How emotions are called on the page, in English and Chinese; labels are named in `harness/records/names.py`."""

from __future__ import annotations

from harness.records.labels import SENTIMENT5, SPACES, LabelSpace, emotion_stem, emotions_of
from harness.records.names import ALL, LANGUAGES, READINGS, Words
from harness.records.types import Language

COLOURS = {"SNEG": "#b35806", "WNEG": "#e08e2b", "NEUT": "#8b949e", "WPOS": "#5aa5d6", "SPOS": "#2166ac"}
"""The five sentiments, as pictures for print have them; on the page they follow its theme."""
_EMOTIONS = {
    "neutral": "#7d8894",
    "calm": "#6f9a8d",
    "happy": "#b8860b",
    "sad": "#3f6fa8",
    "angry": "#b3392b",
    "fear": "#6b4c9a",
    "disgust": "#4e7d3a",
    "surprise": "#c05a8e",
    "contemptuous": "#7a5c43",
    "disappointed": "#54708c",
    "helpless": "#5f6a86",
    "anxious": "#8a5ba6",
    "worried": "#8a5ba6",
    "other": "#6b7280",
}
_POLARITIES = {"negative": "#c0703a", "neutral": "#8b949e", "positive": "#3d83bf"}
_PALETTE = (
    "#3f6fa8",
    "#b8860b",
    "#b3392b",
    "#4e7d3a",
    "#6b4c9a",
    "#c05a8e",
    "#6f9a8d",
    "#7a5c43",
    "#54708c",
    "#c0703a",
)


def colours(space: LabelSpace) -> list[str]:
    """A colour for each label of a space: that of its sentiment or emotion, else one of a palette in their order."""
    if space == SENTIMENT5:
        return [f"var(--{label})" for label in space.labels]
    known = emotions_of(SPACES[space.name]) if space.name in SPACES else ()
    found = []
    for place, label in enumerate(space.labels):
        emotion = _EMOTIONS[emotion_stem(label)] if label in known else None
        found.append(emotion or _POLARITIES.get(label) or _PALETTE[place % len(_PALETTE)])
    return found


def label_words(label: str, language: Language) -> str:
    """A label in words; itself where it has none."""
    return ALL[language][label]


def reading_words(reading: str, language: Language) -> str:
    """What a head reads, in words: a label of the five, or one of its own space."""
    return READINGS[language].get(reading) or label_words(reading, language)


def all_words() -> dict[str, Words]:
    """Every table, as the page is given them."""
    return {"labels": {code: dict(ALL[code]) for code in LANGUAGES}, "readings": READINGS}
