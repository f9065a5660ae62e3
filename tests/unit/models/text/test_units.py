"""What is left out of a text: content words, with their negation, and nothing of its form."""

from __future__ import annotations

import pytest

from harness.records.types import Language
from models.text.tokens import Segmenter
from models.text.units import units, without

WORDS = dict.fromkeys(["不", "喜欢", "这", "电影", "没有", "意思", "真的", "你", "太", "过分", "了", "骗"], 9)


def found(text: str, language: Language) -> list[str]:
    return [text[unit.start : unit.end] for unit in units(text, language, Segmenter(WORDS, 200))]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("I don't like this movie.", "en", ["don't like", "movie"]),
        ("It was NOT very good, but the actors were great!", "en", ["NOT very good", "actors", "great"]),
        ("not only the best, the worst", "en", ["not only the best", "worst"]),
        ("never", "en", []),
        ("我不喜欢这电影，真的没有意思！", "zh", ["不喜欢", "电影", "真的", "没有意思"]),
        ("你骗我，太过分了", "zh", ["骗", "太过分"]),
        ("", "zh", []),
        ("?! …", "en", []),
    ],
)
def test_units(text: str, language: Language, expected: list[str]) -> None:
    assert found(text, language) == expected


def test_a_unit_is_taken_out_and_no_double_space_stays() -> None:
    text = "I don't like this movie."
    assert [without(text, unit) for unit in units(text, "en", Segmenter({}, 1))] == [
        "I this movie.",
        "I don't like this.",
    ]
    chinese = "我不喜欢这电影"
    assert without(chinese, units(chinese, "zh", Segmenter(WORDS, 200))[0]) == "我这电影"
