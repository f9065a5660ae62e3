"""What a run's processes hold while it goes on, and whether the driver's share grows."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.measured import proportional
from harness.processes import own_bytes
from tests.chaos.run import Run
from tests.chaos.watched import parts

EVERY = 5.0
"""Seconds between two looks."""


@dataclass(frozen=True)
class Look:
    """One look at a run.

    Attributes:
        done: stories that lie there.
        driver: bytes of the driver, what it shares divided among those who share it (PSS).
        own: bytes of the driver without the files that it maps.
        workers: process id → bytes of its own.
    """

    done: int
    driver: int
    own: int
    workers: dict[int, int]


@dataclass(frozen=True)
class Flatness:
    """Driver's memory by hundreds of clips.

    Attributes:
        medians: first clip of a hundred → median of its looks, bytes.
        drift: the largest share by which one of them differs from the first that counts.
    """

    medians: dict[int, float]
    drift: float


def watched(run: Run, process: subprocess.Popen[bytes]) -> list[Look]:
    """Look at a run that was just started until it ends."""
    stories = run.out / "supplements" / "video_emotion_results"
    looks = []
    while process.poll() is None:
        living = parts(process.pid, run.token)
        workers = {pid: own_bytes(pid) for pid in living["worker"]}
        driver, own = proportional(process.pid), own_bytes(process.pid)
        if driver and own:  # it may have ended meanwhile
            looks.append(Look(_count(stories), driver, own, workers))
        time.sleep(EVERY)
    return looks


def _count(folder: Path) -> int:
    return sum(1 for path in folder.glob("*.json")) if folder.is_dir() else 0


def flatness(looks: Sequence[Look], warm: int, last: int, step: int = 100) -> Flatness:
    """How the driver's own memory moves once `warm` clips are done, before the results over all `last` are written.

    Raises:
        ValueError: no look fell between the two.
    """
    found: dict[int, list[int]] = {}
    for look in looks:
        if warm <= look.done < last:
            found.setdefault(look.done // step * step, []).append(look.driver)
    if not found:
        raise ValueError(f"no look between clip {warm} and clip {last}")
    medians = {first: float(median(values)) for first, values in sorted(found.items())}
    base = next(iter(medians.values()))
    return Flatness(medians, max(abs(value / base - 1) for value in medians.values()))
