"""What a piece of work costs that is done in other processes: wall and CPU seconds, memory at most, bytes read."""

from __future__ import annotations

import contextlib
import ctypes
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

LOOK = 1.0
"""Seconds between two looks at the memory; what is held for a shorter time may be missed."""
ORPHANS_WITHIN = 20.0
"""Seconds that processes are waited for whose own parent ended before them."""
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    """Of all processes together: `wall` and `cpu` seconds, `peak` bytes of memory (PSS), bytes `read` by calls."""

    wall: float
    cpu: float
    peak: int
    read: int


def adopt_orphans() -> None:
    """Have processes whose parent ends become children of this one, so that their CPU seconds are counted (Linux)."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def cost_of(work: Callable[[], object]) -> Cost:
    """What the processes cost that `work` starts. Those that it leaves behind are waited for, and counted."""
    with _watched() as peak:
        before, read, started = os.times(), bytes_read(), time.perf_counter()
        work()
        wall = time.perf_counter() - started
        _wait_for_orphans()
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        return Cost(wall, cpu, max(peak), bytes_read() - read)


def bytes_read() -> int:
    """Bytes that this process and those it has waited for have read by system calls, from the disk's cache as well."""
    lines = Path("/proc/self/io").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("rchar:"))


def _wait_for_orphans() -> None:
    until = time.monotonic() + ORPHANS_WITHIN
    with contextlib.suppress(ChildProcessError):
        while time.monotonic() < until:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.1)


@contextlib.contextmanager
def _watched() -> Iterator[list[int]]:
    """Looks at the memory of all processes below this one; the list holds what was seen."""
    seen, ending = [0], threading.Event()

    def watch() -> None:
        while not ending.wait(LOOK):
            seen.append(max(seen.pop(), sum(map(proportional, _below(os.getpid())))))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ending.set()
        thread.join()


def _below(root: int) -> list[int]:
    """The processes that descend from `root`."""
    found: list[int] = []
    line = [root]
    while line:
        for thread in Path(f"/proc/{line.pop()}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                children = list(map(int, thread.read_text(encoding="ascii").split()))
                found += children
                line += children
    return found


def proportional(pid: int) -> int:
    """Bytes of memory of a process, what it shares with others divided among them (PSS); 0 when it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
