"""Places that a user names: folders of this machine, or URLs of an object store."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path


def place(text: str) -> Path | str:
    """A folder as a path; a URL (`s3://bucket/folder`) as it is, without a slash at its end."""
    return text.rstrip("/") if is_url(text) else Path(text)


def below(given: Path | str, name: str) -> Path | str:
    """A folder below a place; the place itself where the name is empty."""
    if isinstance(given, Path):
        return given / name
    return f"{given}/{name}" if name else given


def is_url(given: object) -> bool:
    """Whether a place is a URL, and not a folder of this machine."""
    return isinstance(given, str) and "://" in given


def work_folder(*urls: str) -> Path:
    """Where what belongs to these URLs is kept on this machine: below `$HARNESS_CACHE`, or the user's cache."""
    usual = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    root = Path(os.environ.get("HARNESS_CACHE") or Path(usual) / "emotion-submission-harness")
    return root / hashlib.sha256("\n".join(urls).encode(errors="surrogateescape")).hexdigest()[:16]
