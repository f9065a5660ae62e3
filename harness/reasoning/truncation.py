"""Cutting a chain of thought after a share of it, at a border that a writer would stop at."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)
NEAR = 0.1
"""How far from the wished share, as a share of the text, the end of a sentence or clause may lie."""
_UNIT = re.compile(r"[A-Za-z0-9]+(?:[.'’-][A-Za-z0-9]+)*|[\u3400-\u9fff]")
_SENTENCE_END = re.compile(r"(?:[。！？]|[.!?…](?=\s|$))[\"”』」）)]*")
_CLAUSE_END = re.compile(r"[，,、；;：:](?=\s|[\u3400-\u9fff]|$)")


def cuts(text: str, shares: Sequence[float] = SHARES) -> tuple[int, ...]:
    """Offsets in `text` after which it is cut for each of the ascending `shares`; 0 and len(text) at the ends.

    A share is measured in words and Chinese characters. The cut is at the end of a sentence within `NEAR` of the
    share, else of a clause within it, else at the nearest end of a word or Chinese character. Offsets never fall.
    """
    found: list[int] = []
    for share in shares:
        if not 0.0 <= share <= 1.0:
            raise ValueError(f"a share is between 0 and 1, not {share}")
        at = 0 if share == 0.0 else len(text) if share == 1.0 else _cut(text, share)
        found.append(max(at, found[-1]) if found else at)
    return tuple(found)


def _cut(text: str, share: float) -> int:
    units = [match.end() for match in _UNIT.finditer(text)]
    if not units:
        return 0

    def distance(at: int) -> float:
        return abs(bisect_right(units, at) / len(units) - share)

    for border in (_SENTENCE_END, _CLAUSE_END):
        near = min((match.end() for match in border.finditer(text)), key=distance, default=None)
        if near is not None and distance(near) <= NEAR:
            return near
    return min(units, key=distance)
