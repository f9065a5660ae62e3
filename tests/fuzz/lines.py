"""Which lines of the project a call goes through."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
OURS = tuple(f"{ROOT / package}/" for package in ("harness", "models", "eval"))


class Lines:
    """The lines that calls have gone through so far."""

    def __init__(self) -> None:
        self._seen: set[tuple[CodeType, int]] = set()
        self._ours: dict[CodeType, bool] = {}

    def new(self, work: Callable[[], object]) -> bool:
        """Whether `work` goes through a line that none before went through; what it raises is raised here."""
        before = len(self._seen)
        sys.settrace(self._entered)
        try:
            work()
        finally:
            sys.settrace(None)
        return len(self._seen) > before

    def _entered(self, frame: FrameType, event: str, value: Any) -> Any:
        code = frame.f_code
        ours = self._ours.get(code)
        if ours is None:
            ours = self._ours[code] = code.co_filename.startswith(OURS)
        return self._line if ours else None

    def _line(self, frame: FrameType, event: str, value: Any) -> Any:
        if event == "line":
            self._seen.add((frame.f_code, frame.f_lineno))
        return self._line
