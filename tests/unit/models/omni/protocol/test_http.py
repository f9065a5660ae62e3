from __future__ import annotations

import time

import pytest

from models.omni.protocol.http import MOST_BYTES, ask
from tests.support.hostile_server import HostileServer, endless, once, reply

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SECONDS = 120.0


@pytest.mark.parametrize(
    "script",
    [
        endless(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: 1\r\n" * 1000),
        endless(CHUNKED, b"1;" + b"x" * 1000 + b"\r\n \r\n"),
        endless(CHUNKED, b"8000\r\n" + b" " * 0x8000 + b"\r\n"),
        once(reply(b" " * (MOST_BYTES + 1))),
    ],
    ids=["trailers", "lengths of chunks", "chunks", "a body"],
)
def test_a_reply_ends_after_so_many_bytes_wherever_they_stand(script: object) -> None:
    server = HostileServer([script], models=None)  # type: ignore[list-item]
    begun = time.monotonic()
    try:
        with pytest.raises(ValueError, match=r"a reply of more than \d+ bytes"):
            ask(server.url_of(0), "", SECONDS)
    finally:
        server.close()
    assert time.monotonic() - begun < SECONDS


def test_a_reply_in_small_chunks_is_whole() -> None:
    body = b"[" + b"1," * 20_000 + b"1]"
    server = HostileServer([once(CHUNKED + b"".join(b"1\r\n%c\r\n" % one for one in body) + b"0\r\n\r\n")], models=None)
    try:
        assert ask(server.url_of(0), "", SECONDS) == [1] * 20_001
    finally:
        server.close()
