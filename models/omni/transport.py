"""Requests to an OpenAI-compatible server: an event loop in a thread of its own, and a blocking call for each caller.

One request is one HTTP request: who asks again, and when, is decided in `models/omni/client.py` alone.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import threading
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit

from harness.faults import ConfigError, StageUnavailable
from models.omni.protocol.http import LOOPBACK
from models.omni.protocol.types import Endpoint

if TYPE_CHECKING:
    from openai import AsyncOpenAI

T = TypeVar("T")
LAST_SECONDS = 5.0
"""How long `close` waits for a thread of the loop's pool, which a name server can hold up."""
Trouble = Literal["lost", "slow", "refused", "error", "rejected", "forbidden", "malformed"]


class TransportError(Exception):
    """A request without a usable reply.

    Args:
        kind: `lost` (no connection, or it broke), `slow` (no reply in time), `refused` (429, 503), `error` (another
            5xx), `rejected` (400, 413, 422: the request is at fault), `forbidden` (401, 403, 404: the set-up is), or
            `malformed` (a reply that is no JSON object).
        said: what the server, or the library, said of it.
        status: HTTP status, 0 without one.
    """

    def __init__(self, kind: Trouble, said: str, status: int = 0) -> None:
        super().__init__(said)
        self.kind: Trouble = kind
        self.said = said
        self.status = status


class Transport:
    """Blocking requests for any number of threads, over one event loop that starts with the first of them."""

    def __init__(self) -> None:
        try:
            import openai
        except ImportError as error:
            raise ConfigError(f"openai cannot be imported: {error}", "pip install openai==3.52.0") from error
        self._openai = openai
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pool = concurrent.futures.ThreadPoolExecutor(thread_name_prefix="omni-client")
        self._clients: dict[Endpoint, AsyncOpenAI] = {}
        self._closed = False

    def post(self, endpoint: Endpoint, path: str, body: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """The JSON object with which the server answers a POST. Raises TransportError."""
        return self._run(self._request(endpoint, "POST", path, body, timeout))

    def get(self, endpoint: Endpoint, path: str, timeout: float) -> dict[str, Any]:
        """The JSON object with which the server answers a GET. Raises TransportError."""
        return self._run(self._request(endpoint, "GET", path, None, timeout))

    def close(self) -> None:
        """End the requests under way, the connections and the thread. Their callers get StageUnavailable."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is None or thread is None:
            return
        asyncio.run_coroutine_threadsafe(self._end(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        # The loop only tells its pool to end; the pool's threads are joined here, so that none outlives the client.
        ending = threading.Thread(target=self._pool.shutdown, kwargs={"cancel_futures": True}, daemon=True)
        ending.start()
        ending.join(LAST_SECONDS)

    def _run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            if self._closed:
                coroutine.close()
                raise StageUnavailable("the omni client was closed")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._loop.set_default_executor(self._pool)
                self._thread = threading.Thread(target=self._loop.run_forever, name="omni-client", daemon=True)
                self._thread.start()
            future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise StageUnavailable("the omni client was closed") from None

    async def _end(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for client in self._clients.values():
            with contextlib.suppress(OSError):
                await client.close()

    def _client(self, endpoint: Endpoint) -> AsyncOpenAI:
        if endpoint not in self._clients:
            # A proxy from the environment is for the world outside, not for a server on this machine.
            outside = urlsplit(endpoint.url).hostname not in LOOPBACK
            self._clients[endpoint] = self._openai.AsyncOpenAI(
                base_url=endpoint.url,
                api_key=endpoint.api_key or "none",
                max_retries=0,
                # A kept connection can be closed by the server just as it is used again: that reads as a dead server.
                default_headers={"Connection": "close"},
                http_client=self._openai.DefaultAsyncHttpxClient(trust_env=outside),
            )
        return self._clients[endpoint]

    async def _request(
        self, endpoint: Endpoint, method: str, path: str, body: Mapping[str, Any] | None, timeout: float
    ) -> dict[str, Any]:
        import httpx2

        openai = self._openai
        client = self._client(endpoint)
        options: Any = {"timeout": timeout}
        try:
            # The library's own timeout is per read: a reply that trickles would never end.
            async with asyncio.timeout(timeout):
                if method == "GET":
                    response = await client.get(path, cast_to=httpx2.Response, options=options)
                else:
                    response = await client.post(path, cast_to=httpx2.Response, body=body, options=options)
        except (TimeoutError, openai.APITimeoutError):
            raise TransportError("slow", f"no reply within {timeout:g} s") from None
        except openai.APIStatusError as error:
            raise TransportError(_kind(error.status_code), _said(error.response.text), error.status_code) from None
        except (openai.APIConnectionError, httpx2.HTTPError, OSError) as error:
            raise TransportError("lost", f"{error.__cause__ or error}" or type(error).__name__) from None
        try:
            reply = json.loads(response.content)
        except ValueError as error:
            raise TransportError(
                "malformed", f"no JSON ({error}): {response.text[:300]!r}", response.status_code
            ) from None
        if not isinstance(reply, dict):
            raise TransportError("malformed", f"no JSON object: {response.text[:300]!r}", response.status_code)
        return reply


def _kind(status: int) -> Trouble:
    if status in (401, 403, 404):
        return "forbidden"
    if status in (408, 425, 429, 503):
        return "refused"
    return "error" if status >= 500 else "rejected"


def _said(text: str) -> str:
    """The message of an error reply, in OpenAI's form or any other, cut to a few lines."""
    try:
        reply = json.loads(text)
    except ValueError:
        return text.strip()[:1000]
    if isinstance(reply, dict):
        error = reply.get("error", reply)
        reply = error.get("message", error) if isinstance(error, dict) else error
    return str(reply)[:1000]
