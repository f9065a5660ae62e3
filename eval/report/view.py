"""`view`: the report's page over loopback, where a browser cannot open files: by a tunnel from another machine.

What is served: the page, made anew at each load; the stories; and the clips that the stories name. A request names a
story's file, never a path, so nothing else can be asked for. What a story names as its clip is served only if the
resolved file is a regular one with the ending of a sound or a video: a story is somebody's file, and may name anything.
The server listens on 127.0.0.1 alone, answers GET and HEAD, and refuses a Host or Origin header that is not its own,
which keeps other sites' pages from reading it by a name that resolves here. Everybody on a machine can reach its
loopback address, so every address begins with a key that only who started the server was told. It stands in the path
and not in a cookie, because cookies of one port are sent to every other one.
"""

from __future__ import annotations

import argparse
import hmac
import mimetypes
import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, unquote, urlsplit

from eval.errors import EvalError
from eval.report.clip_media import clip_file
from eval.report.report import comparable, page_of, render
from eval.stories.read import Run, read_story, story_folder
from harness.records.numbers import PORT as ANY_PORT

HOST = "127.0.0.1"
PORT = 8765
IDLE_SECONDS = 30
BLOCK = 1 << 16
_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)")
_MOST_DIGITS = 18
"""Of a position in a file; more digits name a place that no file has."""


@dataclass(frozen=True)
class Site:
    """What a server shows: a run, and the options of `report`."""

    run: Path
    labels: Path | None = None
    compare: Path | None = None
    redact: bool = False

    def page(self) -> bytes:
        """The page as it is now, with its links led through the server."""
        page = page_of(
            self.run,
            story_folder(self.run).parent / "x.html",
            self.labels,
            self.compare,
            self.redact,
            adapt=_through_server,
        )
        return "".join(render(page)).encode("utf-8", errors="replace")

    def file(self, kind: str, name: str) -> Path | None:
        """The file behind `story/NAME` or `clip/NAME`; None for everything that is not to be served."""
        folder = story_folder(self.run).resolve()
        if self.redact or name not in {path.name for path in folder.glob("*.json")}:
            return None
        story = (folder / name).resolve()
        if story.parent != folder or not story.is_file():
            return None
        if kind == "story":
            return story
        read = read_story(story)
        return clip_file(read) if read else None


def _through_server(clip: dict[str, Any]) -> None:
    if clip["media"]:
        clip["media"]["src"] = "clip/" + quote(clip["story"], safe="")
    if clip["file"]:
        clip["file"] = "story/" + quote(clip["story"], safe="")


class Handler(BaseHTTPRequestHandler):
    """GET and HEAD of the page, the stories and the clips; the class attribute `site` says of which run.

    Every path begins with `/` and `key`, unless that is empty.
    """

    site: Site
    key: str
    protocol_version = "HTTP/1.1"
    server_version = "view"
    sys_version = ""
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:  # noqa: N802 - the name is the base class's
        """Answer a request."""
        port = self.connection.getsockname()[1]
        names = {f"{name}:{port}" for name in (HOST, "localhost")}
        origin = self.headers.get("Origin")
        if self.headers.get("Host", "") not in names or origin not in {None, *(f"http://{name}" for name in names)}:
            return self._refuse(HTTPStatus.FORBIDDEN)
        try:
            path = unquote(urlsplit(self.path).path, errors="surrogateescape")
        except ValueError:
            return self._refuse(HTTPStatus.BAD_REQUEST)
        if self.key:
            parts = path.split("/", 2)
            if len(parts) < 3 or not hmac.compare_digest(parts[1].encode(errors="replace"), self.key.encode()):
                return self._refuse(HTTPStatus.FORBIDDEN, "open the whole address that `eval view` has printed")
            path = f"/{parts[2]}"
        if path == "/":
            return self._page()
        _, kind, name = (path.split("/", 2) + ["", ""])[:3]
        found = self.site.file(kind, name) if kind in ("story", "clip") else None
        if found is None:
            return self._refuse(HTTPStatus.NOT_FOUND)
        try:
            with found.open("rb") as stream:
                self._file(stream, found)
        except PermissionError:
            self._refuse(HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET  # noqa: N815

    def _page(self) -> None:
        try:
            body = self.site.page()
        except (EvalError, OSError) as fault:
            return self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, str(fault))
        self._head(HTTPStatus.OK, {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))})
        self._body(body)

    def _file(self, stream: IO[bytes], path: Path) -> None:
        size = os.fstat(stream.fileno()).st_size
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        headers = {"Content-Type": kind, "Accept-Ranges": "bytes"}
        wanted = self.headers.get("Range")
        span = byte_range(wanted, size) if wanted else (0, size)
        if span is None:
            return self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, extra={"Content-Range": f"bytes */{size}"})
        partial = wanted is not None and _RANGE.fullmatch(wanted.strip()) is not None
        if partial:
            headers["Content-Range"] = f"bytes {span[0]}-{span[1] - 1}/{size}"
        headers["Content-Length"] = str(span[1] - span[0])
        self._head(HTTPStatus.PARTIAL_CONTENT if partial else HTTPStatus.OK, headers)
        if self.command == "HEAD":
            return
        stream.seek(span[0])
        left = span[1] - span[0]
        while left > 0 and (block := stream.read(min(BLOCK, left))):
            self._body(block)
            left -= len(block)

    def _head(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()

    def _body(self, data: bytes) -> None:
        if self.command != "HEAD":
            self.wfile.write(data)

    def _refuse(self, status: HTTPStatus, text: str = "", extra: Mapping[str, str] | None = None) -> None:
        # A request's body was not read; after an answer without it the connection would be out of step.
        self.close_connection = True
        body = f"{status.value} {status.phrase}\n{text}".encode()
        headers = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body)), "Connection": "close"}
        self._head(status, {**headers, **(extra or {})})
        self._body(body)

    def _only_get(self) -> None:
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED, extra={"Allow": "GET, HEAD"})

    do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _only_get  # noqa: N815

    def handle(self) -> None:
        """A browser that seeks drops the connection in the middle of an answer: that is no failure."""
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not logged."""


def byte_range(header: str, size: int) -> tuple[int, int] | None:
    """First and end byte of a Range header; the whole for several ranges or another unit; None if unsatisfiable."""
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        return 0, size
    first, last = match.groups()
    if (not first and not last) or max(len(first), len(last)) > _MOST_DIGITS:
        return None
    if not first:
        length = min(int(last), size)
        return (size - length, size) if length else None
    start, end = int(first), min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None


def make_server(site: Site, port: int, key: str) -> ThreadingHTTPServer:
    """A server that is bound and not yet running; port 0 takes a free one.

    With an empty `key` everybody on this machine may read what it serves.

    Raises:
        EvalError: there is no such run, or the port is taken.
    """
    comparable(Run(site.run), site.compare)
    handler = type("SiteHandler", (Handler,), {"site": site, "key": key})
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except OSError as fault:
        raise EvalError(f"{HOST}:{port}: {fault.strerror}", "choose another --port, 0 for a free one") from fault
    server.daemon_threads = True
    return server


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `view`."""
    parser.add_argument("run", nargs="?", type=Path, default=Path("Test_Supplements"), help="default Test_Supplements")
    parser.add_argument("--port", type=ANY_PORT.parse, default=PORT, help=f"default {PORT}; 0 takes a free one")
    parser.add_argument("--labels", type=Path, help="csv with ID and Label")
    parser.add_argument("--compare", type=Path, metavar="RUN_B", help="another run of the same clips")
    parser.add_argument("--redact", action="store_true", help="no transcript, no quotes, no clips")
    parser.add_argument("--no-key", action="store_true", help="an address that everybody on this machine may open")


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted."""
    key = "" if args.no_key else secrets.token_urlsafe(16)
    with make_server(Site(args.run, args.labels, args.compare, args.redact), args.port, key) as server:
        port = server.server_address[1]
        print(f"http://{HOST}:{port}/{key}{'/' if key else ''}  (Ctrl-C ends it)", flush=True)
        if os.environ.get("SSH_CONNECTION") and shutil.which("ssh"):
            print(f"from your own machine: ssh -L {port}:{HOST}:{port} THIS_HOST", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            return 0
    return 0
