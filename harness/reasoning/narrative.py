"""An argument told as a text: the judgement and what carries it, its cues, the conflict and its settling, the doubt.

The wording of each language is written in its own right (`narrative_en.py`, `narrative_zh.py`); what is told, and in
which order, is chosen in `selection.py`, so that both say the same.
"""

from __future__ import annotations

from harness.reasoning import narrative_en, narrative_zh
from harness.reasoning.selection import MOST_CUES, chosen, share_told
from harness.records.argument import Argument
from harness.records.types import Language

LEAST_TOLD = 0.6


def tell(argument: Argument, language: Language, words: str) -> str:
    """The argument as a text; `words` are the clip's, as its transcript has them.

    90–220 words in English, 150–350 characters in Chinese, where the clip gives so much to say. A longer text loses its
    smallest cues, as long as the others carry `LEAST_TOLD` of what all of them moved.
    """
    write, length, longest = (narrative_zh.text, len, 350) if language == "zh" else (narrative_en.text, _words, 220)
    text = write(chosen(argument, language, words))
    for most in range(MOST_CUES - 1, 0, -1):
        fewer = chosen(argument, language, words, most)
        if length(text) <= longest or share_told(fewer) < LEAST_TOLD:
            break
        text = write(fewer)
    return text


def _words(text: str) -> int:
    return len(text.split())
