"""`python -m models serve`, with a scripted process in the place of vLLM."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.__main__ import main
from models.omni.server.command import KEY_VARIABLE
from models.omni.server.process_group import members
from tests.support.omni_parts import write_checkpoint
from tests.support.scripted_vllm import end_all, install, notes

ROOT = Path(__file__).resolve().parents[5]
Serve = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts the command; its server must be gone at the end."""
    write_checkpoint(tmp_path / "tiny")
    running: list[subprocess.Popen[str]] = []

    def start(act: str, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "models", "serve", "--model", str(tmp_path / "tiny")]
        command += ["--python", str(install(tmp_path, act)), "--log", str(tmp_path / "log"), *more]
        environment = {**os.environ, "TMPDIR": str(tmp_path)}
        running.append(
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
        return running[-1]

    yield start
    end_all(running, tmp_path)


def test_it_serves_until_interrupted(serve: Serve, tmp_path: Path) -> None:
    process = serve("well", "--port", "0")
    assert process.stdout is not None
    lines = []
    while not lines or "Ctrl-C" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], process.communicate()
    (key,) = [line.split("=")[1] for line in lines if line.startswith(f"export {KEY_VARIABLE}=")]
    (use,) = [line for line in lines if line.startswith("python run_submission.py")]
    assert "--omni-url http://127.0.0.1:" in use and f"omni.api_key_env={KEY_VARIABLE}" in use and key not in use
    (session,) = notes(tmp_path)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=200)
    assert (process.returncode, out.split("\n")[-2]) == (0, "ended"), err
    assert members(session) == [] and notes(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_an_interrupt_ends_a_start_too(serve: Serve, tmp_path: Path, number: signal.Signals) -> None:
    process = serve("silent")
    until = time.monotonic() + 60
    while not notes(tmp_path) and time.monotonic() < until:
        time.sleep(0.05)
    (session,) = notes(tmp_path)
    process.send_signal(number)
    out, err = process.communicate(timeout=200)
    assert process.returncode == 0 and "interrupted" in out and err == ""
    assert members(session) == [] and notes(tmp_path) == []


def test_a_server_that_does_not_start_is_an_error(serve: Serve, tmp_path: Path) -> None:
    _, err = (process := serve("dies")).communicate(timeout=200)
    assert process.returncode == 2
    assert err.startswith("error: the omni server ended while it started") and "RuntimeError: no memory" in err
    assert "Traceback" not in err and notes(tmp_path) == []


def test_a_server_that_ends_by_itself_is_an_error(serve: Serve, tmp_path: Path) -> None:
    process = serve("blind", "--no-canary")
    assert process.stdout is not None
    while "Ctrl-C" not in process.stdout.readline():
        assert process.poll() is None
    os.kill(notes(tmp_path)[0], signal.SIGKILL)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 2 and "ended (exit code -9)" in err and notes(tmp_path) == []


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--model", "nothing"], "python -m models fetch omni"),
        (["--python", "/nothing/python"], "make .venv-serve/.ready"),
        (["--extra", "--host", "0.0.0.0"], "--host cannot be among the extra flags"),
        (["--extra", "--api-key=secret"], "--api-key cannot be among the extra flags"),
    ],
)
def test_what_cannot_be_served(flags: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_checkpoint(tmp_path / "tiny")
    usual = ["--model", "tiny", "--models-dir", str(tmp_path), "--python", sys.executable]
    assert main(["serve", *usual, *flags]) == 2
    err = capsys.readouterr().err
    assert said in err and "secret" not in err


def test_check_loads_the_model_by_starting_its_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    write_checkpoint(tmp_path / "models" / "omni" / "tiny")
    profile = tmp_path / "mine.yaml"
    python = install(tmp_path, "well", "deaf")
    profile.write_text(f"omni: {{provider: vllm, model: omni/tiny, python: {python}}}", encoding="utf-8")
    command = ["check", "vllm", "--profile", str(profile), "--models-dir", str(tmp_path / "models"), "--load"]
    assert main(command) == 0
    assert "loaded in" in capsys.readouterr().out and notes(tmp_path) == []
    assert main(command) == 2
    said = capsys.readouterr().out
    assert "unavailable" in said and "with and without sound" in said and notes(tmp_path) == []
