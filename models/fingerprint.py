"""What a provider's results depend on, as one SHA-256."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any


@lru_cache(maxsize=256)
def _file_sha256(path: str, _mtime_ns: int, _size: int) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes; read once per process while the file stays as it is."""
    stat = path.stat()
    return _file_sha256(str(path), stat.st_mtime_ns, stat.st_size)


def digests(files: Mapping[str, Path]) -> dict[str, str]:
    """Role → SHA-256 of the file's bytes."""
    return {role: file_sha256(path) for role, path in sorted(files.items())}


def fingerprint(name: str, version: int, settings: Mapping[str, Any], files: Mapping[str, Path]) -> str:
    """SHA-256 over a provider's name, the version of its code, its settings and the bytes of its files.

    Args:
        name: the provider's name.
        version: raised by hand whenever the provider's code changes what it returns.
        settings: plain JSON values that change the result (not paths, not worker counts).
        files: role → file. The role counts, the place where the file lies does not.
    """
    parts = {
        "name": name,
        "version": version,
        "settings": dict(settings),
        "files": digests(files),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def mismatches(folder: Path, sums: Mapping[str, str]) -> list[str]:
    """What is missing from or wrong with the files in `folder`, by name → SHA-256; empty when all is right."""
    found = []
    for name, expected in sums.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif file_sha256(path) != expected:
            found.append(f"{name} has the wrong checksum")
    return found
