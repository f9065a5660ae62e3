"""run_submission.py on a machine that misbehaves as $CHAOS_FAULT says; worker processes import this file too.

| fault | what is done |
|---|---|
| power | nothing reaches the disk by itself: renames and syncs are noted; `lost_power` undoes what was not synced |
| stale | now and then a file cannot be opened or renamed, as on a network file system whose server came back (ESTALE) |
| clock | the clock of the day jumps, by up to a day, forwards and backwards |
"""

from __future__ import annotations

import errno
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
FAULT = os.environ.get("CHAOS_FAULT", "")
NOTES = os.environ.get("CHAOS_NOTES", "")
STALE_SHARE = 0.004
DAY = 86_400.0


def _note(kind: str, *facts: Any) -> None:
    with open(NOTES, "ab", buffering=0) as stream:  # one short write each: whole lines, also from several processes
        stream.write(json.dumps([time.monotonic_ns(), kind, *facts]).encode() + b"\n")


def _without_power() -> None:
    replace = os.replace

    def fsync(handle: int) -> None:
        _note("fsync", os.readlink(f"/proc/self/fd/{handle}"), os.fstat(handle).st_ino)

    def noted_replace(source: Any, target: Any) -> None:
        inode = os.stat(source).st_ino
        replace(source, target)
        _note("rename", os.path.abspath(target), inode)

    os.fsync = fsync  # type: ignore[assignment]
    os.replace = noted_replace  # type: ignore[assignment]
    os.sync = lambda: _note("sync")


def _stale() -> None:
    replace, chance = os.replace, random.Random(os.getpid())

    def failing(source: Any, target: Any) -> None:
        if chance.random() < STALE_SHARE:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), os.fspath(target))
        replace(source, target)

    os.replace = failing  # type: ignore[assignment]


def _jumping_clock() -> None:
    now, chance = time.time_ns, random.Random(os.getpid())

    def jumped() -> int:
        return now() + int(1e9 * chance.uniform(-DAY, DAY))

    time.time_ns = jumped
    time.time = lambda: jumped() / 1e9


{"power": _without_power, "stale": _stale, "clock": _jumping_clock}.get(FAULT, lambda: None)()

if __name__ == "__main__":
    from run_submission import main

    sys.exit(main())
