"""The process that others are forked from: a copy of the program where that is safe, and nothing of it that ties."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.fork_server import BLAS_THREADS

PROGRAM = """
import fcntl, logging, sys, threading, time
sys.path[:0] = [sys.argv[1]]
from harness.fork_server import import_numpy
import_numpy()
from harness.processes import Processes, ProcessLimits
from tests.support import sounds
from tests.support.fakes import left_of_the_program, seen_by_a_process
locked = open(sys.argv[2], "w")
fcntl.flock(locked, fcntl.LOCK_EX)
logging.getLogger("harness").addHandler(logging.StreamHandler(locked))
if sys.argv[3] == "beside a thread":
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
pool = Processes(ProcessLimits(workers=1, seconds=60.0, recycle_after=0, bytes=400_000_000))
print(*pool.result(pool.give(seen_by_a_process)), *pool.result(pool.give(left_of_the_program, sys.argv[2])))
pool.end(wait=True)
"""


def seen(root: Path, file: Path, how: str) -> dict[str, str]:
    """What a worker process of a program finds that has imported a module and holds a lock."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(root), str(file), how],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={name: value for name, value in os.environ.items() if name != BLAS_THREADS},
    )
    return dict(item.split("=") for item in done.stdout.split())


@pytest.mark.parametrize(("how", "imported"), [("alone", "True"), ("beside a thread", "False")])
def test_a_program_of_one_thread_is_copied_without_its_files_and_its_log(
    root: Path, tmp_path: Path, how: str, imported: str
) -> None:
    assert seen(root, tmp_path / "locked", how) == {
        "sounds": imported,
        "method": "forkserver",
        "blas": "1",
        "open": "False",
        "logs": "0",
    }
