from __future__ import annotations

import pytest

from harness.parse import parse


@pytest.mark.parametrize(
    ("raw", "label", "problem"),
    [
        ("<think>a</think><answer>SPOS</answer>", "SPOS", ""),
        ("<think>a</think>\n<answer>\n wneg.\n</answer>\n", "WNEG", ""),
        ("reasoning only closed</think><answer>NEUT</answer>", "NEUT", ""),
        ("<think>maybe <answer>SNEG</answer>? no</think><answer>WPOS</answer>", "WPOS", ""),
        ("<think>x</think><answer>SNEG</answer><answer>SPOS</answer>", "SPOS", ""),
        ("<answer>强烈负面</answer>", "SNEG", ""),
        ("＜think＞好＜／think＞＜answer＞弱正面＜／answer＞", "WPOS", ""),
        ("<THINK>a</THINK><ANSWER>strongly positive</ANSWER>", "SPOS", ""),
        ("<think>a</think><answer>The label is WNEG</answer>", "WNEG", ""),
        ("<think>a</think><answer>happy</answer>", "WPOS", ""),
        ("<think>a</think><answer>angry, sad</answer>", "WNEG", ""),
        ("<think>a</think><answer>悲伤</answer>", "WNEG", ""),
        ("<think>a</think><answer>SPOS", "SPOS", ""),
        ("<think>a</think><answer>happy and sad</answer>", None, "emotions of different polarity"),
        ("<think>a</think><answer>surprise</answer>", None, "surprise has no polarity of its own"),
        ("<think>a</think><answer>WNEG or SNEG</answer>", None, "several labels: SNEG, WNEG"),
        ("<think>a</think><answer>banana</answer>", None, "not in the label set: banana"),
        ("<think>a</think><answer></answer>", None, "empty answer"),
        ("<think>a</think>SPOS", None, "no answer"),
        ("", None, "empty"),
        ("   ", None, "empty"),
        ("<think>the voice gets loud", None, "truncated"),
    ],
)
def test_table(raw: str, label: str | None, problem: str) -> None:
    answer = parse(raw)
    assert (answer.label, answer.problem) == (label, problem)


def test_truncated_by_length() -> None:
    assert parse("<think>a</think><answer>SP", "length").problem == "truncated"
    assert parse("<think>a</think><answer>SPOS</answer>", "length").label == "SPOS"


def test_the_reasoning_is_kept() -> None:
    assert parse("<think>one\ntwo</think><answer>SPOS</answer>").think == "one\ntwo"
    assert parse("one</think><answer>SPOS</answer>").think == "one"
    assert parse("<think>one <answer>SPOS</answer>").label == "SPOS"


def test_a_label_inside_a_word_is_none() -> None:
    assert parse("<answer>XSPOSX</answer>").label is None
