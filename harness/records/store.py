"""The store of records: one atomic file per (stage, clip)."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import IO, Any

import msgspec

from harness.faults import ConfigError
from harness.records.atomic import write_atomic
from harness.records.types import Attachment, Record

SUFFIX = ".json"
MAX_NAME_BYTES = 200


def exclusive(folder: Path) -> IO[bytes]:
    """Hold `folder` for this run until the returned file is closed or the process ends.

    Raises:
        ConfigError: another run holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stream = open(folder / ".lock", "wb")  # noqa: SIM115 - held open on purpose
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.close()
        raise ConfigError(f"another run is writing to {folder}", "wait for it, or use other --supplements") from None
    return stream


def file_stem(clip_id: str) -> str:
    """A file name for a clip's id: the id itself; with a hash where it is too long for a file or names folders."""
    encoded = clip_id.encode()
    if len(encoded) <= MAX_NAME_BYTES and "/" not in clip_id:
        return clip_id
    digest = hashlib.sha256(encoded).hexdigest()[:16]
    plain = clip_id.replace("/", "_").encode()
    return plain[: MAX_NAME_BYTES - 17].decode(errors="ignore") + "~" + digest


def digest_of(outcome: str, data: Any, reason: str) -> str:
    """SHA-256 of what later stages can see of a result."""
    encoded = msgspec.json.encode([outcome, data, reason], order="sorted")
    return hashlib.sha256(encoded).hexdigest()


class Store:
    """Records under `root/<stage>/<clip>.json`. A file that is torn or foreign is set aside, never trusted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, stage: str, clip_id: str) -> Path:
        """Where the record of (stage, clip) lies."""
        return self.root / stage / (file_stem(clip_id) + SUFFIX)

    def get(self, stage: str, clip_id: str) -> Record | None:
        """The stored record, or None. A torn, foreign or altered file is renamed to `*.set-aside` first."""
        path = self.path(stage, clip_id)
        try:
            record = msgspec.json.decode(path.read_bytes(), type=Record)
        except FileNotFoundError:
            return None
        except msgspec.MsgspecError:
            self._set_aside(path)
            return None
        belongs = record.stage == stage and record.clip == clip_id
        whole = record.digest == digest_of(record.outcome, record.data, record.reason)
        if not belongs or not whole or not self._has_attachments(record):
            self._set_aside(path)
            return None
        return record

    def put(self, record: Record) -> Record:
        """Store a record and return it as stored (payload as plain values, digest filled in)."""
        data = msgspec.to_builtins(self._detached(record))
        # Through JSON once, so that a record read back is equal to the one in memory (NaN → null, tuple → list).
        data = msgspec.json.decode(msgspec.json.encode(data))
        stored = replace(record, data=data, digest=digest_of(record.outcome, data, record.reason))
        encoded = msgspec.json.format(msgspec.json.encode(stored), indent=1)
        write_atomic(self.path(record.stage, record.clip), encoded + b"\n")
        return stored

    def drop(self, stage: str, clip_id: str) -> None:
        """Forget one record."""
        self.path(stage, clip_id).unlink(missing_ok=True)

    def attachment(self, stage: str, clip_id: str, name: str) -> Path:
        """Where the array called `name` of a record lies."""
        return self.root / stage / f"{file_stem(clip_id)}.{name}.npy"

    def _detached(self, record: Record) -> Any:
        """The payload without the bytes of its arrays, which are written first: a record never lacks its arrays."""
        data = record.data
        if not is_dataclass(data) or isinstance(data, type):
            return data
        found = {f.name: value for f in fields(data) if isinstance(value := getattr(data, f.name), Attachment)}
        for item in found.values():
            write_atomic(self.attachment(record.stage, record.clip, item.name), item.content)
        return replace(data, **{key: replace(item, content=b"") for key, item in found.items()})

    def _has_attachments(self, record: Record) -> bool:
        """Whether every array that the record names is there, unaltered."""
        for item in _attachments(record.data):
            try:
                content = self.attachment(record.stage, record.clip, item["name"]).read_bytes()
            except OSError:
                return False
            if hashlib.sha256(content).hexdigest() != item["sha256"]:
                return False
        return True

    def set_aside_all(self, label: str) -> Path | None:
        """Move all records out of the way (`--fresh`); returns where to, or None when there were none."""
        if not self.root.exists() or not any(self.root.iterdir()):
            return None
        target = self.root.with_name(f"{self.root.name}.{label}")
        serial = 1
        while target.exists():
            serial += 1
            target = self.root.with_name(f"{self.root.name}.{label}-{serial}")
        os.rename(self.root, target)
        return target

    @staticmethod
    def _set_aside(path: Path) -> None:
        os.replace(path, path.with_name(path.name + ".set-aside"))


_KEYS = {item.name for item in fields(Attachment)}


def _attachments(data: Any) -> Iterator[dict[str, Any]]:
    """The attachments that a payload names, as plain values."""
    values = data.values() if isinstance(data, dict) else ()
    yield from (value for value in values if isinstance(value, dict) and value.keys() == _KEYS)
