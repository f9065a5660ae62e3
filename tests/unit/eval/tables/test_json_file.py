from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.tables.json_file import json_value

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.booleans(), st.booleans())
def test_both_readers_read_alike(value: Any, escaped: bool, marked: bool) -> None:
    content = (b"\xef\xbb\xbf" if marked else b"") + json.dumps(value, ensure_ascii=escaped).encode()
    found, clean = json_value(content)
    assert found == value and repr(found) == repr(json.loads(content.removeprefix(b"\xef\xbb\xbf")))
    assert clean


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", "[1E400]", '"\\ud800"', '{"a": NaN}'])
def test_what_json_cannot_carry_is_read_and_told(text: str) -> None:
    found, clean = json_value(text.encode())
    assert not clean and repr(found) == repr(json.loads(text))


def test_a_number_of_many_digits_is_itself() -> None:
    assert json_value(b"1" + b"0" * 400)[0] == 10**400
    assert math.isfinite(json_value(b"0.1e-999")[0])


@pytest.mark.parametrize("content", [b"", b"{", b"[1,]", b"\xff", b'{"a": 1} x', b'"a\tb"'])
def test_what_is_no_json_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError):
        json_value(content)
