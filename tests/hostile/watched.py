"""A command, or a call in a process of its own, with its time and memory watched and bounded."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from harness.processes import own_bytes

LOOK = 0.1
WAITING = 10
"""Times its seconds of computing that a call may take by the clock."""
UNCAUGHT = 70
"""Exit code of a call that raised what no user should see (sysexits: an internal error)."""


@dataclass(frozen=True)
class Watched:
    """How a command or call went.

    Attributes:
        code: its exit code; negative when a signal ended it, -9 also where it went over a bound.
        said: what it printed.
        seconds: how long it took.
        cpu: seconds that it computed, with its children.
        bytes: the most memory that one of its processes held beyond what it began with.
        over: which bound it went over; empty when none.
    """

    code: int
    said: str
    seconds: float
    cpu: float
    bytes: int
    over: str = ""


def command(
    words: Sequence[str], environment: dict[str, str], log: Path, seconds: float, most_bytes: int, cwd: Path
) -> Watched:
    """Run `python *words` as a session of its own; it is ended when it goes over a bound."""
    started, before, most, over = time.monotonic(), os.times(), 0, ""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *words],
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            env={**os.environ, **environment},
            start_new_session=True,
            cwd=cwd,
        )
        while process.poll() is None and not over:
            time.sleep(LOOK)
            most = max([most, *map(own_bytes, session(process.pid))])
            if time.monotonic() - started > seconds:
                over = f"longer than {seconds:g} s"
            elif most > most_bytes:
                over = f"more than {most_bytes / 1e9:.3g} GB"
        if over:
            for pid in session(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        code = process.wait()
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    said = log.read_text(encoding="utf-8", errors="replace")
    return Watched(code, said, time.monotonic() - started, cpu, most, over)


def session(leader: int) -> list[int]:
    """The living processes of a session."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if os.getsid(int(entry.name)) == leader:
                    found.append(int(entry.name))
    return found


def call(work: Callable[[], object], scratch: Path, seconds: float, most_bytes: int) -> Watched:
    """Call `work` in a copy of this process; what it prints and the code that it returns are kept.

    `seconds` are seconds of computing. A number that it returns or exits with is the code, anything else is 0. What it
    raises is printed whole, and the code is `UNCAUGHT`.
    """
    log = scratch / "said"
    started = time.monotonic()
    sys.stdout.flush()
    sys.stderr.flush()
    begun = own_bytes(os.getpid())
    pid = os.fork()
    if not pid:
        _become(work, log, seconds, begun + most_bytes)
    _, status, used = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    held = max(0, used.ru_maxrss * 1024 - _resident())
    over = f"longer than {seconds:g} s" if code in (-signal.SIGALRM, -signal.SIGXCPU, -signal.SIGKILL) else ""
    said = log.read_text(encoding="utf-8", errors="replace")
    cpu = used.ru_utime + used.ru_stime
    return Watched(code, said, time.monotonic() - started, cpu, held, over)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def _become(work: Callable[[], object], log: Path, seconds: float, most_bytes: int) -> None:
    """In the copy: bounds, streams, the work, the end."""
    code: object = UNCAUGHT
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, WAITING * seconds)  # other work may keep it waiting, but not for ever
        resource.setrlimit(resource.RLIMIT_CPU, (ceil(seconds), ceil(seconds)))
        resource.setrlimit(resource.RLIMIT_DATA, (most_bytes + (1 << 30), most_bytes + (1 << 30)))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number in (1, 2):
            os.dup2(handle, number)
        sys.stdout = sys.stderr = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
        code = work()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code if isinstance(code, int) else 0)
