"""The content words of a text with their places, a negation and what it negates being one unit.

What is left out of a text to see what it does: neither punctuation nor function words, which carry a sentence's form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.records.types import Language
from models.text.lexicon import INTENSIFIERS
from models.text.tokens import NEGATION_REACH, Segmenter, ends, negates, normalise

_EN_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[^\w\s]")
_EN = (
    "a an the this that these those some any each every all both it its he him his she her they them their we us "
    "our i me my you your who whom whose which what there here is am are was were be been being do does did have "
    "has had having will would shall should can could may might must of in on at by for with from to into onto "
    "over under about as than then and or but if so because while when where how why though although however "
    "also just only up down out off again too im ive id ill youre youve hes shes its theyre were thats theres"
)
_ZH = (
    "的 地 得 了 着 过 是 在 有 和 与 跟 同 及 或 而 但 但是 可是 不过 因为 所以 如果 就 也 都 还 又 再 才 只 便 "
    "把 被 给 让 对 对于 向 从 到 往 于 以 为 为了 由 我 你 您 他 她 它 我们 你们 他们 她们 它们 咱们 自己 这 那 "
    "这种 那种 这部 那部 "
    "这个 那个 这些 那些 这里 那里 哪 哪里 谁 什么 怎么 怎样 多少 几 个 些 一 一个 一些 一下 吗 呢 吧 啊 呀 哦 "
    "嗯 嘛 啦 哎 喂 要 会 能 可以 应该 已经 正在 将 之 其 此 上 下 里 中 来 去 说"
)
FUNCTION_WORDS: Mapping[Language, frozenset[str]] = {"en": frozenset(_EN.split()), "zh": frozenset(_ZH.split())}


_ZH_BARE = frozenset("不 没 别 未 无 甭 没有 不是 不会 不能 不要 不想 不用 不再 不太 没能 并不 从不".split())  # noqa: SIM905
"""Negations that need a further word; others, such as 不好, say what they negate."""


@dataclass(frozen=True)
class Unit:
    """A content word, or a negation with the content word under it: its characters `start` to `end` of the text."""

    start: int
    end: int


def units(text: str, language: Language, segmenter: Segmenter) -> list[Unit]:
    """The units of `text` in their order; they do not overlap. An intensifier belongs to the word after it."""
    found: list[Unit] = []
    begin, left = -1, 0
    for word, start, end in _words(text, language, segmenter):
        if ends(word):
            left = 0
        elif negates(word, language) and (language == "en" or word in _ZH_BARE):
            begin, left = (begin if left else start), NEGATION_REACH[language]
        elif word in INTENSIFIERS[language]:
            begin, left = (begin if left else start), max(left, 1)
        elif word[0].isalnum() and word not in FUNCTION_WORDS[language]:
            found.append(Unit(begin if left else start, end))
            left = 0
        else:
            left = max(0, left - 1)
    return found


def without(text: str, unit: Unit) -> str:
    """The text with a unit taken out, and one space where two would meet."""
    before, after = text[: unit.start], text[unit.end :]
    return before + after if after[:1].isalnum() else before.rstrip() + after


def _words(text: str, language: Language, segmenter: Segmenter) -> Iterator[tuple[str, int, int]]:
    """(word as the head's tokens spell it, start, end)."""
    if language == "en":
        for match in _EN_WORD.finditer(text):
            yield normalise(match.group(), "en"), match.start(), match.end()
        return
    at = 0
    for word in segmenter.cut(text.lower() if len(text.lower()) == len(text) else text):
        at = text.lower().find(word, at) if len(text.lower()) == len(text) else text.find(word, at)
        yield word, at, at + len(word)
        at += len(word)
