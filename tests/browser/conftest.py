"""A browser for each module of these tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.chromium import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless page; the tests are skipped where there is no Chromium."""
    instance = Browser()
    yield instance
    instance.close()
