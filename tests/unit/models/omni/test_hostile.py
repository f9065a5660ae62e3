"""Whatever a server answers, the user gets a result or one line: no traceback, in bounded time, bytes, memory, CPU.

Every behaviour of the table is tried once in every place where a server is asked, all by one client of one server.
"""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.faults import ClipError, HarnessFault, StageUnavailable
from models.omni.answer import LABELS
from models.omni.body import MOST_BYTES
from models.omni.client import OmniClient
from models.omni.protocol.types import Endpoint
from models.omni.reply import Asked, Attempts
from models.omni.server import remote
from models.omni.server.canary import canary
from models.omni.server.remote import RemoteServer
from tests.hostile.servers import BEHAVIOURS, BODIES, HEADS, MESSAGES, PROBABILITIES
from tests.support.hostile_server import HostileServer
from tests.support.scripted_client import QUESTION, SETTINGS

SECONDS = 2.0
"""What a request is given here."""
PATIENCE = 90.0
"""After so many seconds a call is taken for one that never ends; the machine may be busy."""
AT_ONCE = 6
MOST_CPU = 40.0
MOST_GROWTH = 600e6
SECRET = "k-secret-0123456789"
NUMBERS = {name: number for number, name in enumerate(BEHAVIOURS)}


def buffers() -> int:
    """Bytes that the system may take from a server before anybody reads them: the most of a sender and a receiver."""
    kept = [Path(f"/proc/sys/net/ipv4/tcp_{side}mem") for side in "rw"]
    return sum(int(path.read_text(encoding="ascii").split()[2]) if path.is_file() else 32_000_000 for path in kept)


@dataclass(frozen=True)
class Tried:
    """What came of a call: its result, or the fault; and what the record of the clip would hold of it."""

    result: Any
    fault: HarnessFault | None
    facts: bytes = b""


@dataclass(frozen=True)
class Campaign:
    """Everything that was tried."""

    server: HostileServer
    lists: dict[str, Tried]
    questions: dict[str, Tried]
    probabilities: dict[str, Tried]
    canaries: dict[str, Tried]
    cpu: float
    growth: int
    facts: dict[str, Any]

    def all(self) -> Iterator[Tried]:
        return chain.from_iterable(t.values() for t in (self.lists, self.questions, self.probabilities, self.canaries))


class Asking:
    """One server, and one client of it for all behaviours: one for questions, one for probabilities."""

    def __init__(self) -> None:
        self.server = HostileServer([script for _, script in BEHAVIOURS.values()])
        there = RemoteServer(self.server.url, api_key=SECRET, patience=0.0)
        settings = replace(SETTINGS, dialect="vllm", timeout=SECONDS, attempts=1)
        self.client, self.scorer = (OmniClient(there, settings, sleep=lambda seconds: None) for _ in range(2))

    def list(self, name: str) -> Tried:
        url = self.server.url_of(NUMBERS[name])
        return tried(lambda: RemoteServer(url, api_key=SECRET).endpoint())

    def question(self, name: str) -> Tried:
        attempts = Attempts("a.mp4")
        came = tried(lambda: self.client.ask(worded(name), attempts))
        return replace(came, facts=msgspec.json.encode(attempts.facts()))

    def probability(self, name: str) -> Tried:
        attempts, begun = Attempts("a.mp4"), "<think>x</think><answer>SNEG</answer>"
        came = tried(lambda: self.scorer.label_probabilities(worded(name), begun, LABELS, attempts))
        return replace(came, facts=msgspec.json.encode(attempts.facts()))

    def canary(self, name: str) -> Tried:
        return tried(lambda: canary(Endpoint(self.server.url_of(NUMBERS[name]), "m", SECRET), SECONDS))

    def close(self) -> None:
        self.client.close()
        self.scorer.close()
        self.server.close()


def worded(name: str) -> Any:
    """The question, with the number by which the server knows how to behave."""
    asked = {"role": "user", "content": f"What is felt? behaviour {NUMBERS[name]}."}
    return replace(QUESTION, messages=(QUESTION.messages[0], asked))


def tried(work: Callable[[], Any]) -> Tried:
    """A call, and the fault that a user would be told of."""
    try:
        return Tried(work(), None)
    except (ClipError, StageUnavailable) as fault:
        return Tried(None, fault)


@pytest.fixture(scope="module")
def campaign() -> Iterator[Campaign]:
    """Everything is tried, a few at a time. A call that never ends is a failure of its own."""
    asking, cpu = Asking(), time.process_time()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    runs = list(HEADS | BODIES)
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(AT_ONCE) as pool:
        patch.setattr(remote, "_ONE_LOOK", SECONDS)

        def all_of(work: Callable[[str], Tried], names: list[str]) -> dict[str, Tried]:
            futures = {name: pool.submit(work, name) for name in names}
            return {name: future.result(PATIENCE) for name, future in futures.items()}

        asking.client.ask(worded("the answer inside the reasoning"), Attempts("a.mp4"))  # what is loaded once is loaded
        found = (
            all_of(asking.list, runs),
            all_of(asking.question, list(BEHAVIOURS)),
            all_of(asking.probability, [*(name for name in runs[::4] if "grammar" not in name), *PROBABILITIES]),
            all_of(asking.canary, runs[::8]),
        )
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    yield Campaign(asking.server, *found, time.process_time() - cpu, growth, asking.client.facts())
    asking.close()


def one_line(fault: HarnessFault) -> str:
    """The line that the user would see; it can be written, and is one."""
    line = str(fault)
    line.encode()
    assert line.isprintable() and 0 < len(line) < 3000, line
    return line


def outcome(tried: Tried) -> str:
    """What became of a question, in the words of the table."""
    if tried.fault is None:
        asked: Asked = tried.result
        return "unread" if asked.problem else "read"
    line = one_line(tried.fault)
    said = {
        "redirects": "redirect",
        "refuses the request": "rejected",
        "all empty": "empty",
        "answers HTTP": "forbidden",
    }
    found = next((name for words, name in said.items() if words in line), "")
    kinds = re.findall(r"(?:: |; |times )(lost|slow|malformed|refused|error) \(", line)
    return found or (kinds[-1] if kinds else line)


def test_there_are_enough_of_them() -> None:
    assert len(BEHAVIOURS) >= 200
    assert len(BEHAVIOURS) == sum(map(len, (HEADS, BODIES, MESSAGES, PROBABILITIES)))


def test_each_question_ends_as_the_table_says(campaign: Campaign) -> None:
    came = {name: outcome(tried) for name, tried in campaign.questions.items() if name not in PROBABILITIES}
    # Where the machine is busy, any reply may come too late.
    wrong = {name: (found, BEHAVIOURS[name][0]) for name, found in came.items()}
    assert {name: pair for name, pair in wrong.items() if pair[0] not in (pair[1], "slow")} == {}
    assert list(came.values()).count("slow") < len(came) / 2


def test_what_is_kept_of_a_reply_can_be_written_and_has_an_end(campaign: Campaign) -> None:
    for name, tried in campaign.questions.items():
        if tried.fault is None:
            tried.result.text.encode()
            assert 0 < len(tried.result.text) < 120_000, name


def test_a_list_of_models_gives_a_name_or_one_line(campaign: Campaign) -> None:
    for name, tried in campaign.lists.items():
        if tried.fault is None:
            assert tried.result.model.encode() and len(tried.result.model) <= 200, name
        else:
            assert isinstance(tried.fault, StageUnavailable) and one_line(tried.fault), name


def test_no_behaviour_passes_for_probabilities(campaign: Campaign) -> None:
    for name, tried in campaign.probabilities.items():
        if tried.fault is None:
            assert tried.result.probabilities is None, name
            told = BEHAVIOURS[name][0] if name in PROBABILITIES else ""
            assert tried.result.reason.startswith((told, "not answered")), (name, tried.result.reason)
        else:
            assert one_line(tried.fault), name


def test_no_behaviour_passes_for_seeing_and_hearing(campaign: Campaign) -> None:
    for name, tried in campaign.canaries.items():
        assert isinstance(tried.fault, StageUnavailable) and one_line(tried.fault), name


def test_time_bytes_and_memory_have_an_end(campaign: Campaign) -> None:
    assert campaign.cpu < MOST_CPU and campaign.growth < MOST_GROWTH
    assert max(campaign.server.sent.values()) <= MOST_BYTES + buffers()


def test_nothing_goes_anywhere_else(campaign: Campaign) -> None:
    assert campaign.server.elsewhere == []
    for asked in campaign.server.asked:
        assert f"host: 127.0.0.1:{campaign.server.port}\r\n" in asked
        assert "cookie:" not in asked and asked.count(SECRET) <= 1
        assert re.match(r"(get|post) (/\d+)?/v1/(models|chat/completions) http/1.1", asked), asked[:100]


def test_the_key_comes_back_in_nothing_that_is_kept(campaign: Campaign) -> None:
    assert any(SECRET in asked for asked in campaign.server.asked)
    for tried in campaign.all():
        told = tried.result.text if isinstance(tried.result, Asked) else tried.result
        told = replace(told, api_key="") if isinstance(told, Endpoint) else told
        assert SECRET not in f"{told} {tried.fault} {tried.facts.decode()}"
    echoes = [tried for name, tried in campaign.questions.items() if name.startswith("the key comes back")]
    assert any("[key]" in str(tried.fault or tried.result.text) for tried in echoes) and len(echoes) == 3
