"""Providers and stages for tests, importable by worker processes."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from harness.context import Context, Stage
from harness.faults import Absent, ClipError, ConfigError, StageUnavailable
from harness.records.types import Media, MediaInfo


def no_decode(path: Path) -> Media:
    """Media of nothing, for stages that only look at names."""
    return Media(MediaInfo("test", 1.0, None, None), None, ())


def name_length(context: Context) -> int:
    """A result that depends on the clip."""
    return len(context.clip.id)


def doubled(context: Context) -> int:
    """A result that depends on an earlier stage. Dies over a clip that is `late`."""
    if "late" in context.clip.id:
        os.kill(os.getpid(), signal.SIGSEGV)
    return 2 * (context.get("first", int) or 0)


def moody(context: Context) -> int:
    """Ends as the clip's name asks: dies, hangs, raises, or works."""
    name = context.clip.id
    if "dies" in name:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "hangs" in name:
        time.sleep(60)
    if "bad" in name:
        raise ClipError(f"{name} is bad", "mend it")
    if "gone" in name:
        raise StageUnavailable("no provider", "fetch it")
    if "none" in name:
        raise Absent("nothing there")
    if "bug" in name:
        raise ZeroDivisionError("a defect")
    return 1


def start_after(deaths: int, marks: Path) -> None:
    """An initializer that ends its process so many times, whichever process it is in; then it lets them live."""
    for number in range(deaths):
        try:
            (marks / f"death-{number}").touch(exist_ok=False)
        except FileExistsError:
            continue
        os._exit(3)


def take_memory(megabytes: int) -> int:
    """Takes memory and holds it for a while, as a decoder does that believes a false header."""
    held = [b"x" * 1_000_000 for _ in range(megabytes)]
    time.sleep(2 if megabytes > 100 else 0)
    return len(held)


def stages(key: str = "k") -> list[Stage]:
    """first → moody → last, where only `moody` can fail."""

    def reads(clip: Any) -> Any:
        return clip.sha256

    return [
        Stage("first", "fake", key, name_length, inputs=reads),
        Stage("moody", "fake", key, moody, inputs=reads),
        Stage("last", "fake", key, doubled, ("first",)),
    ]


def stages_after_deaths(deaths: int, parent: int, marks: Path) -> list[Stage]:
    """`stages`, in the parent; a worker that would make them dies first, so many times in all."""
    if os.getpid() != parent:
        start_after(deaths, marks)
    return stages()


def stages_here_alone(parent: int) -> list[Stage]:
    """`stages`, in the parent; in a worker there is something missing by then."""
    if os.getpid() != parent:
        raise ConfigError("the weights are gone", "fetch them")
    return stages()


def lock_of_bars() -> str:
    """The kind of lock that a package's progress bar takes here."""
    from tqdm import tqdm

    return type(tqdm.get_lock()).__name__


def left_of_the_program(file: str) -> list[str]:
    """What a process still has of the one that started it: an open file, handlers of its log."""
    files = {os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")}
    return [f"open={os.path.realpath(file) in files}", f"logs={len(logging.getLogger('harness').handlers)}"]


def seen_by_a_process() -> list[str]:
    """What a process finds: threads that multiply matrices, as numpy was told; a module; how it was started."""
    blas, sounds = os.environ.get("OPENBLAS_NUM_THREADS"), "tests.support.sounds" in sys.modules
    return [f"blas={blas}", f"sounds={sounds}", f"method={multiprocessing.get_start_method()}"]
