"""Clips and results on a real S3 interface over HTTP: a server in this process, and the runs of a user."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_run import digests
from tests.support.media_clips import tone, write_wav
from tests.support.run_command import face_nets_only, run

pytest.importorskip("s3fs", reason="pip install -r requirements/remote-test.txt")
pytest.importorskip("moto", reason="pip install -r requirements/remote-test.txt")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
SETTINGS = ("--max-errors", "9", "--set", "transcribe.provider=written")


class Store:
    """An S3 server on loopback. Names in `lost` are listed, and every attempt to read them is refused."""

    def __init__(self) -> None:
        from moto.server import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self.lost: set[str] = set()
        self.reads: list[str] = []
        self._app = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, environ: Mapping[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        name = environ["PATH_INFO"].rpartition("/")[2]
        if environ["REQUEST_METHOD"] == "GET" and "." in name:
            self.reads.append(name)
            if name in self.lost:
                start("503 Slow Down", [("Content-Length", "0")])
                return [b""]
        return self._app(environ, start)  # type: ignore[no-any-return]

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Store]:
    made = Store()
    settings = {"AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "s", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in (settings | {"AWS_ENDPOINT_URL": made.address, "HARNESS_CACHE": str(tmp_path / "one")}).items():
        monkeypatch.setenv(name, value)
    yield made
    made.close()


@pytest.fixture
def clips(tmp_path: Path, store: Store) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    for number in range(3):
        write_wav(folder / f"{number}.wav", tone(0.5 + number / 10, rate=16_000))
    (folder / "1.txt").write_text("How lovely.", encoding="utf-8")
    (folder / "bad.mp4").write_bytes(b"no film")
    speak(f"fs.exists('bucket') or fs.mkdir('bucket'); fs.put({str(folder)!r} + '/', 'bucket/clips/', recursive=True)")
    return folder


def speak(code: str) -> str:
    """What Python says that has the store as `fs`; in a process of its own, as its threads would stay."""
    command = [sys.executable, "-c", f"import s3fs; fs = s3fs.S3FileSystem(); {code}"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def on_store(root: Path, name: str, clips: str = "s3://bucket/clips") -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        str(root / "run_submission.py"),
        "--test-data",
        clips,
        "--results",
        f"s3://bucket/{name}/r",
    ]
    command += ["--supplements", f"s3://bucket/{name}/s", *SETTINGS]
    models = {"HARNESS_MODELS": str(face_nets_only(root))}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=600, check=False, env={**os.environ, **models}
    )


def test_a_run_on_a_store_is_a_local_run(
    store: Store, clips: Path, root: Path, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cv2")
    local = tmp_path / "local"
    assert run(root, clips, local, *SETTINGS).returncode == 0
    done = on_store(root, "run")
    assert done.returncode == 0, done.stderr
    assert "sent to s3://bucket/run/r" in done.stdout and "sent to s3://bucket/run/s" in done.stdout
    back = tmp_path / "back"
    bring = f"fs.get('bucket/run/r/', {str(back / 'results')!r}, recursive=True)"
    speak(f"{bring}; fs.get('bucket/run/s/', {str(back / 'supplements')!r}, recursive=True)")
    name = "results/combined_results.csv"
    assert (back / name).read_bytes() == (local / name).read_bytes()
    every = ("media", "transcribe", "speech", "face", "text", "evidence", "reason", "parse", "fuse", "attribute")
    assert digests(back, *every) == digests(local, *every)
    assert (back / "supplements" / "report.html").is_file()

    reads = len(store.reads)
    again = on_store(root, "run")
    assert again.returncode == 0, again.stderr
    assert len(store.reads) == reads  # neither a clip nor a record is fetched again
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "another machine"))
    there = on_store(root, "run")
    assert there.returncode == 0, there.stderr
    assert {name for name in store.reads[reads:] if name.endswith(".wav")} == {"0.wav", "1.wav", "2.wav"}
    speak(f"fs.get('bucket/run/s/records/', {str(tmp_path / 'third/supplements/records')!r}, recursive=True)")
    assert digests(tmp_path / "third", *every) == digests(local, *every)


def test_a_clip_that_is_lost_on_the_way_keeps_its_row(store: Store, clips: Path, root: Path, models: Path) -> None:
    pytest.importorskip("cv2")
    store.lost = {"0.wav"}
    done = on_store(root, "lossy")
    assert done.returncode == 0, done.stderr
    assert "s3://bucket/clips/0.wav could not be fetched: " in done.stdout + done.stderr
    rows = speak("print(fs.cat('bucket/lossy/r/combined_results.csv').decode())").split()
    assert [row.split(",")[0] for row in rows] == ["ID", "0.wav", "1.wav", "2.wav", "bad.mp4"]
    store.lost = set()
    assert on_store(root, "lossy").returncode == 0
    story = speak("print(fs.cat('bucket/lossy/s/video_emotion_results/0.wav.json').decode())")
    assert '"problem": ""' in story


def test_no_store_ends_the_run_before_it_begins(
    store: Store, root: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = on_store(root, "none", "s3://nowhere/clips")
    assert done.returncode == 2 and done.stderr.startswith("error: "), done.stderr
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    done = on_store(root, "none")
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert lines[-1].startswith("error: s3://bucket/none/s does not answer: "), done.stderr
    assert os.environ["HARNESS_CACHE"] not in done.stdout
