from __future__ import annotations

import pytest

from harness.reasoning.parse import parse, parse_votes
from harness.records.verdicts import Reply


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
        ("<think>a</think>SPOS", "SPOS", ""),
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


def voted(*texts: str) -> tuple[str | None, float | None, dict[str, int]]:
    answer = parse_votes([Reply(f"<think>{i}</think><answer>{text}</answer>", "stop") for i, text in enumerate(texts)])
    return answer.label, answer.agreement, dict(answer.votes)


def test_the_most_given_label_wins_and_its_first_reasoning_is_kept() -> None:
    assert voted("SNEG", "WPOS", "WPOS") == ("WPOS", 2 / 3, {"SNEG": 1, "WPOS": 2})
    replies = [Reply(f"<think>{i}</think><answer>{x}</answer>", "stop") for i, x in enumerate(["SNEG", "NEUT", "NEUT"])]
    assert parse_votes(replies).think == "1"


def test_of_equals_the_first_wins() -> None:
    assert voted("SPOS", "SNEG")[:2] == ("SPOS", 0.5)


def test_unparsed_samples_count_against_the_agreement() -> None:
    assert voted("banana", "WNEG", "") == ("WNEG", 1 / 3, {"unparsed": 2, "WNEG": 1})
    assert voted("banana", "")[:2] == (None, 0.0)


def test_a_single_reply_has_no_vote() -> None:
    assert voted("WNEG") == ("WNEG", None, {})
