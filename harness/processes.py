"""Processes that may die: renewed when they break, ended after a time limit and above a memory ceiling.

A pool of pebble's is broken for good when a process of it dies while none is at work, such as one that ends before its
first task. Here the pool is made anew and the tasks are given again: only processes that never get to work, several
times running, end the run.

Processes are forked from one that has imported beforehand what they need (`preload`; see `fork_server.py`).
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, TimeoutError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from harness.faults import ConfigError, StageUnavailable
from harness.fork_server import BLAS_THREADS, start_method
from harness.inputs.environment import UNREPORTED

T = TypeVar("T")
STILLBORN = 3
"""Pools in a row of which no process finished or even died over a task: then none can be started here."""
LOOK = 0.1
"""Seconds between two looks at the memory. What a process can take meanwhile is above the ceiling for that long."""
OVER_CEILING = signal.SIGUSR1
"""Ends a process that takes too much; its exit code tells that from any other death. It leaves no core file."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class ProcessLimits:
    """What processes may take.

    Attributes:
        workers: how many there are.
        seconds: of one task; None without a limit.
        recycle_after: tasks after which a process is replaced; 0 for never.
        bytes: of one process, without the files that it maps.
    """

    workers: int
    seconds: float | None
    recycle_after: int
    bytes: int


@dataclass(frozen=True)
class Task(Generic[T]):
    """A task under way. `generation` is the pool that it was given to."""

    future: ProcessFuture[T]
    generation: int


class Died(Exception):
    """The process of a task ended without a result. `of` says of what."""

    def __init__(self, of: str) -> None:
        super().__init__(of)
        self.of = of


class NeverBegun(Exception):
    """The pool broke before the task's turn came: it may be given again as it is."""


class Processes:
    """A pool for several threads. Nothing is started before the first task.

    Args:
        limits: what the processes may take.
        initializer: called once in each process, with `initargs`; both picklable.
        initargs: for it.
        preload: modules that the processes' work imports, as `fork_server.start_method` has them.
    """

    def __init__(
        self,
        limits: ProcessLimits,
        initializer: Callable[..., None] | None = None,
        initargs: Sequence[Any] = (),
        preload: Sequence[str] = (),
    ) -> None:
        self._limits, self._initializer, self._initargs = limits, initializer, tuple(initargs)
        self._preload = tuple(preload)
        self._lock = threading.Lock()
        self._pool: ProcessPool | None = None
        self._generation = self._stillborn = 0
        self._ending = threading.Event()
        self._watching: threading.Thread | None = None

    def give(self, work: Callable[..., T], *args: Any) -> Task[T]:
        """Start a task, or put it in line.

        Raises:
            ConfigError: no process can be started.
            StageUnavailable: the processes were ended.
        """
        while True:
            with self._lock:
                pool, generation = self._running(), self._generation
                try:
                    return Task(pool.schedule(work, args=args, timeout=self._limits.seconds), generation)
                except RuntimeError as error:  # it broke meanwhile
                    cause = error
            self._renew(generation, cause)

    def result(self, task: Task[T]) -> T:
        """What a task returned, or raised; waits for it.

        Raises:
            Died: its process took too long, took too much memory, or ended.
            NeverBegun: the pool broke before its turn came.
            ConfigError: no process can be started.
        """
        try:
            found = task.future.result()
        except TimeoutError:
            self._stillborn = 0
            raise Died(f"took longer than {self._limits.seconds:g} s and was ended") from None
        except ProcessExpired as expired:
            self._stillborn = 0
            if expired.exitcode == -OVER_CEILING:
                raise Died(f"took more than {self._limits.bytes / 1e9:.3g} GB of memory and was ended") from None
            raise Died(f"ended its process (exit code {expired.exitcode})") from None
        except (BrokenProcessPool, CancelledError) as error:
            self._renew(task.generation, error)
            raise NeverBegun from None
        self._stillborn = 0
        return found

    def run(self, work: Callable[..., T], *args: Any) -> T:
        """What `work(*args)` returns, or raises, in a process; it is given again where its turn never came.

        Raises:
            Died, ConfigError: as `result`.
        """
        while True:
            try:
                return self.result(self.give(work, *args))
            except NeverBegun:
                continue

    def end(self, *, wait: bool) -> None:
        """End the processes; with `wait` once their tasks are done."""
        with self._lock:
            pool, self._pool = self._pool, None
            self._ending.set()
        if pool is not None:
            (pool.close if wait else pool.stop)()  # type: ignore[no-untyped-call]
            pool.join()
        if self._watching is not None:
            self._watching.join()

    def _running(self) -> ProcessPool:
        if self._ending.is_set():
            raise StageUnavailable("the worker processes were ended")
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=max(1, self._limits.workers),
                max_tasks=self._limits.recycle_after,
                initializer=_begin,
                initargs=(self._initializer, self._initargs),
                context=multiprocessing.get_context(start_method(self._preload)),
            )
        if self._watching is None:
            self._watching = threading.Thread(target=self._watch, name="memory ceiling", daemon=True)
            self._watching.start()
        return self._pool

    def _renew(self, generation: int, cause: BaseException) -> None:
        """Give up a pool that broke, once. ConfigError when it is the last of several that never got to work."""
        with self._lock:
            if generation == self._generation and not self._ending.is_set():
                broken, self._pool = self._pool, None
                self._generation += 1
                self._stillborn += 1
                if broken is not None:
                    broken.stop()  # type: ignore[no-untyped-call]
                    broken.join()
            if self._stillborn >= STILLBORN:
                raise ConfigError(
                    f"worker processes end before their first task, {self._stillborn} times running: {cause}",
                    "free memory or raise its limit, and see what the processes said above; the same command resumes",
                )

    def _watch(self) -> None:
        warned: set[int] = set()
        while not self._ending.wait(LOOK):
            for process in multiprocessing.active_children():
                pid = process.pid
                if pid is not None and own_bytes(pid) > self._limits.bytes:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL if pid in warned else OVER_CEILING)
                    warned.add(pid)


def _begin(initializer: Callable[..., None] | None, initargs: Sequence[Any]) -> None:
    """What each process does first.

    It ends with the one that wanted it, also when that one is killed. For `spawn`, where nothing has set it before, it
    sets the threads of OpenBLAS.

    Packages draw tqdm's bars, hidden ones too, and in a process that Python starts tqdm's lock is a named semaphore.
    Nobody frees it when the process is ended, and Python says so on the user's terminal at the end. Each process draws
    its own bars, so a lock of threads does.
    """
    os.environ.setdefault(BLAS_THREADS, "1")
    os.environ.update(UNREPORTED)
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    from tqdm import tqdm

    tqdm.set_lock(threading.RLock())
    if initializer is not None:
        initializer(*initargs)


def _end_with_parent() -> None:
    """End this process when the one that wanted it is gone (kill -9), so that no orphan works on."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def own_bytes(pid: int) -> int:
    """Bytes of memory that a process holds by itself, without the files that it maps; 0 when it is gone."""
    try:
        _, resident, shared = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[:3]
    except (OSError, ValueError):
        return 0
    return (int(resident) - int(shared)) * _PAGE
