"""Single JSON requests to an omni server outside the run's own client: is it there, what does it serve, does it see.

Whatever listens there, a request ends: within its seconds in all, however slowly the bytes come, after `MOST_BYTES`,
and without following a redirect, which would take the key to another address.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from harness.records.clean import encodable, encodable_values, one_line

LOOPBACK = ("127.0.0.1", "localhost", "::1")
MOST_BYTES = 8_000_000
"""Of a reply. A list of models or a token with its alternatives has some kilobytes."""
_MOST_SENT = 2 * MOST_BYTES
"""With what frames it: headers, the lengths of chunks, and trailers, which http.client reads without an end."""
_MOST_OF_AN_ERROR = 4000
_SHORTEST_KEY = 8
"""A shorter key is none that anybody guards ("none", "EMPTY"), and may be a word of an answer."""


def ask(url: str, key: str, seconds: float, body: Mapping[str, Any] | None = None) -> Any:
    """The JSON value that `url` answers (None for an empty reply); a POST where there is a `body`.

    Args:
        url: where to.
        key: sent as a bearer key; empty for none.
        seconds: for the whole of it.
        body: JSON values.

    Raises:
        OSError: no reply, or none that is HTTP; urllib.error.HTTPError (one of its kind) when the server refuses or
            redirects.
        ValueError: the reply is no JSON, or too long.
    """
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode())
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
    with _Deadline(seconds) as deadline:
        try:
            content = without_key(_content(request, deadline), key)
        except http.client.HTTPException as error:
            deadline.check()
            said = without_key(str(error).encode(errors="replace"), key).decode()
            raise OSError(f"no HTTP reply ({type(error).__name__}: {said[:200]})") from None
        except _TooMuch:
            raise ValueError(f"a reply of more than {_MOST_SENT} bytes") from None
        except OSError:
            deadline.check()
            raise
        deadline.check()
    if len(content) > MOST_BYTES:
        raise ValueError(f"a reply of more than {MOST_BYTES} bytes")
    try:
        return encodable_values(json.loads(content)) if content else None
    except RecursionError:
        raise ValueError("JSON that is nested too deeply") from None


def without_key(content: bytes, key: str) -> bytes:
    """What a server said, without the key that it was sent: a reply that repeats it must not bring it into a record."""
    return content.replace(key.encode(), b"[key]") if len(key) >= _SHORTEST_KEY else content


def redirected(location: str) -> str:
    """What to say of a redirect: where it leads, without what a path or query may hold."""
    try:
        parts = urlsplit(one_line(encodable(location[:500])))
    except ValueError:
        return "redirects to an address that is none"
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else "another path"
    return f"redirects to {place}; not followed, since it would take the key and the clip's words and pictures there"


def _content(request: urllib.request.Request, deadline: _Deadline) -> bytes:
    """The body of the reply, one byte more than allowed at most."""
    # A proxy from the environment is for the world outside, not for a server on this machine.
    inside = urlsplit(request.full_url).hostname in LOOPBACK
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({} if inside else None), _Connecting(deadline), _NoRedirect()
    )
    try:
        with opener.open(request, timeout=deadline.seconds) as reply:
            return bytes(reply.read(MOST_BYTES + 1))
    except urllib.error.HTTPError as error:
        with error:
            key = (request.get_header("Authorization") or "").removeprefix("Bearer ")
            said = without_key(error.read(_MOST_OF_AN_ERROR), key)
        raise urllib.error.HTTPError(error.url, error.code, error.reason, error.headers, io.BytesIO(said)) from None


class _Deadline:
    """Breaks the connections that were made under it when its seconds have passed."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._sockets: list[socket.socket] = []
        self._passed = threading.Event()
        self._timer = threading.Timer(seconds, self._break)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def hold(self, connection: socket.socket) -> None:
        """Break this one as well."""
        self._sockets.append(connection)
        if self._passed.is_set():
            self._break()

    def check(self) -> None:
        """TimeoutError when they have passed: what came is then a part of a reply."""
        if self._passed.is_set():
            raise TimeoutError(f"no whole reply within {self.seconds:g} s")

    def _break(self) -> None:
        self._passed.set()
        for connection in list(self._sockets):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _TooMuch(Exception):
    """More than `_MOST_SENT` came. No ValueError, which http.client takes for a chunk without its length."""


class _Counted(io.RawIOBase):
    """What comes from a socket, up to `_MOST_SENT`."""

    def __init__(self, source: io.RawIOBase) -> None:
        super().__init__()
        self._source, self._left = source, _MOST_SENT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        count: int | None = self._source.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise _TooMuch
        return count

    def close(self) -> None:
        self._source.close()
        super().close()


class _Reply(http.client.HTTPResponse):
    """A reply of which every byte counts."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fp = io.BufferedReader(_Counted(self.fp.detach()))


class _Connection(http.client.HTTPConnection):
    """A connection that a deadline may break, with replies of which every byte counts."""

    response_class = _Reply

    def __init__(self, *given: Any, deadline: _Deadline, **named: Any) -> None:
        super().__init__(*given, **named)
        self._deadline = deadline

    def connect(self) -> None:
        super().connect()
        self._deadline.hold(self.sock)


class _Encrypted(_Connection, http.client.HTTPSConnection):
    """The same over TLS."""


class _Connecting(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Opens such connections."""

    def __init__(self, deadline: _Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_Connection, deadline=self._deadline), req)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(partial(_Encrypted, deadline=self._deadline), req)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect to be raised as the HTTP status that it is."""

    def redirect_request(self, *_: Any) -> None:
        return None
