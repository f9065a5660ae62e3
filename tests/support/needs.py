"""What a test file cannot do without."""

from __future__ import annotations

from importlib.util import find_spec

import pytest


def needs(package: str, reason: str | None = None) -> None:
    """Skip the test, or the whole file, where a package is not installed; it is looked for and not imported.

    Most of the files that need one use it in the processes that they start, and importing it is dear: pytest would do
    so to list the tests.
    """
    if find_spec(package) is None:
        pytest.skip(reason or f"{package} is not installed", allow_module_level=True)
