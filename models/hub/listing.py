"""What a hub lists of a revision: its commit, and the digest of every file. Asked for before anything is downloaded."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from models.fingerprint import file_sha256

MOST_BYTES = 32_000_000
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Digest:
    """`kind` is `sha256` of a file's bytes, or `git` for the object name that git gives small files (SHA-1)."""

    kind: str
    value: str

    def fits(self, path: Path) -> bool:
        """Whether a file is the one that was listed."""
        return (file_sha256(path) if self.kind == "sha256" else _git_object(path)) == self.value


@dataclass(frozen=True)
class Listing:
    """A revision by its commit (empty where the hub names none), and file → digest."""

    commit: str
    files: Mapping[str, Digest]


def listing(hub: str, address: str, repository: str, revision: str, seconds: float) -> Listing:
    """What the hub lists.

    Args:
        hub: `hf` or `ms`.
        address: of the hub.
        repository: owner/name.
        revision: branch, tag or commit.
        seconds: for each of one or two requests.

    Raises:
        OSError: the hub does not answer, or refuses.
        ValueError: it answers something else.
    """
    named, wanted = quote(repository), quote(revision, safe="")
    if hub == "ms":
        told = _get(f"{address}/api/v1/models/{named}/repo/files?Revision={wanted}&Recursive=true", seconds)
        entries = _part(_part(told, "Data", dict), "Files", list)
        files = {str(e["Path"]): Digest("sha256", str(e["Sha256"]).lower()) for e in entries if e.get("Sha256")}
        return Listing("", files)
    commit = str(_part(_get(f"{address}/api/models/{named}/revision/{wanted}", seconds), "sha", str))
    told = _get(f"{address}/api/models/{named}/tree/{quote(commit, safe='')}?recursive=true", seconds)
    if not isinstance(told, list):
        raise ValueError("the hub lists no files")
    return Listing(
        commit, {str(e["path"]): _digest(e) for e in told if isinstance(e, dict) and e.get("type") == "file"}
    )


def _digest(entry: Mapping[str, Any]) -> Digest:
    large = entry.get("lfs")
    if isinstance(large, dict):
        return Digest("sha256", str(large.get("oid") or large.get("sha256")).removeprefix("sha256:"))
    return Digest("git", str(entry.get("oid")))


def _part(value: Any, key: str, kind: type) -> Any:
    found = value.get(key) if isinstance(value, dict) else None
    if not isinstance(found, kind):
        raise ValueError(f"the hub's answer holds no {key}")
    return found


def _get(url: str, seconds: float) -> Any:
    request = urllib.request.Request(url, headers={"User-Agent": "harness"})
    with urllib.request.urlopen(request, timeout=seconds) as reply:
        content = reply.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise ValueError("the hub's answer does not end")
    return json.loads(content)


def _git_object(path: Path) -> str:
    """The name of a file as an object of git: SHA-1 over its kind, its size and its bytes."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
