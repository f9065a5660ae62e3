"""Perceiving stages in worker processes, so that a leak, a hang or a crash of native code costs one clip only.

Workers write records into the store themselves. When one dies, the parent sees from the store how far it came.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.context import Context, Stage
from harness.engine.runner import failed, first_pending, first_without_record, forget_errors, run_clip
from harness.faults import HarnessFault
from harness.processes import Died, NeverBegun, Processes, ProcessLimits, Task
from harness.records.store import Store
from harness.records.types import Clip, Media

WORKER_BYTES = 1_600_000_000
"""What one worker may take at the default settings (measured: 1.51 GB): 300 square frames of 960 pixels, the nets,
Whisper base, the interpreter."""

POLITE = 5

OVER_LIMITS = "re-encode the clip, or raise clip_time_limit or worker_memory"


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker needs to know; picklable.

    Attributes:
        stages: makes the stages, called once in each worker and once in the parent (where they are never run).
        decode: file → Media.
        records: folder of the store.
        preload: modules that the stages import, as `Processes` has it.
    """

    stages: Callable[[], Sequence[Stage]]
    decode: Callable[[Path], Media]
    records: Path
    preload: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """`workers` 0 means as many as fit (`workers_that_fit`); `seconds` is per clip and try, `bytes` per worker."""

    workers: int
    seconds: float
    recycle_after: int
    attempts: int
    bytes: int


Elsewhere = Callable[[Sequence[Clip], WorkerSetup, Limits], Iterator[Clip]]
"""Runs the setup's stages on clips that are not done, and yields each when its records are complete."""


def perceive(
    clips: Sequence[Clip], setup: WorkerSetup, limits: Limits, elsewhere: Elsewhere | None = None
) -> Iterator[Clip]:
    """Run the setup's stages on every clip; yields each clip as soon as its records are complete.

    No worker is started when nothing is left to do; with `elsewhere` none is started here at all. A clip over which a
    worker dies, hangs or takes too much memory is tried `attempts` times; then the stage it died in is recorded as an
    error and the clip's other stages still run.

    Raises:
        ConfigError: no worker can be started, or a stage found that no clip can be worked on.
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
    if elsewhere is not None:
        yield from elsewhere([job.clip for job in pending], setup, limits)
        return
    count = min(limits.workers or workers_that_fit(), len(pending))
    pool = Processes(
        ProcessLimits(count, limits.seconds, limits.recycle_after, limits.bytes), _start_worker, (setup,), setup.preload
    )
    complete = False
    try:
        yield from _stream(pool, pending, 2 * count, stages, store, limits)
        complete = True
    finally:  # unless all is done, what is still running is ended
        pool.end(wait=complete)


class Perceiver:
    """Worker processes that stay, for clips that come one by one from several threads, each with a store of its own.

    Args:
        setup: what the workers do; its `records` is not used.
        limits: as of `perceive`, with which it agrees in every record.
    """

    def __init__(self, setup: WorkerSetup, limits: Limits) -> None:
        self._setup, self._limits = setup, limits
        self._stages: Sequence[Stage] = list(setup.stages())
        count = limits.workers or workers_that_fit()
        self._pool = Processes(
            ProcessLimits(count, limits.seconds, limits.recycle_after, limits.bytes),
            _start_polite_worker,
            (setup,),
            setup.preload,
        )
        self.workers = count
        self.preload = setup.preload

    def perceive(self, clip: Clip, records: Path) -> None:
        """Run the stages on a clip; returns when its records below `records` are complete.

        Raises:
            ConfigError: no worker can be started, or a stage found that no clip can be worked on.
            StageUnavailable: the workers were ended meanwhile.
        """
        store = Store(records)
        if first_pending(self._stages, clip, store) is None:
            return
        forget_errors(self._stages, clip, store)
        job = _Job(clip)
        while True:
            try:
                self._pool.result(self._pool.give(_work, clip, job.skip, records))
                return
            except NeverBegun:
                continue
            except Died as death:
                if _give_up(job, death.of, self._stages, store, self._limits):
                    return

    def end(self) -> None:
        """End the workers, at once: what they had not finished is done by the next start."""
        self._pool.end(wait=False)


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
    pool: Processes, pending: list[_Job], room: int, stages: Sequence[Stage], store: Store, limits: Limits
) -> Iterator[Clip]:
    running: dict[Any, tuple[Task[None], _Job]] = {}
    queue = list(reversed(pending))
    while queue or running:
        while queue and len(running) < room:
            job = queue.pop()
            task = pool.give(_work, job.clip, job.skip, store.root)
            running[task.future] = task, job
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in finished:
            task, job = running.pop(future)
            try:
                pool.result(task)
            except NeverBegun:
                queue.append(job)
                continue
            except Died as death:
                if not _give_up(job, death.of, stages, store, limits):
                    queue.append(job)
                    continue
            yield job.clip


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
    failed(culprit, job.clip, store, stages, reason, OVER_LIMITS)
    job.skip, job.attempt = (*job.skip, culprit.name), 1
    return first_without_record(stages, job.clip, store) is None


# ── inside a worker ───────────────────────────────────────────────────────────────────────────────────────
_worker: tuple[Sequence[Stage], WorkerSetup] | HarnessFault | None = None


def _start_worker(setup: WorkerSetup) -> None:
    """Makes the stages. A fault is kept for the first task to raise: raised here it would only read as a death."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when an interrupt ends the pool
    try:
        _worker = (list(setup.stages()), setup)
    except HarnessFault as fault:
        _worker = fault


def _start_polite_worker(setup: WorkerSetup) -> None:
    """A worker that stays beside a server yields to it: who asks how far a clip is must not wait for the clip."""
    os.nice(POLITE)
    _start_worker(setup)


def _work(clip: Clip, skip: tuple[str, ...], records: Path) -> None:
    assert _worker is not None
    if isinstance(_worker, HarnessFault):
        raise _worker
    stages, setup = _worker
    run_clip(stages, Context(clip, setup.decode), Store(records), skip)
