from __future__ import annotations

import pytest

from harness.faults import ClipError
from models.omni.answer import LABELS, judge, pattern, tighter, up_to_answer
from models.omni.reply import Attempts
from tests.support.scripted_client import QUESTION, Scripted
from tests.support.scripted_server import ANSWERED, Http, completion, in_turn


def test_an_empty_reply_is_asked_for_again_warmer_and_kept(scripted: Scripted) -> None:
    server, client, slept = scripted(in_turn(completion(""), completion(ANSWERED)))
    attempts = Attempts("a.mp4")
    assert client.ask(QUESTION, attempts).text == ANSWERED
    assert [sent["temperature"] for sent in server.requests] == [0.0, 0.3]
    assert attempts.rejected == [{"text": "", "finish_reason": "stop", "problem": "empty", "temperature": 0.0}]
    assert not slept


def test_nothing_but_empty_replies(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(completion("  ")))
    with pytest.raises(ClipError, match=r"a\.mp4: 3 replies, all empty"):
        client.ask(QUESTION, Attempts("a.mp4"))
    assert ["structured_outputs" in sent for sent in server.requests] == [True, True, False]


def test_a_cut_reply_is_asked_for_again_shorter(scripted: Scripted) -> None:
    cut = "<think>And then the voice"
    server, client, _ = scripted(in_turn(completion(cut, "length"), completion(ANSWERED)))
    attempts = Attempts("a.mp4")
    assert client.ask(QUESTION, attempts).text == ANSWERED
    patterns = [sent["structured_outputs"]["regex"] for sent in server.requests]
    assert "{1,416}" in patterns[0] and "{1,52}" in patterns[1]
    assert [sent["temperature"] for sent in server.requests] == [0.0, 0.0]
    assert attempts.rejected[0]["text"] == cut and attempts.rejected[0]["problem"] == "truncated"


def test_without_a_constraint_a_cut_reply_is_asked_for_warmer(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(completion("<think>on and", "length"), completion(ANSWERED)), owner="me")
    assert client.ask(QUESTION, Attempts("a.mp4")).text == ANSWERED
    assert [sent["temperature"] for sent in server.requests] == [0.0, 0.3]


def test_replies_that_stay_cut_come_back_as_they_are(scripted: Scripted) -> None:
    _, client, _ = scripted(in_turn(completion("<think>a", "length"), completion("<think>b", "length")), attempts=2)
    attempts = Attempts("a.mp4")
    asked = client.ask(QUESTION, attempts)
    assert (asked.text, asked.finish_reason, asked.problem) == ("<think>b", "length", "truncated")
    assert [entry["text"] for entry in attempts.rejected] == ["<think>a", "<think>b"]


def test_a_server_that_ignores_the_constraint_is_noticed(scripted: Scripted) -> None:
    loose = "Let me see.\n<think>louder</think>\n\n<answer> 强烈负面 </answer> I hope this helps!"
    server, client, _ = scripted(in_turn(completion(loose)))
    asked = client.ask(QUESTION, Attempts("a.mp4"))
    assert (asked.text, asked.structured, asked.problem) == (loose, "ignored", "")
    assert len(server.requests) == 1 and client.facts()["counts"]["ignored constraint"] == 1


def test_several_answers_are_left_to_the_parser(scripted: Scripted) -> None:
    twice = "<think>x <answer>SPOS</answer></think><answer>SNEG</answer><answer>WNEG</answer>"
    _, client, _ = scripted(in_turn(completion(twice)))
    assert client.ask(QUESTION, Attempts("a.mp4")).text == twice


def test_an_answer_inside_the_reasoning_is_none(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(completion("<think>x <answer>SPOS</answer></think>"), completion(ANSWERED)))
    assert client.ask(QUESTION, Attempts("a.mp4")).text == ANSWERED
    assert len(server.requests) == 2


def test_a_body_that_is_no_json(scripted: Scripted) -> None:
    server, client, slept = scripted(in_turn(Http(200, b'{"choices": [{'), Http(200, b"[1]"), completion(ANSWERED)))
    attempts = Attempts("a.mp4")
    assert client.ask(QUESTION, attempts).text == ANSWERED
    assert slept == [1.0, 2.0] and attempts.failures == {"malformed": 2}
    assert '{"choices": [{' in attempts.rejected[0]["text"]


def test_reasoning_that_the_server_cut_off_is_put_back(scripted: Scripted) -> None:
    reply = b'{"choices": [{"message": {"content": "<answer>SNEG</answer>", "reasoning_content": "cold"}}]}'
    _, client, _ = scripted(in_turn(Http(200, reply)))
    assert client.ask(QUESTION, Attempts("a.mp4")).text == "<think>cold</think><answer>SNEG</answer>"


@pytest.mark.parametrize("choices", ["[]", "null", '[{"message": null}]', '[{"message": {"content": 5}}]', '"x"'])
def test_replies_without_a_choice_count_as_empty(scripted: Scripted, choices: str) -> None:
    _, client, _ = scripted(in_turn(Http(200, f'{{"choices": {choices}}}'.encode())))
    with pytest.raises(ClipError, match="all empty"):
        client.ask(QUESTION, Attempts("a.mp4"))


@pytest.mark.parametrize(
    ("text", "finish_reason", "verdict"),
    [
        (ANSWERED, "stop", "match"),
        (f"\n{ANSWERED}\n", "stop", "match"),
        ("<think>x</think>\n<answer>SNEG</answer>", "stop", "match"),
        ("<think>x</think>\n\n<answer>SNEG</answer>", "stop", "loose"),
        ("<think>x</think><answer>happy</answer>", "stop", "loose"),
        ("<answer>SNEG</answer>", "stop", "loose"),
        ("<think>x</think><answer></answer>", "stop", "no answer"),
        ("<think>x</think><answer>SNEG", "length", "truncated"),
        ("It is SNEG.", "stop", "no answer"),
        ("", "length", "empty"),
    ],
)
def test_what_can_be_used(text: str, finish_reason: str, verdict: str) -> None:
    assert judge(text, finish_reason, QUESTION.pattern) == verdict


def test_free_text_only_has_to_be_complete() -> None:
    assert judge("anything", "stop", "") == "match"
    assert judge("anything", "length", "") == "truncated"


def test_the_pattern() -> None:
    answer_only = pattern(LABELS, "en", 256, answer_only=True)
    assert judge("<answer>NEUT</answer>", "stop", answer_only) == "match"
    assert judge(ANSWERED, "stop", answer_only) == "loose"
    assert "{1,416}" in pattern(LABELS, "en", 256, answer_only=False)
    assert "{1,208}" in pattern(LABELS, "zh", 256, answer_only=False)
    long = "<think>" + "x" * 417 + "</think><answer>NEUT</answer>"
    assert judge(long, "stop", QUESTION.pattern) == "loose"


def test_nothing_in_the_pattern_repeats_without_end() -> None:
    for language in ("en", "zh"):
        asked = pattern(LABELS, language, 256, answer_only=False)
        assert not set("*+") & set(asked)


def test_the_tighter_pattern_fits_a_tokeniser_of_bytes() -> None:
    for max_tokens in (64, 256, 1024):
        asked = tighter(pattern(LABELS, "zh", max_tokens, answer_only=False), max_tokens)
        most = int(asked.split("{1,")[1].split("}")[0])
        longest = "<think>" + "\U0001f600" * most + "</think>\n<answer>SNEG</answer>"
        assert judge(longest, "stop", asked) == "match"
        assert len(longest.encode()) <= max_tokens
        assert tighter(asked, max_tokens) == asked


def test_where_the_label_stands() -> None:
    assert up_to_answer(ANSWERED) == ANSWERED.removesuffix("WPOS</answer>")
    assert up_to_answer("<think>a <answer>b</think><answer>c") == "<think>a <answer>b</think><answer>"
    assert up_to_answer("no tag") is None
