"""Unit tests are light: what they touch must not need these packages."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType

import pytest

HEAVY = ("torch", "transformers", "funasr", "vllm", "faster_whisper", "cv2", "decord")


class _Refuse(MetaPathFinder):
    """Finds none of the heavy packages, and says who asked for one."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname.split(".")[0] in HEAVY:
            raise ImportError(f"a unit test needs {fullname}")


@pytest.fixture(autouse=True)
def no_heavy_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Importing one of them in a unit test fails, also where it is installed or imported already."""
    for name in HEAVY:
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr(sys, "meta_path", [_Refuse(), *sys.meta_path])
