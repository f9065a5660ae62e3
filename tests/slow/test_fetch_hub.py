"""Fetching through the hub's own library, from a small hub on this very machine."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.faults import ConfigError, StageUnavailable

pytest.importorskip("huggingface_hub", reason="huggingface_hub is not part of the light core")

from models.hub.fetch_hub import SOURCE, Source, check_sums, fetch  # noqa: E402

pytestmark = pytest.mark.slow
COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = {"config.json": b'{"a": 1}', "model.bin": b"weights" * 1000, "README.md": b"not asked for"}


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of Hugging Face's interface as a download of one repository needs."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, body: bool) -> None:
        path = self.path.split("?")[0]
        name = path.rsplit("/", 1)[-1]
        if path.startswith("/api/models/me/model"):
            listed = [
                {
                    "type": "file",
                    "path": file,
                    "size": len(data),
                    "oid": hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest(),
                }
                for file, data in CONTENT.items()
            ]
            about = {"id": "me/model", "sha": COMMIT, "siblings": [{"rfilename": file} for file in CONTENT]}
            content = json.dumps(listed if "/tree/" in path else about).encode()
        elif path.startswith("/me/model/resolve/") and name in CONTENT:
            content = CONTENT[name]
        else:
            content = b""
            self.send_response(200 if path == "/" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    from huggingface_hub import constants

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", url)
    monkeypatch.setattr(constants, "ENDPOINT", url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    yield url
    server.shutdown()
    server.server_close()


def source(repository: str = "me/model") -> Source:
    return Source("hf", repository, "main", ("config.json", "model.bin"))


def needs_weights(folder: Path) -> None:
    if not (folder / "model.bin").is_file():
        raise ConfigError("no weights")
    check_sums(folder)


def test_what_was_asked_for_arrives_whole_and_is_written_down(address: str, tmp_path: Path) -> None:
    target = tmp_path / "model"
    fetch(source(), target, needs_weights)
    assert sorted(path.name for path in target.iterdir() if not path.name.startswith(".")) == [
        "config.json",
        "model.bin",
        SOURCE,
    ]
    assert (target / "model.bin").read_bytes() == CONTENT["model.bin"]
    written = json.loads((target / SOURCE).read_text(encoding="utf-8"))
    assert (written["hub"], written["repository"]) == (address, "me/model")
    assert written["sha256"]["model.bin"] == hashlib.sha256(CONTENT["model.bin"]).hexdigest()
    fetch(source(), target, needs_weights)
    (target / "model.bin").write_bytes(b"altered")
    with pytest.raises(ConfigError, match=r"not as fetched: model\.bin"):
        fetch(source(), target, needs_weights)
    fetch(source(), target, needs_weights, fresh=True)
    assert (target / "model.bin").read_bytes() == CONTENT["model.bin"]
    assert (tmp_path / "model.old-1" / "model.bin").read_bytes() == b"altered"


def test_what_is_not_whole_is_not_put_in_place(address: str, tmp_path: Path) -> None:
    def refuse(folder: Path) -> None:
        raise ConfigError("not whole")

    with pytest.raises(ConfigError, match="not whole"):
        fetch(source(), tmp_path / "model", refuse)
    assert not (tmp_path / "model").exists()


def test_a_repository_that_is_not_there(address: str, tmp_path: Path) -> None:
    with pytest.raises(StageUnavailable, match=r"does not list the files of me/other at main.*HTTP Error 404"):
        fetch(source("me/other"), tmp_path / "model", needs_weights)
    assert not (tmp_path / "model").exists()
