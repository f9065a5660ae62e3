"""A vLLM server that a run starts, watches, starts again when it died, and ends.

It listens on the loopback address alone, with a key made for this run; media come inside the requests, so that it may
read no file but its own checkpoint. It counts as ready when it is alive, `/health` answers, and a real completion with
picture and sound shows that it takes both in (`models/omni_canary.py`), all within one deadline.
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
from models.omni_canary import canary, probe
from models.omni_http import ask
from models.omni_types import Endpoint
from models.process_group import ProcessGroup, end_stale, stale_servers, tail_of
from models.vllm_command import ServerSettings, by_hand, command, environment, has_gpu, without_paths

HEALTH_SECONDS = 5.0
DEAF_SECONDS = 60.0
"""A server that was ready, lives, and does not answer for this long is started again."""
_STEP = 0.5


class VllmServer:
    """One server at a time; see `models.omni_types.Server`.

    Args:
        settings: how it is started.
        log: where its output goes; a restart moves the earlier output to `*.1`, `*.2` ….
        report: takes lines for the user (a stale server that was ended, a restart).
    """

    def __init__(self, settings: ServerSettings, log: Path, report: Callable[[str], None]) -> None:
        self._settings, self._log, self._report = settings, log, report
        self._lock = threading.Lock()
        self._group: ProcessGroup | None = None
        self._endpoint: Endpoint | None = None
        self._failure: StageUnavailable | None = None
        self._facts: dict[str, object] = {}
        self._restarts: list[str] = []
        self._stopped = False
        self._by_hand = ""

    def endpoint(self) -> Endpoint:
        """Where it answers; started by the first caller, the others wait. Raises StageUnavailable."""
        with self._lock:
            return self._endpoint or self._start()

    def revive(self, lost: Endpoint) -> Endpoint:
        """A server that answers, in place of `lost`. Raises StageUnavailable once all restarts are used up."""
        with self._lock:
            if self._endpoint is not None and self._endpoint != lost:
                return self._endpoint
            if self._endpoint is not None and self._still_answers(lost):
                return lost
            reason = self._cause()
            self._end()
            if len(self._restarts) >= self._settings.restarts:
                self._failure = self._failure or self._fault(
                    f"the omni server {reason}, and was restarted often enough"
                )
                raise self._failure
            self._restarts.append(reason)
            self._report(f"the omni server {reason}; restart {len(self._restarts)} of {self._settings.restarts}")
            return self._start()

    def check_alive(self) -> None:
        """StageUnavailable with the end of the log when the server's process has ended."""
        with self._lock:
            if self._group is not None and self._group.exit_code() is not None:
                raise self._fault(f"the omni server {self._cause()}")

    def facts(self) -> dict[str, object]:
        """Version, command, restarts and their causes, what the canary saw, seconds to start."""
        return {**self._facts, "restarts": list(self._restarts)}

    def stop(self) -> None:
        """End it and all its processes; it is not started again."""
        with self._lock:
            self._stopped = True
            self._end()

    def _start(self) -> Endpoint:
        if self._failure is not None:
            raise self._failure
        if self._stopped:
            raise StageUnavailable("the omni server was stopped")
        for stale in stale_servers():
            self._report(f"ended the omni server of a killed run (process {stale.pid}, port {stale.port})")
            end_stale(stale)
        port = self._settings.port or free_port()
        key = secrets.token_urlsafe(24)
        endpoint = Endpoint(f"http://127.0.0.1:{port}/v1", self._settings.name, key)
        words = command(self._settings, port)
        started = time.monotonic()
        if self._restarts and self._log.exists():
            self._log.replace(self._log.with_name(f"{self._log.name}.{len(self._restarts)}"))
        self._group = ProcessGroup(words, environment(key), self._log, port)
        atexit.register(self.stop)
        self._by_hand = by_hand(words)
        self._facts |= {"kind": "vllm", "command": by_hand(without_paths(words)), "gpu": has_gpu()}
        try:
            self._await(endpoint, started + self._settings.start_seconds)
        except StageUnavailable as fault:
            self._failure = self._fault(fault.message)
            self._end()
            raise self._failure from fault
        self._facts |= {"version": _version(endpoint), "start_seconds": round(time.monotonic() - started, 1)}
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
            time.sleep(_STEP)
        if self._settings.canary:
            self._facts["canary"] = canary(endpoint, max(1.0, deadline - time.monotonic()))

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
                time.sleep(_STEP)
        return False

    def _cause(self) -> str:
        code = self._group.exit_code() if self._group is not None else None
        return f"ended (exit code {code})" if code is not None else "no longer answered"

    def _fault(self, message: str) -> StageUnavailable:
        tail = tail_of(self._log)
        end = f"; the end of its log:\n{tail}" if tail else ""
        return StageUnavailable(f"{message}{end}", f"see {self._log}, or start it by hand: {self._by_hand}")

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
