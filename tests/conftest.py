"""Fixtures for all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# Beside other work a case may take any time.
settings.register_profile("any time", deadline=None)
settings.load_profile("any time")

ROOT = Path(__file__).resolve().parents[1]


def pytest_configure() -> None:
    """Keep compiled modules for the processes that tests start, also where the shell wants none beside the sources.

    Compiling them anew in every process is a fifth of the CPU time of a run over two short clips.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        sys.dont_write_bytecode = False
        sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(ROOT / ".pytest_cache" / "bytecode")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The private development data; tests that use it are skipped where it is absent."""
    folder = Path(os.environ.get("HARNESS_SHARED", ROOT.parent / "shared"))
    if not (folder / "clips").is_dir():
        pytest.skip(f"development data not present ({folder})")
    return folder


@pytest.fixture(scope="session")
def models(root: Path) -> Path:
    """The fetched models; tests that need them are skipped where they are absent (`make test` fetches them)."""
    folder = Path(os.environ.get("HARNESS_MODELS") or root / "checkpoints")
    if not (folder / "face").is_dir():
        pytest.skip("face nets not fetched: python -m models fetch face")
    return folder
