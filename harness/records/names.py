"""How labels and modalities are called in what people read, in English and Chinese."""

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
