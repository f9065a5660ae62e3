"""An argument told as a text: the judgement and what carries it, its cues, the conflict and its settling, the doubt.

The wording of each language is written in its own right (`narrative_en.py`, `narrative_zh.py`); what is told, and in
which order, is chosen in `selection.py`, so that both say the same.
"""

from __future__ import annotations

from harness.reasoning import narrative_en, narrative_zh
from harness.reasoning.selection import chosen
from harness.records.argument import Argument
from harness.records.types import Language


def tell(argument: Argument, language: Language, words: str) -> str:
    """The argument as a text; `words` are the clip's, as its transcript has them.

    90–220 words in English, 150–350 characters in Chinese, where the clip gives so much to say.
    """
    told = chosen(argument, language, words)
    return narrative_zh.text(told) if language == "zh" else narrative_en.text(told)
