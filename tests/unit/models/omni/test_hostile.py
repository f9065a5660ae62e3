"""Whatever a server answers, the user gets a result or one line: no traceback, in bounded time, memory and CPU."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import msgspec
import pytest

from harness.faults import ClipError, HarnessFault, StageUnavailable
from models.omni.client import OmniClient
from models.omni.protocol.types import Endpoint
from models.omni.reply import Asked, Attempts
from models.omni.server import remote
from models.omni.server.canary import canary
from models.omni.server.remote import RemoteServer
from tests.support.hostile_server import BODIES, HEADS, MESSAGES, HostileServer, Script, once, value
from tests.support.scripted_client import QUESTION, SETTINGS

SECONDS = 0.8
"""What a request is given here."""
LISTED = once(value({"data": [{"id": "m", "owned_by": "me"}]}))
RUNS = HEADS | BODIES
CHATS = RUNS | MESSAGES
Serve = Callable[..., HostileServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[HostileServer] = []

    def make(models: Script, chat: Script | None = None) -> HostileServer:
        servers.append(HostileServer(models, chat))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def one_line(fault: HarnessFault) -> str:
    """The line that the user would see; it can be written, and is one."""
    line = str(fault)
    line.encode()
    assert line.isprintable() and 0 < len(line) < 3000, line
    return line


@pytest.mark.parametrize("name", list(RUNS))
def test_a_list_of_models(serve: Serve, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "_ONE_LOOK", SECONDS)
    server = serve(RUNS[name])
    began, cpu = time.monotonic(), time.process_time()
    try:
        endpoint = RemoteServer(server.url, api_key="k-secret").endpoint()
    except StageUnavailable as fault:
        assert "k-secret" not in one_line(fault)
    else:
        assert endpoint.model.encode() and len(endpoint.model) <= 200
    assert time.monotonic() - began < 8 * SECONDS + 5 and time.process_time() - cpu < 8


@pytest.mark.parametrize("name", list(CHATS))
def test_a_question(serve: Serve, name: str) -> None:
    server = serve(LISTED, CHATS[name])
    theirs = RemoteServer(server.url, patience=0.0)
    client = OmniClient(theirs, replace(SETTINGS, timeout=SECONDS, attempts=2), sleep=lambda seconds: None)
    attempts, cpu = Attempts("a.mp4"), time.process_time()
    try:
        asked: Asked | None = client.ask(QUESTION, attempts)
    except (ClipError, StageUnavailable) as fault:
        asked = None
        assert one_line(fault)
    finally:
        client.close()
    assert time.process_time() - cpu < 10
    if asked is not None:
        asked.text.encode()
        assert len(asked.text) < 120_000
    msgspec.json.encode(attempts.facts())


@pytest.mark.parametrize("name", list(CHATS)[::3])
def test_a_canary(serve: Serve, name: str) -> None:
    server = serve(LISTED, CHATS[name])
    with pytest.raises(StageUnavailable) as caught:
        canary(Endpoint(server.url, "m"), SECONDS)
    assert one_line(caught.value)


def test_there_are_enough_of_them() -> None:
    assert len(RUNS) >= 71 and len(CHATS) + len(RUNS) >= 142


@pytest.mark.parametrize("name", [name for name in HEADS if "redirect" in name or "moved" in name or "found" in name])
def test_a_redirect_takes_nothing_elsewhere(serve: Serve, name: str) -> None:
    elsewhere = serve(LISTED)
    moved = f"HTTP/1.1 307 T\r\nLocation: {elsewhere.url}/models\r\nContent-Length: 0\r\n\r\n".encode()
    server = serve(once(moved))
    with pytest.raises(StageUnavailable, match="answers HTTP 307: it redirects to http://127") as caught:
        RemoteServer(server.url, api_key="k-secret").endpoint()
    assert "not followed" in caught.value.message
    client = OmniClient(RemoteServer(serve(LISTED, once(moved)).url), SETTINGS, sleep=lambda seconds: None)
    with pytest.raises(StageUnavailable, match="redirects to http://127.* not followed"):
        client.ask(QUESTION, Attempts("a.mp4"))
    client.close()
    assert elsewhere.asked == []
