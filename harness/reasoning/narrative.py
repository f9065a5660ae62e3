"""An argument told as a text: the judgement and what carries it, its cues, the conflict and its settling, the doubt.

The wording of each language is written in its own right (`narrative_en.py`, `narrative_zh.py`); what is told, and in
which order, is chosen in `selection.py`, so that both say the same.
"""

from __future__ import annotations

from harness.reasoning import narrative_en, narrative_zh
from harness.reasoning.selection import LEAST_CARRIED, MOST_CUES, chosen, share_told
from harness.records.argument import Argument
from harness.records.types import Language


def tell(argument: Argument, language: Language, words: str) -> str:
    """The argument as a text; `words` are the clip's, as its transcript has them.

    90–220 words in English, 150–350 characters in Chinese, where the clip gives so much to say. A longer text loses its
    smallest cues, as long as the others carry `LEAST_CARRIED` of what all of them moved, then half of the
    quotation and the times of words.
    """
    write, length, longest = (narrative_zh.text, len, 350) if language == "zh" else (narrative_en.text, _words, 220)
    text, kept = write(chosen(argument, language, words)), MOST_CUES
    while length(text) > longest and kept > 1:
        fewer = chosen(argument, language, words, kept - 1)
        if share_told(fewer) < LEAST_CARRIED:
            break
        text, kept = write(fewer), kept - 1
    if length(text) > longest:
        text = write(chosen(argument, language, words, kept, brief=True))
    return text


def _words(text: str) -> int:
    return len(text.split())
