"""A run that starts its own server, where the server fails it: with a scripted process in the place of vLLM."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.omni.server.process_group import members
from tests.support.needs import needs
from tests.support.omni_parts import write_checkpoint
from tests.support.run_command import face_nets_only
from tests.support.scripted_vllm import end_all, install, notes

needs("cv2")
needs("openai", reason="the client of the omni server needs the package openai")

Go = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def go(root: Path, models: Path, tmp_path: Path) -> Iterator[Go]:
    """Starts a run over one clip."""
    running: list[subprocess.Popen[str]] = []
    (tmp_path / "clips").mkdir()
    shutil.copy(root / "Test_Data" / "demo_en_neutral.mp4", tmp_path / "clips" / "a.mp4")
    write_checkpoint(tmp_path / "tiny")

    def start(act: str, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, str(root / "run_submission.py"), "--test-data", str(tmp_path / "clips")]
        command += ["--results", str(tmp_path / "r"), "--supplements", str(tmp_path / "s")]
        command += ["--models-dir", str(face_nets_only(root))]
        command += ["--set", "omni.provider=vllm", f"omni.model={tmp_path / 'tiny'}", "omni.start_seconds=600"]
        command += [f"omni.python={install(tmp_path, act)}", *more]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        running.append(subprocess.Popen(command, env={**os.environ, "TMPDIR": str(tmp_path)}, **pipes))  # type: ignore[call-overload]
        return running[-1]

    yield start
    end_all(running, tmp_path)


@pytest.mark.parametrize(("act", "said"), [("dies", "RuntimeError: no memory"), ("deaf", "with and without sound")])
def test_a_server_that_cannot_be_had_ends_the_run(go: Go, tmp_path: Path, act: str, said: str) -> None:
    process = go(act)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2 and said in err and "Traceback" not in err, err
    assert "by hand: " in err and f"serve {tmp_path / 'tiny'}" in err
    assert not (tmp_path / "r" / "combined_results.csv").exists()
    assert list((tmp_path / "s" / "records" / "face").glob("[!.]*.json")), "what is done is kept"
    assert notes(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_does_not_wait_for_a_server_that_starts(go: Go, tmp_path: Path, number: signal.Signals) -> None:
    process = go("silent", "omni.schedule=streamed")
    until = time.monotonic() + 120
    while not notes(tmp_path) and time.monotonic() < until:
        time.sleep(0.1)
    (session,) = notes(tmp_path)
    process.send_signal(number)
    started = time.monotonic()
    _, err = process.communicate(timeout=100)
    assert process.returncode == 130 and "the same command resumes" in err, err
    assert time.monotonic() - started < 60, "600 seconds are what a start may take"
    assert members(session) == [] and notes(tmp_path) == []
