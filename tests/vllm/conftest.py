"""A server environment and tiny models for the tests that start a real vLLM."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.omni.server.command import ServerSettings
from models.omni.server.vllm import VllmServer
from tests.support.build_models import build, build_omni

ROOT = Path(__file__).resolve().parents[2]
FLAGS = ("--enforce-eager",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here starts a server, or needs one."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.vllm)
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="session", autouse=True)
def own_notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Servers are noted in a folder of these tests' own, so that no other run's server is met here."""
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(tmp_path_factory.mktemp("notes"))
    tempfile.tempdir = None
    yield
    os.environ.pop("TMPDIR")
    if before is not None:
        os.environ["TMPDIR"] = before
    tempfile.tempdir = None


@pytest.fixture(scope="session")
def serve_python() -> Path:
    """The interpreter that holds vLLM; the tests are skipped without one."""
    path = Path(os.environ.get("HARNESS_SERVE_PYTHON") or ROOT / ".venv-serve" / "bin" / "python").absolute()
    if not path.is_file():
        pytest.skip(f"no server environment ({path}): make .venv-serve/.ready")
    return path


@pytest.fixture(scope="session")
def tiny_omni(tmp_path_factory: pytest.TempPathFactory, serve_python: Path) -> Path:
    """A tiny omni checkpoint."""
    return build_omni(tmp_path_factory.mktemp("omni") / "tiny", serve_python)


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory, serve_python: Path) -> Path:
    """All that the profile `full` needs, tiny."""
    pytest.importorskip("funasr", reason="FunASR is not installed: requirements/models.txt")
    pytest.importorskip("faster_whisper", reason="faster-whisper is not installed: requirements/models.txt")
    folder = tmp_path_factory.mktemp("models")
    build(folder, serve_python)
    return folder


@pytest.fixture(scope="session")
def settings(tiny_omni: Path, serve_python: Path) -> ServerSettings:
    """A server that starts as quickly as one can here."""
    return ServerSettings(
        serve_python, tiny_omni, max_model_len=8192, max_num_seqs=16, extra_flags=FLAGS, start_seconds=400, restarts=2
    )


@pytest.fixture(scope="session")
def server(settings: ServerSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    """One server for all tests that only ask it; starting one takes longer than they do."""
    server = VllmServer(settings, tmp_path_factory.mktemp("server") / "server.log", print)
    yield server
    server.stop()
