"""How emotions are called on the page, in English and Chinese; labels are named in `harness/records/names.py`."""

from __future__ import annotations

from harness.records.names import ALL, LANGUAGES, READINGS, Words
from harness.records.types import Language


def label_words(label: str, language: Language) -> str:
    """A label in words; itself where it has none."""
    return ALL[language][label]


def reading_words(reading: str, language: Language) -> str:
    """What a head reads, in words: a label of the five, or one of its own space."""
    return READINGS[language].get(reading) or label_words(reading, language)


def all_words() -> dict[str, Words]:
    """Every table, as the page is given them."""
    return {"labels": {code: dict(ALL[code]) for code in LANGUAGES}, "readings": READINGS}
