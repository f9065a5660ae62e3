"""Perceiving stages in worker processes, so that a leak, a hang or a crash of native code costs one clip only.

Workers write records into the store themselves. When one dies, the parent sees from the store how far it came.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, TimeoutError, wait
from dataclasses import dataclass
from pathlib import Path

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from harness.context import Context, Stage
from harness.engine.runner import failed, first_pending, first_without_record, forget_errors, run_clip
from harness.records.store import Store
from harness.records.types import Clip, Media

WORKER_BYTES = 1_600_000_000
"""What one worker may take at the default settings (measured: 1.51 GB): 300 square frames of 960 pixels, the nets,
Whisper base, the interpreter."""


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker needs to know; picklable.

    Attributes:
        stages: makes the stages, called once in each worker and once in the parent (where they are never run).
        decode: file → Media.
        records: folder of the store.
    """

    stages: Callable[[], Sequence[Stage]]
    decode: Callable[[Path], Media]
    records: Path


@dataclass(frozen=True)
class Limits:
    """`workers` 0 means as many as fit (`workers_that_fit`); `seconds` is per clip and try."""

    workers: int
    seconds: float
    recycle_after: int
    attempts: int


def perceive(clips: Sequence[Clip], setup: WorkerSetup, limits: Limits) -> Iterator[Clip]:
    """Run the setup's stages on every clip; yields each clip as soon as its records are complete.

    No worker is started when nothing is left to do. A clip over which a worker dies or hangs is tried `attempts`
    times; then the stage it died in is recorded as an error and the clip's other stages still run.
    """
    stages, store = list(setup.stages()), Store(setup.records)
    pending: list[_Job] = []
    for clip in clips:
        if first_pending(stages, clip, store) is None:
            yield clip
        else:
            forget_errors(stages, clip, store)
            pending.append(_Job(clip))
    if not pending:
        return
    count = min(limits.workers or workers_that_fit(), len(pending))
    pool = ProcessPool(
        max_workers=count,
        max_tasks=limits.recycle_after,
        initializer=_start_worker,
        initargs=(setup, os.getpid()),
        context=multiprocessing.get_context("spawn"),
    )
    end = pool.stop  # unless all is done, what is still running is ended
    try:
        yield from _stream(pool, pending, 2 * count, stages, store, limits)
        end = pool.close
    finally:
        end()  # type: ignore[no-untyped-call]
        pool.join()


def workers_that_fit() -> int:
    """One worker per available core, as far as the free memory holds their decoded frames; at least one."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("MemAvailable:"))
    return max(1, min(len(os.sched_getaffinity(0)), kilobytes * 1024 // WORKER_BYTES))


@dataclass
class _Job:
    clip: Clip
    attempt: int = 1
    skip: tuple[str, ...] = ()


def _stream(
    pool: ProcessPool, pending: list[_Job], room: int, stages: Sequence[Stage], store: Store, limits: Limits
) -> Iterator[Clip]:
    running: dict[ProcessFuture[None], _Job] = {}
    queue = list(reversed(pending))
    while queue or running:
        while queue and len(running) < room:
            job = queue.pop()
            running[pool.schedule(_work, args=[job.clip, job.skip], timeout=limits.seconds)] = job
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            assert isinstance(future, ProcessFuture)
            job = running.pop(future)
            death = _cause_of_death(future, limits)
            if death and not _give_up(job, death, stages, store, limits):
                queue.append(job)
            else:
                yield job.clip


def _cause_of_death(future: ProcessFuture[None], limits: Limits) -> str:
    """Empty when the worker finished its job, else what ended it."""
    try:
        future.result()
    except TimeoutError:
        return f"took longer than {limits.seconds:g} s and was ended"
    except ProcessExpired as expired:
        return f"ended its process (exit code {expired.exitcode})"
    return ""


def _give_up(job: _Job, death: str, stages: Sequence[Stage], store: Store, limits: Limits) -> bool:
    """Prepare the job's next try; True when nothing is left to try."""
    culprit = first_without_record(stages, job.clip, store)
    if culprit is None:
        return True
    if job.attempt < limits.attempts:
        job.attempt += 1
        return False
    tries = f"{limits.attempts} tries" if limits.attempts > 1 else "1 try"
    reason = f"{culprit.name} {death} ({tries})"
    failed(culprit, job.clip, store, stages, reason, "re-encode the clip, or raise clip_time_limit")
    job.skip, job.attempt = (*job.skip, culprit.name), 1
    return first_without_record(stages, job.clip, store) is None


# ── inside a worker ───────────────────────────────────────────────────────────────────────────────────────
_worker: tuple[Sequence[Stage], WorkerSetup] | None = None


def _start_worker(setup: WorkerSetup, parent: int) -> None:
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when an interrupt ends the pool
    threading.Thread(target=_die_with, args=(parent,), daemon=True).start()
    _worker = (list(setup.stages()), setup)


def _die_with(parent: int) -> None:
    """End this process when the parent is gone (kill -9), so that no orphan works on."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _work(clip: Clip, skip: tuple[str, ...]) -> None:
    assert _worker is not None
    stages, setup = _worker
    run_clip(stages, Context(clip, setup.decode), Store(setup.records), skip)
