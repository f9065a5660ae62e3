"""Unit tests are light: what they touch must not need these packages."""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import Any

import pytest

HEAVY = ("torch", "transformers", "funasr", "vllm", "faster_whisper", "cv2", "decord")


class _Without(MetaPathFinder):
    """A finder that does not find the heavy packages."""

    def __init__(self, finder: Any) -> None:
        self._finder = finder

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        heavy = fullname.split(".")[0] in HEAVY
        return None if heavy else self._finder.find_spec(fullname, path, target)

    def find_distributions(self, context: Any) -> Any:
        """Packages ask for their own version while they are imported."""
        find = getattr(self._finder, "find_distributions", None)
        return find(context) if find is not None else ()


@pytest.fixture(autouse=True)
def no_heavy_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """To a unit test they are not installed, whether they are or not."""
    for name in HEAVY:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [_Without(finder) for finder in sys.meta_path])
