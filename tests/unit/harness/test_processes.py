"""Real processes that end before their first task, over a task, or take too much."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.faults import ConfigError, StageUnavailable
from harness.processes import STILLBORN, Died, NeverBegun, Processes, ProcessLimits, own_bytes
from tests.support.fakes import lock_of_bars, start_after, take_memory

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


PROGRAM = """
import sys
sys.path[:0] = [sys.argv[1]]
from harness.processes import Processes, ProcessLimits
from tests.support.fakes import seen_by_a_process
pool = Processes(ProcessLimits(workers=1, seconds=60.0, recycle_after=0, bytes=400_000_000), preload=sys.argv[2:])
print(*pool.result(pool.give(seen_by_a_process)), flush=True)
if input() == "lose one":  # as an interrupt does that comes while a process is being started
    import multiprocessing, time
    from harness.processes import _begin
    lost = multiprocessing.get_context("forkserver").Process(target=_begin, args=(time.sleep, (600,)))
    lost.start()
    multiprocessing.process._children.discard(lost)
pool.end(wait=True)
"""


class Program:
    """A program with a pool of its own: what its process saw, and the processes of its session."""

    def __init__(self, root: Path, *preload: str, **environment: str) -> None:
        kept = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(root), *preload],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**kept, **environment},
            start_new_session=True,
            cwd="/",
        )
        assert self.process.stdout is not None
        self.seen = dict(item.split("=") for item in self.process.stdout.readline().split())

    def others(self) -> list[int]:
        """The processes that it started, and theirs."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                state, _, _, session = path.read_text(encoding="utf-8").rsplit(")", 1)[1].split()[:4]
                if int(session) == self.process.pid and state != "Z":
                    found.append(int(path.parent.name))
        return [pid for pid in found if pid != self.process.pid]

    def finish(self, last: str = "") -> int:
        self.process.communicate(last + "\n", timeout=60)
        return self.process.returncode


def test_each_process_multiplies_matrices_by_one_thread(root: Path) -> None:
    """Workers have a core each: threads of one would wait for those of another."""
    ours, users = Program(root), Program(root, OPENBLAS_NUM_THREADS="3")
    assert ours.seen["blas"] == "1"
    assert users.seen["blas"] == "3"
    assert (ours.finish(), users.finish()) == (0, 0)


def test_what_is_preloaded_is_there_before_the_first_task_and_nothing_outlives_the_program(root: Path) -> None:
    bare, warm = Program(root), Program(root, "tests.support.sounds", "no.such.module")
    assert bare.seen["sounds"] == "False"
    assert warm.seen["sounds"] == "True"
    assert warm.seen["method"] == "forkserver"
    assert len(warm.others()) == 3  # the one to fork from, Python's tracker of semaphores, the process itself
    assert (bare.finish(), warm.finish()) == (0, 0)
    assert gone(warm), "the tracker ends once its pipe is closed: a moment after the program"


def gone(program: Program) -> bool:
    """Whether no process of it is left, by and by."""
    deadline = time.monotonic() + 20
    while program.others() and time.monotonic() < deadline:
        time.sleep(0.05)
    return program.others() == []


def test_a_process_that_no_pool_knows_does_not_hold_up_the_end(root: Path) -> None:
    program = Program(root)
    assert program.finish("lose one") == 0
    assert gone(program)


def test_processes_end_with_a_program_that_is_killed(root: Path) -> None:
    program = Program(root)
    assert program.others()
    program.process.kill()
    program.process.wait()
    assert gone(program)


def test_without_a_socket_to_listen_at_each_process_is_started_by_itself(root: Path, tmp_path: Path) -> None:
    """A socket's path has room for about a hundred characters."""
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    program = Program(root, TMPDIR=str(deep))
    assert program.seen["blas"] == "1"
    assert program.seen["method"] == "spawn"
    assert program.finish() == 0


def test_a_process_to_fork_from_that_was_killed_is_replaced(root: Path) -> None:
    """What it forked may count as ended then, since nobody tells any more how it ended; a task is given again."""
    made = Processes(LIMITS)
    assert done(made, 1) == 1
    from multiprocessing import forkserver

    os.kill(forkserver._forkserver._forkserver_pid, 9)  # type: ignore[attr-defined]
    try:
        found = done(made, 2)
    except Died:
        found = done(made, 2)
    assert found == 2
    made.end(wait=False)
    again = Processes(LIMITS)
    assert done(again, 3) == 3
    again.end(wait=False)
