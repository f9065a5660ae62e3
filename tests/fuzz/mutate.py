"""Texts and bytes to try, tens of thousands a second: pieces in any order, and good ones edited at random.

What reaches lines of a reader that nothing reached before is kept and edited further (`tests.fuzz.lines`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

T = TypeVar("T", str, bytes)
LONGEST = 4_000
"""Characters or bytes of a value, or twice those of the longest good one."""
MOST_KEPT = 2_000
"""Values that are edited further."""
NUMBERS = ("", "0", "-1", "1e999", "-0", "nan", "٣", "1_0", "0x1", "9" * 400, "2147483648", "1.5", "00", "1e-320")
ODD_CHARACTERS = (
    *("\0", "\t", "\n", "\r", "\x0b", "\x1b", "\x7f", "\x85", "\xa0", "\u0130", "\u0301", "\u200b", "\u202e"),
    *("\u2028", "\u3000", "\ud800", "\udcff", "\ufeff", "\uff1c", "\ufffd", "\uffff", "\U0001f600", "\U0010ffff"),
    *"aZ09\"'<>[](){}*_#:;,.-\\&|/=@%~`$^+?!你不。，：“”ßİſ٣",
)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, "", "x", [], {}, -1, 0, 1.5, 10**400, 1e308, float("nan"), float("inf"), [None], {"a": {"a": []}}),
    *("\ud800", "9" * 400, [[]], [1, "x"], {"": 0}, "你好", 2**63, -0.0, ["SPOS"]),
)
"""What stands in place of a part of a JSON value."""


class Mutator(Generic[T]):
    """Makes values of `pieces` and `good` values; equal numbers make equal values.

    Args:
        number: seed.
        good: values that a reader takes; at least one. All of one type, as `pieces` are.
        pieces: what a reader looks for.
    """

    def __init__(self, number: int, good: Sequence[T], pieces: Sequence[T] = ()) -> None:
        self._random = random.Random(number)
        self.kept: list[T] = list(good)
        self._empty: T = good[0][:0]
        self._longest = max(LONGEST, 2 * max(map(len, good)))
        odd = [self._as_type(one) for one in (*NUMBERS, *ODD_CHARACTERS)]
        self._odd: list[T] = odd if isinstance(good[0], str) else [*odd, *map(_byte, range(256))]  # type: ignore[list-item]
        self._pieces: list[T] = [*pieces] or self._odd
        self._usual = bool(pieces)
        self._edits: tuple[Callable[[T, int, int], T], ...] = (
            lambda value, at, end: value[:at] + value[end:],
            lambda value, at, end: value[:end] + value[at:],
            lambda value, at, end: value[:at] + self._one_of(self._odd) + value[end:],
            lambda value, at, end: value[:at] + self._one_of(self._pieces) + value[end:],
            lambda value, at, end: value[:at] + self._one_of(self._odd) + value[at:],
            lambda value, at, end: value[:at] + self._one_of(self._pieces) + value[at:],
            lambda value, at, end: value[:at] + value[end : end + end - at] + value[at:end] + value[end + end - at :],
            self._repeated,
            self._spliced,
        )

    def value(self) -> T:
        """The next value."""
        draw = self._random.random
        if self._usual and draw() < 0.4:
            made = self._empty.join(self._random.choices(self._pieces, k=1 + int(draw() ** 2 * 30)))
            return made if draw() < 0.7 else self._edited(made, 1)
        return self._edited(self._one_of(self.kept), 1 + int(draw() ** 2 * 6))[: self._longest]

    def number(self) -> int:
        """A number for all else that a reader is given."""
        return self._random.getrandbits(30)

    def keep(self, value: T) -> None:
        """Edit this one too from now on; above `MOST_KEPT` it takes another's place."""
        if len(self.kept) < MOST_KEPT:
            self.kept.append(value)
        else:
            self.kept[int(self._random.random() * MOST_KEPT)] = value

    def _edited(self, value: T, times: int) -> T:
        draw = self._random.random
        if value[:1] in ("{", b"{") and draw() < 0.75:  # most other edits leave no JSON
            return self._structured(value, times)
        for _ in range(times):
            at = int(draw() * (len(value) + 1))
            value = self._one_of(self._edits)(value, at, min(len(value), at + int(draw() ** 3 * 40)))
        return value

    def _repeated(self, value: T, at: int, end: int) -> T:
        """A part, often one, seldom hundreds of times more."""
        times = 1 + int(self._random.random() ** 6 * 300)
        return value[:end] + value[at:end] * times + value[end:]

    def _spliced(self, value: T, at: int, end: int) -> T:
        """The beginning of one, the end of another."""
        other = self._one_of(self.kept)
        return value[:at] + other[int(self._random.random() * (len(other) + 1)) :]

    def _structured(self, value: T, times: int) -> T:
        """A JSON object in which parts are other, missing, or there twice; what is no JSON as it was."""
        try:
            whole = json.loads(value)
        except (ValueError, RecursionError):
            return value
        for _ in range(times):
            whole = shaken(whole, self._random)
        return self._as_type(json.dumps(whole, ensure_ascii=self._random.random() < 0.7))

    def _one_of(self, values: Sequence[Any]) -> Any:
        return values[int(self._random.random() * len(values))]

    def _as_type(self, text: str) -> T:
        return text if isinstance(self._empty, str) else text.encode("utf-8", "surrogatepass")


def _byte(number: int) -> bytes:
    return bytes((number,))


def shaken(whole: Any, source: random.Random) -> Any:
    """A JSON value in which one part, found by going down at random, is another, missing, or there twice."""
    if not isinstance(whole, dict | list) or not whole or source.random() < 0.1:
        return source.choice(ODD_VALUES)
    table: Mapping[Any, Any] = whole if isinstance(whole, dict) else dict(enumerate(whole))
    key = source.choice(list(table))
    kind = source.random()
    if kind < 0.15:
        changed = {one: value for one, value in table.items() if one != key}
    elif kind < 0.25:
        changed = {**table, (f"{key}x" if isinstance(whole, dict) else len(table)): table[key]}
    else:
        changed = {**table, key: shaken(table[key], source)}
    return changed if isinstance(whole, dict) else list(changed.values())
