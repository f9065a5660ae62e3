"""The process that worker processes are forked from: it has imported what they need and runs a single thread.

Imports are then paid once a run and not once a process, and replacing a process costs milliseconds. A program of one
thread is copied as it stands, so that not even what it has imported itself is imported a second time; beside other
threads, which a copy would lose, a fresh Python is started in its place.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from multiprocessing import forkserver, resource_tracker, util
from typing import Any

from harness.inputs.environment import UNREPORTED
from harness.sockets import own_folder

BLAS_THREADS = "OPENBLAS_NUM_THREADS"
AT_THE_VERY_END = -100
"""Among what Python does when it ends: after its child processes have been ended and waited for."""
STANDARD_STREAMS = (0, 1, 2)
_starting = threading.Lock()


def start_method(preload: Sequence[str]) -> str:
    """`forkserver`, with the process running from which others are forked; `spawn` where it cannot be had.

    It listens at a socket in the temporary folder, which may be full, or its path too long for a socket's.

    Args:
        preload: modules that are imported beforehand. None of them may start a thread. Only the first call of a program
            has a say.
    """
    with _starting:
        # `__main__` as Python has it by default: without it each process would run the main file again.
        forkserver.set_forkserver_preload(["__main__", "pebble", "tqdm", *preload])
        try:
            own_folder()
            with _environment(), _copied():
                forkserver.ensure_running()
        except OSError:
            return "spawn"
        util.Finalize(None, _stop, exitpriority=AT_THE_VERY_END)
        return "forkserver"


def import_numpy() -> None:
    """Import numpy without the threads that its OpenBLAS starts, for a program that is to be copied.

    A user's own number of threads stands; the environment is as before afterwards.
    """
    with _one_blas_thread():
        import numpy  # noqa: F401


@contextlib.contextmanager
def _copied() -> Iterator[None]:
    """Within it, a program of one thread starts the process to fork from as a copy of itself."""
    resource_tracker.ensure_running()  # which stays a program of its own
    if len(os.listdir("/proc/self/task")) > 1:
        yield
        return
    fresh = util.spawnv_passfds
    util.spawnv_passfds = _copy
    try:
        yield
    finally:
        util.spawnv_passfds = fresh


def _copy(path: Any, args: Sequence[Any], passfds: Sequence[int]) -> int:
    """Copy this process, as `spawnv_passfds` starts a new one; returns the copy's number.

    The copy runs the program that stands last in `args`. It keeps neither our files (their locks end with us) nor
    our log, and a signal ends it as it ends a fresh Python.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    number = os.fork()
    if number:
        return number
    try:
        _forget(passfds)
        exec(args[-1], {})  # the standard library's call of `forkserver.main`
    except SystemExit:
        os._exit(0)
    finally:
        os._exit(1)


def _forget(descriptors: Sequence[int]) -> None:
    """Let go of what a copy has of the process that it is a copy of, except the files it was given."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    for logger in (logging.getLogger(), *map(logging.getLogger, list(logging.Logger.manager.loggerDict))):
        logger.handlers.clear()
    kept = sorted({*STANDARD_STREAMS, *descriptors})
    for before, after in zip(kept, [*kept[1:], os.sysconf("SC_OPEN_MAX")], strict=True):
        os.closerange(before + 1, after)


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """What the process to fork from is to find when it starts; for us all is as before afterwards.

    It never hears an interrupt from the terminal, nor do those that are forked from it: we decide what that ends. A
    fresh one is given the modules' path, since Python 3.11 does not hand it on. Packages are told to report nothing.
    """
    before = {name: os.environ.get(name) for name in ("PYTHONPATH", *UNREPORTED)}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT,))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    os.environ.update(UNREPORTED)
    try:
        with _one_blas_thread():
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Within it OpenBLAS, which reads the variable when numpy is imported, has one thread. A user's own value stands.

    Each process works on a core of its own: on two busy cores, two threads of one process spent half of the voices'
    time waiting for one another, and sums would follow the number of cores.
    """
    if BLAS_THREADS in os.environ:
        yield
        return
    os.environ[BLAS_THREADS] = "1"
    try:
        yield
    finally:
        del os.environ[BLAS_THREADS]


def _stop() -> None:
    """End the process that others are forked from, and wait for it: nothing outlives the run, and its time is known.

    It would end by itself once nobody holds its pipe, but a process that an interrupt caught while it was being started
    is known to no pool, holds the pipe, and ends only after us.
    """
    server: Any = forkserver._forkserver
    if server._forkserver_pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(server._forkserver_pid, signal.SIGKILL)
    server._stop()
