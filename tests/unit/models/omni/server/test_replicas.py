from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.faults import ClipError, StageUnavailable
from models.omni.client import ClientSettings, OmniClient
from models.omni.reply import Attempts
from models.omni.server import replicas as module
from models.omni.server.remote import RemoteServer
from models.omni.server.replicas import Replicas
from tests.support.scripted_client import QUESTION
from tests.support.scripted_server import ANSWERED, Act, Http, Reset, ScriptedServer, completion, in_turn, refusal

SETTINGS = ClientSettings("vllm", structured=True, timeout=5.0, attempts=3, concurrency=8, pause=0.0)
Serve = Callable[..., ScriptedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    started: list[ScriptedServer] = []

    def start(*acts: Act, model: str = "scripted") -> ScriptedServer:
        started.append(ScriptedServer(in_turn(*(acts or (completion(ANSWERED),))), model=model))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def together() -> Iterator[Callable[..., Replicas]]:
    made: list[Replicas] = []

    def join(*servers: ScriptedServer | str, draw: tuple[int, int] = (0, 1), patience: float = 0.0) -> Replicas:
        urls = [server if isinstance(server, str) else server.endpoint().url for server in servers]
        remotes = [RemoteServer(url, patience=0.0) for url in urls]
        made.append(Replicas(remotes, patience, draw=lambda count: draw))
        return made[-1]

    yield join
    for replicas in made:
        replicas.stop()


def asked(client: OmniClient, name: str = "a.mp4") -> str:
    return client.ask(QUESTION, Attempts(name)).text


def closed(server: ScriptedServer) -> str:
    """The URL of a server that has gone."""
    url = server.endpoint().url
    server.close()
    return url


def test_of_two_the_one_with_less_in_flight_is_asked(serve: Serve, together: Callable[..., Replicas]) -> None:
    one, other = serve(), serve()
    replicas = together(one, other)
    with replicas.lease() as first, replicas.lease() as second, replicas.lease() as third:
        assert first == one.endpoint() and second == other.endpoint() and third == one.endpoint()
        with replicas.lease() as fourth:
            assert fourth == other.endpoint()
    with replicas.lease() as again:
        assert again == one.endpoint()
    assert one.lease().__enter__() == one.endpoint()


def test_a_replica_that_dies_costs_its_requests_nothing_but_time(
    serve: Serve, together: Callable[..., Replicas]
) -> None:
    dies, stays = serve(Reset()), serve()
    replicas = together(dies, stays)

    def end(*_: object) -> Act:
        dies.listed = Http(503, b"{}")  # nothing is there any more, whoever looks
        return Reset()

    dies.script = end
    client = OmniClient(replicas, SETTINGS)
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda number: asked(client, f"{number}.mp4"), range(12)))
    told = client.facts()
    client.close()
    assert texts == [ANSWERED] * 12
    assert told["answered_by"] == {stays.endpoint().url: 12}
    assert told["counts"]["lost"] == len(dies.requests) <= 4
    assert told["concurrency_limit"] >= 4  # one of two that is gone is no reason to ask the other less
    away = [one["away"] for one in replicas.facts()["replicas"]]  # type: ignore[attr-defined]
    assert "answers HTTP 503" in away[0] and away[1] == ""


def test_one_that_comes_back_is_asked_again(
    serve: Serve, together: Callable[..., Replicas], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_POLL", 0.02)
    gone, stays = serve(), serve()
    replicas = together(gone, stays)
    assert replicas.endpoint() == gone.endpoint()
    listed = gone.listed
    gone.listed = refusal(503, "loading")
    assert replicas.revive(gone.endpoint()) == stays.endpoint() == replicas.endpoint()
    assert not replicas.others(stays.endpoint())
    gone.listed = listed
    until = time.monotonic() + 10
    while replicas.endpoint() != gone.endpoint() and time.monotonic() < until:
        time.sleep(0.01)
    assert replicas.endpoint() == gone.endpoint() and replicas.others(stays.endpoint())
    told = replicas.facts()["replicas"]
    assert [(one["times_lost"], one["away"]) for one in told] == [(1, ""), (0, "")]  # type: ignore[attr-defined]


def test_a_connection_that_breaks_while_the_server_lives_is_tried_again(
    serve: Serve, together: Callable[..., Replicas]
) -> None:
    breaks = serve(Reset(), completion(ANSWERED))
    replicas = together(breaks, serve())
    client = OmniClient(replicas, SETTINGS)
    assert asked(client) == ANSWERED
    client.close()
    assert len(breaks.requests) == 2 and not replicas.facts()["replicas"][0]["away"]  # type: ignore[index]


def test_a_clip_over_which_two_servers_end_is_given_up(serve: Serve, together: Callable[..., Replicas]) -> None:
    servers = [serve(Reset()), serve(Reset()), serve()]
    replicas = together(*servers)
    for server in servers[:2]:
        server.script = lambda body, number, server=server: (setattr(server, "listed", Http(500, b"")), Reset())[1]
    client = OmniClient(replicas, SETTINGS)
    with pytest.raises(ClipError, match=r"poison\.mp4: 2 servers ended while they answered this clip"):
        asked(client, "poison.mp4")
    assert asked(client, "next.mp4") == ANSWERED
    client.close()


def test_one_that_is_gone_from_the_start_is_left_out(serve: Serve, together: Callable[..., Replicas]) -> None:
    there = serve()
    replicas = together(closed(serve()), there)
    client = OmniClient(replicas, SETTINGS)
    assert asked(client) == ANSWERED
    client.close()
    assert replicas.endpoint() == there.endpoint()


def test_all_gone_is_one_fault_that_names_each(serve: Serve, together: Callable[..., Replicas]) -> None:
    urls = [closed(serve()), closed(serve())]
    with pytest.raises(StageUnavailable, match="no omni server answers") as caught:
        together(*urls).endpoint()
    assert all(url in str(caught.value) for url in urls)
    one, other = serve(), serve()
    replicas = together(one, other)
    first = replicas.endpoint()
    one.listed = other.listed = Http(503, b"{}")
    assert replicas.revive(first) == other.endpoint()  # not yet known to be gone
    with pytest.raises(StageUnavailable, match="none of 2 omni servers answers: .*; waited 0 s"):
        replicas.revive(other.endpoint())


def test_servers_of_two_models_are_refused(serve: Serve, together: Callable[..., Replicas]) -> None:
    with pytest.raises(StageUnavailable, match="do not serve one model: .* serves a, .* serves b"):
        together(serve(model="a"), serve(model="b")).endpoint()
