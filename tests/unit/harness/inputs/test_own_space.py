from __future__ import annotations

from pathlib import Path

import pytest

from harness.faults import ConfigError
from harness.inputs.own_space import find_space
from tests.support.own_space import LINES, OWN


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "mood.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_twelve_lines_are_a_space(tmp_path: Path) -> None:
    space = find_space(written(tmp_path, OWN))
    assert LINES == 12
    assert (space.name, space.labels, space.ordinal) == ("mood3", ("bright", "flat", "dark"), False)
    assert (space.base, space.images["anger"]) == ("emotion7", "dark")
    assert "surprise" not in space.images
    assert (space.normalise("Cheerful"), space.normalise("阴沉"), space.normalise("joy")) == ("bright", "dark", None)
    assert find_space(written(tmp_path, "\ufeff" + OWN)).key == space.key


def test_an_ordinal_space_of_sentiments_is_called_after_its_file(tmp_path: Path) -> None:
    mapping = "{SNEG: bad, WNEG: bad, NEUT: so-so, WPOS: good, SPOS: good}"
    text = f"labels: [bad, so-so, good]\norder: ordinal\nmapping: {mapping}"
    space = find_space(written(tmp_path, text))
    assert (space.name, space.ordinal, space.base) == ("mood", True, "sentiment5")


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        ("labels: [a, b]\nmaping: {joy: a}", "unknown key 'maping'", "did you mean mapping"),
        ("labels: a\nmapping: {joy: a}", "labels", "a list of 2 to 64"),
        ("labels: [a]\nmapping: {joy: a}", "labels", "a list of 2 to 64"),
        ("labels: [yes, no]\nmapping: {joy: a}", "labels: True is no text", "write it in quotes"),
        ("labels: [a, A]\nmapping: {joy: a}", "stands there twice", "different words"),
        ("labels: [a, 'b,c']\nmapping: {joy: a}", "labels: 'b,c' cannot be a label", "without any of"),
        ("labels: [a, b]\norder: up\nmapping: {joy: a}", "order is 'up'", "nominal or ordinal"),
        ("name: mer6\nlabels: [a, b]\nmapping: {joy: a}", "name is 'mer6'", "none of sentiment5"),
        ("labels: [a, b]", "mapping is None", "joy: glad"),
        ("labels: [a, b]\nmapping: {glee: a}", "mapping: 'glee' is no label of either", "emotion7 (neutral, joy"),
        ("labels: [a, b]\nmapping: {joy: a, SNEG: b}", "mapping: its keys are of two spaces", "or all of sentiment5"),
        ("labels: [a, b]\nmapping: {joy: c}", "mapping: joy leads to 'c'", "one of a, b"),
        ("labels: [a, b]\nmapping: {joy: null}", "mapping leads nowhere", "a line for each label"),
        ("labels: [a, b]\naliases: {c: [d]}\nmapping: {joy: a}", "aliases: 'c' is no label", "one of a, b"),
        ("labels: [a, b]\naliases: {a: [x], b: [x]}\nmapping: {joy: a}", "'x' stands for a and for b", "leave it"),
        ("labels: [a, b]\naliases: {a: [3]}\nmapping: {joy: a}", "aliases: a: 3 is no text", "a line for each label"),
        ("[a, b", "cannot be read", "write YAML"),
        ("just words", "holds no keys", "labels, order"),
        ("name: 2026-13-01", "cannot be read: month must be in 1..12", "write YAML"),
        (f"name: {'9' * 5000}", "cannot be read", "write YAML"),
        (f"{'k' * 500}: 1", f"unknown key '{'k' * 78}…", "known: name"),
        (f"labels: [a, b]\norder: {'nominal' * 400}", "order is 'nominalnominal", "nominal or ordinal"),
        (f"labels: [a, b]\norder: 0x{'f' * 5000}", "cannot be read", "write YAML"),
    ],
)
def test_what_is_wrong_names_the_key_and_the_remedy(tmp_path: Path, text: str, key: str, remedy: str) -> None:
    with pytest.raises(ConfigError) as caught:
        find_space(written(tmp_path, text))
    assert key in caught.value.message and "mood.yaml" in caught.value.message
    assert remedy in caught.value.remedy
    assert "\n" not in str(caught.value)


def test_a_name_that_is_not_known_is_told_what_is_near() -> None:
    with pytest.raises(ConfigError, match="did you mean emotion7"):
        find_space("emotion77")
    with pytest.raises(ConfigError, match="cannot be read"):
        find_space("/nowhere/mood.yaml")
