"""A Python that has imported what our commands import, copied for each command that a test gives.

Importing is most of what a command over two short clips does, and it is the same each time. What runs is the command
itself, in a process of its own, with its own folder, environment and streams.

Run as a program it is that Python: a line of JSON on its input is a command, a line on its output the exit status.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[2]
IMPORTED = (
    *("cv2", "av", "jinja2", "pebble", "tqdm", "scipy.fft", "scipy.ndimage", "scipy.linalg.blas"),
    *("harness.engine.pipeline", "harness.ingest", "harness.output.export", "harness.output.provenance"),
    *("harness.output.seal", "harness.output.shards", "harness.output.summary", "harness.judging.fuse"),
    *("models.registry", "models.face.tracker", "models.text.head", "models.voice.measure"),
    *("models.transcription.embedded", "models.evidence_reasoner"),
    *("eval.report.report", "eval.report.closing", "eval.scoring.score"),
)
"""What the commands import, of which nothing starts a thread."""


def run_warm(
    words: list[str], cwd: Path, environment: Mapping[str, str], timeout: float = 280
) -> subprocess.CompletedProcess[str]:
    """What `python *words` does and says. TimeoutExpired after `timeout` seconds; the process is ended then."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        status = _server().run(words, cwd, environment, (out, err), timeout)
        said = []
        for stream in (out, err):
            stream.seek(0)
            said.append(stream.read().decode("utf-8", "replace"))
    return subprocess.CompletedProcess(words, status, *said)


class _Server:
    """The warm Python, one command at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        command = [sys.executable, __file__]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(
        self,
        words: list[str],
        cwd: Path,
        environment: Mapping[str, str],
        streams: tuple[IO[bytes], IO[bytes]],
        timeout: float,
    ) -> int:
        out, err = (f"/proc/{os.getpid()}/fd/{stream.fileno()}" for stream in streams)
        with self._lock:
            self._say({"words": words, "cwd": str(cwd), "environment": dict(environment), "out": out, "err": err})
            number = self._heard()
            started = time.monotonic()
            late = threading.Timer(timeout, os.kill, (number, signal.SIGKILL))
            late.start()
            status = self._heard()
            late.cancel()
        if time.monotonic() - started >= timeout:
            raise subprocess.TimeoutExpired(words, timeout)
        return status

    def _say(self, request: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def _heard(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@cache
def _server() -> _Server:
    return _Server()


# ── the warm Python ───────────────────────────────────────────────────────────────────────────────────────
def serve() -> None:
    """Copy this process for every command that comes, and say its number and how it ended."""
    sys.path[0] = str(ROOT)
    from harness.fork_server import import_numpy

    import_numpy()
    for name in IMPORTED:
        import_module(name)
    for line in sys.stdin:
        number = os.fork()
        if not number:
            obey(json.loads(line))
        print(number, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(number, 0)[1]), flush=True)


def obey(request: Mapping[str, Any]) -> None:
    """Become the command: its streams, folder and environment, then its main file or module."""
    os.setsid()
    for number, path in enumerate((os.devnull, request["out"], request["err"])):
        os.dup2(os.open(path, os.O_RDWR | os.O_APPEND), number)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environment"])
    words = request["words"]
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")
    sys.exit(0)


if __name__ == "__main__":
    serve()
