"""A proxy before a real HTTP server: requests go through it to the server, and faults befall the answers.

All of it runs in one event loop in a thread. A request is passed on as it came, the answer is read to its end, and what
the client gets is the fault's doing. One request is one connection, as the omni client has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import socket
import struct
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tests.support.hostile_server import Pieces

T = TypeVar("T")
THREAD = "fault-proxy"
_CLIP = re.compile(rb"Clip (\d+):")


@dataclass(frozen=True)
class Fault:
    """What befalls one request.

    Attributes:
        told: the server's answer → what is sent to the client, piece by piece, and seconds to wait between.
        passed: share of the request that reaches the server; where it is less than 1 there is no answer.
        reset: the connection ends as a crash ends it, not as an end of file.
    """

    told: Callable[[bytes], Pieces]
    passed: float = 1.0
    reset: bool = False


def whole(answer: bytes) -> Pieces:
    """All of it."""
    yield answer


THROUGH = Fault(whole)


class FaultProxy:
    """Listens on loopback and passes everything to a server.

    Args:
        url: of the server.
        faults: clip's number → what befalls its first requests, one after the other; later ones go through.

    Attributes:
        asked: clip's number → requests that came.
    """

    def __init__(self, url: str, faults: Mapping[int, Sequence[Fault]]) -> None:
        self._behind, self._faults = urlsplit(url), faults
        self.asked: Counter[int] = Counter()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=THREAD, daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._answer, "127.0.0.1", 0))
        self.port: int = self._server.sockets[0].getsockname()[1]

    @property
    def url(self) -> str:
        """Where the server seems to be."""
        return f"http://127.0.0.1:{self.port}{self._behind.path}"

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """Meanwhile nobody takes a connection."""
        self._server.close()
        self._run(asyncio.sleep(0))
        yield
        self._server = self._run(asyncio.start_server(self._answer, "127.0.0.1", self.port))

    def close(self) -> None:
        """End everything that is under way."""
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _run(self, task: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(task, self._loop).result()

    async def _end(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            request = head + (await reader.readexactly(int(length[1])) if length else b"")
            fault = self._fault(request)
            answer = await self._passed(request[: int(len(request) * fault.passed)], fault.passed < 1)
            for piece in fault.told(answer):
                if isinstance(piece, float):
                    await asyncio.sleep(piece)
                else:
                    writer.write(piece)
                    await writer.drain()
            if fault.reset:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.close()

    def _fault(self, request: bytes) -> Fault:
        found = _CLIP.search(request)
        if found is None:
            return THROUGH
        number = int(found[1])
        self.asked[number] += 1
        faults = self._faults.get(number, ())
        return faults[self.asked[number] - 1] if self.asked[number] <= len(faults) else THROUGH

    async def _passed(self, request: bytes, cut: bool) -> bytes:
        """The server's whole answer; nothing where the request was cut."""
        reader, writer = await asyncio.open_connection(self._behind.hostname, self._behind.port)
        try:
            writer.write(request)
            await writer.drain()
            return b"" if cut else await reader.read()
        finally:
            writer.close()
