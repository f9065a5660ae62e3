"""One reader of YAML, and one fault for whatever is none."""

from __future__ import annotations

import pytest

from harness.inputs.yaml_text import LONGEST_WHY, NotYaml, yaml_value

ODD = (
    *("!!int", "!!float ''", "!!bool x", "!!timestamp x", "d: 2024-13-45", "n: " + "9" * 5000, "[" * 3000, "a: b: c"),
    *("? [a, b]\n: 1", "!!python/name:os.system", "a: *b", "\x00", "!!binary x", "t: 2024-01-01 00:00:00+99:99"),
    *("n: 0x" + "f" * 5000, "!!set [a]", "<<: 1", "&a [*a", "!!omap [1]", "%YAML 9.9\n---\na", "a" * 5000 + ": b: c"),
)


@pytest.mark.parametrize("text", ODD, ids=[text[:20] for text in ODD])
def test_what_is_no_yaml_is_one_fault_in_one_line(text: str) -> None:
    with pytest.raises(NotYaml) as caught:
        yaml_value(text)
    said = str(caught.value)
    assert said and "\n" not in said and len(said) <= LONGEST_WHY + 30


def test_what_is_yaml_is_its_value() -> None:
    assert yaml_value("a: [1, x]\nb: 2.5\n") == {"a": [1, "x"], "b": 2.5} and yaml_value("") is None
