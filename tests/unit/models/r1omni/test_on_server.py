from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.faults import StageUnavailable
from models.omni.protocol.types import Endpoint
from models.omni.server.alone import ServerAlone
from models.r1omni import on_server
from models.r1omni.on_server import OnServer

AT = Endpoint("http://127.0.0.1:1/v1", "r1", "k")


class Loads:
    """Stands for the towers and projectors."""

    def __init__(self) -> None:
        self.times = 0

    def model(self) -> str:
        self.times += 1
        return "model"


class Serves(ServerAlone):
    """Stands for the server of the language model."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def endpoint(self) -> Endpoint:
        self.done.append("started")
        return AT

    def revive(self, lost: Endpoint) -> Endpoint:
        self.done.append("revived")
        return lost

    def facts(self) -> Mapping[str, object]:
        return {"kind": "vllm", "runner": {"asked": "v1", "answered": "v1"}}

    def stop(self) -> None:
        self.done.append("stopped")


def test_what_the_probe_saw_stands_among_the_servers_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def ask(url: str, key: str, seconds: float, body: Mapping[str, Any]) -> dict[str, Any]:
        asked.append((url, key, body["model"], body["prompt_embeds"]))
        return {"choices": [{"logprobs": {"top_logprobs": [{"a": -0.5}]}}]}

    monkeypatch.setattr(on_server, "ask", ask)
    monkeypatch.setattr(on_server.Prompted, "packed", staticmethod(lambda prompt: f"packed {prompt}"))
    monkeypatch.setattr(on_server, "probe", lambda model, first: {"sound": -first("p")["a"]})
    loads, serves = Loads(), Serves()
    server = OnServer(loads, serves, True)  # type: ignore[arg-type]
    assert "probe" not in server.facts()
    server.begin()
    assert asked == [("http://127.0.0.1:1/v1/completions", "k", "r1", "packed p")]
    assert server.facts() == {**serves.facts(), "probe": {"sound": 0.5}}
    assert server.endpoint() == AT == server.revive(AT)
    server.stop()
    assert serves.done == ["started", "started", "revived", "stopped"] and loads.times == 1


def test_without_the_probe_it_is_started_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    serves = Serves()
    OnServer(Loads(), serves, False).begin()  # type: ignore[arg-type]
    assert serves.done == ["started"]

    def refuses(*_: object) -> None:
        raise StageUnavailable("answers the same whatever becomes of sound")

    monkeypatch.setattr(on_server, "probe", refuses)
    with pytest.raises(StageUnavailable, match="whatever becomes of sound"):
        OnServer(Loads(), serves, True).begin()  # type: ignore[arg-type]
