"""Real processes that end before their first task, over a task, or take too much."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.faults import ConfigError, StageUnavailable
from harness.processes import STILLBORN, Died, NeverBegun, Processes, ProcessLimits, own_bytes
from tests.support.fakes import blas_threads, lock_of_bars, start_after, take_memory

LIMITS = ProcessLimits(workers=1, seconds=30.0, recycle_after=0, bytes=400_000_000)


@pytest.fixture
def made() -> Iterator[list[Processes]]:
    pools: list[Processes] = []
    yield pools
    for pool in pools:
        pool.end(wait=False)


def done(pool: Processes, megabytes: int) -> int:
    """A task, given again as often as its pool breaks before its turn."""
    while True:
        try:
            return pool.result(pool.give(take_memory, megabytes))
        except NeverBegun:
            continue


def test_processes_that_end_before_their_first_task_are_started_again(tmp_path: Path, made: list[Processes]) -> None:
    made.append(Processes(LIMITS, start_after, (STILLBORN - 1, tmp_path)))
    assert done(made[0], 3) == 3
    assert len(list(tmp_path.iterdir())) == STILLBORN - 1


def test_processes_that_never_get_to_work_end_the_run_with_one_line(tmp_path: Path, made: list[Processes]) -> None:
    made.append(Processes(LIMITS, start_after, (99, tmp_path)))
    with pytest.raises(ConfigError, match="worker processes end before their first task, 3 times running") as caught:
        done(made[0], 3)
    assert caught.value.remedy


def test_several_threads_are_told_of_one_broken_pool(tmp_path: Path, made: list[Processes]) -> None:
    made.append(Processes(LIMITS, start_after, (1, tmp_path)))
    found: list[int] = []
    threads = [threading.Thread(target=lambda n=n: found.append(done(made[0], n))) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(found) == [1, 2, 3, 4]


def test_who_takes_too_much_memory_is_ended_and_the_next_is_not(made: list[Processes]) -> None:
    made.append(Processes(LIMITS))
    with pytest.raises(Died, match=r"took more than 0\.4 GB of memory and was ended"):
        done(made[0], 900)
    assert done(made[0], 3) == 3


def test_an_idle_process_that_is_killed_costs_nothing(made: list[Processes]) -> None:
    import multiprocessing

    made.append(Processes(LIMITS))
    assert done(made[0], 1) == 1
    (idle,) = multiprocessing.active_children()
    os.kill(idle.pid or 0, 9)
    time.sleep(0.5)
    assert done(made[0], 2) == 2


def test_what_was_ended_starts_nothing_again(made: list[Processes]) -> None:
    made.append(Processes(LIMITS))
    made[0].end(wait=False)
    with pytest.raises(StageUnavailable):
        made[0].give(take_memory, 1)


def test_the_memory_of_a_process() -> None:
    assert 1_000_000 < own_bytes(os.getpid()) < 2_000_000_000
    assert own_bytes(2**30) == 0


def test_progress_bars_of_packages_make_no_semaphore(made: list[Processes]) -> None:
    """Nobody would free it when the process is ended, and Python would say so on the user's terminal."""
    made.append(Processes(LIMITS))
    assert made[0].result(made[0].give(lock_of_bars)) == "RLock"


def test_each_process_multiplies_matrices_by_one_thread(made: list[Processes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers have a core each: threads of one would wait for those of another."""
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    made.append(Processes(LIMITS))
    assert made[0].result(made[0].give(blas_threads)) == "1"
    assert "OPENBLAS_NUM_THREADS" not in os.environ
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "3")
    made.append(Processes(LIMITS))
    assert made[1].result(made[1].give(blas_threads)) == "3"
