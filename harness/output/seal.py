"""A finished run is sealed: as long as nothing that went in or came out has been touched, there is nothing to do.

The seal says what the run depended on (settings, stages, code) and how the files looked that it read and wrote: names,
sizes, times of change and inodes, as one digest for each folder. No content is read to hold it against them, so a run
over ten thousand clips is found finished by looking at names. The time of change (ctime) cannot be set by a user, so a
file that was edited, torn or replaced is seen, also when its size and date are as before. Whatever does not match costs
no more than the seal: the run then reads and checks every record, as it does without one.

A seal is written only when each record has just been read back and found whole and up to date, and never over a file
that changed a moment ago: within one tick of the file system's clock a second change would leave no trace.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from harness.config import Config
from harness.output.export import STORY_FOLDER
from harness.output.log import open_log
from harness.records.atomic import TEMPORARY, write_atomic
from harness.records.clean import encodable_values

NAME = ".seal.json"
TICK_NS = 50_000_000
"""What lies between two times that a file system tells apart, and more (4 to 10 ms where it was looked at)."""
CODE = ("harness", "models", "eval", "run_submission.py")
ROOT = Path(__file__).resolve().parents[2]
OUTPUTS = ("predictions.csv", "transcription_results.csv", "transcription_log.txt", "run_manifest.json", "report.html")
LINES = 4096
_LEFT_OUT = ("__pycache__",)


class Unsealable(Exception):
    """A folder holds what names and times do not describe, or what changed a moment ago."""


@dataclass(frozen=True)
class Seal:
    """A finished run.

    Attributes:
        key: of what it depended on, files aside.
        data, records, outputs: of the files that it read, its records, and what it wrote; see `look`.
        clips: how many there were.
        warnings, said: what it told its user, for the run that finds it finished.
    """

    key: str
    data: str
    records: str
    outputs: str
    clips: int
    warnings: tuple[str, ...]
    said: str


@dataclass(frozen=True)
class Begun:
    """What `key_of` gave, when (ns since 1970), and how the test data looked, before the clips were read."""

    key: str
    at_ns: int
    data: str


def look(paths: Iterable[Path], before_ns: int | None = None) -> str:
    """SHA-256 over names, sizes, times and inodes of files, and of all that lies below folders.

    Args:
        paths: files or folders; one that is not there counts as that.
        before_ns: the time (ns since 1970) before which everything must have been as it is, None for any.

    Raises:
        Unsealable: a link to a folder, whose files would not be looked at; or something is younger than `before_ns`.
        OSError: a folder cannot be read.
    """
    digest = _Digest()
    latest = None if before_ns is None else before_ns - TICK_NS
    for path in paths:
        try:
            facts = os.stat(path)
        except FileNotFoundError:
            digest.add(f"{path}\0missing\n")
        else:
            if stat.S_ISDIR(facts.st_mode):
                _below(str(path), latest, digest)
            else:
                digest.add(_line(str(path), facts, latest))
    return digest.hex()


class _Digest:
    """SHA-256 over lines, some thousand at a time: there are millions of them."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._lines: list[str] = []

    def add(self, line: str) -> None:
        self._lines.append(line)
        if len(self._lines) == LINES:
            self._flush()

    def hex(self) -> str:
        self._flush()
        return self._digest.hexdigest()

    def _flush(self) -> None:
        self._digest.update("".join(self._lines).encode(errors="surrogateescape"))
        self._lines.clear()


def _below(folder: str, latest: int | None, digest: _Digest) -> None:
    """A line for everything below a folder, in the order of the names.

    `os.scandir` would keep a description of each file until the folder is done, and take longer.
    """
    digest.add(f"{folder}\0folder\n")
    add, lstat = digest.add, os.lstat
    for name in sorted(os.listdir(folder)):
        if name in _LEFT_OUT or name.startswith(TEMPORARY):
            continue
        path = f"{folder}/{name}"
        facts = lstat(path)
        if stat.S_ISDIR(facts.st_mode):
            _below(path, latest, digest)
            continue
        add(_line(name, facts, latest))
        if stat.S_ISLNK(facts.st_mode):
            if os.path.isdir(path):
                raise Unsealable(path)
            if os.path.exists(path):
                add(_line(name, os.stat(path), latest))


def _line(name: str, facts: os.stat_result, latest: int | None) -> str:
    """How a file looks. Unsealable when it is younger than `latest`."""
    changed = facts.st_ctime_ns
    if latest is not None and changed >= latest:
        raise Unsealable(name)
    return f"{name}\0{facts.st_size} {facts.st_mtime_ns} {changed} {facts.st_ino}\n"


def key_of(config: Config, stages: Sequence[str], more: Any) -> str:
    """What a run depends on besides the files of `Seal`: settings, stages with their models, code, Python.

    Args:
        config: the run's settings.
        stages: the fingerprints of its stages.
        more: what else its flags say; JSON values.

    Raises:
        Unsealable, OSError: see `look`.
    """
    code = look(ROOT / name for name in CODE)
    parts = [
        repr(replace(config, fresh=False, engine="local", ray_address=None)),
        list(stages),
        more,
        code,
        sys.version,
        str(Path.cwd()),
    ]
    return hashlib.sha256(msgspec.json.encode(encodable_values(parts), order="sorted")).hexdigest()


def begin(config: Config, stages: Sequence[str], more: Any, now_ns: int) -> Begun | None:
    """What a run that starts now must keep in mind to be sealed; None where it cannot be.

    A single file is not: what lies beside it is looked at for its transcript. Nor is a run with nets from outside or
    with an omni model, which reads more files than these, and whose clips cost more than looking at their records.
    """
    more_files = config.sections["opinions"] or config.sections["omni"]["provider"] != "none"
    if more_files or not config.test_data.is_dir():
        return None
    try:
        return Begun(key_of(config, stages, more), now_ns, look([config.test_data]))
    except (OSError, Unsealable):
        return None


def finished(config: Config, begun: Begun | None) -> Seal | None:
    """The seal of the run before, where it is this very run and every file is as that run left it; else None."""
    if begun is None or config.fresh:
        return None
    try:
        seal = msgspec.json.decode((config.supplements / NAME).read_bytes(), type=Seal)
        if seal.key != begun.key or seal.outputs != look(outputs(config)) or seal.data != begun.data:
            return None
        return seal if seal.records == look([config.records]) else None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, Unsealable):
        return None


def say_again(config: Config, seal: Seal) -> None:
    """Say what the run before said, as there is nothing to do."""
    log = open_log(config.supplements / "run.log")
    for warning in seal.warnings:
        log.warning(warning)
    log.info("nothing to do: %d clips, their records and all files are as the last run left them; it said", seal.clips)
    log.info("%s", seal.said)


def seal_up(config: Config, begun: Begun, checked_ns: int, clips: int, warnings: Sequence[str], said: str) -> bool:
    """Seal a run whose records have been read back and are whole and up to date; whether it could be.

    Args:
        config: the run's settings.
        begun: from before its clips were read. None of them may have changed since.
        checked_ns: when its records were about to be read back. None of them may have changed since.
        clips: how many there were.
        warnings: what the run warned of.
        said: what it said at its end.
    """
    path = config.supplements / NAME
    os.sync()  # the stories have not been waited for one by one
    try:
        data, records = look([config.test_data], begun.at_ns), look([config.records], checked_ns)
        if data != begun.data:  # had the clock been set back, no clip would seem younger
            raise Unsealable(str(config.test_data))
        seal = Seal(begun.key, data, records, look(outputs(config)), clips, tuple(warnings), said)
        write_atomic(path, msgspec.json.encode(seal))
    except (Unsealable, UnicodeEncodeError):
        path.unlink(missing_ok=True)
        return False
    return True


def outputs(config: Config) -> list[Path]:
    """What a run writes for its user."""
    return [config.submission, *(config.supplements / name for name in (*OUTPUTS, STORY_FOLDER))]
