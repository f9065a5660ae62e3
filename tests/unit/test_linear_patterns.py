"""No regular expression that reads text from outside takes the square of its length: found by trying them all."""

from __future__ import annotations

import importlib
import re
import time
from functools import cache

import pytest

from tests.unit.test_rooms import modules

OWN_TEXT = {"eval.claims.lexicon._CUE_LINE", "harness.records.answer_words._DENIED"}
"""These read lines of ours, or no more than 60 characters."""
PIECES = (
    *("<answer>", "<think>", "</think>", "<", "</", "<a", "< ", "{", "{\\", "\\", "[", "(", '"', "'", "“", "「", "‘"),
    *("a", "a ", "a'", "it ", "and ", "not ", "the ", "x1", "1", "1.", "1:", "1% ", "0.5", ".", "a.", ",", "，", "。"),
    *("你", "你 ", "第", " ", "\n", "-", "*"),
)
LENGTH, SECONDS = 16_000, 1.0


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Name → every compiled pattern that stands in a module of ours."""
    found = {}
    for name in modules():
        if not name.endswith("__main__"):
            for key, value in vars(importlib.import_module(name)).items():
                if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                    found[f"{name}.{key}"] = value
    return found


def test_they_are_found() -> None:
    assert len(patterns()) >= 50


@pytest.mark.parametrize("piece", PIECES)
def test_time_is_in_proportion_to_the_text(piece: str) -> None:
    text = piece * (LENGTH // len(piece))
    slow = []
    for name, pattern in patterns().items():
        if name in OWN_TEXT:
            continue
        started = time.process_time()
        for _ in pattern.finditer(text):
            pass
        if (took := time.process_time() - started) > SECONDS:
            slow.append(f"{name} took {took:.1f} s")
    assert slow == []
