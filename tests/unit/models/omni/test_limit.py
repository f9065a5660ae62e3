from __future__ import annotations

import random
import threading
import time

import pytest

from harness.faults import StageUnavailable
from models.omni.limit import Gate, Limit, Outcome, first_limit, next_limit, percentile

FAST = [Outcome("ok", 1.0)] * 8


def test_it_doubles_until_the_first_trouble_and_then_creeps() -> None:
    assert next_limit(Limit(4), FAST, 4, 16, 60) == Limit(8)
    assert next_limit(Limit(12), FAST, 12, 16, 60) == Limit(16)
    assert next_limit(Limit(4, False), FAST, 4, 16, 60) == Limit(5, False)
    assert next_limit(Limit(16, False), FAST, 16, 16, 60) == Limit(16, False)


def test_a_limit_that_was_not_used_stays() -> None:
    assert next_limit(Limit(8), FAST, 6, 16, 60) == Limit(8)
    assert next_limit(Limit(8), FAST, 7, 16, 60) == Limit(16)


@pytest.mark.parametrize("kind", ["slow", "lost", "refused"])
def test_no_reply_halves_it(kind: str) -> None:
    assert next_limit(Limit(16), [*FAST, Outcome(kind, 60.0)], 16, 16, 60) == Limit(8, False)  # type: ignore[arg-type]
    assert next_limit(Limit(1, False), [Outcome(kind, 60.0)], 1, 16, 60) == Limit(1, False)  # type: ignore[arg-type]


def test_late_replies_cut_it_by_a_third() -> None:
    assert next_limit(Limit(12), [*FAST, Outcome("ok", 30.1)], 12, 16, 60) == Limit(8, False)
    assert next_limit(Limit(12), [*FAST, Outcome("ok", 29.9)], 12, 24, 60) == Limit(24)
    one_in_a_hundred = [Outcome("ok", 1.0)] * 99 + [Outcome("ok", 59.0)]
    assert next_limit(Limit(100), one_in_a_hundred, 100, 400, 60) == Limit(200)


def test_a_server_error_only_holds_it() -> None:
    assert next_limit(Limit(8), [*FAST, Outcome("error", 0.1)], 8, 16, 60) == Limit(8)


def test_whatever_happens_it_stays_within_its_bounds() -> None:
    draw = random.Random(1)
    for most in (1, 2, 7, 64):
        limit = first_limit(most)
        for _ in range(500):
            kinds = draw.choices(("ok", "ok", "ok", "slow", "error", "lost", "refused"), k=draw.randint(1, 9))
            recent = [Outcome(kind, draw.uniform(0, 60)) for kind in kinds]  # type: ignore[arg-type]
            limit = next_limit(limit, recent, draw.randint(0, limit.value), most, 60)
            assert 1 <= limit.value <= most


def test_percentile() -> None:
    assert percentile([], 0.95) == 0
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0
    assert percentile([float(n) for n in range(1, 101)], 0.95) == 95.0
    assert percentile([float(n) for n in range(1, 21)], 0.95) == 19.0


def test_the_gate_moves_with_what_it_is_told() -> None:
    gate = Gate(16, 60.0)
    assert gate.limit == 8
    for _ in range(8):
        gate.report("slow", 0.0, 60.0)
    assert gate.limit == 4, "requests that ran together are one event"
    with gate.place(), gate.place(), gate.place(), gate.place():
        for _ in range(4):
            gate.report("ok", 61.0, 62.0)
        for _ in range(4):
            gate.report("ok", 61.0, 62.0)
    assert gate.limit == 5, "and those of before a change say nothing of what it led to"


def test_the_gate_lets_in_up_to_the_limit_in_order() -> None:
    gate = Gate(4, 60.0)
    order: list[int] = []
    inside, highest = 0, 0
    lock = threading.Lock()
    release = threading.Event()

    def one(number: int) -> None:
        nonlocal inside, highest
        with gate.place():
            with lock:
                order.append(number)
                inside += 1
                highest = max(highest, inside)
            release.wait(5)
            with lock:
                inside -= 1

    threads = []
    for number in range(8):
        threads.append(threading.Thread(target=one, args=(number,)))
        threads[-1].start()
        time.sleep(0.01)
    assert order == [0, 1] and gate.limit == 2
    release.set()
    for thread in threads:
        thread.join(5)
    assert sorted(order) == list(range(8)) and highest == 2 == gate.highest


def test_a_closed_gate_sends_everyone_away() -> None:
    gate = Gate(1, 60.0)
    refused: list[str] = []

    def one() -> None:
        try:
            with gate.place():
                pass
        except StageUnavailable as fault:
            refused.append(fault.message)

    with gate.place():
        threads = [threading.Thread(target=one) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.02)
        gate.close()
        for thread in threads:
            thread.join(5)
    assert len(refused) == 3
