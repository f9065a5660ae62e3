"""The server's life, with a scripted process in the place of vLLM."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.faults import StageUnavailable
from models.omni.protocol.http import ask
from models.omni.server import vllm
from models.omni.server.command import ServerSettings, has_gpu
from models.omni.server.process_group import members, notes_folder
from models.omni.server.vllm import VllmServer
from tests.support.scripted_vllm import install

Made = Callable[..., VllmServer]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes of these tests alone, and little patience."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(vllm, "_STEP", 0.05)
    monkeypatch.setattr(vllm, "DEAF_SECONDS", 2.0)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    servers: list[VllmServer] = []

    def make(*acts: str, said: list[str] | None = None, **changed: object) -> VllmServer:
        changed = {"start_seconds": 60.0, "restarts": 2, **changed}
        settings = ServerSettings(install(tmp_path, *acts), tmp_path / "model", **changed)  # type: ignore[arg-type]
        report = said.append if said is not None else (lambda line: None)
        servers.append(VllmServer(settings, tmp_path / "server.log", report))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()
    assert list(notes_folder().iterdir()) == []


def session() -> int:
    (note,) = notes_folder().glob("*.json")
    return int(note.stem)


def test_it_starts_answers_and_ends_whole(made: Made, tmp_path: Path) -> None:
    server = made("well")
    assert server.facts() == {"kind": "vllm", "restarts": []}
    endpoint = server.endpoint()
    assert server.endpoint() is endpoint
    assert endpoint.url.startswith("http://127.0.0.1:") and endpoint.model == "omni"
    facts = server.facts()
    assert facts["version"] == "0.0-scripted" and facts["restarts"] == [] and float(str(facts["start_seconds"])) > 0
    assert facts["gpu"] is has_gpu() and "key" not in facts
    canary = facts["canary"]
    assert isinstance(canary, dict) and canary["nothing"] == 0 and min(canary["picture"], canary["sound"]) > 1e-4
    assert str(tmp_path) not in str(facts) and endpoint.api_key not in str(facts) and len(endpoint.api_key) > 20
    server.check_alive()
    pid = session()
    assert len(members(pid)) == 2
    server.stop()
    assert members(pid) == []
    with pytest.raises(StageUnavailable, match="stopped"):
        server.endpoint()
    with pytest.raises(StageUnavailable, match="stopped"):
        server.revive(endpoint)


def test_the_key_is_asked_for_and_is_another_each_time(made: Made) -> None:
    keys = {made("well").endpoint().api_key, (second := made("well").endpoint()).api_key}
    assert len(keys) == 2
    body = {"model": "omni", "messages": [{"role": "user", "content": "x"}]}
    with pytest.raises(urllib.error.HTTPError, match="401"):
        ask(second.url + "/chat/completions", "", 5, body)


def test_a_server_that_lets_anyone_in_is_reported(made: Made) -> None:
    said: list[str] = []
    server = made("open", said=said)
    assert server.endpoint() and server.facts()["key"] == "not asked for"
    assert len(said) == 1 and "others on this machine" in said[0]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("blind", "with and without picture"),
        ("deaf", "with and without sound"),
        ("noisy", "answers the same with and without"),
        ("plain", "no log-probabilities"),
    ],
)
def test_a_server_that_does_not_see_or_hear_is_no_server(made: Made, act: str, said: str) -> None:
    server = made(act)
    with pytest.raises(StageUnavailable, match=said) as caught:
        server.endpoint()
    assert "omni.canary=false" in caught.value.remedy
    assert list(notes_folder().iterdir()) == []
    if act != "noisy":
        assert made(act, canary=False).endpoint()


def test_a_start_that_fails_shows_its_log_and_the_command(made: Made, tmp_path: Path) -> None:
    server = made("dies", "well")
    with pytest.raises(StageUnavailable, match=r"ended while it started \(exit code 1\)") as caught:
        server.endpoint()
    assert "RuntimeError: no memory" in caught.value.message and "key KEY;" in caught.value.message
    assert "HF_HUB_OFFLINE=1" in caught.value.remedy and f"serve {tmp_path / 'model'}" in caught.value.remedy
    assert "VLLM_API_KEY" not in caught.value.remedy
    with pytest.raises(StageUnavailable, match="no memory"):
        server.endpoint()
    assert (tmp_path / "starts").read_text() == "x", "a first start that fails is not tried again"


@pytest.mark.parametrize("act", ["silent", "hangs"])
def test_a_start_ends_at_its_deadline(made: Made, act: str) -> None:
    started = time.monotonic()
    with pytest.raises(StageUnavailable, match="not ready after|does not answer the canary"):
        made(act, start_seconds=2.0).endpoint()
    assert time.monotonic() - started < 15
    assert list(notes_folder().iterdir()) == []


def test_a_killed_server_is_started_again_so_often(made: Made, tmp_path: Path) -> None:
    said: list[str] = []
    server = made("well", said=said)
    lost = server.endpoint()
    for number in (1, 2):
        for pid in members(session()):
            os.kill(pid, signal.SIGKILL)
        found = server.revive(lost)
        assert found != lost and server.revive(lost) == found, "a second thread gets what the first one started"
        assert (tmp_path / f"server.log.{number}").exists()
        lost = found
    assert server.revive(lost) == lost, "a server that answers is not started again"
    assert server.facts()["restarts"] == ["the omni server ended (exit code -9)"] * 2
    assert said == [f"the omni server ended (exit code -9); restart {n} of 2" for n in (1, 2)]
    os.kill(session(), signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(StageUnavailable, match="restarted often enough"):
            server.revive(lost)
    with pytest.raises(StageUnavailable, match="restarted often enough"):
        server.endpoint()


def test_a_restart_that_fails_is_one_of_them(made: Made) -> None:
    server = made("well", "dies", "well")
    lost = server.endpoint()
    os.kill(session(), signal.SIGKILL)
    assert server.revive(lost) != lost
    assert server.facts()["restarts"] == [
        "the omni server ended (exit code -9)",
        "the omni server ended while it started (exit code 1)",
    ]


def test_a_server_that_hangs_is_started_again(made: Made) -> None:
    server = made("hangs", "well", canary=False)
    lost = server.endpoint()
    assert server.revive(lost) != lost
    assert server.facts()["restarts"] == ["the omni server no longer answered"]


def test_many_threads_start_one_server(made: Made, tmp_path: Path) -> None:
    server = made("well")
    found = []
    threads = [threading.Thread(target=lambda: found.append(server.endpoint())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.kill(session(), signal.SIGKILL)
    threads = [threading.Thread(target=lambda: found.append(server.revive(found[0]))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16 and len(set(found)) == 2
    assert (tmp_path / "starts").read_text() == "xx"


@pytest.mark.parametrize("act", ["silent", "hangs"])
def test_stop_ends_a_start_that_is_under_way(made: Made, act: str) -> None:
    server = made(act, start_seconds=300.0)
    faults: list[StageUnavailable] = []

    def start() -> None:
        try:
            server.endpoint()
        except StageUnavailable as fault:
            faults.append(fault)

    thread = threading.Thread(target=start)
    thread.start()
    until = time.monotonic() + 30
    while not list(notes_folder().glob("*.json")) and time.monotonic() < until:
        time.sleep(0.02)
    pid = session()
    time.sleep(1.0)
    server.stop()
    thread.join(20)
    assert not thread.is_alive() and members(pid) == []
    assert [fault.message for fault in faults] == ["the omni server was stopped"]


def test_an_end_nobody_asked_for_is_noticed(made: Made) -> None:
    server = made("well")
    server.endpoint()
    os.kill(session(), signal.SIGKILL)
    with pytest.raises(StageUnavailable, match=r"ended \(exit code -9\)"):
        for _ in range(100):
            server.check_alive()
            time.sleep(0.05)
