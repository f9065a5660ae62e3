from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.faults import ClipError, StageUnavailable
from models.omni.answer import LABELS
from models.omni.protocol.types import EncodedMedia
from models.omni.reply import Attempts
from tests.support.scripted_client import QUESTION, Scripted
from tests.support.scripted_server import ANSWERED, Http, Reset, completion, in_turn, pieces, refusal


# ── requests that are refused ─────────────────────────────────────────────────────────────────────────────
def test_a_refused_request_is_sent_once_more_with_half_the_media(scripted: Scripted) -> None:
    too_long = refusal(400, "This model's maximum context length is 4096 tokens")
    server, client, slept = scripted(in_turn(too_long, completion(ANSWERED)))
    attempts = Attempts("a.mp4")
    assert client.ask(QUESTION, attempts).text == ANSWERED
    assert [sum(p["type"] == "image_url" for p in r["messages"][1]["content"]) for r in server.requests] == [2, 1]
    assert "4096 tokens" in attempts.facts()["halved"] and not slept
    client.ask(QUESTION, attempts)
    assert len(server.requests) == 3, "the clip stays halved for its further requests"


def test_a_request_that_stays_refused_is_the_clips_error(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(refusal(400, "no such medium")))
    with pytest.raises(ClipError, match=r"a\.mp4: the server refuses .* HTTP 400: no such medium") as caught:
        client.ask(QUESTION, Attempts("a.mp4"))
    assert "omni.max_model_len" in caught.value.remedy and len(server.requests) == 2


def test_a_refused_request_without_media_is_not_repeated(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(refusal(422, "bad")))
    with pytest.raises(ClipError):
        client.ask(replace(QUESTION, media=EncodedMedia()), Attempts("a.mp4"))
    assert len(server.requests) == 1


def test_a_refused_constraint_is_given_up_for_all(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(refusal(400, "extra_forbidden: structured_outputs"), completion(ANSWERED)))
    assert client.ask(QUESTION, Attempts("a.mp4")).structured == "off"
    assert client.ask(QUESTION, Attempts("b.mp4")).structured == "off"
    assert ["structured_outputs" in sent for sent in server.requests] == [True, False, False]
    scores = client.label_probabilities(QUESTION, ANSWERED, LABELS, Attempts("b.mp4"))
    assert scores.probabilities is None and "refuses constrained" in scores.reason


@pytest.mark.parametrize("status", [401, 403, 404])
def test_no_entry_is_the_stages_error(scripted: Scripted, status: int) -> None:
    server, client, _ = scripted(in_turn(refusal(status, "go away")))
    with pytest.raises(StageUnavailable, match=f"HTTP {status}: go away") as caught:
        client.ask(QUESTION, Attempts("a.mp4"))
    assert "omni.api_key_env" in caught.value.remedy and len(server.requests) == 1


# ── dialects ──────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("owner", "field"), [("vllm", "structured_outputs"), ("sglang", "regex"), ("me", "")])
def test_the_dialect_is_recognised(scripted: Scripted, owner: str, field: str) -> None:
    server, client, _ = scripted(in_turn(completion(ANSWERED)), owner=owner)
    asked = client.ask(QUESTION, Attempts("a.mp4"))
    assert {"structured_outputs", "regex"} & set(server.requests[0]) == ({field} if field else set())
    assert asked.structured == ("regex" if field else "off")
    assert client.facts()["dialect"] == (owner if field else "openai")


@pytest.mark.parametrize("owner", ["vllm", "sglang", "me"])
def test_sound_goes_as_the_server_takes_it(scripted: Scripted, owner: str) -> None:
    server, client, _ = scripted(in_turn(completion(ANSWERED)), owner=owner)
    client.ask(replace(QUESTION, media=replace(QUESTION.media, audio=b"wave", audio_seconds=1.0)), Attempts("a.mp4"))
    *pictures, sound, text = server.requests[0]["messages"][1]["content"]
    assert [picture["image_url"]["url"] for picture in pictures] == [
        "data:image/jpeg;base64,ajE=",
        "data:image/jpeg;base64,ajI=",
    ]
    assert text == {"type": "text", "text": "What is felt?"}
    if owner == "sglang":
        assert sound == {"type": "audio_url", "audio_url": {"url": "data:audio/wav;base64,d2F2ZQ=="}}
    else:
        assert sound == {"type": "input_audio", "input_audio": {"data": "d2F2ZQ==", "format": "wav"}}


def test_structured_off_sends_no_constraint(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(completion(ANSWERED)), structured=False)
    assert client.ask(QUESTION, Attempts("a.mp4")).structured == "off"
    assert "structured_outputs" not in server.requests[0]


def test_a_seed_goes_only_where_it_does_no_harm(scripted: Scripted) -> None:
    warm = replace(QUESTION, temperature=0.7, seed=5)
    for dialect, expected in (("vllm", None), ("openai", 5)):
        server, client, _ = scripted(in_turn(completion(ANSWERED)), dialect=dialect)
        client.ask(warm, Attempts("a.mp4"))
        client.ask(replace(warm, temperature=0.0), Attempts("a.mp4"))
        assert [sent.get("seed") for sent in server.requests] == [expected, None]


def test_a_vllm_on_a_gpu_gets_a_seed(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(completion(ANSWERED)))
    server.facts = lambda: {"gpu": True}  # type: ignore[method-assign]
    client.ask(replace(QUESTION, temperature=0.7, seed=5), Attempts("a.mp4"))
    assert server.requests[0]["seed"] == 5


def test_the_key_is_sent(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(completion(ANSWERED)))
    server.api_key = "k-123"
    client.ask(QUESTION, Attempts("a.mp4"))
    assert server.headers[0]["authorization"] == "Bearer k-123"
    assert "k-123" not in repr(server.endpoint())


# ── label probabilities ───────────────────────────────────────────────────────────────────────────────────
def test_label_probabilities_over_the_wire(scripted: Scripted) -> None:
    def script(body: dict[str, Any], number: int) -> Http:
        if body["messages"][-1]["content"].endswith("<answer>W"):
            return completion("POS", "length", logprobs=pieces([("POS", 0.75), ("NEG", 0.25)]))
        first = [("S", 0.4), ("NE", 0.1), ("W", 0.4), ("WP", 0.1), ("The", 0.0)]
        return completion("SNEG", "length", logprobs=pieces(first, [("NEG", 0.5), ("PO", 0.5)]))

    server, client, _ = scripted(script)
    attempts = Attempts("a.mp4")
    scores = client.label_probabilities(QUESTION, ANSWERED, LABELS, attempts)
    assert scores.probabilities == pytest.approx((0.2, 0.1, 0.1, 0.4, 0.2))
    assert scores.captured == pytest.approx(1) and scores.requests == attempts.requests == 2
    first, second = server.requests
    assert first["messages"][-1] == {"role": "assistant", "content": ANSWERED.removesuffix("WPOS</answer>")}
    assert first["continue_final_message"] is True and first["add_generation_prompt"] is False
    assert (first["logprobs"], first["top_logprobs"], first["max_tokens"]) == (True, 20, 2)
    assert second["structured_outputs"]["regex"] == "(NEG</answer>|POS</answer>)"
    assert sum(part["type"] == "image_url" for part in first["messages"][1]["content"]) == 2


@pytest.mark.parametrize("reply", [refusal(400, "continue_final_message is unknown"), Reset(), completion("SNEG")])
def test_no_label_probabilities_costs_no_reply(scripted: Scripted, reply: Any) -> None:
    _, client, _ = scripted(in_turn(reply))
    attempts = Attempts("a.mp4")
    scores = client.label_probabilities(QUESTION, ANSWERED, LABELS, attempts)
    assert scores.probabilities is None and scores.reason
    assert not attempts.halved, "what the reply was made from is what it is asked about"


def test_no_label_probabilities_without_an_answer_or_a_way(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(completion(ANSWERED)), owner="me")
    assert "no <answer>" in client.label_probabilities(QUESTION, "<think>x", LABELS, Attempts("a")).reason
    assert "of kind openai cannot" in client.label_probabilities(QUESTION, ANSWERED, LABELS, Attempts("a")).reason
    assert not server.requests
