"""What is fetched is known beforehand: by pins of the project, and by what a hub (here: on this machine) lists."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.faults import ConfigError, StageUnavailable
from models.hub import fetch_hub
from models.hub.fetch_emotion2vec import NAMES, OWNER
from models.hub.fetch_hub import SOURCE, Source, check_sums, fetch
from models.hub.fetch_omni import SIZES
from models.hub.fetch_whisper import REPOSITORIES
from models.hub.listing import Digest
from models.hub.pins import PINS, Pin, known_sums, revision_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = {"config.json": b"{}", "model.bin": b"weights" * 100}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_every_model_that_a_command_names_is_pinned() -> None:
    named = [*REPOSITORIES.values(), *(f"Qwen/Qwen2.5-Omni-{size}" for size in SIZES)]
    for repository in (*named, f"{OWNER['hf']}/emotion2vec_plus_base"):
        assert re.fullmatch("[0-9a-f]{40}", revision_of(repository, "main")), repository
    for repository in REPOSITORIES.values():
        assert {"config.json", "model.bin", "tokenizer.json"} <= set(PINS[repository].files), repository
    for name in set(NAMES) & {"plus_base"}:
        assert all("model.pt" in PINS[f"{owner}/emotion2vec_{name}"].files for owner in OWNER.values())


def test_the_sums_are_sums() -> None:
    for pin in PINS.values():
        assert all(re.fullmatch("[0-9a-f]{64}", sha) for sha in pin.files.values())
    models = [pin.files["model.bin"] for pin in PINS.values() if "model.bin" in pin.files]
    assert len(set(models)) == len(models) == len(REPOSITORIES)


def test_pins_hold_for_their_revision_alone() -> None:
    repository = REPOSITORIES["base"]
    assert known_sums(repository, PINS[repository].revision) == PINS[repository].files
    assert known_sums(repository, "main") == {} == known_sums("me/model", "main")
    assert revision_of("me/model", "main") == "main"
    assert revision_of("iic/emotion2vec_plus_base", "master", "ms") == "master"


def test_small_files_by_the_name_that_git_gives_them(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"hello\n")
    assert Digest("git", "ce013625030ba8dba906f756967f9e9ca394464a").fits(tmp_path / "x")
    assert not Digest("git", "0" * 40).fits(tmp_path / "x")


class Hub(BaseHTTPRequestHandler):
    """The lists of two hubs."""

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.end_headers()

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/api/models/me/model/revision/main":
            told: object = {"sha": COMMIT}
        elif path == f"/api/models/me/model/tree/{COMMIT}":
            told = [
                {"type": "file", "path": "config.json", "oid": hashlib.sha1(b"blob 2\0{}").hexdigest()},
                {"type": "file", "path": "model.bin", "oid": "x", "lfs": {"oid": sha256(CONTENT["model.bin"])}},
                {"type": "directory", "path": "example", "oid": "y"},
            ]
        elif path == "/api/v1/models/me/model/repo/files":
            told = {"Data": {"Files": [{"Path": name, "Sha256": sha256(data)} for name, data in CONTENT.items()]}}
        else:
            self.send_error(404)
            return
        body = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    for variable in ("HF_ENDPOINT", "MODELSCOPE_ENDPOINT"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{server.server_port}")
    yield
    server.shutdown()
    server.server_close()


def bring(monkeypatch: pytest.MonkeyPatch, **files: bytes) -> list[str]:
    """A download that brings these files; the revisions that were asked for."""
    asked: list[str] = []

    def download(source: Source, folder: Path, target: Path) -> None:
        asked.append(source.revision)
        for name, data in files.items():
            (folder / name.replace("_", ".")).write_bytes(data)

    monkeypatch.setattr(fetch_hub, "_download", download)
    return asked


@pytest.mark.parametrize("kind", ["hf", "ms"])
def test_what_the_hub_lists_is_what_must_come(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = Source(kind, "me/model", "main", ("*",)), tmp_path / "m"
    asked = bring(monkeypatch, config_json=b"{}", model_bin=CONTENT["model.bin"])
    fetch(source, target, lambda folder: None)
    assert asked == [COMMIT if kind == "hf" else "main"], "a branch is taken at its commit"
    told = json.loads((target / SOURCE).read_text(encoding="utf-8"))
    assert told["revision"] == asked[0] and told["sha256"] == {name: sha256(data) for name, data in CONTENT.items()}
    check_sums(target)


@pytest.mark.parametrize("files", [{"model_bin": b"other"}, {"config_json": b"[]"}, {"extra_json": b"{}"}])
def test_anything_else_is_not_put_in_place(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(monkeypatch, **{"config_json": b"{}", "model_bin": CONTENT["model.bin"], **files})
    with pytest.raises(ConfigError, match="is not the file that was to come|nothing says what it must be"):
        fetch(Source("hf", "me/model", "main", ("*",)), tmp_path / "m", lambda folder: None)
    assert not (tmp_path / "m").exists() and (tmp_path / "m.partial").exists()


def test_the_projects_pin_stands_above_the_hubs_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.hub.pins.PINS", {"me/model": Pin(COMMIT, {"model.bin": "0" * 64})})
    bring(monkeypatch, config_json=b"{}", model_bin=CONTENT["model.bin"])
    with pytest.raises(ConfigError, match=f"sha256 {'0' * 64} is expected"):
        fetch(Source("hf", "me/model", "main", ("*",)), tmp_path / "m", lambda folder: None)


def test_sums_beside_the_files_do_not_outweigh_the_pin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.hub.pins.PINS", {"me/model": Pin(COMMIT, {"model.bin": sha256(b"right")})})
    (tmp_path / "model.bin").write_bytes(b"wrong")
    told = {"hub": "h", "repository": "me/model", "revision": COMMIT, "sha256": {"model.bin": sha256(b"wrong")}}
    (tmp_path / SOURCE).write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"not as fetched: model\.bin"):
        check_sums(tmp_path)


def test_a_hub_that_lists_nothing_is_said(tmp_path: Path) -> None:
    with pytest.raises(StageUnavailable, match="does not list the files of me/other at main"):
        fetch(Source("hf", "me/other", "main", ("*",)), tmp_path / "m", lambda folder: None)
