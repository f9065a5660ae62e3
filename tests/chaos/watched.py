"""A run's processes, found by a variable in their environment, whatever became of their parents."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

MARK = "HARNESS_CHAOS"
"""What this variable holds in a run is inherited by every process of it."""


def marked(token: str) -> dict[int, str]:
    """Process id → command line of every living process of the run that `token` marks."""
    found = {}
    wanted = f"{MARK}={token}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    words = (entry / "cmdline").read_bytes().split(b"\0")
                    found[int(entry.name)] = b" ".join(words).decode(errors="replace")
    return found


def parent_of(pid: int) -> int:
    """Field 4 of proc(5)'s stat; 0 when the process is gone."""
    try:
        return int(
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1]
        )
    except (OSError, IndexError):
        return 0


def parts(driver: int, token: str) -> dict[str, list[int]]:
    """The living processes of a run by what they are: driver, fork server, worker."""
    living = marked(token)
    servers = [pid for pid, line in living.items() if "resource_tracker" not in line and parent_of(pid) == driver]
    workers = [pid for pid in living if parent_of(pid) in servers]
    return {"driver": [driver] if driver in living else [], "fork server": servers, "worker": workers}


def kill(pid: int, number: int = signal.SIGKILL) -> bool:
    """Send a signal; whether there was anybody to hear it."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def seconds_until_gone(token: str, most: float) -> float | None:
    """How long the last process of a run lived on; None when one outlives `most` seconds."""
    started = time.monotonic()
    while marked(token):
        if time.monotonic() - started > most:
            return None
        time.sleep(0.05)
    return time.monotonic() - started
