"""An HTTP server on loopback that answers by a script: what a real omni server does on a bad day."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from models.omni.protocol.types import Endpoint
from models.omni.server.alone import ServerAlone

_PROMISE = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n"
ANSWERED = "<think>The voice is louder at 1.2 s.</think><answer>WPOS</answer>"


@dataclass(frozen=True)
class Http:
    """A reply with any status and body."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Hang:
    """No reply until the client goes away or the server is closed."""


@dataclass(frozen=True)
class Trickle:
    """A reply whose body comes one byte every tenth of a second, and never ends."""


@dataclass(frozen=True)
class Reset:
    """The connection is broken; with `after` bytes of a reply sent."""

    after: bytes = b""


Act = Http | Hang | Trickle | Reset
Script = Callable[[dict[str, Any], int], Act]
"""Request and its number from 0 → what is done with it."""


def completion(text: str, finish_reason: str = "stop", **choice: Any) -> Http:
    """An ordinary chat completion."""
    message = {"role": "assistant", "content": text}
    reply = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason, **choice}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }
    return Http(200, json.dumps(reply).encode())


def refusal(status: int, message: str) -> Http:
    """An error in OpenAI's form."""
    return Http(status, json.dumps({"error": {"message": message, "type": "x", "code": status}}).encode())


def in_turn(*acts: Act) -> Script:
    """The acts one after the other; the last again and again."""
    return lambda _, number: acts[min(number, len(acts) - 1)]


@dataclass
class ScriptedServer(ServerAlone):
    """A server of the project's own protocol (`models.omni.protocol.types.Server`) around the scripted HTTP server.

    `requests` holds the bodies of the chat requests, `headers` their headers, `running` how many are under way and
    `highest` the most that were. `revived` are the endpoints that were given up as lost. `listed` is what it answers
    instead of the list of its models.
    """

    script: Script
    owner: str = "vllm"
    model: str = "scripted"
    api_key: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    revived: list[Endpoint] = field(default_factory=list)
    on_revive: Callable[[], None] | None = None
    running: int = 0
    highest: int = 0
    stopped: bool = False
    listed: Http | None = None

    def __post_init__(self) -> None:
        self.lock = threading.Lock()
        self.closing = threading.Event()
        self._start()

    def _start(self) -> None:
        outer = self

        class Handler(_Handler):
            server_of = outer

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = False
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def endpoint(self) -> Endpoint:
        return Endpoint(f"http://127.0.0.1:{self._http.server_port}/v1", self.model, self.api_key)

    def revive(self, lost: Endpoint) -> Endpoint:
        self.revived.append(lost)
        if self.on_revive is not None:
            self.on_revive()
        return self.endpoint()

    def facts(self) -> dict[str, object]:
        return {"kind": "scripted"}

    def stop(self) -> None:
        self.stopped = True

    def move(self) -> None:
        """The process dies and another one listens elsewhere."""
        self.close()
        self.closing = threading.Event()
        self._start()

    def close(self) -> None:
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    server_of: ScriptedServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        listed = {"object": "list", "data": [{"id": self.server_of.model, "owned_by": self.server_of.owner}]}
        self._send(self.server_of.listed or Http(200, json.dumps(listed).encode()))

    def do_POST(self) -> None:
        outer = self.server_of
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with outer.lock:
            number = len(outer.requests)
            outer.requests.append(body)
            outer.headers.append(dict(self.headers.items()))
            outer.running += 1
            outer.highest = max(outer.highest, outer.running)
        try:
            self._perform(outer.script(body, number))
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with outer.lock:
                outer.running -= 1

    def _perform(self, act: Act) -> None:
        if isinstance(act, Http):
            self._send(act)
        elif isinstance(act, Reset):
            self._break(act.after)
        elif isinstance(act, Trickle):
            self._trickle()
        else:
            self._wait()

    def _send(self, act: Http) -> None:
        self.send_response(act.status)
        self.send_header("Content-Type", act.content_type)
        self.send_header("Content-Length", str(len(act.body)))
        for name, told in act.headers:
            self.send_header(name, told)
        self.end_headers()
        self.wfile.write(act.body)

    def _break(self, after: bytes) -> None:
        if after:
            self.wfile.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n" + after
            )
        # SO_LINGER of 0 makes the close a reset instead of an orderly end.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _trickle(self) -> None:
        self.wfile.write(_PROMISE)
        while not self.server_of.closing.wait(0.1):
            self.wfile.write(b" ")
            self.wfile.flush()

    def _wait(self) -> None:
        """Until the client hangs up: a read then gives nothing."""
        self.connection.settimeout(0.02)
        while not self.server_of.closing.is_set():
            try:
                if not self.connection.recv(1):
                    break
            except TimeoutError:
                continue
        self.close_connection = True


def pieces(*steps: Iterable[tuple[str, float]]) -> dict[str, Any]:
    """Log-probabilities as a chat completion lists them; of each step the first token is the one that was taken."""
    import math

    content = []
    for step in steps:
        listed = [{"token": token, "logprob": math.log(p) if p else -9999.0, "bytes": None} for token, p in step]
        content.append({**listed[0], "top_logprobs": listed})
    return {"content": content}
