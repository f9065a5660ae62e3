"""The service as its user starts it: a real process, spoken to over HTTP."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.chromium import Browser
from tests.support.run_command import face_nets_only


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def multipart(parts: Mapping[str, tuple[str, bytes] | str]) -> tuple[bytes, str]:
    """A form's body and its content type; a part is a text, or a file by name and bytes."""
    line = uuid.uuid4().hex
    pieces = []
    for name, part in parts.items():
        file = "" if isinstance(part, str) else '; filename="{}"'.format(part[0].replace('"', "%22"))
        content = part.encode() if isinstance(part, str) else part[1]
        head = f'--{line}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n'
        kind = "" if isinstance(part, str) else "Content-Type: application/octet-stream\r\n"
        pieces.append((head + kind + "\r\n").encode() + content + b"\r\n")
    return b"".join(pieces) + f"--{line}--\r\n".encode(), f"multipart/form-data; boundary={line}"


class Served:
    """A running service; `kill` ends it as `kill -9` does."""

    def __init__(self, root: Path, data: Path, *flags: str, models: Path | None = None, **environment: str) -> None:
        self.data = data
        self._log = (data.parent / f"{data.name}.log").open("w+b")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness", "serve", "--port", "0", "--data", str(data), *flags],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={**os.environ, "HARNESS_MODELS": str(models or face_nets_only(root)), **environment},
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith("http://"), line + Path(self._log.name).read_text("utf-8")
        self.url = line.split("/  ")[0]
        self.port = int(self.url.rsplit(":", 1)[1])
        self.pid = self._process.pid
        while self.get("/ping").status != 200:
            time.sleep(0.1)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        for attempt in range(100):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=240)
            try:
                connection.request(method, path, body, dict(headers or {}))
                answer = connection.getresponse()
                return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
            except ConnectionRefusedError:
                if attempt == 99 or self._process.poll() is not None:
                    raise
                time.sleep(0.1)
            finally:
                connection.close()
        raise AssertionError("not reached")

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, headers: Mapping[str, str] | None = None, **parts: tuple[str, bytes] | str) -> Answer:
        body, kind = multipart(parts)
        return self.ask("POST", path, body, {"Content-Type": kind, **(headers or {})})

    def finished(self, job_id: str, seconds: float = 200.0) -> Any:
        """The job once it is over."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            job = self.get(f"/v1/jobs/{job_id}").json
            if job["state"] in ("finished", "failed"):
                return job
            time.sleep(0.2)
        raise AssertionError(f"{job_id} is not over: {job}")

    def complaints(self, browser: Browser) -> list[str]:
        """What went wrong in a page, requests to this service left out."""
        return [said for said in browser.complaints() if not said.startswith((self.url, f"blob:{self.url}"))]

    def said(self) -> str:
        self._log.flush()
        return Path(self._log.name).read_text("utf-8")

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def close(self) -> None:
        self._end(signal.SIGINT)

    def _end(self, sign: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(sign)
            self._process.wait(40)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._log.close()
