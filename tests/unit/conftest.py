"""Unit tests are light: what they touch must not need these packages. And a client of a scripted omni server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.abc import MetaPathFinder
from typing import Any

import pytest

from models.omni.client import OmniClient
from tests.support.scripted_client import SETTINGS, Scripted
from tests.support.scripted_server import Script, ScriptedServer

HEAVY = (
    "torch",
    "transformers",
    "funasr",
    "vllm",
    "faster_whisper",
    "ctranslate2",
    "onnxruntime",
    "ai_edge_litert",
    "cv2",
    "decord",
)


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


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """A scripted server, a client of it whose pauses are noted instead of slept, and those pauses."""
    parts: list[Any] = []

    def make(script: Script, owner: str = "vllm", **changed: Any) -> tuple[ScriptedServer, OmniClient, list[float]]:
        server, slept = ScriptedServer(script, owner), []
        client = OmniClient(server, replace(SETTINGS, **changed), sleep=slept.append, jitter=lambda: 1.0)
        parts.extend((client, server))
        return server, client, slept

    yield make
    for part in parts:
        part.close()
