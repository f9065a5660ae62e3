"""A socket that answers HTTP requests with whatever bytes a script sends: broken, endless, slow, or a trap."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Pieces = Iterator[bytes]
"""What is sent, piece by piece; the connection is closed at its end."""
Script = Callable[[], Pieces]
ELSEWHERE = "http://127.0.0.1:9/v1/models"
SLOW = 0.05


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
    """A head, and then the same piece for ever; at most for the length of a test."""

    def pieces() -> Pieces:
        yield head
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if pause:
                time.sleep(pause)
            yield piece

    return pieces


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
DEEP = b"[" * 200_000
HEADS: Mapping[str, Script] = {
    "garbage instead of a status line": once(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "nothing at all": once(b""),
    "binary noise": once(bytes(range(256)) * 40),
    "empty lines": once(b"\r\n" * 50),
    "empty lines without end": endless(b"", b"\r\n" * 1000),
    "another protocol version": once(b"HTTP/9.9 200 OK\r\n\r\n{}"),
    "an old protocol version": once(b"HTTP/0.9 200 OK\r\n\r\n{}"),
    "status 999": once(reply(b"{}", "999 Odd")),
    "status 0": once(reply(b"{}", "000 None")),
    "no status number": once(b"HTTP/1.1 OK\r\n\r\n{}"),
    "a negative status": once(b"HTTP/1.1 -200 OK\r\n\r\n{}"),
    "a status of many digits": once(b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\n\r\n{}"),
    "a status line of a megabyte": once(b"HTTP/1.1 200 " + b"x" * 1_000_000 + b"\r\n\r\n{}"),
    "a hundred and one headers": once(reply(b"{}", "200 OK", *(f"X-{i}: 1" for i in range(101)))),
    "headers without end": endless(HEAD, b"X: 1\r\n" * 100),
    "a header of 70 kB": once(reply(b"{}", "200 OK", "X: " + "x" * 70_000)),
    "a header without a colon": once(reply(b"{}", "200 OK", "nonsense")),
    "a header with NUL": once(reply(b"{}", "200 OK", "X: a\0b")),
    "a header that goes on": once(reply(b"{}", "200 OK", "X: a", "  folded")),
    "a header that is no text": once(HEAD + b"X: \xff\xfe\r\n\r\n{}"),
    "slow headers": endless(HEAD, b"X: 1\r\n", SLOW),
    "a slow status line": endless(b"", b"H", SLOW),
    "continue without end": endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.001),
    "two lengths": once(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} "),
    "a negative length": once(HEAD + b"Content-Length: -5\r\n\r\n{}"),
    "a length in words": once(HEAD + b"Content-Length: two\r\n\r\n{}"),
    "a length too long for a number": once(HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}"),
    "less than was promised": once(HEAD + b"Content-Length: 99\r\n\r\n{}"),
    "no length, and the end": once(HEAD + b"\r\n{}"),
    "an unknown transfer encoding": once(HEAD + b"Transfer-Encoding: magic\r\n\r\n{}"),
    "a chunk of no size": once(CHUNKED + b"zz\r\n{}\r\n"),
    "a chunk of a negative size": once(CHUNKED + b"-1\r\n{}\r\n"),
    "a chunk size of many digits": once(CHUNKED + b"f" * 5000 + b"\r\n{}\r\n"),
    "chunks without end": endless(CHUNKED, b"8000\r\n" + b" " * 0x8000 + b"\r\n"),
    "no content": once(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "not modified": once(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "an upgrade": once(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{}"),
    "a moved permanently": once(reply(b"", "301 Moved", f"Location: {ELSEWHERE}")),
    "a found": once(reply(b"", "302 Found", f"Location: {ELSEWHERE}")),
    "a see other": once(reply(b"", "303 See Other", f"Location: {ELSEWHERE}")),
    "a temporary redirect": once(reply(b"", "307 Temporary", f"Location: {ELSEWHERE}")),
    "a permanent redirect": once(reply(b"", "308 Permanent", f"Location: {ELSEWHERE}")),
    "a redirect to a file": once(reply(b"", "302 Found", "Location: file:///etc/passwd")),
    "a redirect to itself": once(reply(b"", "302 Found", "Location: /v1/models")),
    "a redirect to nowhere": once(reply(b"", "302 Found")),
    "a redirect to a broken address": once(reply(b"", "302 Found", "Location: http://[::1")),
    "a redirect with half characters": once(b"HTTP/1.1 302 F\r\nLocation: http://\xff\xed\xa0\x80/\r\n\r\n"),
    "a gzip bomb": once(reply(gzip.compress(b" " * 100_000_000), "200 OK", "Content-Encoding: gzip")),
    "an unknown content encoding": once(reply(b"{}", "200 OK", "Content-Encoding: x-odd")),
    "torn gzip": once(reply(gzip.compress(b"{}")[:9], "200 OK", "Content-Encoding: gzip")),
}
BODIES: Mapping[str, Script] = {
    "a web page": once(reply(b"<html><body>It works!</body></html>", kind="text/html")),
    "an empty body": once(reply(b"")),
    "null": once(reply(b"null")),
    "a number": once(reply(b"5")),
    "a list": once(reply(b"[1]")),
    "a string": once(reply(b'"x"')),
    "deep lists": once(reply(DEEP + b"]" * len(DEEP))),
    "deep lists left open": once(reply(DEEP)),
    "deep objects": once(reply(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)),
    "deep data": once(reply(b'{"data":' + b"[" * 900 + b"]" * 900 + b',"choices":' + b"[" * 900 + b"]" * 900 + b"}")),
    "half an object": once(reply(b'{"data": [')),
    "NaN": once(reply(b'{"data": NaN, "choices": [NaN]}')),
    "a number of 5000 digits": once(reply(b'{"data": [' + b"9" * 5000 + b"]}")),
    "infinity": once(reply(b'{"data": [1e999], "choices": [{"message": 1e999}]}')),
    "half characters": once(reply(b'{"data": [{"id": "\\ud800"}], "error": "\\udfff"}')),
    "bytes that are no text": once(reply(b'{"data": [{"id": "\xff\xfe"}]}')),
    "UTF-16": once(reply('{"data": [{"id": "x"}]}'.encode("utf-16"))),
    "a byte order mark": once(reply(b'\xef\xbb\xbf{"data": []}')),
    "NUL bytes": once(reply(b"\0" * 1000)),
    "a body without end": endless(HEAD + b"\r\n", b" " * 65_536),
    "a body of 30 MB": once(reply(b" " * 30_000_000)),
    "a slow body": endless(HEAD + b"Content-Length: 9999\r\n\r\n", b" ", SLOW),
    "events without end": endless(HEAD + b"\r\n", b'data: {"choices": []}\n\n' * 500),
    "events that are no JSON": once(reply(b"data: hello\n\ndata: [DONE]\n\n", kind="text/event-stream")),
    "events that are deep": once(reply(b"data: " + DEEP + b"\n\n", kind="text/event-stream")),
    "events that are numbers": once(reply(b"data: 5\n\n", kind="text/event-stream")),
    "events of odd forms": once(reply(b'data: {"choices": [{"delta": 5}]}\n\ndata: {"choices": 7}\n\n')),
    "an end of events and nothing else": once(reply(b"data: [DONE]\n\n", kind="text/event-stream")),
    "data that is a number": once(value({"data": 5, "choices": 5})),
    "data of odd entries": once(value({"data": [5, None, "x", {}, {"id": None}, {"id": []}], "choices": [5]})),
    "an id that is a list": once(value({"data": [{"id": ["x"], "owned_by": {"a": 1}, "root": [1]}]})),
    "an id of a megabyte": once(value({"data": [{"id": "x" * 1_000_000}]})),
    "an id of control characters": once(value({"data": [{"id": "a\x1b[2J\nerror: b"}, {"id": "c"}]})),
    "100,000 models": once(value({"data": [{"id": f"m{i}"} for i in range(100_000)]})),
    "500 and a web page": once(reply(b"<html>" * 300_000, "500 Oops", kind="text/html")),
    "400 and deep lists": once(reply(DEEP, "400 Bad")),
    "400 and half characters": once(reply(b'{"error": {"message": "\\ud800", "code": "\\udfff"}}', "400 Bad")),
    "400 and an error of an odd form": once(value({"error": [1, {"a": None}]}, "400 Bad")),
    "400 and control characters": once(value({"error": {"message": "a\x1b[2J\r\n\r\nerror: b"}}, "400 Bad")),
    "401": once(value({"error": "no"}, "401 Unauthorized")),
    "402": once(value({"error": "pay"}, "402 Payment Required")),
    "404": once(reply(b"", "404 Not Found")),
    "418": once(reply(b"", "418 Teapot")),
    "451": once(reply(b"", "451 Unavailable")),
    "503 until a date that is none": once(reply(b"", "503 Busy", "Retry-After: soon")),
    "429 for NaN seconds": once(reply(b"", "429 Slow", "Retry-After: nan")),
    "429 for endless seconds": once(reply(b"", "429 Slow", "Retry-After: 1e999")),
    "429 for less than nothing": once(reply(b"", "429 Slow", "Retry-After: -5")),
    "429 for a year": once(reply(b"", "429 Slow", "Retry-After: 31536000")),
    "429 until the year 9999": once(reply(b"", "429 Slow", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT")),
    "an error inside 200": once(value({"error": {"message": "x", "code": 429}, "choices": None})),
    "an error of an odd form inside 200": once(value({"error": [[]], "object": "error"})),
    "an error with an odd code inside 200": once(value({"error": {"code": "9" * 400, "message": {"a": 1}}})),
}
MESSAGES: Mapping[str, Script] = {
    "a message that is a number": once(said(5)),
    "a message that is missing": once(value({"choices": [{"index": 0}]})),
    "choices that are an object": once(value({"choices": {"0": {}}})),
    "no choices": once(value({"choices": []})),
    "content that is a number": once(said({"content": 5})),
    "content that is an object": once(said({"content": {"text": "x"}})),
    "content of odd parts": once(said({"content": [5, None, {}, {"type": 5, "text": 7}, {"text": [[["x"]]]}]})),
    "deep content": once(reply(b'{"choices":[{"message":{"content":' + b"[" * 900 + b"]" * 900 + b"}}]}")),
    "content of half characters": once(
        reply(b'{"choices":[{"message":{"content":"<answer>SNEG\\ud800</answer>"},"finish_reason":"stop"}]}')
    ),
    "8000 answer tags": once(said({"content": "<answer>" * 8000})),
    "a megabyte of answer tags": once(said({"content": "<answer>" * 130_000})),
    "a megabyte of think tags": once(said({"content": "</think>" * 130_000})),
    "a finish reason that is a list": once(said({"content": ""}, finish_reason=["stop"])),
    "a model that is a list": once(value({"model": ["x"], "choices": [{"message": {"content": "x"}}]})),
    "usage of odd forms": once(
        value(
            {
                "usage": {"prompt_tokens": "x", "completion_tokens": -(10**30)},
                "choices": [{"message": {"content": "x"}}],
            }
        )
    ),
    "a refusal": once(said({"content": None, "refusal": "I cannot help with that."})),
    "a tool call": once(said({"content": None, "tool_calls": [{"id": "1"}]})),
    "a reply that was filtered": once(said({"content": ""}, finish_reason="content_filter")),
}


class HostileServer:
    """Listens on loopback; every request gets what its script says, models or chat as it may be.

    `asked` holds the first line and the headers of each request, in lower case.
    """

    def __init__(self, models: Script, chat: Script | None = None) -> None:
        self.models, self.chat = models, chat or models
        self.asked: list[str] = []
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                outer._answer(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
        self._server.allow_reuse_address = self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.server_bind()
        self._server.server_activate()
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.settimeout(20)
            head = b""
            while b"\r\n\r\n" not in head:
                came = connection.recv(65_536)
                if not came:
                    return
                head += came
            text, _, body = head.partition(b"\r\n\r\n")
            lines = text.decode("latin-1").lower()
            self.asked.append(lines)
            length = next((int(x.split(":")[1]) for x in lines.split("\r\n") if x.startswith("content-length")), 0)
            while len(body) < length:
                body += connection.recv(65_536)
            for piece in (self.models if lines.startswith("get") else self.chat)():
                connection.sendall(piece)
