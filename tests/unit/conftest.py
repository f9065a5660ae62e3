"""Unit tests are light: what they touch must not need these packages."""

from __future__ import annotations

import sys

import pytest

HEAVY = ("torch", "transformers", "funasr", "vllm", "faster_whisper", "cv2", "decord")


@pytest.fixture(autouse=True)
def no_heavy_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing one of them in a unit test fails, also where it is installed."""
    for name in HEAVY:
        monkeypatch.setitem(sys.modules, name, None)
