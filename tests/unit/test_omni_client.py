from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from harness.faults import ClipError, StageUnavailable
from models.omni_answer import LABELS, pattern
from models.omni_client import ClientSettings, OmniClient
from models.omni_reply import Trail
from models.omni_types import EncodedMedia, Endpoint, Question
from tests.scripted_server import (
    ANSWERED,
    Hang,
    Reset,
    Script,
    ScriptedServer,
    Trickle,
    completion,
    in_turn,
    refusal,
)

SETTINGS = ClientSettings("auto", structured=True, timeout=5.0, attempts=3, concurrency=4)
QUESTION = Question(
    ({"role": "system", "content": "You judge."}, {"role": "user", "content": "What is felt?"}),
    EncodedMedia((b"j1", b"j2"), (0.5, 1.5), None),
    pattern(LABELS, "en", 256, answer_only=False),
    256,
)
Made = Callable[..., tuple[ScriptedServer, OmniClient, list[float]]]


@pytest.fixture
def made() -> Iterator[Made]:
    """A scripted server, a client of it whose sleeps are noted instead of slept, and those sleeps."""
    parts: list[Any] = []

    def make(script: Script, owner: str = "vllm", **changed: Any) -> tuple[ScriptedServer, OmniClient, list[float]]:
        server, slept = ScriptedServer(script, owner), []
        client = OmniClient(server, replace(SETTINGS, **changed), sleep=slept.append, jitter=lambda: 1.0)
        parts.extend((client, server))
        return server, client, slept

    yield make
    for part in parts:
        part.close()


def test_a_reply_as_asked(made: Made) -> None:
    server, client, slept = made(in_turn(completion(ANSWERED)))
    trail = Trail("a.mp4")
    asked = client.ask(QUESTION, trail)
    assert (asked.text, asked.finish_reason, asked.structured, asked.problem) == (ANSWERED, "stop", "regex", "")
    assert trail.facts() == {"model": "scripted", "requests": 1, "tokens": {"prompt": 100, "completion": 10}}
    (sent,) = server.requests
    assert sent["structured_outputs"] == {"regex": QUESTION.pattern}
    assert sent["temperature"] == 0 and sent["max_tokens"] == 256 and "seed" not in sent
    assert not slept


def test_a_hanging_request_is_given_up_and_sent_again(made: Made) -> None:
    server, client, slept = made(in_turn(Hang(), completion(ANSWERED)), timeout=0.3)
    trail = Trail("a.mp4")
    assert client.ask(QUESTION, trail).text == ANSWERED
    assert trail.failures == {"slow": 1} and slept == [1.0] and not server.revived


def test_a_reply_that_trickles_is_given_up(made: Made) -> None:
    _, client, _ = made(in_turn(Trickle()), timeout=0.4, attempts=1)
    with pytest.raises(ClipError, match=r"a\.mp4: no reply .*slow .*within 0\.4 s"):
        client.ask(QUESTION, Trail("a.mp4"))


def test_pauses_grow_and_the_clip_is_given_up(made: Made) -> None:
    server, client, slept = made(in_turn(refusal(500, "engine is unwell")), attempts=4)
    trail = Trail("a.mp4")
    with pytest.raises(ClipError, match=r"a\.mp4: no reply from .* in 4 attempts: .*engine is unwell"):
        client.ask(QUESTION, trail)
    assert slept == [1.0, 2.0, 4.0] and len(server.requests) == 4 and trail.failures == {"error": 4}


@pytest.mark.parametrize("act", [Reset(), Reset(after=b'{"choices": ')])
def test_a_lost_connection_revives_the_server(made: Made, act: Reset) -> None:
    server, client, slept = made(in_turn(act, completion(ANSWERED)))
    before = server.endpoint()
    server.on_revive = server.move
    trail = Trail("a.mp4")
    assert client.ask(QUESTION, trail).text == ANSWERED
    assert server.revived == [before] and server.endpoint() != before
    assert trail.failures == {"lost": 1} and not slept
    assert client.facts()["counts"] == {"lost": 1, "answered": 1, "reply: match": 1}


def test_a_server_that_cannot_be_revived(made: Made) -> None:
    server, client, _ = made(in_turn(Reset()))

    def gone() -> None:
        raise StageUnavailable("the server ended 3 times")

    server.on_revive = gone
    with pytest.raises(StageUnavailable, match="ended 3 times"):
        client.ask(QUESTION, Trail("a.mp4"))


def test_nobody_listens(made: Made) -> None:
    server, client, _ = made(in_turn(completion(ANSWERED)))
    there = server.endpoint()
    server.endpoint = lambda: Endpoint("http://127.0.0.1:9/v1", "m")  # type: ignore[method-assign]
    server.revive = lambda lost: there  # type: ignore[method-assign]
    assert client.ask(QUESTION, Trail("a.mp4")).text == ANSWERED
