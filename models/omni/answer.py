"""The form of a reply: the pattern that is asked for, and whether what came can be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from harness.records.answers import read_answer
from harness.records.labels import SENTIMENT5, LabelSpace
from harness.records.types import Language

LABELS = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
"""What is answered, in the order of the label space `sentiment5`."""

ANSWER = "<answer>"
END = "</answer>"

_RESERVED = 48
"""Tokens kept for the tags and the label."""
_CHARACTERS_PER_TOKEN: dict[Language, int] = {"en": 2, "zh": 1}
"""How many characters of reasoning are allowed for each token. A tokeniser like Qwen's makes about four of English and
one and a half of Chinese from one token, so that a reply of this length ends before `max_tokens` does."""
_BYTES_PER_CHARACTER = 4
_LENGTH = re.compile(r"\{1,(\d+)\}")

Verdict = Literal["match", "loose", "truncated", "empty", "refused", "no answer"]


def pattern(labels: Sequence[str], language: Language, max_tokens: int, *, answer_only: bool) -> str:
    """Regular expression of a whole reply. Nothing in it may repeat without end, or a reply could be cut in there."""
    answer = f"{ANSWER}({'|'.join(map(re.escape, labels))}){END}"
    if answer_only:
        return answer
    most = max(1, (max_tokens - _RESERVED) * _CHARACTERS_PER_TOKEN[language])
    return rf"<think>[^<]{{1,{most}}}</think>\n?{answer}"


def tighter(asked: str, max_tokens: int) -> str:
    """The pattern with so little reasoning that no tokeniser can need more than `max_tokens`: one token per byte."""
    most = max(1, (max_tokens - _RESERVED) // _BYTES_PER_CHARACTER)
    return _LENGTH.sub(lambda found: f"{{1,{min(most, int(found[1]))}}}", asked)


def judge(text: str, finish_reason: str, asked: str, space: LabelSpace = SENTIMENT5) -> Verdict:
    """Whether a reply can be used.

    `match`: as asked. `loose`: not as asked, but the reader of replies finds a label of `space` in it. The others say
    why not.
    Without a pattern any reply that is complete is a match.
    """
    if not text.strip():
        return "empty"
    if re.fullmatch(asked, text.strip()) if asked else finish_reason != "length":
        return "match"
    if not asked:
        return "truncated"
    read = read_answer(text, finish_reason, space)
    if read.label is not None:
        return "loose"
    if read.problem == "truncated" and finish_reason == "length":
        return "truncated"
    return "refused" if read.problem.startswith("refused") else "no answer"


def up_to_answer(text: str) -> str | None:
    """A reply up to the place where its label stands; None when it names none."""
    head, tag, _ = text.rpartition(ANSWER)
    return head + tag if tag else None
