"""Replies as servers of other makes give them: where the words stand, why there are none, when to ask again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.faults import ClipError
from models.omni.client import LONGEST_WAIT
from models.omni.reply import Attempts, message_of
from tests.support.scripted_client import QUESTION, Scripted
from tests.support.scripted_server import ANSWERED, Http, completion, in_turn, refusal

T = "The voice is loud."
SNEG = f"<think>{T}</think><answer>SNEG</answer>"


def reply(message: Any, finish_reason: Any = "stop", **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": message, "finish_reason": finish_reason, **more}]}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": SNEG}, SNEG),
        ({"content": "<answer>SNEG</answer>", "reasoning_content": T}, SNEG),
        ({"content": "<answer>SNEG</answer>", "reasoning": T}, SNEG),
        ({"content": "", "reasoning_content": f"{T}</think><answer>SNEG</answer>"}, SNEG),
        ({"content": None, "reasoning": f"{T}<answer>SNEG</answer>"}, f"<think>{T}<answer>SNEG</answer>"),
        ({"content": SNEG, "reasoning_content": T}, SNEG),
        ({"content": [{"type": "text", "text": SNEG}]}, SNEG),
        ({"content": [{"type": "text", "text": SNEG[:9]}, {"type": "text", "text": SNEG[9:]}]}, SNEG),
        ({"content": [{"type": "output_text", "text": SNEG}]}, SNEG),
        ({"content": [SNEG]}, SNEG),
        (
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": T}]},
                    {"type": "text", "text": "<answer>SNEG</answer>"},
                ]
            },
            SNEG,
        ),
        ({"content": [{"type": "reasoning", "text": T}, {"type": "text", "text": "<answer>SNEG</answer>"}]}, SNEG),
    ],
)
def test_where_the_words_stand(message: Any, text: str) -> None:
    found = message_of(reply(message))
    assert (found.text, found.why) == (text, "")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (reply({"content": ""}), ""),
        (reply({"content": None}), ""),
        ({}, "no choice"),
        ({"choices": []}, "no choice"),
        (reply(None), "no choice"),
        (reply({"content": None, "refusal": "I cannot."}), "the model refuses: I cannot."),
        (reply({"content": None, "tool_calls": [{}]}), "calls a tool"),
        (reply({"content": ""}, "length"), "cut before its first word"),
        (reply({"content": ""}, "content_filter"), "content filter withheld"),
        (reply({"content": 5}), "no known form: int"),
        (reply({"content": [{"type": "image"}]}), "no text in it"),
        (reply({"content": ""}, "error", error={"message": "x"}), "an error inside"),
    ],
)
def test_why_there_are_none(told: dict[str, Any], why: str) -> None:
    found = message_of(told)
    assert found.text == "" and (why in found.why if why else found.why == "")


def test_a_filtered_reply_is_final(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(completion("", "content_filter")))
    with pytest.raises(ClipError, match="1 reply, all empty: the server's content filter withheld") as caught:
        client.ask(QUESTION, Attempts("a.mp4"))
    assert len(server.requests) == 1 and "frames" not in caught.value.remedy


def test_a_refusal_says_so(scripted: Scripted) -> None:
    body = json.dumps(reply({"content": None, "refusal": "I cannot help with that."})).encode()
    _, client, _ = scripted(in_turn(Http(200, body)))
    with pytest.raises(ClipError, match="the model refuses: I cannot help with that"):
        client.ask(QUESTION, Attempts("a.mp4"))


def test_the_first_readable_reply_is_taken(scripted: Scripted) -> None:
    replies = ("I am not sure.", f"<think>{T}</think>\n**Answer:** SNEG", ANSWERED)
    server, client, _ = scripted(in_turn(*map(completion, replies)))
    asked = client.ask(QUESTION, Attempts("a.mp4"))
    assert (asked.text, asked.problem) == (replies[1], "")
    assert [sent["temperature"] for sent in server.requests] == [0.0, 0.3]


# ── streams ───────────────────────────────────────────────────────────────────────────────────────────────
def events(*chunks: dict[str, Any], end: str = "data: [DONE]\n\n") -> Http:
    text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + end
    return Http(200, text.encode(), "text/event-stream")


def delta(**said: Any) -> dict[str, Any]:
    return {"model": "m", "choices": [{"index": 0, "delta": said}]}


PIECES = [delta(role="assistant"), *(delta(content=piece) for piece in (SNEG[:5], SNEG[5:20], SNEG[20:]))]
STOP = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 7}}


@pytest.mark.parametrize("end", ["data: [DONE]\n\n", ""])
def test_a_stream_is_read_though_none_was_asked_for(scripted: Scripted, end: str) -> None:
    server, client, _ = scripted(in_turn(events(*PIECES, STOP, end=end)))
    attempts = Attempts("a.mp4")
    asked = client.ask(QUESTION, attempts)
    assert (asked.text, asked.finish_reason, asked.problem) == (SNEG, "stop", "")
    assert attempts.tokens["prompt"] == 7 and len(server.requests) == 1


def test_a_server_that_only_streams_is_asked_to(scripted: Scripted) -> None:
    only = refusal(400, "This model only support stream mode, please enable the stream parameter")

    def script(body: dict[str, Any], number: int) -> Http:
        return events(*PIECES, STOP) if body.get("stream") else only

    server, client, slept = scripted(script)
    assert client.ask(QUESTION, Attempts("a.mp4")).text == SNEG
    assert client.ask(QUESTION, Attempts("b.mp4")).text == SNEG
    assert [sent.get("stream") for sent in server.requests] == [None, True, True] and not slept
    assert all(sum(p["type"] == "image_url" for p in r["messages"][1]["content"]) == 2 for r in server.requests)


def test_reasoning_in_a_stream_and_a_character_in_two_pieces(scripted: Scripted) -> None:
    halves = b'data: {"choices": [{"delta": {"content": "<answer>SNEG</answer>\\ud83d"}}]}\n\n'
    halves += b'data: {"choices": [{"delta": {"content": "\\ude00", "reasoning": "x"}, "finish_reason": "stop"}]}\n\n'
    _, client, _ = scripted(in_turn(Http(200, halves)))
    assert client.ask(QUESTION, Attempts("a.mp4")).text == "<think>x</think><answer>SNEG</answer>\U0001f600"


# ── asked to wait ─────────────────────────────────────────────────────────────────────────────────────────
def busy(told: str, status: int = 429) -> Http:
    return Http(status, b'{"error": {"message": "Rate limit reached."}}', headers=(("Retry-After", told),))


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_is_asked_for_is_kept(scripted: Scripted, status: int) -> None:
    server, client, slept = scripted(in_turn(busy("25", status), completion(ANSWERED)), attempts=1)
    attempts = Attempts("a.mp4")
    assert client.ask(QUESTION, attempts).text == ANSWERED
    assert slept == [26.0] and attempts.facts()["waited_seconds"] == 25.0 and len(server.requests) == 2


def test_waits_are_kept_up_to_a_limit(scripted: Scripted) -> None:
    server, client, slept = scripted(in_turn(busy("50")), attempts=2)
    message = "no reply in 2 attempts and 100 s of waiting as it asked: 2 times refused"
    with pytest.raises(ClipError, match=message) as caught:
        client.ask(QUESTION, Attempts("a.mp4"))
    assert slept == [51.0, 51.0, 1.0] and len(server.requests) == 4
    assert "omni.timeout" not in caught.value.remedy and "omni.concurrency" in caught.value.remedy


def test_a_wait_beyond_the_limit_is_said_and_not_tried(scripted: Scripted) -> None:
    server, client, slept = scripted(in_turn(busy(str(LONGEST_WAIT + 1))), attempts=4)
    with pytest.raises(ClipError, match="to be asked again after 121 s"):
        client.ask(QUESTION, Attempts("a.mp4"))
    assert not slept and len(server.requests) == 1


def test_a_wait_of_nothing_is_a_pause_of_ours(scripted: Scripted) -> None:
    server, client, slept = scripted(in_turn(busy("0")), attempts=3)
    with pytest.raises(ClipError):
        client.ask(QUESTION, Attempts("a.mp4"))
    assert slept == [1.0, 2.0] and len(server.requests) == 3


# ── refusals and errors ───────────────────────────────────────────────────────────────────────────────────
def test_content_inspection_is_final_and_halves_nothing(scripted: Scripted) -> None:
    told = {"error": {"code": "data_inspection_failed", "message": "Input data may contain inappropriate content."}}
    server, client, _ = scripted(in_turn(Http(400, json.dumps(told).encode())))
    attempts = Attempts("a.mp4")
    with pytest.raises(ClipError, match="data_inspection_failed") as caught:
        client.ask(QUESTION, attempts)
    assert len(server.requests) == 1 and not attempts.halved
    assert "content inspection" in caught.value.remedy and "omni.frames" not in caught.value.remedy


def test_a_refusal_without_a_word_is_sent_once_more_and_no_more(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(Http(418, b"")))
    with pytest.raises(ClipError, match="HTTP 418"):
        client.ask(QUESTION, Attempts("a.mp4"))
    assert len(server.requests) == 2


def test_an_error_inside_a_success_is_tried_again(scripted: Scripted) -> None:
    inside = Http(200, b'{"error": {"message": "Upstream overloaded", "code": 502}}')
    server, client, slept = scripted(in_turn(inside, inside, completion(ANSWERED)))
    attempts = Attempts("a.mp4")
    assert client.ask(QUESTION, attempts).text == ANSWERED
    assert attempts.failures == {"error": 2} and slept == [1.0, 2.0]


def test_an_error_inside_a_success_that_stays(scripted: Scripted) -> None:
    inside = Http(200, b'{"choices": null, "error": {"message": "Provider returned error", "code": 429}}')
    _, client, _ = scripted(in_turn(inside))
    with pytest.raises(ClipError, match="3 times refused .HTTP 200 with an error inside: Provider returned error"):
        client.ask(QUESTION, Attempts("a.mp4"))


def test_a_long_reply_is_kept_as_beginning_and_end(scripted: Scripted) -> None:
    long = f"<think>{'x' * 500_000}</think><answer>SNEG</answer>"
    _, client, _ = scripted(in_turn(completion(long)))
    attempts = Attempts("a.mp4")
    asked = client.ask(QUESTION, attempts)
    assert asked.problem == "" and asked.text.endswith("<answer>SNEG</answer>") and len(asked.text) < 101_000
    assert attempts.facts()["capped_characters"] == len(long)


def test_log_probabilities_that_are_none_give_no_label_probabilities(scripted: Scripted) -> None:
    listed = {"content": [{"token": "SNEG", "top_logprobs": [{"token": "SNEG", "logprob": 3.0}]}]}
    _, client, _ = scripted(in_turn(completion("SNEG", logprobs=listed)))
    scores = client.label_probabilities(QUESTION, ANSWERED, ("SNEG", "WNEG"), Attempts("a.mp4"))
    assert scores.probabilities is None and "not to be believed: 3.0 is no log-probability" in scores.reason
