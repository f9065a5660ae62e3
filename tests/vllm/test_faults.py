"""The client on the real vLLM behind a proxy that cuts, delays, stalls, repeats and damages what passes through it."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from harness.faults import ClipError, HarnessFault
from harness.records.types import Frame, Media, MediaInfo
from models.omni.answer import LABELS, judge, pattern
from models.omni.client import ClientSettings, OmniClient
from models.omni.media import MediaSettings, encode
from models.omni.protocol.types import Question
from models.omni.reply import Asked, Attempts
from models.omni.server.remote import RemoteServer
from models.omni.server.vllm import VllmServer
from tests.support.fault_proxy import THREAD, Fault, FaultProxy
from tests.support.hostile_server import Pieces

LIMIT = 3.0
"""Seconds that a request may take; one that nothing befalls takes a tenth of it."""
ATTEMPTS = 5
HEAD_END = b"\r\n\r\n"


def cut(share: float) -> Fault:
    """The head, and so much of the body; then the end of the connection."""
    return Fault(lambda answer: iter([answer[: body_at(answer, share)]]))


def body_at(answer: bytes, share: float) -> int:
    begin = answer.index(HEAD_END) + len(HEAD_END)
    return begin + int(share * (len(answer) - begin))


def late(seconds: float) -> Fault:
    def told(answer: bytes) -> Pieces:
        yield seconds
        yield answer

    return Fault(told)


def stalled(answer: bytes) -> Pieces:
    yield answer[: body_at(answer, 0.5)]
    yield 10 * LIMIT


def trickled(answer: bytes) -> Pieces:
    for number in range(len(answer)):
        yield answer[number : number + 1]
        yield 2 * LIMIT / len(answer)


def flipped(at: int, bit: int, of_head: bool = False) -> Fault:
    """One bit of the byte `at`, counted from the start of the body, or of the head, is another one."""

    def told(answer: bytes) -> Pieces:
        number = at if of_head else body_at(answer, 0) + at
        yield answer[:number] + bytes([answer[number] ^ 1 << bit]) + answer[number + 1 :]

    return Fault(told)


NOTHING = Fault(lambda answer: iter([]))
RESET = Fault(lambda answer: iter([]), passed=0.0, reset=True)
BROKEN = Fault(lambda answer: iter([answer[: body_at(answer, 0.5)], 0.05]), reset=True)
HALF_ASKED = Fault(lambda answer: iter([]), passed=0.5)
TWICE = Fault(lambda answer: iter([answer + answer]))

MENDED: dict[str, tuple[tuple[Fault, ...], Counter[str]]] = {
    "cut before the answer": ((NOTHING,), Counter(lost=1)),
    "cut after 20 bytes": ((Fault(lambda answer: iter([answer[:20]])),), Counter(lost=1)),
    "cut behind the head": ((cut(0.0),), Counter(lost=1)),
    "half of the body": ((cut(0.5),), Counter(lost=1)),
    "all but the last byte": ((Fault(lambda answer: iter([answer[:-1]])),), Counter(lost=1)),
    "reset in the body": ((BROKEN,), Counter(lost=1)),
    "half of the request": ((HALF_ASKED,), Counter(lost=1)),
    "reset three times": ((RESET, RESET, RESET), Counter(lost=3)),
    "late, but in time": ((late(0.4),), Counter()),
    "too late": ((late(1.5 * LIMIT),), Counter(slow=1)),
    "stalled": ((Fault(stalled),), Counter(slow=1)),
    "byte by byte, without end": ((Fault(trickled),), Counter(slow=1)),
    "told twice": ((TWICE,), Counter()),
    "no JSON": ((flipped(0, 0),), Counter(malformed=1)),
    "no HTTP": ((flipped(0, 0, of_head=True),), Counter(lost=1)),
    "cut, late and damaged": ((cut(0.3), late(1.5 * LIMIT), flipped(0, 0)), Counter(lost=1, slow=1, malformed=1)),
}
"""What befalls a clip's first requests, and the failures that are counted; afterwards there is its answer."""
LOST: dict[str, tuple[Fault, str]] = {
    "cut each time": (cut(0.5), "lost"),
    "reset each time": (RESET, "lost"),
    "stalled each time": (Fault(stalled), "slow"),
    "damaged each time": (flipped(0, 0), "malformed"),
}
"""What befalls every request of a clip, and the last failure that its error tells."""
DAMAGED = {f"{'head' if head else 'body'}, byte {at}": flipped(at, at % 7, head) for head, at in (
    (True, 9), (True, 11), (True, 17), (True, 60), (False, 7), (False, 30), (False, 90), (False, 150), (False, 210),
)}  # fmt: skip
"""A bit of the answer is another one, which nothing need notice: an answer comes, or an error that names the clip."""


@dataclass
class Outcome:
    """What came of one clip."""

    asked: Asked | None
    fault: HarnessFault | None
    attempts: Attempts
    seconds: float


@dataclass
class Outside:
    """Who was connected to, by the threads that are not the proxy's."""

    watching: bool = True
    places: set[Any] = field(default_factory=set)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook."""
        if self.watching and event == "socket.connect" and threading.current_thread().name != THREAD:
            self.places.add(arguments[1])


@pytest.fixture
def outside(server: VllmServer) -> Iterator[Outside]:
    server.endpoint()  # starts it, and asks it itself
    outside = Outside()
    sys.addaudithook(outside)
    yield outside
    outside.watching = False


def question(number: int) -> Question:
    draw = np.random.default_rng(number)
    pictures = (Frame(0.0, draw.integers(0, 255, (56, 56, 3), np.uint8)),)
    sound = (0.1 * draw.normal(size=8000)).astype(np.float32)
    media = encode(Media(MediaInfo("mp4", 0.5, None, None), sound, pictures), MediaSettings(8, 56, 120, 85))
    text = {"role": "user", "content": f"Clip {number}: which label?"}
    return Question((text,), media, pattern(LABELS, "en", 16, answer_only=True), 16)


def behind(server: VllmServer, proxy: FaultProxy) -> tuple[RemoteServer, OmniClient]:
    remote = RemoteServer(proxy.url, api_key=server.endpoint().api_key, sleep=lambda seconds: time.sleep(0.1))
    return remote, OmniClient(remote, ClientSettings("auto", True, LIMIT, ATTEMPTS, concurrency=4, pause=0.05))


def outcome(client: OmniClient, number: int) -> Outcome:
    attempts, started = Attempts(f"clip{number}.mp4"), time.monotonic()
    asked, fault = None, None
    try:
        with client.place():
            started = time.monotonic()
            asked = client.ask(question(number), attempts)
    except HarnessFault as error:
        fault = error
    return Outcome(asked, fault, attempts, time.monotonic() - started)


def assert_answered(name: str, came: Outcome, failures: Counter[str]) -> None:
    assert came.fault is None and came.asked is not None, (name, came.fault)
    assert judge(came.asked.text, came.asked.finish_reason, question(0).pattern) == "match", name
    # On a machine that does other things besides, a request may be late by itself.
    assert set(came.attempts.failures - failures) <= {"slow"} and not failures - came.attempts.failures, name


def test_every_fault_costs_its_own_clip_at_most(server: VllmServer, outside: Outside) -> None:
    names = [*MENDED, *LOST, *DAMAGED]
    scripts = [*(faults for faults, _ in MENDED.values()), *((f,) * ATTEMPTS for f, _ in LOST.values())]
    scripts += [(fault,) for fault in DAMAGED.values()]
    proxy = FaultProxy(server.endpoint().url, {2 * i: script for i, script in enumerate(scripts)})
    remote, client = behind(server, proxy)
    try:
        outcome(client, 10_001)  # the first one finds out what is spoken
        with ThreadPoolExecutor(4) as threads:
            came = list(threads.map(lambda number: outcome(client, number), range(2 * len(names))))
        after = outcome(client, 10_003)
    finally:
        client.close()
        remote.stop()
        proxy.close()
    of = dict(zip(names, came[::2], strict=True))
    for name, (_, failures) in MENDED.items():
        assert_answered(name, of[name], failures)
    for name, (_, kind) in LOST.items():
        fault, number = of[name].fault, 2 * names.index(name)
        assert isinstance(fault, ClipError) and of[name].asked is None, name
        assert f"clip{number}.mp4: no reply in {ATTEMPTS} attempts" in fault.message and kind in fault.message, name
        assert fault.remedy and proxy.asked[number] == ATTEMPTS == of[name].attempts.requests, name
    for name in DAMAGED:
        assert (of[name].asked is None) != (of[name].fault is None), name
        assert of[name].fault is None or f"clip{2 * names.index(name)}.mp4" in str(of[name].fault), name
    for number, other in enumerate([*came[1::2], after]):
        assert_answered(f"the clip beside {number}", other, Counter())
    assert max(one.seconds for one in came) < ATTEMPTS * (LIMIT + 2)
    assert outside.places == {("127.0.0.1", proxy.port)}, "nobody else is spoken to"


def test_a_server_that_is_away_is_waited_for(server: VllmServer, outside: Outside) -> None:
    proxy = FaultProxy(server.endpoint().url, {})
    remote, client = behind(server, proxy)
    try:
        assert_answered("before", outcome(client, 1), Counter())
        with ThreadPoolExecutor(1) as threads:
            with proxy.away():
                waiting = threads.submit(outcome, client, 2)
                time.sleep(1.0)
                assert not waiting.done() and not proxy.asked[2]
            assert_answered("away", waiting.result(LIMIT + 5), Counter(lost=1))
        assert remote.facts()["times_lost"] == 1
        assert_answered("after", outcome(client, 3), Counter())
    finally:
        client.close()
        remote.stop()
        proxy.close()
    assert outside.places == {("127.0.0.1", proxy.port)}
