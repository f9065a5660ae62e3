from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from harness.faults import ClipError, StageUnavailable
from models.omni.client import OmniClient
from models.omni.in_flight import InFlightGate
from models.omni.protocol.types import Endpoint
from models.omni.reply import Attempts
from tests.support.scripted_client import QUESTION, SETTINGS, Scripted
from tests.support.scripted_server import (
    ANSWERED,
    Act,
    Hang,
    Http,
    Reset,
    ScriptedServer,
    Trickle,
    completion,
    in_turn,
    refusal,
)


def test_a_reply_as_asked(scripted: Scripted) -> None:
    server, client, slept = scripted(in_turn(completion(ANSWERED)))
    attempts = Attempts("a.mp4")
    asked = client.ask(QUESTION, attempts)
    assert (asked.text, asked.finish_reason, asked.structured, asked.problem) == (ANSWERED, "stop", "regex", "")
    assert attempts.facts() == {"model": "scripted", "requests": 1, "tokens": {"prompt": 100, "completion": 10}}
    (sent,) = server.requests
    assert sent["structured_outputs"] == {"regex": QUESTION.pattern}
    assert sent["temperature"] == 0 and sent["max_tokens"] == 256 and "seed" not in sent
    assert not slept


def test_a_hanging_request_is_given_up_and_sent_again(scripted: Scripted) -> None:
    server, client, slept = scripted(in_turn(Hang(), completion(ANSWERED)), timeout=0.3)
    attempts = Attempts("a.mp4")
    assert client.ask(QUESTION, attempts).text == ANSWERED
    assert attempts.failures == {"slow": 1} and slept == [1.0] and not server.revived


def test_a_server_that_keeps_hanging_is_looked_after(scripted: Scripted) -> None:
    server, client, slept = scripted(in_turn(Hang(), Hang(), completion(ANSWERED)), timeout=0.2)
    assert client.ask(QUESTION, Attempts("a.mp4")).text == ANSWERED
    assert slept == [1.0, 2.0] and server.revived == [server.endpoint()]


def test_a_reply_that_trickles_is_given_up(scripted: Scripted) -> None:
    _, client, _ = scripted(in_turn(Trickle()), timeout=0.4, attempts=1)
    with pytest.raises(ClipError, match=r"a\.mp4: no reply .*slow .*within 0\.4 s"):
        client.ask(QUESTION, Attempts("a.mp4"))


def test_pauses_grow_and_the_clip_is_given_up(scripted: Scripted) -> None:
    server, client, slept = scripted(in_turn(refusal(500, "engine is unwell")), attempts=4)
    attempts = Attempts("a.mp4")
    with pytest.raises(ClipError, match=r"a\.mp4: no reply in 4 attempts: .*engine is unwell"):
        client.ask(QUESTION, attempts)
    assert slept == [1.0, 2.0, 4.0] and len(server.requests) == 4 and attempts.failures == {"error": 4}


@pytest.mark.parametrize("act", [Reset(), Reset(after=b'{"choices": ')])
def test_a_lost_connection_revives_the_server(scripted: Scripted, act: Reset) -> None:
    server, client, slept = scripted(in_turn(act, completion(ANSWERED)))
    before = server.endpoint()
    server.on_revive = server.move
    attempts = Attempts("a.mp4")
    assert client.ask(QUESTION, attempts).text == ANSWERED
    assert server.revived == [before] and server.endpoint() != before
    assert attempts.failures == {"lost": 1} and not slept
    assert client.facts()["counts"] == {"lost": 1, "answered": 1, "reply: match": 1}


def test_a_server_that_cannot_be_revived(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(Reset()))

    def gone() -> None:
        raise StageUnavailable("the server ended 3 times")

    server.on_revive = gone
    with pytest.raises(StageUnavailable, match="ended 3 times"):
        client.ask(QUESTION, Attempts("a.mp4"))


def test_nobody_listens(scripted: Scripted) -> None:
    server, client, _ = scripted(in_turn(completion(ANSWERED)))
    there = server.endpoint()
    known = [Endpoint("http://127.0.0.1:9/v1", "m")]
    server.endpoint = lambda: known[-1]  # type: ignore[method-assign]

    def found(lost: Endpoint) -> Endpoint:
        known.append(there)
        return there

    server.revive = found  # type: ignore[method-assign]
    assert client.ask(QUESTION, Attempts("a.mp4")).text == ANSWERED


class Mortal(ScriptedServer):
    """A server that dies of a request which says poison, together with all that are under way beside it."""

    def __init__(self, together: int) -> None:
        self.dead, self.deaths, self.reviving = threading.Event(), 0, threading.Lock()
        self.first = threading.Barrier(together)
        super().__init__(self.suffer)

    def suffer(self, body: dict[str, Any], number: int) -> Act:
        if number < self.first.parties:
            self.first.wait(5)
        if "poison" in str(body["messages"]):
            self.dead.set()
        elif not self.deaths:
            self.dead.wait(5)
        return Reset() if self.dead.is_set() else completion(ANSWERED)

    def revive(self, lost: Endpoint) -> Endpoint:
        with self.reviving:
            if lost == self.endpoint() and self.dead.is_set():
                self.deaths += 1
                self.move()
                self.dead.clear()
            return self.endpoint()


def test_a_clip_that_kills_the_server_costs_no_other() -> None:
    server = Mortal(together=4)
    client = OmniClient(server, replace(SETTINGS, concurrency=8))
    ended: dict[str, str] = {}

    def one(name: str) -> None:
        asked = replace(QUESTION, messages=({"role": "user", "content": name},))
        try:
            ended[name] = client.ask(asked, Attempts(name)).text
        except ClipError as fault:
            ended[name] = fault.message

    threads = [threading.Thread(target=one, args=(name,)) for name in ("a.mp4", "poison.mp4", "b.mp4", "c.mp4")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    one("d.mp4")
    client.close()
    server.close()
    assert ended.pop("poison.mp4").startswith("poison.mp4: the server ended over this clip twice, the second time with")
    assert ended == dict.fromkeys(("a.mp4", "b.mp4", "c.mp4", "d.mp4"), ANSWERED)
    assert server.deaths == 2


def test_alone_on_the_road() -> None:
    gate, order, held = InFlightGate(), list[str](), threading.Event()

    def together(name: str) -> None:
        with gate.enter(alone=False):
            order.append(name)
            held.wait(5)

    def alone() -> None:
        with gate.enter(alone=True):
            order.append("alone")
            time.sleep(0.05)
            order.append("alone still")

    threads = [threading.Thread(target=together, args=(name,)) for name in ("first", "second")]
    threads.append(threading.Thread(target=alone))
    threads.append(threading.Thread(target=together, args=("late",)))
    for thread in threads:
        thread.start()
        time.sleep(0.03)
    assert order == ["first", "second"]
    held.set()
    for thread in threads:
        thread.join(5)
    assert order == ["first", "second", "alone", "alone still", "late"]
    gate.close()
    with pytest.raises(StageUnavailable), gate.enter(alone=False):
        pass


def test_many_threads_share_one_client(scripted: Scripted) -> None:
    gathered = threading.Barrier(4, timeout=5)

    def script(body: dict[str, Any], number: int) -> Http:
        gathered.wait()
        return completion(f"<think>{body['messages'][1]['content'][-1]['text']}</think><answer>NEUT</answer>")

    _, client, _ = scripted(script, concurrency=8)
    replies: dict[int, str] = {}

    def one(number: int) -> None:
        text = QUESTION.messages[0], {"role": "user", "content": f"clip {number}"}
        with client.place():
            replies[number] = client.ask(replace(QUESTION, messages=text), Attempts(f"{number}.mp4")).text

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert replies == {number: f"<think>clip {number}</think><answer>NEUT</answer>" for number in range(4)}


def test_close_ends_what_is_under_way_and_leaves_no_thread(scripted: Scripted) -> None:
    before = set(threading.enumerate())
    server = ScriptedServer(in_turn(Hang()))
    client = OmniClient(server, replace(SETTINGS, timeout=60.0))
    ended: list[str] = []

    def one() -> None:
        with pytest.raises(StageUnavailable) as caught:
            client.ask(QUESTION, Attempts("a.mp4"))
        ended.append(caught.value.message)

    thread = threading.Thread(target=one)
    thread.start()
    while not server.running:
        time.sleep(0.005)
    client.close()
    thread.join(5)
    server.close()
    assert ended == ["the omni client was closed"]
    assert set(threading.enumerate()) <= before
    with pytest.raises(StageUnavailable):
        client.ask(QUESTION, Attempts("a.mp4"))


def test_close_ends_a_pause() -> None:
    server = ScriptedServer(in_turn(refusal(500, "x")))
    client = OmniClient(server, SETTINGS, jitter=lambda: 120.0)
    failed: list[BaseException] = []

    def one() -> None:
        with pytest.raises(StageUnavailable) as caught:
            client.ask(QUESTION, Attempts("a.mp4"))
        failed.append(caught.value)

    thread = threading.Thread(target=one)
    thread.start()
    while not client.facts()["counts"]:
        time.sleep(0.005)
    time.sleep(0.1)
    assert thread.is_alive() and not failed, "the pause is a minute long"
    client.close()
    thread.join(10)
    server.close()
    assert len(failed) == 1
