"""Times that a chain of thought names: `at 1.2–1.8 s`, 第3秒左右, “towards the end”, 开头."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PARTS = {"start": (0.0, 1 / 3), "middle": (0.25, 0.75), "end": (2 / 3, 1.0)}
"""A named part of a clip as fractions of its length. The middle is wide: nobody means exactly the third in it."""


@dataclass(frozen=True)
class When:
    """A named time: seconds, or a part of the clip (start, middle, end). `at` is its offset in the text.

    `side` is `after` for “after 2.5 s” (from there to the end), `before` for “before 2.5 s”, else empty.
    """

    start: float | None
    end: float | None
    part: str
    at: int
    side: str = ""

    def seconds(self, length: float) -> tuple[float, float] | None:
        """From and to in a clip of `length` seconds; None for a part of a clip whose length is not known."""
        if self.start is not None and self.end is not None:
            if self.side == "after":
                return self.start, max(length, self.start) if length > 0 else float("inf")
            return (0.0, self.end) if self.side == "before" else (self.start, self.end)
        if length <= 0:
            return None
        low, high = PARTS[self.part]
        return low * length, high * length


_S = r"\s*(?:s\b|sec(?:ond)?s?\b|秒)"
# Begins where digits begin: a search that may begin at each of many digits takes the square of their number.
_NUMBER = r"(?<!\d)(\d{1,6}(?:\.\d+)?)"
_RANGE = re.compile(rf"{_NUMBER}(?:{_S})?\s*(?:[-–—~～至到]|to|and)\s*(?:第\s*)?{_NUMBER}{_S}", re.IGNORECASE)
_POINT = re.compile(
    r"(?:\b(?:at|around|near|about|after|from|since|by|before|until)|@)"
    rf"\s+(?:about |around |roughly )?{_NUMBER}{_S}"
    rf"|第\s*{_NUMBER}\s*秒(?:[之以]后|[之以]前)?|(?<![了约达长续共])(?:在|约)?{_NUMBER}\s*秒(?:钟)?"
    r"(?:处|时|左右|附近|前后|那一刻|的时候|开始|[之以]?后|[之以]?前)"
    rf"|[（(]\s*{_NUMBER}{_S}\s*[)）]",
    re.IGNORECASE,
)
_SIDES = {
    "after": re.compile(r"^(?:after|from|since)\b|(?:[之以]?后|开始)$", re.IGNORECASE),
    "before": re.compile(r"^(?:before|until)\b|(?<!前)[之以]?前$", re.IGNORECASE),
}
_DURATION = re.compile(
    rf"(?:paus\w+|silen\w+|hesitat\w+|held|lasting|for)\s+(?:about |around )?{_NUMBER}{_S}", re.IGNORECASE
)
_FIRST_SECOND = re.compile(r"\bfirst second\b|第一秒", re.IGNORECASE)
_PARTS = {
    "start": r"at the (?:very )?(?:beginning|start|outset|opening)|in the beginning|\binitially\b|^at first\b"
    r"|in the first (?:half|part|third)|at the beginning|开头|一开始|开始时|起初|最初|开场|前半段|开始的时候|^开始",
    "middle": r"in the middle|midway|halfway|mid-?clip|中间|中段|中途|半途|中部",
    "end": r"(?:at|near|towards?|by|before|until|as \w+ reach\w*) the (?:very )?end\b|(?:the|his|her) last (?:\w+ )?"
    r"(?:word|sentence|part|line|second|moment|syllable)s?|final (?:word|sentence|part|line|second|moment)s?"
    r"|in the second half|^finally\b|最后|结尾|末尾|结束时|句末|句尾|后半段|尾声|收尾",
}
_PART = {name: re.compile(words, re.IGNORECASE) for name, words in _PARTS.items()}
_COMPARED = re.compile(
    r"\bthan\b(?: (?:in|at|it|she|he|they|was|did|during|the|before|first|half|part|beginning|start|end))*"
    r"|比[^，。；]{1,8}?更|比之前",
    re.IGNORECASE,
)


def times_in(text: str, first: int, last: int) -> list[When]:
    """The times named in `text[first:last]`, in order. What follows “than” or stands between 比 and 更 is none."""
    part = text[first:last]
    for pattern in (_COMPARED, _DURATION):
        part = pattern.sub(lambda match: "□" * len(match.group()), part)
    found = list(_numbered(part, first))
    for name, pattern in _PART.items():
        found += [When(None, None, name, first + match.start()) for match in pattern.finditer(part)]
    return sorted(found, key=lambda when: when.at)


def _numbered(part: str, first: int) -> Iterator[When]:
    taken: list[tuple[int, int]] = []
    for pattern in (_RANGE, _FIRST_SECOND, _POINT):
        for match in pattern.finditer(part):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            numbers = [float(group) for group in match.groups() if group is not None] or [0.0, 1.0]
            if numbers[-1] < numbers[0]:
                continue
            taken.append(match.span())
            side = ""
            if pattern is _POINT:
                side = next((name for name, words in _SIDES.items() if words.search(match.group())), "")
                # 前后 and 左右 mean about that time.
                side = "" if match.group().endswith("前后") else side
            yield When(numbers[0], numbers[-1], "", first + match.start(), side)
