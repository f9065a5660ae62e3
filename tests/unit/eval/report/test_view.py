"""The viewer over real HTTP: what it serves, ranges, and what it refuses."""

from __future__ import annotations

import argparse
import http.client
import json
import re
import socket
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from eval.errors import EvalError
from eval.report import view
from eval.report.pack import unpacked
from eval.report.view import Site, byte_range, make_server

KEY = "k3y-of-this-view"
BYTES = bytes(range(256)) * 400


@pytest.fixture
def place(tmp_path: Path) -> Path:
    run = tmp_path / "run"
    stories = run / "video_emotion_results"
    stories.mkdir(parents=True)
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips/a b.mp4").write_bytes(BYTES)
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (tmp_path / "clips/link.mp4").symlink_to(tmp_path / "secret.txt")
    paths = {"a b.mp4": "../clips/a b.mp4", "bad.mp4": "../secret.txt", "link.mp4": "../clips/link.mp4", "no.mp4": ""}
    for clip, path in paths.items():
        story = {"schema": "story/1", "clip": {"id": clip, "path": path}, "transcript": {"text": "台词"}}
        (stories / f"{clip}.json").write_text(json.dumps(story), encoding="utf-8")
    (stories / "out.json").symlink_to(tmp_path / "secret.txt")
    (run / "private.json").write_text("{}", encoding="utf-8")
    return run


class Client:
    def __init__(self, site: Site, key: str = "") -> None:
        self.server = make_server(site, 0, key)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def ask(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request(method, path, headers=headers or {})
        answer = connection.getresponse()
        result = answer.status, dict(answer.getheaders()), answer.read()
        connection.close()
        return result

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def client(place: Path) -> Iterator[Client]:
    instance = Client(Site(place))
    yield instance
    instance.close()


CLIP = "/clip/" + quote("a b.mp4.json")


def test_the_page_its_stories_and_clips(client: Client) -> None:
    status, headers, body = client.ask("/")
    assert status == 200 and headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in body.decode()
    (block,) = re.findall('class="details" type="text/plain">([^<]+)<', body.decode())
    assert unpacked(block)[0]["media"]["src"] == "clip/a%20b.mp4.json"
    assert client.ask(CLIP)[2] == BYTES
    assert client.ask(CLIP)[1]["Content-Type"] == "video/mp4"
    assert json.loads(client.ask("/story/" + quote("a b.mp4.json"))[2])["clip"]["id"] == "a b.mp4"


def test_ranges(client: Client) -> None:
    status, headers, body = client.ask(CLIP, headers={"Range": "bytes=1000-1009"})
    assert (status, body) == (206, BYTES[1000:1010])
    assert headers["Content-Range"] == f"bytes 1000-1009/{len(BYTES)}" and headers["Accept-Ranges"] == "bytes"
    assert client.ask(CLIP, headers={"Range": "bytes=102390-"})[2] == BYTES[102390:]
    assert client.ask(CLIP, headers={"Range": "bytes=-5"})[2] == BYTES[-5:]
    status, headers, _ = client.ask(CLIP, headers={"Range": f"bytes={len(BYTES)}-"})
    assert status == 416 and headers["Content-Range"] == f"bytes */{len(BYTES)}"
    assert client.ask(CLIP, headers={"Range": "bytes=0-1,5-6"})[::2] == (200, BYTES)


def test_head_has_no_body(client: Client) -> None:
    status, headers, body = client.ask(CLIP, "HEAD")
    assert (status, headers["Content-Length"], body) == (200, str(len(BYTES)), b"")


@pytest.mark.parametrize(
    "path",
    [
        "/clip/",
        "/story/",
        "/clip",
        "/video_emotion_results/",
        "/private.json",
        "/story/private.json",
        "/story/../private.json",
        "/story/%2e%2e%2fprivate.json",
        "/story/out.json",
        "/clip/bad.mp4.json",
        "/clip/link.mp4.json",
        "/clip/no.mp4.json",
        "/clip/../../secret.txt",
        "//etc/passwd",
        "/story/%00.json",
        "/story/%ff%fe.json",
    ],
)
def test_nothing_else(client: Client, path: str) -> None:
    status, _, body = client.ask(path)
    assert status == 404
    assert b"secret" not in body


def test_foreign_hosts_and_methods(client: Client) -> None:
    assert client.ask("/", headers={"Host": "evil.example"})[0] == 403
    assert client.ask("/", headers={"Host": "127.0.0.1"})[0] == 403
    assert client.ask("/", headers={"Host": f"localhost:{client.port}"})[0] == 200
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        status, headers, _ = client.ask("/", method)
        assert status == 405 and headers["Allow"] == "GET, HEAD"


def test_pages_of_other_sites_are_refused(client: Client) -> None:
    for origin in ("https://evil.example", f"https://127.0.0.1:{client.port}", "null", "http://127.0.0.1:1"):
        assert client.ask("/", headers={"Origin": origin})[0] == 403
    assert client.ask("/", headers={"Origin": f"http://127.0.0.1:{client.port}"})[0] == 200


def test_without_the_key_there_is_nothing(place: Path) -> None:
    client = Client(Site(place), KEY)
    try:
        assert client.ask(f"/{KEY}/")[0] == 200 and client.ask(f"/{KEY}{CLIP}")[2] == BYTES
        wrong = ("/", f"/{KEY}", f"/{KEY[:-1]}/", f"/{KEY}x/", "//", CLIP, f"/?key={KEY}", "/%ff%fe/", "*")
        for path in wrong:
            status, _, body = client.ask(path)
            assert (path, status) == (path, 403) and len(body) < 200 and KEY.encode() not in body
        assert client.ask(f"/{KEY}/../../secret.txt")[0] == 404
    finally:
        client.close()


@pytest.mark.parametrize("flags", [[], ["--no-key"]])
def test_the_command_prints_an_address_with_a_key_of_its_own(
    place: Path, flags: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parser, found = argparse.ArgumentParser(), []
    view.configure(parser)

    def interrupted(server: ThreadingHTTPServer) -> None:
        found.append(getattr(server.RequestHandlerClass, "key"))  # noqa: B009 - the class is made there
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", interrupted)
    for _ in range(2):
        assert view.run(parser.parse_args([str(place), "--port", "0", *flags])) == 0
    printed = re.findall(r"http://127\.0\.0\.1:\d+/(.*)  \(", capsys.readouterr().out)
    assert printed == [f"{key}/" if key else "" for key in found]
    assert found == ["", ""] if flags else len(found[0]) >= 20 and found[0] != found[1]


def test_it_listens_on_loopback_only(client: Client) -> None:
    assert client.server.server_address[0] == "127.0.0.1"


def test_a_redacted_view_serves_no_clip_and_no_story(place: Path) -> None:
    client = Client(Site(place, redact=True))
    try:
        assert client.ask(CLIP)[0] == 404 and client.ask("/story/" + quote("a b.mp4.json"))[0] == 404
        assert "台词" not in client.ask("/")[2].decode()
    finally:
        client.close()


def test_no_such_run_and_a_taken_port(client: Client, place: Path, tmp_path: Path) -> None:
    with pytest.raises(EvalError):
        make_server(Site(tmp_path / "none"), 0, "")
    with pytest.raises(EvalError, match="--port"):
        make_server(Site(place), client.port, "")


@pytest.mark.parametrize(
    "header",
    [f"bytes={'9' * 5000}-", f"bytes=0-{'9' * 5000}", f"bytes=-{'9' * 5000}", "bytes=-", "bytes=9-1", "bytes=\u0661-"],
    ids=["start", "end", "last", "none", "backwards", "arabic"],
)
def test_no_range_is_more_than_a_refusal(client: Client, header: str) -> None:
    status, headers, _ = client.ask(CLIP, headers={"Range": header.encode().decode("latin-1")})
    if "\u0661" in header:
        assert status == 200
    else:
        assert (status, headers["Content-Range"]) == (416, f"bytes */{len(BYTES)}")


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET //[::1 HTTP/1.1",
        b"GET http://[ HTTP/1.1",
        b"GET / HTTP/9.9.9",
        b"GET",
        b"\x00\xff\xfe",
        b"GET " + b"/" * 70_000 + b" HTTP/1.1",
        b"GET / HTTP/1.1\r\n" + b"\r\n".join(b"X-%d: y" % i for i in range(300)),
        b"GET / HTTP/1.1\r\nHost: \xff\xfe",
    ],
    ids=["host", "address", "version", "word", "bytes", "long", "headers", "foreign host"],
)
def test_garbage_gets_a_4xx(client: Client, request_line: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(request_line + b"\r\n\r\n")
        answer = connection.recv(65536).decode("latin-1")
    assert re.search(r"(?:^HTTP/1\.[01] |Error code: )(4\d\d|505)", answer), answer[:200]
    assert "Traceback" not in capfd.readouterr().err


def test_byte_range() -> None:
    assert byte_range("bytes=0-0", 10) == (0, 1)
    assert byte_range("bytes=5-99", 10) == (5, 10)
    assert byte_range("bytes=-99", 10) == (0, 10)
    assert byte_range("bytes=7-3", 10) is None
    assert byte_range("bytes=-", 10) is None
    assert byte_range("bytes=0-", 0) is None
    assert byte_range("items=0-1", 10) == (0, 10)
