from __future__ import annotations

import json

import pytest

from harness.records.clean import encodable, encodable_values


@pytest.mark.parametrize(
    ("spelt", "text"),
    [
        (r"plain \u4e2d\u6587", "plain 中文"),
        (r"a\ud800b", "a\ufffdb"),
        (r"\udc80", "\ufffd"),
        (r"\ud83d", "\ufffd"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"\ude00\ud83d", "\ufffd\ufffd"),
    ],
)
def test_text_from_json(spelt: str, text: str) -> None:
    assert encodable(json.loads(f'"{spelt}"')) == text


def test_halves_that_were_joined_later_are_one_character() -> None:
    assert encodable("\ud83d" + "\ude00") == "\U0001f600"


def test_values_within_values_and_keys() -> None:
    value = {"a\ud800": ["x\udfff", 1, None, {"b": ("\ud800",)}]}
    assert encodable_values(value) == {"a\ufffd": ["x\ufffd", 1, None, {"b": ["\ufffd"]}]}
