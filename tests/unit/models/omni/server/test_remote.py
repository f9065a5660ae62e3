from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from harness.faults import StageUnavailable
from models.omni.server.remote import RemoteServer
from tests.support.scripted_server import ANSWERED, Http, ScriptedServer, completion, in_turn, pieces


@pytest.fixture
def there() -> Iterator[ScriptedServer]:
    server = ScriptedServer(in_turn(completion(ANSWERED)))
    yield server
    server.close()


class Clock:
    """Time that passes only while one sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self) -> float:
        return self.now


def test_the_first_listed_model_is_taken(there: ScriptedServer) -> None:
    endpoint = RemoteServer(there.endpoint().url + "/", api_key="k").endpoint()
    assert (endpoint.url, endpoint.model, endpoint.api_key) == (there.endpoint().url, "scripted", "k")


class Listing:
    """A server that lists these models."""

    def __init__(self, *entries: dict[str, Any]) -> None:
        from tests.support.hostile_server import HostileServer, once, value

        self.server = HostileServer((), once(value({"data": list(entries)})))

    def __enter__(self) -> str:
        return self.server.url

    def __exit__(self, *_: object) -> None:
        self.server.close()


def test_of_several_models_one_must_be_named() -> None:
    with Listing({"id": "text-embedding-x"}, {"id": "omni-x", "owned_by": "vllm"}) as url:
        with pytest.raises(StageUnavailable, match="2 models, and none is named: text-embedding-x, omni-x") as caught:
            RemoteServer(url).endpoint()
        assert caught.value.remedy.endswith("--set omni.model=omni-x")
        assert RemoteServer(url, "omni-x").endpoint().model == "omni-x"


def test_two_names_of_one_model_are_one() -> None:
    with Listing({"id": "a", "root": "/m"}, {"id": "b", "root": "/m"}) as url:
        assert RemoteServer(url).endpoint().model == "a"


def test_a_model_that_is_not_served(there: ScriptedServer) -> None:
    with pytest.raises(StageUnavailable, match="serves no model 'x', but: scripted"):
        RemoteServer(there.endpoint().url, "x").endpoint()


@pytest.mark.parametrize(("owner", "kind"), [("vllm", "input_audio"), ("sglang", "audio_url")])
def test_the_canary_speaks_the_servers_dialect(owner: str, kind: str) -> None:
    def attentive(body: dict[str, Any], number: int) -> Http:
        p = 0.1 + zlib.crc32(str(body["messages"]).encode()) % 80 / 100
        return completion("a", logprobs=pieces([("a", p), ("b", 1 - p)]))

    server = ScriptedServer(attentive, owner)
    remote = RemoteServer(server.endpoint().url)
    remote.check()
    seen = remote.facts()["canary"]
    assert seen["nothing"] == 0 and min(seen["picture"], seen["sound"]) > 0  # type: ignore[index]
    parts = [part["type"] for part in server.requests[0]["messages"][0]["content"]]
    assert parts == ["image_url", kind, "text"]
    server.script = lambda body, number: completion("a", logprobs=pieces([("a", 0.5), ("b", 0.5)]))
    with pytest.raises(StageUnavailable, match="with and without picture and sound"):
        remote.check()
    server.close()


def test_a_lost_server_is_waited_for_once() -> None:
    server = ScriptedServer(in_turn(completion(ANSWERED)))
    clock = Clock()
    remote = RemoteServer(server.endpoint().url, patience=10.0, sleep=clock.sleep, clock=clock)
    lost = remote.endpoint()
    assert remote.revive(lost) == lost and clock.now == 0
    server.close()
    with pytest.raises(StageUnavailable, match="waited 10 s for it to come back"):
        remote.revive(lost)
    assert clock.now == 10.0
    with pytest.raises(StageUnavailable):
        remote.revive(lost)
    assert clock.now == 10.0, "the next clip does not wait as long again"
    assert remote.facts()["times_lost"] == 2
