"""A browser for each module of these tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chromium import Browser
from tests.support.served import Served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless page; the tests are skipped where there is no Chromium."""
    instance = Browser()
    yield instance
    instance.close()


@pytest.fixture(scope="module")
def served(root: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running service without jobs."""
    server = Served(root, tmp_path_factory.mktemp("service") / "data")
    yield server
    server.close()
