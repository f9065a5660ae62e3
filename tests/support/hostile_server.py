"""An HTTP server on loopback whose replies are whatever bytes a script sends: broken, endless, slow, or a trap.

All behaviours live in one event loop in one thread, any number of them at once. A request chooses its own: by a number
at the beginning of its path (`/7/v1/models`), or by words of a question (`behaviour 7.`); without either it gets the
list of models, or the next behaviour in turn.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Pieces = Iterator[bytes | float]
"""What is sent, piece by piece, and seconds to wait between; the connection is closed at its end."""
Script = Callable[[], Pieces]
ELSEWHERE = b"http://elsewhere.invalid"
"""In a reply: the address of a server that nobody may ever ask. Its length does not change when it is filled in."""
KEY = b"{the key that came}"
"""In a reply: what the request's Authorization header says."""
SLOW = 0.05
_BLOCK = 65_536
_CHOSEN = re.compile(rb"behaviour (\d+)\.")


def reply(body: bytes, status: str = "200 OK", *headers: str, kind: str = "application/json") -> bytes:
    """A whole HTTP reply."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def value(told: Any, status: str = "200 OK", *headers: str) -> bytes:
    """A reply with a JSON value."""
    return reply(json.dumps(told).encode(), status, *headers)


def said(message: Any, **choice: Any) -> bytes:
    """A chat completion with a message of any form."""
    return value({"choices": [{"index": 0, "message": message, "finish_reason": "stop", **choice}]})


def once(data: bytes) -> Script:
    """All at once, then the end."""
    return lambda: iter([data])


def endless(head: bytes, piece: bytes, pause: float = 0.0) -> Script:
    """A head, and then the same piece until the other side goes away."""

    def pieces() -> Pieces:
        yield head
        while True:
            if pause:
                yield pause
            yield piece

    return pieces


LISTED = once(value({"data": [{"id": "m", "owned_by": "vllm"}]}))


class HostileServer:
    """Listens on loopback, and a second time where nobody may be sent.

    Attributes:
        asked: first line and headers of each request, in lower case.
        elsewhere: what came to the second address.
        sent: behaviour → most bytes that one request of it was sent.
    """

    def __init__(self, scripts: Sequence[Script], models: Script | None = LISTED) -> None:
        self._scripts, self._models = scripts, models
        self._turn = itertools.count()
        self.asked: list[str] = []
        self.elsewhere: list[bytes] = []
        self.sent: Counter[int] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers = [self._bound(self._answer), self._bound(self._trap)]
        self.port, self.trap_port = (server.sockets[0].getsockname()[1] for server in self._servers)

    @property
    def url(self) -> str:
        """Where it pretends to be an omni server."""
        return f"http://127.0.0.1:{self.port}/v1"

    def url_of(self, number: int) -> str:
        """The same, with the behaviour chosen for every request."""
        return f"http://127.0.0.1:{self.port}/{number}/v1"

    def close(self) -> None:
        """End everything that is under way."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _bound(self, handle: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]) -> asyncio.Server:
        return asyncio.run_coroutine_threadsafe(asyncio.start_server(handle, "127.0.0.1", 0), self._loop).result()

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _trap(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.elsewhere.append(await reader.read(_BLOCK))
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").lower()
            self.asked.append(lines)
            length = re.search(r"content-length: (\d+)", lines)
            body = await reader.readexactly(int(length[1])) if length else b""
            number, script = self._chosen(lines, body)
            key = re.search(rb"(?i)authorization: bearer (\S+)", head)
            await self._send(writer, script, number, key[1] if key else b"")
        writer.close()

    def _chosen(self, lines: str, body: bytes) -> tuple[int, Script]:
        path = re.match(r"\w+ /(\d+)/", lines)
        words = _CHOSEN.search(body)
        if not (path or words) and self._models and lines.startswith("get"):
            return -1, self._models
        number = int(path[1]) if path else int(words[1]) if words else next(self._turn) % len(self._scripts)
        return number, self._scripts[number]

    async def _send(self, writer: asyncio.StreamWriter, script: Script, number: int, key: bytes) -> None:
        sent = 0
        trap = f"http://127.0.0.1:{self.trap_port}".encode().ljust(len(ELSEWHERE), b"/")
        for piece in script():
            if isinstance(piece, float):
                await asyncio.sleep(piece)
                continue
            if len(piece) < _BLOCK:
                piece = piece.replace(ELSEWHERE, trap).replace(KEY, key.ljust(len(KEY)))
            for begin in range(0, len(piece), _BLOCK):
                writer.write(piece[begin : begin + _BLOCK])
                await writer.drain()
                await asyncio.sleep(0)
                sent += len(piece[begin : begin + _BLOCK])
                self.sent[number] = max(self.sent[number], sent)
