from __future__ import annotations

import argparse
from typing import Any

import pytest

from harness.records.numbers import AT_LEAST_ONE, COUNT, PORT, SEED, SHARE, Number, finite

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("value", "holds"),
    [(0, True), (2, True), (1.5, True), (-0.1, False), (2.1, False), (NAN, False), (INF, False), (-INF, False)]
    + [(value, False) for value in (True, False, None, "1", [1])],
)
def test_a_range(value: Any, holds: bool) -> None:
    assert Number(0, 2).holds(value) is holds


@pytest.mark.parametrize("value", [NAN, INF, -INF, True, 10**400])
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


@pytest.mark.parametrize("number", [COUNT, AT_LEAST_ONE, SEED, PORT, SHARE, Number()])
@pytest.mark.parametrize("word", ["nan", "inf", "-inf", "1e999", "x", "", "9" * 5000])
def test_a_command_line_takes_no_other_word(number: Number, word: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not a (whole )?number"):
        number.parse(word)


def test_a_command_line_takes_what_is_in_range() -> None:
    assert (COUNT.parse("0"), AT_LEAST_ONE.parse("1"), PORT.parse("65535"), SHARE.parse("1")) == (0, 1, 65_535, 1.0)
    with pytest.raises(argparse.ArgumentTypeError, match="-5 is not a whole number, from 0 to 2147483647"):
        COUNT.parse("-5")
