"""The queue of jobs and the threads that do them. What waits are ids: all else lies in the jobs' folders."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from harness.faults import HarnessFault, StageUnavailable
from harness.records.store import Store, UnreadableRecord, read_record
from harness.records.types import Record
from harness.service.engine import Engine, fault_words, result_of, stage_list
from harness.service.jobs import Job, JobFolders

FIRST_GUESS = 8.0
"""Seconds of a job before any was measured."""


class Full(Exception):
    """The queue has no room; `seconds` until it probably has."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class JobRunner:
    """Does jobs, at most so many at once as the engine has workers.

    Args:
        folders: the jobs.
        engine: what judges a clip.
        most: jobs that may wait.
        clock: seconds, for measuring how long a job takes.
    """

    def __init__(
        self, folders: JobFolders, engine: Engine, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.folders, self.engine = folders, engine
        self._most, self._clock = most, clock
        self._wake = threading.Condition()
        self._waiting: deque[str] = deque()
        self._running: set[str] = set()
        self._doomed: set[str] = set()
        self._ending = False
        self._seconds = FIRST_GUESS
        self._threads = [
            threading.Thread(target=self._work, name=f"job {n}", daemon=True) for n in range(engine.workers)
        ]

    def start(self) -> int:
        """Begin, with the jobs that an earlier process left undone; returns how many these are."""
        left = self.folders.unfinished()
        with self._wake:
            self._waiting.extend(job.id for job in left)
        for thread in self._threads:
            thread.start()
        return len(left)

    def check_room(self) -> None:
        """Raises Full when nothing more can wait."""
        with self._wake:
            if len(self._waiting) >= self._most:
                raise Full(max(1, round(self._seconds * (len(self._waiting) - self._most + 1) / len(self._threads))))

    def submit(self, folder: Any, job: Job) -> Job:
        """Admit an upload and put it in line. Raises Full, and admits nothing then."""
        with self._wake:
            self.check_room()
            admitted = self.folders.admit(folder, job)
            self._waiting.append(job.id)
            self._wake.notify()
        return admitted

    def erase(self, job_id: str) -> bool:
        """Erase a job and everything of its clip; one that is under way as soon as its stage ends. False: no such."""
        job = self.folders.get(job_id)
        if job is None or job.state == "erased":
            return False
        with self._wake:
            if job_id in self._running:
                self._doomed.add(job_id)
                self.folders.put(job, state="erased")
                return True
            if job_id in self._waiting:
                self._waiting.remove(job_id)
        self.folders.remove(job_id)
        return True

    def is_active(self, job_id: str) -> bool:
        """Whether a job waits or is under way. Looks at no file."""
        with self._wake:
            return job_id in self._running or job_id in self._waiting

    def figures(self) -> dict[str, Any]:
        """What `health` says; looks at no file."""
        with self._wake:
            waiting, running = len(self._waiting), len(self._running)
        alive = sum(thread.is_alive() for thread in self._threads)
        return {
            "status": "ok" if alive == len(self._threads) else "degraded",
            "profile": self.engine.config.profile,
            "queued": waiting,
            "running": running,
            "room": max(0, self._most - waiting),
            "workers": alive,
        }

    def records(self, job: Job) -> dict[str, Record]:
        """The job's records by stage, as far as it has come."""
        store, found = Store(self.folders.supplements(job.id) / "records"), {}
        for stage in self.engine.stages:
            try:
                found[stage] = read_record(store.path(stage, job.name))
            except (FileNotFoundError, UnreadableRecord):
                continue
        return found

    def described(self, job: Job) -> dict[str, Any]:
        """A job as clients see it: state, stage, progress, and the result once it is there."""
        records = self.records(job)
        outcomes: Mapping[str, str] = {name: record.outcome for name, record in records.items()}
        stages = stage_list(self.engine.stages, outcomes)
        with self._wake:
            before = self._waiting.index(job.id) if job.id in self._waiting else None
        under_way = job.state == "running"
        at = f"/v1/jobs/{job.id}"
        said: dict[str, Any] = {
            "id": job.id,
            "name": job.name,
            "created": job.created,
            "state": job.state,
            "stage": next((s["name"] for s in stages if s["outcome"] is None), None) if under_way else None,
            "progress": 1.0 if job.state == "finished" else round(len(outcomes) / len(stages), 3),
            "stages": stages,
            "before": before,
            "links": {"self": at, "events": f"{at}/events", "story": f"{at}/story", "page": f"{at}/page/"},
        }
        if job.state == "failed":
            said["problem"] = {"detail": job.problem, "remedy": job.remedy}
        if job.state == "finished":
            said["result"] = result_of(records, self.engine.config.default_label)
        return said

    def end(self) -> None:
        """End: what is under way is given up and goes on at the next start."""
        with self._wake:
            self._ending = True
            self._wake.notify_all()
        self.engine.end()
        for thread in self._threads:
            thread.join(timeout=10)

    def _work(self) -> None:
        while (job_id := self._next()) is not None:
            job = self.folders.get(job_id)
            started = self._clock()
            if job is not None:
                self._do(job)
            with self._wake:
                self._running.discard(job_id)
                self._seconds += 0.2 * (self._clock() - started - self._seconds)
                doomed = job_id in self._doomed
                self._doomed.discard(job_id)
            if doomed:
                self.folders.remove(job_id)

    def _next(self) -> str | None:
        with self._wake:
            self._wake.wait_for(lambda: self._ending or bool(self._waiting))
            if self._ending:
                return None
            job_id = self._waiting.popleft()
            self._running.add(job_id)
            return job_id

    def _do(self, job: Job) -> None:
        try:
            job = self._become(job, state="running")
            self.engine.run_job(job)
            self._become(job, state="finished")
        except StageUnavailable as fault:
            if not self._ending:  # workers that were ended on purpose leave the job for the next start
                self._fail(job, fault)
        except (HarnessFault, OSError) as fault:
            self._fail(job, fault)

    def _fail(self, job: Job, fault: HarnessFault | OSError) -> None:
        problem, remedy = fault_words(fault)
        try:
            self._become(job, state="failed", problem=problem, remedy=remedy)
        except OSError as unwritten:  # the disk is full: the job stays undone, and the next start takes it up
            print(f"job {job.id}: {problem}; {unwritten}", flush=True)

    def _become(self, job: Job, **changed: str) -> Job:
        """Store a job's new state, unless it is to be erased."""
        with self._wake:
            return job if job.id in self._doomed else self.folders.put(job, **changed)
