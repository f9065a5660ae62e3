"""Providers and stages for tests, importable by worker processes."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from harness.context import Context, Stage
from harness.faults import Absent, ClipError, StageUnavailable
from harness.records.types import Media, MediaInfo


def no_decode(path: Path) -> Media:
    """Media of nothing, for stages that only look at names."""
    return Media(MediaInfo("test", 1.0, None, None), None, ())


def name_length(context: Context) -> int:
    """A result that depends on the clip."""
    return len(context.clip.id)


def doubled(context: Context) -> int:
    """A result that depends on an earlier stage. Dies over a clip that is `late`."""
    if "late" in context.clip.id:
        os.kill(os.getpid(), signal.SIGSEGV)
    return 2 * (context.get("first", int) or 0)


def moody(context: Context) -> int:
    """Ends as the clip's name asks: dies, hangs, raises, or works."""
    name = context.clip.id
    if "dies" in name:
        os.kill(os.getpid(), signal.SIGSEGV)
    if "hangs" in name:
        time.sleep(60)
    if "bad" in name:
        raise ClipError(f"{name} is bad", "mend it")
    if "gone" in name:
        raise StageUnavailable("no provider", "fetch it")
    if "none" in name:
        raise Absent("nothing there")
    if "bug" in name:
        raise ZeroDivisionError("a defect")
    return 1


def stages(key: str = "k") -> list[Stage]:
    """first → moody → last, where only `moody` can fail."""

    def reads(clip: Any) -> Any:
        return clip.sha256

    return [
        Stage("first", "fake", key, name_length, inputs=reads),
        Stage("moody", "fake", key, moody, inputs=reads),
        Stage("last", "fake", key, doubled, ("first",)),
    ]
