"""Folder → clips: every media file under it exactly once, with its hash, its sidecars, and what is wrong with it.

A file that cannot be opened is still a clip, with `problem` set, because every clip gets a row. Links are never
followed out of the folder: a submission must not read what the user did not hand over.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.faults import ConfigError
from harness.inputs.encoding import MAX_SIDECAR_BYTES
from harness.inputs.folder import Entry, Listing, Passed, inside, list_clip, list_folder, printable
from harness.inputs.kinds import MEDIA_SUFFIXES, is_clip
from harness.records.types import Clip, Language, Sidecar

FOLDER_LANGUAGES: dict[str, Language] = {"zh": "zh", "en": "en"}
# A leading "-" is left out: CMU-MOSEI ids begin with it, and no spreadsheet runs a bare name after it.
FORMULA_STARTS = ("=", "+", "@")
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Ingested:
    """What a folder holds.

    Attributes:
        clips: sorted by id.
        warnings: what the user should know about the folder and its clips.
        passed: every visible file that is neither a clip nor a clip's transcript, with the reason.
        form: how the IDs are made, one of `harness.inputs.ids.FORMS`.
    """

    clips: tuple[Clip, ...]
    warnings: tuple[str, ...]
    passed: tuple[Passed, ...] = ()
    form: str = "name"
    ids_sha256: str = ""
    """SHA-256 of the IDs of all clips of the folder, one a line: shards of one folder agree on it."""


@dataclass(frozen=True)
class Chosen:
    """What of a folder is wanted, by names alone: its listing, the wanted entries, those of the shard, what to say."""

    listing: Listing
    entries: Sequence[Entry]
    part: Sequence[Entry]
    warnings: list[str]


def ingest(
    folder: Path,
    limit: int | None = None,
    *,
    ids: str = "auto",
    pairs: str = "one",
    sample: Collection[str] | None = None,
    shard: tuple[int, int] | None = None,
    only: Collection[str] | None = None,
    unfetched: Mapping[str, str] | None = None,
) -> Ingested:
    """List the clips below `folder`, recursively, sorted by id.

    Args:
        folder: the test data, or a single clip. `zh` and `en` as names of subfolders set the clips' `folder_language`.
        limit: this and what follows as of `chosen_entries`.
        ids: how IDs are made.
        pairs: `one` or `two`.
        sample: the IDs of a sample submission.
        shard: (i, n).
        only: the IDs of the clips that are wanted.
        unfetched: path of a clip → why it did not come from where it lies; its file is not looked at.

    Raises:
        ConfigError: as `chosen_entries`.
    """
    chosen = chosen_entries(folder, limit, ids, pairs, sample, shard, only)
    root = folder.parent if folder.is_file() else folder
    warnings, missing = chosen.warnings, unfetched or {}
    clips = []
    digest = hashlib.sha256("".join(f"{entry.id}\n" for entry in chosen.entries).encode(errors="surrogateescape"))
    for entry in chosen.part:
        clips.append(_clip(root, entry, warnings, missing.get(str(root / entry.path), "")))
        if entry.id.startswith(FORMULA_STARTS):
            warnings.append(
                f"{entry.id}: a spreadsheet would run this name as a formula; the ID is kept as it is, "
                "so open the csv files as text"
            )
    found = chosen.listing
    return Ingested(tuple(clips), tuple(warnings), found.passed, found.form, digest.hexdigest())


def chosen_entries(
    folder: Path,
    limit: int | None,
    ids: str,
    pairs: str,
    sample: Collection[str] | None,
    shard: tuple[int, int] | None,
    only: Collection[str] | None,
) -> Chosen:
    """The clips below `folder` that a run is about, sorted by id; nothing is opened.

    Args:
        folder: the test data, or a single clip.
        limit: keep only the first so many ids.
        ids: how IDs are made, `auto` or one of `harness.inputs.ids.FORMS`.
        pairs: `one` or `two`: what a sound beside a video of its name is (see `harness.inputs.folder`).
        sample: the IDs of a sample submission.
        shard: (i, n) keeps the i-th of every n clips, i from 1; the others are listed and not read.
        only: the IDs of the clips that are wanted; the others are listed and not read. None for all.

    Raises:
        ConfigError: no such folder, no folder, no clip in it, a limit below one, IDs that are not unique, an empty
            shard, or none of the wanted IDs.
    """
    if limit is not None and limit < 1:
        raise ConfigError(f"the limit on clips is {limit}", "give --limit a number of at least 1, or leave it out")
    found = list_clip(folder) if folder.is_file() else list_folder(_checked(folder), ids, pairs, sample)
    if not found.entries:
        known = " ".join(suffix[1:] for suffix in MEDIA_SUFFIXES)
        seen = "".join(f"; {note}" for note in found.notes)
        seen += "".join(f"; {one.path}: {one.reason}" for one in found.passed[:3])
        raise ConfigError(
            f"no clip in {folder}{seen}",
            f"put files of these kinds there: {known}; or give --test-data DIR; or name one file: "
            "python run_submission.py clip.mp4",
        )
    warnings = [*found.notes, *_unlike_sample(found.entries, sample)]
    entries = _wanted(found.entries, only, warnings)[:limit]
    return Chosen(found, entries, _shard(entries, shard), warnings)


def _wanted(entries: Sequence[Entry], only: Collection[str] | None, warnings: list[str]) -> Sequence[Entry]:
    """The entries whose IDs are wanted; says which of them are not there."""
    if only is None:
        return entries
    kept = [entry for entry in entries if entry.id in only]
    gone = sorted(set(only) - {entry.id for entry in kept})
    if not kept:
        raise ConfigError(
            f"none of the {len(gone)} wanted IDs is a clip here, such as {gone[0]}; there is {entries[0].id}",
            "name a file whose IDs are those of the clips: python -m eval labels convert --ids FOLDER makes one",
        )
    if gone:
        warnings.append(f"{len(gone)} of the {len(set(only))} wanted clips are not there, such as {gone[0]}")
    return kept


def _shard(entries: Sequence[Entry], shard: tuple[int, int] | None) -> Sequence[Entry]:
    """Every n-th entry, so that clips that lie together are spread over the machines."""
    if shard is None:
        return entries
    number, of = shard
    if of > len(entries):
        raise ConfigError(f"{of} shards of {len(entries)} clips: some would be empty", f"at most {len(entries)} shards")
    return entries[number - 1 :: of]


def _unlike_sample(entries: Collection[Entry], sample: Collection[str] | None) -> list[str]:
    """What the sample submission does not have."""
    extra = [entry.id for entry in entries if sample is not None and entry.id not in sample]
    if not extra:
        return []
    return [f"{len(extra)} clips are not in the sample submission, such as {extra[0]}; they get their rows"]


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes as hex, read piece by piece. OSError when it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _checked(folder: Path) -> Path:
    if is_clip(folder.name) and not os.path.lexists(folder):
        raise ConfigError(f"there is no clip {folder}", "check the path")
    if not folder.is_dir():
        what = "is not a folder" if os.path.lexists(folder) else "does not exist"
        raise ConfigError(
            f"the test data folder {folder} {what}",
            "make it and put clips there; or give the folder of clips with --test-data DIR; or name one file: "
            "python run_submission.py clip.mp4",
        )
    return folder


def _clip(root: Path, entry: Entry, warnings: list[str], unfetched: str) -> Clip:
    """The record of one file. A file that cannot be opened, or did not come, keeps an empty hash and says why."""
    path = root / entry.path
    clip = Clip(entry.id, printable(str(path)), "", 0, folder_language=_folder_language(entry.path))
    problem = unfetched or _obstacle(root, path)
    if problem:
        return replace(clip, problem=problem)
    try:
        size = path.stat().st_size
        sha256 = file_sha256(path)
    except OSError as fault:
        return replace(clip, problem=f"the file cannot be read: {fault.strerror}")
    if size == 0:
        return replace(clip, sha256=sha256, problem="the file is empty (0 bytes)")
    if printable(str(path)) != str(path):
        return replace(
            clip,
            sha256=sha256,
            size=size,
            problem="the name holds control characters or is not UTF-8, so no csv could carry it: rename the file",
        )
    sound = _sound(root, entry, warnings)
    return replace(clip, sha256=sha256, size=size, sidecars=_sidecars(root, entry, warnings), sound=sound)


def _sound(root: Path, entry: Entry, warnings: list[str]) -> Sidecar | None:
    """The file with the clip's sound, where it comes in two."""
    if entry.sound is None:
        return None
    path = root / entry.sound
    problem = _obstacle(root, path)
    if not problem:
        try:
            return Sidecar(str(path), file_sha256(path))
        except OSError as fault:
            problem = f"the file cannot be read: {fault.strerror}"
    warnings.append(f"{printable(str(entry.sound))} is not heard: {problem}")
    return None


def _obstacle(root: Path, path: Path) -> str:
    """Why `path` must not or cannot be opened; empty when nothing stands in the way."""
    try:
        mode = path.stat().st_mode
    except OSError as fault:
        if path.is_symlink():
            return f"a broken link ({fault.strerror})"
        return f"the file cannot be read: {fault.strerror}"
    if not inside(root, path):
        return "a link out of the test data folder; refused: copy the file into the folder instead"
    if not stat.S_ISREG(mode):
        return "not a regular file"
    return ""


def _folder_language(relative: Path) -> Language | None:
    """The language that the innermost telling subfolder names."""
    for part in reversed(relative.parts[:-1]):
        if part.lower() in FOLDER_LANGUAGES:
            return FOLDER_LANGUAGES[part.lower()]
    return None


def _sidecars(root: Path, entry: Entry, warnings: list[str]) -> tuple[Sidecar, ...]:
    """The transcripts of a clip, best first. One that cannot or must not be read is named, and not opened."""
    found = []
    for one in entry.sidecars:
        path = root / one.path
        problem = _obstacle(root, path)
        if not problem:
            try:
                if (size := path.stat().st_size) <= MAX_SIDECAR_BYTES:
                    found.append(Sidecar(str(path), file_sha256(path), one.language))
                    continue
                problem = f"it is {size} bytes, which no transcript is"
            except OSError as fault:
                problem = f"the file cannot be read: {fault.strerror}"
        warnings.append(f"{printable(str(one.path))} is not used as a transcript: {problem}")
    return tuple(found)
