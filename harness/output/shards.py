"""Parts of a run on several machines: what a part says of itself, and how the parts become one run again.

A part (shard i of n) is a run of its own over every n-th clip, with a store of its own, which may lie on another
machine's disk. Its `shard.json` holds what the whole run has to know of it: clips, settings, warnings. The parts'
records are then taken into one store, and the run goes on from there as if it had perceived every clip itself.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from harness.faults import ConfigError
from harness.ingest import Ingested
from harness.inputs.folder import Passed
from harness.output.export import write_json
from harness.records.store import SUFFIX, file_stem
from harness.records.types import Clip

NAME = "shard.json"
ATTACHED = ".npy"
Shard = tuple[int, int]
"""Number, from 1, and how many there are."""


@dataclass(frozen=True)
class Part:
    """The content of a `shard.json`; written before the first clip is looked at.

    Attributes:
        number, of: which part of how many.
        ids_sha256: of the IDs of all clips of the folder.
        form: how the IDs are made.
        profile, settings: the profile's name and every setting.
        test_data: the folder of clips, as it was given.
        clips: this part's own.
        warnings, passed: what was said of the folder.
    """

    number: int
    of: int
    ids_sha256: str
    form: str
    profile: str
    settings: dict[str, Any]
    test_data: str
    clips: tuple[Clip, ...]
    warnings: tuple[str, ...]
    passed: tuple[Passed, ...]

    @property
    def name(self) -> str:
        """As a user writes it: `2/3`."""
        return f"{self.number}/{self.of}"


def parse_shard(text: str) -> Shard:
    """`2/3` → (2, 3). ValueError when it is no such thing."""
    number, separator, of = text.partition("/")
    if not (separator and number.isdecimal() and of.isdecimal() and 1 <= int(number) <= int(of)):
        raise ValueError(f"{text!r} is no shard: 1/3, 2/3 and 3/3 are the parts of three")
    return int(number), int(of)


def write_part(supplements: Path, part: Part) -> None:
    """Write `shard.json`."""
    write_json(supplements / NAME, {"schema": "shard/1", **asdict(part)})


def read_part(folder: Path) -> Part:
    """The part whose supplements lie in `folder`. ConfigError when there is none."""
    path = folder / NAME
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Part)
    except (OSError, msgspec.MsgspecError) as fault:
        why = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise ConfigError(
            f"{folder} holds no shard of a run: {NAME}: {why}",
            "give the --supplements folder of a run that was started with --shard",
        ) from None
    return found


def whole_run(parts: Sequence[Part]) -> Ingested:
    """All clips of parts that belong together, sorted by ID.

    Raises:
        ConfigError: a part is missing or there twice, or the parts are of other settings, clips or numbers.
    """
    first = parts[0]
    for part in parts:
        if part.of != first.of:
            raise ConfigError(
                f"shard {part.name} and shard {first.name} are of different runs", "give one run's shards"
            )
        if (part.ids_sha256, part.form) != (first.ids_sha256, first.form):
            raise ConfigError(
                f"shard {part.name} saw other clips in {part.test_data} than shard {first.name} did",
                "run all shards again over the same folder; what is done is kept",
            )
        if changed := differing(first.settings, part.settings):
            raise ConfigError(
                f"shard {part.name} ran with another {changed} than shard {first.name}",
                f"run shard {part.name} again with the settings of the others",
            )
    numbers = [part.number for part in parts]
    if twice := sorted({number for number in numbers if numbers.count(number) > 1}):
        raise ConfigError(f"shard {twice[0]}/{first.of} is given twice", "give each shard's folder once")
    if missing := [f"{number}/{first.of}" for number in range(1, first.of + 1) if number not in numbers]:
        raise ConfigError(
            f"shard {', '.join(missing)} is missing", f"run it with --shard {missing[0]}, or add its folder"
        )
    clips = sorted((clip for part in parts for clip in part.clips), key=lambda clip: clip.id)
    warnings = tuple(dict.fromkeys(warning for part in parts for warning in part.warnings))
    return Ingested(tuple(clips), warnings, first.passed, first.form, first.ids_sha256)


def differing(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> str:
    """The first setting in which two profiles differ, as `fuse.strategy`; empty when they are equal."""
    for key in sorted({*one, *other}):
        mine, theirs = one.get(key), other.get(key)
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            if deeper := differing(mine, theirs, f"{prefix}{key}."):
                return deeper
        elif mine != theirs and f"{prefix}{key}" not in MACHINE:
            return f"{prefix}{key}"
    return ""


MACHINE = (
    "engine",
    "ray_address",
    "workers",
    "clip_time_limit",
    "recycle_after",
    "worker_memory",
    "attempts",
    "max_errors",
)
"""Settings that may follow the machine: they change when a clip is given up, never what is found in it."""


def take_records(part: Part, folder: Path, target: Path) -> None:
    """Bring the part's records, with their arrays, from its supplements `folder` into the store `target`.

    Linked where both lie on one disk, else copied; each is there whole or not at all. A store never writes into a
    file, it replaces it, so a link is as good as a copy. ConfigError where `target` is the part's own store.
    """
    source = folder / "records"
    if target.resolve() == source.resolve():
        raise ConfigError(f"shard {part.name} lies in {folder}, which is to hold the whole run", "--supplements DIR")
    stems = {file_stem(clip.id) for clip in part.clips}
    for stage in sorted(source.iterdir()) if source.is_dir() else ():
        if not stage.is_dir():
            continue
        (target / stage.name).mkdir(parents=True, exist_ok=True)
        for path in sorted(stage.iterdir()):
            stem = path.name.removesuffix(SUFFIX)
            if path.suffix == ATTACHED:
                stem = path.stem.rpartition(".")[0]
            if path.suffix in (SUFFIX, ATTACHED) and stem in stems:
                _take(path, target / stage.name / path.name)


def _take(path: Path, target: Path) -> None:
    if target.exists() and os.path.samefile(path, target):
        return
    temporary = target.with_name(f".tmp-{target.name}")
    temporary.unlink(missing_ok=True)
    try:
        os.link(path, temporary)
    except OSError:  # another disk, or one that has no links
        shutil.copyfile(path, temporary)
    os.replace(temporary, target)


def named_shard(parts: Sequence[Part], clip: Clip) -> str:
    """The part that a clip belongs to, as `2/3`."""
    return next(part.name for part in parts if clip.id in {one.id for one in part.clips})


def with_test_data(part: Part, found: Ingested, test_data: Path | None) -> tuple[Path, Ingested]:
    """Where the clips lie as seen from here: as the part had it, or below `test_data`."""
    told = Path(part.test_data)
    if test_data is None:
        return told, found
    clips = tuple(replace(clip, path=str(test_data / os.path.relpath(clip.path, told))) for clip in found.clips)
    return test_data, replace(found, clips=clips)
