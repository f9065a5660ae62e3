"""What answers to probes are worth: the two answerers that know nothing score as they must."""

from __future__ import annotations

import random

import pytest

from eval.probes.answers import figures_of, yes_or_no
from eval.probes.questions import Probe, probes_of
from tests.unit.eval.claims.test_check import FACTS


@pytest.fixture(scope="module")
def probes() -> list[Probe]:
    """Of sixty clips that are alike."""
    return [probe for number in range(60) for probe in probes_of(f"{number}.mp4", FACTS)]


@pytest.mark.parametrize(
    ("reply", "read"),
    [
        ("<answer>yes</answer>", "yes"),
        ("<think>no, wait</think><answer> No. </answer>", "no"),
        ("Yes, it does.", "yes"),
        ("**No**", "no"),
        ("是的，变大了。", "yes"),
        ("不是", "no"),
        ("没有停顿", "no"),
        ("有", "yes"),
        ("否", "no"),
        ("“是”", "yes"),
        ("<ANSWER>YES", "yes"),
        ("no</think><answer>yes</answer>", "yes"),
        ("nobody can tell", None),
        ("The voice gets louder.", None),
        ("", None),
    ],
)
def test_yes_and_no_are_read(reply: str, read: str | None) -> None:
    assert yes_or_no(reply) == read


def test_who_always_says_yes_is_right_half_the_time_and_on_no_pair(probes: list[Probe]) -> None:
    found = figures_of(probes, dict.fromkeys((probe.id for probe in probes), "Yes."))
    assert found["accuracy"]["value"] == 0.5
    assert found["yes"]["value"] == 1.0
    assert found["pairs"]["value"] == 0.0
    assert all(row["pairs"]["value"] == 0.0 for rows in found["by"].values() for row in rows.values())


def test_who_guesses_is_at_chance(probes: list[Probe]) -> None:
    draw = random.Random(0)
    found = figures_of(probes, {probe.id: draw.choice(["yes", "no"]) for probe in probes})
    for name, chance in (("accuracy", 0.5), ("yes", 0.5), ("pairs", 0.25)):
        share = found[name]
        assert share["low"] < chance < share["high"], name


def test_who_sees_and_hears_is_right(probes: list[Probe]) -> None:
    found = figures_of(probes, {probe.id: f"<answer>{probe.answer}</answer>" for probe in probes})
    assert found["accuracy"]["value"] == found["pairs"]["value"] == 1.0 and found["yes"]["value"] == 0.5


def test_what_is_not_answered_is_wrong_and_listed(probes: list[Probe]) -> None:
    first, second, *rest = probes
    replies = {second.id: "perhaps"} | {probe.id: probe.answer for probe in rest}
    found = figures_of(probes, replies)
    assert found["without_reply"] == [first.id] and found["unread"] == [second.id]
    assert found["accuracy"]["value"] == len(rest) / len(probes) and found["answered"] == len(rest)
