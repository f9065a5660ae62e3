"""A vLLM server that a run starts, watches, starts again when it died, and ends.

It listens on the loopback address alone, with a key made for this run; media come inside the requests, so that it may
read no file but its own checkpoint. It counts as ready when it is alive, `/health` answers, and a real completion with
picture and sound shows that it takes both in (`models/omni/server/canary.py`), all within one deadline.
"""

from __future__ import annotations

import atexit
import secrets
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from harness.faults import StageUnavailable
from models.omni.protocol.http import ask
from models.omni.protocol.types import Endpoint
from models.omni.server.alone import ServerAlone
from models.omni.server.canary import canary, probe
from models.omni.server.command import ServerSettings, by_hand, command, environment, gpus, has_gpu, runner_in
from models.omni.server.process_group import ProcessGroup, end_stale, stale_servers, tail_of

HEALTH_SECONDS = 5.0
DEAF_SECONDS = 60.0
"""A server that was ready, lives, and does not answer for this long is started again."""
_STEP = 0.5
_STOPPED = "the omni server was stopped"


class VllmServer(ServerAlone):
    """One server at a time; see `models.omni.protocol.types.Server`.

    Args:
        settings: how it is started.
        log: where its output goes; a restart moves the earlier output to `*.1`, `*.2` ….
        report: takes lines for the user (a stale server that was ended, a restart).
    """

    def __init__(self, settings: ServerSettings, log: Path, report: Callable[[str], None]) -> None:
        self._settings, self._log, self._report = settings, log, report
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._group: ProcessGroup | None = None
        self._endpoint: Endpoint | None = None
        self._failure: StageUnavailable | None = None
        self._facts: dict[str, object] = {"kind": "vllm"}
        self._restarts: list[str] = []
        self._by_hand = self._key = ""
        atexit.register(self.stop)

    def endpoint(self) -> Endpoint:
        """Where it answers; started by the first caller, the others wait. Raises StageUnavailable."""
        with self._lock:
            if self._endpoint is not None:
                return self._endpoint
            if self._failure is not None:
                raise self._failure
            try:
                return self._start()
            except StageUnavailable as fault:
                self._failure = self._with_log(fault)
                raise self._failure from fault

    def revive(self, lost: Endpoint) -> Endpoint:
        """A server that answers, in place of `lost`. Raises StageUnavailable once all restarts are used up.

        A restart that fails is one of them: a GPU's memory may be free again only at the next.
        """
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._endpoint is not None and self._endpoint != lost:
                return self._endpoint
            if self._endpoint is not None and self._still_answers(lost):
                return lost
            fault = StageUnavailable(f"the omni server {self._cause()}")
            while len(self._restarts) < self._settings.restarts and not self._closing.is_set():
                self._end()
                self._restarts.append(fault.message)
                self._report(f"{fault.message}; restart {len(self._restarts)} of {self._settings.restarts}")
                try:
                    return self._start()
                except StageUnavailable as failed:
                    fault = failed
            self._end()
            often = _STOPPED if self._closing.is_set() else f"{fault.message}, and was restarted often enough"
            self._failure = self._with_log(StageUnavailable(often))
            raise self._failure from fault

    def check_alive(self) -> None:
        """StageUnavailable with the end of the log when the server's process has ended."""
        with self._lock:
            if self._group is not None and self._group.exit_code() is not None:
                raise self._with_log(StageUnavailable(f"the omni server {self._cause()}"))

    def facts(self) -> dict[str, object]:
        """Version, command, GPUs, restarts and their causes, what the canary saw, seconds to start."""
        return {**self._facts, "restarts": list(self._restarts)}

    def stop(self) -> None:
        """End it and all its processes; it is not started again, and a start that is under way is given up."""
        self._closing.set()
        if (group := self._group) is not None:
            group.stop()  # whoever waits for it to answer, holding the lock, then has its answer
        with self._lock:
            self._end()

    def _start(self) -> Endpoint:
        """Start it and wait until it is ready; what was started is ended when it is not."""
        if self._closing.is_set():
            raise StageUnavailable(_STOPPED)
        for stale in stale_servers():
            self._report(f"ended the omni server of a killed run (process {stale.pid}, port {stale.port})")
            end_stale(stale)
        port = self._settings.port or free_port()
        self._key = secrets.token_urlsafe(24)
        endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", self._settings.name, self._key)
        words = command(self._settings, port)
        started = time.monotonic()
        if self._restarts and self._log.exists():
            self._log.replace(self._log.with_name(f"{self._log.name}.{len(self._restarts)}"))
        runner = self._settings.runner
        self._by_hand = by_hand(words, runner=runner)
        self._facts |= {"command": by_hand(words, paths=False, runner=runner), "gpu": has_gpu(), "gpus": gpus()}
        self._group = ProcessGroup(words, environment(self._key, runner), self._log, port)
        try:
            self._await(endpoint, started + self._settings.start_seconds)
        except StageUnavailable:
            self._end()
            if self._closing.is_set():
                raise StageUnavailable(_STOPPED) from None
            raise
        self._facts["runner"] = {"asked": self._settings.runner, "answered": self._runner()}
        self._facts |= {"version": _version(endpoint), "start_seconds": round(time.monotonic() - started, 1)}
        self._group.look()
        self._endpoint = endpoint
        return endpoint

    def _await(self, endpoint: Endpoint, deadline: float) -> None:
        """Return when the server is ready. Raises StageUnavailable when it died or the deadline has passed."""
        assert self._group is not None
        while not self._is_healthy(endpoint):
            if (code := self._group.exit_code()) is not None:
                raise StageUnavailable(f"the omni server ended while it started (exit code {code})")
            if time.monotonic() > deadline:
                raise StageUnavailable(f"the omni server was not ready after {self._settings.start_seconds:g} s")
            if self._closing.wait(_STEP):
                raise StageUnavailable(_STOPPED)
        if self._settings.canary:
            self._facts["canary"] = canary(endpoint, max(1.0, deadline - time.monotonic()))
        if _lets_anyone_in(endpoint):
            self._facts["key"] = "not asked for"
            self._report("the omni server does not ask for the run's key: others on this machine can use it too")

    def _runner(self) -> str:
        """The model runner, as asked for, else as the server's log names it."""
        if self._settings.runner != "auto":
            return self._settings.runner  # vLLM ends at start where it cannot have the one that is asked for
        try:
            return runner_in(self._log.read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return runner_in("")

    def _is_healthy(self, endpoint: Endpoint) -> bool:
        try:
            ask(_root(endpoint) + "/health", endpoint.api_key, HEALTH_SECONDS)
            return True
        except (OSError, ValueError):
            return False

    def _still_answers(self, endpoint: Endpoint) -> bool:
        """Whether a server that was ready gives a token, in spite of a connection that was lost."""
        until = time.monotonic() + DEAF_SECONDS
        while self._group is not None and self._group.exit_code() is None and time.monotonic() < until:
            try:
                probe(endpoint, max(1.0, until - time.monotonic()))
                return True
            except (OSError, ValueError):
                if self._closing.wait(_STEP):
                    return False
        return False

    def _cause(self) -> str:
        code = self._group.exit_code() if self._group is not None else None
        return f"ended (exit code {code})" if code is not None else "no longer answered"

    def _with_log(self, fault: StageUnavailable) -> StageUnavailable:
        """The same with the end of the log, and how to start it by hand."""
        tail = tail_of(self._log)
        if self._closing.is_set() or not self._by_hand:
            return fault
        end = f"; the end of its log:\n{tail.replace(self._key, 'KEY')}" if tail else ""
        remedy = f"{fault.remedy}; " if fault.remedy else ""
        return StageUnavailable(f"{fault.message}{end}", f"{remedy}see {self._log}, or by hand: {self._by_hand}")

    def _end(self) -> None:
        self._endpoint = None
        if self._group is not None:
            self._group.stop()
            self._group = None


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _root(endpoint: Endpoint) -> str:
    return endpoint.url.removesuffix("/v1")


def _version(endpoint: Endpoint) -> str:
    try:
        return str(ask(_root(endpoint) + "/version", endpoint.api_key, HEALTH_SECONDS)["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return "unknown"


def _lets_anyone_in(endpoint: Endpoint) -> bool:
    try:
        ask(endpoint.url + "/models", "", HEALTH_SECONDS)
        return True
    except (OSError, ValueError):
        return False
