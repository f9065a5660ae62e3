from __future__ import annotations

from typing import Any

import pytest

from harness.records.numbers import Number, finite

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "holds"),
    [(0, True), (2, True), (1.5, True), (-0.1, False), (2.1, False), (NAN, False), (INF, False), (-INF, False)]
    + [(value, False) for value in (True, False, None, "1", [1])],
)
def test_a_range(value: Any, holds: bool) -> None:
    assert Number(0, 2).holds(value) is holds


@pytest.mark.parametrize("value", [NAN, INF, -INF, True])
def test_what_is_no_number_is_in_no_range(value: Any) -> None:
    assert not Number().holds(value) and not Number(whole=True).holds(value) and not Number(0).holds(value)


def test_whole_numbers() -> None:
    assert Number(1, whole=True).holds(10**30) and not Number(1, whole=True).holds(1.0)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (Number(), "a number"),
        (Number(0), "a number, at least 0"),
        (Number(high=3), "a number, at most 3"),
        (Number(1, 9, whole=True), "a whole number, from 1 to 9"),
    ],
)
def test_the_range_in_words(number: Number, words: str) -> None:
    assert number.allowed == words


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1.0), ("2.5", 2.5), (" 3 ", 3.0), ("nan", None), ("1e999", None), (10**400, None), (True, None), ("x", None)],
)
def test_finite(value: Any, number: float | None) -> None:
    assert finite(value) == number
