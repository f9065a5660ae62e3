"""The store of records: one atomic file per (stage, clip)."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import IO, Any

import msgspec

from harness.faults import ConfigError
from harness.records.atomic import TEMPORARY, make_folder, write_atomic
from harness.records.clean import encodable, json_bytes
from harness.records.payloads import described
from harness.records.types import Attachment, Record

LOCK = ".lock"
"""Held by the run that writes to the folder; its text names the process."""
SUFFIX = ".json"
MAX_NAME_BYTES = 200


def exclusive(folder: Path) -> IO[bytes]:
    """Hold `folder` for this run until the returned file is closed or the process ends.

    Raises:
        ConfigError: another run holds it; names its process.
    """
    make_folder(folder)
    stream = open(folder / LOCK, "a+b")  # noqa: SIM115 - held open on purpose
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.seek(0)
        holder = stream.read(200).decode(errors="replace").strip() or "one that does not say which"
        stream.close()
        raise ConfigError(
            f"another run is writing to {folder}: {holder}", "wait for it, or use other --supplements"
        ) from None
    stream.truncate(0)
    stream.write(f"process {os.getpid()} on {os.uname().nodename}\n".encode())
    stream.flush()
    return stream


def file_stem(clip_id: str) -> str:
    """A file name for a clip's id: the id itself; with a hash where it is too long for a file or names folders."""
    encoded = clip_id.encode()
    if len(encoded) <= MAX_NAME_BYTES and "/" not in clip_id:
        return clip_id
    digest = hashlib.sha256(encoded).hexdigest()[:16]
    plain = clip_id.replace("/", "_").encode()
    return plain[: MAX_NAME_BYTES - 17].decode(errors="ignore") + "~" + digest


def require_told_apart(
    folder: Path, clip_ids: Iterable[str], one_file: Callable[[Path, str, str], bool] | None = None
) -> None:
    """Look whether each clip has files of its own in `folder`, which may be one that does not tell case.

    Args:
        folder: made where it is not there.
        clip_ids: of one run.
        one_file: whether two names are one file's in a folder; by default this is tried.

    Raises:
        ConfigError: two clips' records would lie in one file; names both.
    """
    known: dict[str, str] = {}
    for clip_id in clip_ids:
        folded = unicodedata.normalize("NFC", file_stem(clip_id)).casefold()
        other = known.setdefault(folded, clip_id)
        if other != clip_id and (one_file or _one_file)(folder, file_stem(other), file_stem(clip_id)):
            raise ConfigError(
                f"{other} and {clip_id} would be one file in {folder}, which does not tell their names apart",
                "--supplements on a folder that does, or rename one of the clips",
            )


def _one_file(folder: Path, name: str, other: str) -> bool:
    make_folder(folder)
    tried = folder / f"{TEMPORARY}{name}"
    tried.touch()
    try:
        return (folder / f"{TEMPORARY}{other}").exists()
    finally:
        tried.unlink(missing_ok=True)


class UnreadableRecord(ValueError):
    """What lies in a record's place and is none; says why."""


def read_record(path: Path | str) -> Record:
    """The record in a file, whether or not it belongs there.

    Raises:
        FileNotFoundError: there is nothing.
        UnreadableRecord: bytes that are no record, or something that is no file.
    """
    try:
        return described(Record).decode(plain_bytes(path))
    except FileNotFoundError:
        raise
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise UnreadableRecord(f"{type(error).__name__}: {error}") from error


def plain_bytes(path: Path | str) -> bytes:
    """The bytes of a plain file. OSError for anything else: a pipe in its place would be waited for without end."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError("not a plain file")
        pieces = []
        while piece := os.read(handle, facts.st_size + 1):
            pieces.append(piece)
        return b"".join(pieces)
    finally:
        os.close(handle)


def storable(data: Any) -> Any:
    """A stage's result as the JSON values that a reader will find (NaN → null, tuple → list, no lone surrogate).

    Raises:
        TypeError, ValueError, OverflowError, RecursionError: it cannot be written as JSON.
    """
    return msgspec.json.decode(json_bytes(msgspec.to_builtins(data)))


def digest_of(outcome: str, data: Any, reason: str) -> str:
    """SHA-256 of what later stages can see of a result."""
    encoded = msgspec.json.encode([outcome, data, reason], order="sorted")
    return hashlib.sha256(encoded).hexdigest()


class Store:
    """Records under `root/<stage>/<clip>.json`. What is torn, foreign or no file is set aside, never trusted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, stage: str, clip_id: str) -> Path:
        """Where the record of (stage, clip) lies."""
        return self.root / stage / (file_stem(clip_id) + SUFFIX)

    def get(self, stage: str, clip_id: str) -> Record | None:
        """The stored record, or None. Whatever else lies in its place is renamed to `*.set-aside` first."""
        place = f"{self.root}/{stage}/{file_stem(clip_id)}{SUFFIX}"  # a Path takes longer to make than to open
        try:
            record = read_record(place)
            whole = record.digest == digest_of(record.outcome, record.data, record.reason)
        except FileNotFoundError:
            return None
        except (UnreadableRecord, RecursionError):
            _set_aside(Path(place))
            return None
        belongs = record.stage == stage and record.clip == clip_id
        if not belongs or not whole or not self._has_attachments(record):
            _set_aside(Path(place))
            return None
        return record

    def put(self, record: Record) -> Record:
        """Store a record and return it as stored (payload as plain values, digest filled in).

        Raises:
            OSError: it cannot be written.
            TypeError, ValueError, OverflowError, RecursionError: its payload is not `storable`.
        """
        # Through JSON once, so that a record read back is equal to the one in memory.
        data = storable(self._detached(record))
        reason, remedy = encodable(record.reason), encodable(record.remedy)
        digest = digest_of(record.outcome, data, reason)
        stored = replace(record, data=data, reason=reason, remedy=remedy, digest=digest)
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
                content = plain_bytes(self.attachment(record.stage, record.clip, item["name"]))
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


def _set_aside(path: Path) -> None:
    """Rename what lies there, be it a folder; what was set aside before is replaced, unless it is a folder itself."""
    target = path.with_name(path.name + ".set-aside")
    serial = 1
    while target.is_dir() or (target.exists() and path.is_dir()):
        serial += 1
        target = path.with_name(f"{path.name}.set-aside-{serial}")
    os.replace(path, target)


_KEYS = {item.name for item in fields(Attachment)}


def _attachments(data: Any) -> Iterator[dict[str, Any]]:
    """The attachments that a payload names, as plain values."""
    values = data.values() if isinstance(data, dict) else ()
    yield from (value for value in values if isinstance(value, dict) and value.keys() == _KEYS)
