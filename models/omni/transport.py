"""Requests to an OpenAI-compatible server: an event loop in a thread of its own, and a blocking call for each caller.

One request is one HTTP request: who asks again, and when, is decided in `models/omni/client.py` alone.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from http.cookiejar import Cookie, CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from harness.faults import ConfigError, StageUnavailable
from models.omni.body import MOST_BYTES, decoded
from models.omni.protocol.http import LOOPBACK, redirected, without_key
from models.omni.protocol.types import Endpoint
from models.omni.settings import INSTALL_CLIENT
from models.omni.trouble import TransportError, kind_of, said_in, wait_in

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

T = TypeVar("T")
LAST_SECONDS = 5.0
"""How long `close` waits for a thread of the loop's pool, which a name server can hold up."""


class Transport:
    """Blocking requests for any number of threads, over one event loop that starts with the first of them.

    `now` gives seconds of the epoch, against which a server's dates are read.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        try:
            import openai
        except ImportError as error:
            raise ConfigError(f"openai cannot be imported: {error}", INSTALL_CLIENT) from error
        self._openai, self._now = openai, now
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
                # Compressed replies are not asked for: what they unfold to could not be bounded.
                default_headers={"Connection": "close", "Accept-Encoding": "identity"},
                http_client=self._openai.DefaultAsyncHttpxClient(
                    trust_env=outside,
                    follow_redirects=False,
                    cookies=CookieJar(_NoCookies()),
                    event_hooks={"response": [_bounded]},
                ),
            )
        return self._clients[endpoint]

    async def _request(
        self, endpoint: Endpoint, method: str, path: str, body: Mapping[str, Any] | None, timeout: float
    ) -> dict[str, Any]:
        import httpx2

        openai, key = self._openai, endpoint.api_key
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
            status, headers = error.status_code, error.response.headers
            wait = wait_in({name.lower(): value for name, value in headers.items()}, self._now())
            said = said_in(without_key(error.response.content, key).decode("utf-8", errors="replace"))
            raise TransportError(kind_of(status), said, status, wait) from None
        except openai.APIConnectionError as error:
            if isinstance(error.__cause__, TransportError):
                raise error.__cause__ from None
            unreached = isinstance(error.__cause__, httpx2.ConnectError)
            said = _told(error.__cause__ or error, key)
            raise TransportError("lost", said, unreached=unreached) from None
        except (httpx2.HTTPError, OSError) as error:
            raise TransportError("lost", _told(error, key)) from None
        return decoded(without_key(response.content, key), response.status_code)


def _told(error: BaseException, key: str) -> str:
    """What an exception says; one about a broken head may hold what the server repeats."""
    said = str(error).encode("utf-8", errors="replace")
    return without_key(said, key).decode("utf-8", errors="replace") or type(error).__name__


class _NoCookies(DefaultCookiePolicy):
    """Keeps none: what a server stores here would tie each clip's request to those before."""

    def set_ok(self, cookie: Cookie, request: urllib.request.Request) -> bool:
        """Whether a cookie is kept: never."""
        return False


async def _bounded(response: httpx2.Response) -> None:
    """Looks at a reply's head before its body is read. TransportError for what must not be read or followed."""
    if 300 <= response.status_code < 400:
        raise TransportError("forbidden", redirected(response.headers.get("location", "")), response.status_code)
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity"):
        raise TransportError("malformed", f"a reply compressed with {encoding[:40]}, which was not asked for")
    response.stream = _counted(response.stream)


def _counted(stream: Any) -> httpx2.AsyncByteStream:
    """The body of a reply, which ends with a TransportError once it is longer than `MOST_BYTES`."""
    import httpx2

    class Counted(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            count = 0
            async for chunk in stream:
                count += len(chunk)
                if count > MOST_BYTES:
                    raise TransportError("malformed", f"a reply of more than {MOST_BYTES} bytes")
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()

    return Counted()
