"""Cutting a chain of thought after a share of it, at a border that a writer would stop at."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from eval.claim_find import sentences
from eval.rewards import length_units

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
NEAR = 0.1
"""How far from the wished share, as a share of the text, a sentence's or clause's end may lie."""
_CLAUSE = re.compile(r"[，,、；;：:](?=\s|[\u3400-\u9fff]|$)")
_WORD = re.compile(r"[A-Za-z0-9]+(?:[.'’-][A-Za-z0-9]+)*")
_CJK = re.compile(r"[\u3400-\u9fff]+")


def cuts(text: str, shares: Sequence[float] = SHARES) -> tuple[int, ...]:
    """Offsets in `text` after which it is cut for each share, 0 and len(text) at the ends, never falling.

    A share is measured in words and Chinese characters (`eval.rewards.length_units`). The cut is at the end of a
    sentence within `NEAR` of the share, else of a clause within it, else at the nearest end of a word (Chinese words
    as jieba finds them).
    """
    found: list[int] = []
    for share in shares:
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"a share is between 0 and 1, not {share}")
        at = 0 if share == 0.0 else len(text) if share == 1.0 else _cut(text, share)
        found.append(max(at, found[-1]) if found and share >= shares[len(found) - 1] else at)
    return tuple(found)


def _cut(text: str, share: float) -> int:
    total = length_units(text)
    if not total:
        return 0

    def distance(at: int) -> float:
        return abs(length_units(text[:at]) / total - share)

    for borders in (_sentence_ends, _clause_ends):
        near = _nearest(borders(text), distance)
        if near is not None and distance(near) <= NEAR:
            return near
    near = _nearest(_word_ends(text), distance)
    return len(text) if near is None else near


def _nearest(borders: Sequence[int], distance: Callable[[int], float]) -> int | None:
    return min(borders, key=distance, default=None)


def _sentence_ends(text: str) -> list[int]:
    """Ends of sentences with their marks."""
    firsts = [first for first, _ in sentences(text)]
    return [len(text[:first].rstrip()) for first in firsts[1:]] + [len(text)]


def _clause_ends(text: str) -> list[int]:
    return [match.end() for match in _CLAUSE.finditer(text)]


def _word_ends(text: str) -> list[int]:
    ends = [match.end() for match in _WORD.finditer(text)]
    chinese = list(_CJK.finditer(text))
    if chinese:
        import jieba

        # Its start-up message would stand in the middle of a table.
        jieba.setLogLevel("WARNING")
        for match in chinese:
            ends += [match.start() + end for _, _, end in jieba.tokenize(match.group())]
    return sorted(ends)
