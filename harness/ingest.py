"""Folder → clips: every media file under it exactly once, with its hash, its sidecars, and what is wrong with it.

A file that cannot be opened is still a clip, with `problem` set, because every clip gets a row. Links are never
followed out of the folder: a submission must not read what the user did not hand over.
"""

from __future__ import annotations

import hashlib
import os
import stat
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from harness.faults import ConfigError
from harness.records.types import Clip, Language, Sidecar

MEDIA_SUFFIXES = (".mp4", ".mkv", ".mov", ".webm", ".avi", ".flv", ".m4a", ".wav", ".mp3", ".flac", ".ogg")
SIDECAR_SUFFIXES = (".srt", ".vtt", ".txt")
FOLDER_LANGUAGES: dict[str, Language] = {"zh": "zh", "en": "en"}
# A leading "-" is left out: CMU-MOSEI ids begin with it, and no spreadsheet runs a bare name after it.
FORMULA_STARTS = ("=", "+", "@")
CHUNK_BYTES = 1 << 20
_UNPRINTABLE = ("Cc", "Zl", "Zp", "Cs")


@dataclass(frozen=True)
class Ingested:
    """What a folder holds: clips sorted by id, and what the user should know about the folder."""

    clips: tuple[Clip, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Tree:
    """The visible files below a folder, by relative path, and the warnings of the walk."""

    root: Path
    media: tuple[Path, ...]
    sidecars: dict[tuple[Path, str], Path]
    """(folder, file name in lower-case suffix) → relative path."""
    warnings: tuple[str, ...]


def ingest(folder: Path, limit: int | None = None) -> Ingested:
    """List the clips below `folder`, recursively, sorted by id.

    Args:
        folder: the test data, or a single clip. `zh` and `en` as names of subfolders set the clips' `folder_language`.
        limit: keep only the first so many ids.

    Raises:
        ConfigError: no such folder, no folder, no clip in it, or a limit below one.
    """
    if limit is not None and limit < 1:
        raise ConfigError(f"the limit on clips is {limit}", "give --limit a number of at least 1, or leave it out")
    tree = _beside(folder) if folder.is_file() else _walk(_checked(folder))
    by_id: dict[str, list[Path]] = defaultdict(list)
    for relative in tree.media:
        by_id[_printable(relative.name)].append(relative)
    if not by_id:
        known = " ".join(suffix[1:] for suffix in MEDIA_SUFFIXES)
        seen = "".join(f"; {warning}" for warning in tree.warnings)
        raise ConfigError(
            f"no clip in {folder}{seen}",
            f"put files of these kinds there: {known}; or give --test-data DIR; or name one file: "
            "python run_submission.py clip.mp4",
        )
    warnings = list(tree.warnings)
    clips = []
    for clip_id in sorted(by_id)[:limit]:
        first, *others = by_id[clip_id]
        clip = _clip(tree, clip_id, first, warnings)
        warnings += [_duplicate_warning(tree, clip, first, other) for other in others]
        if clip_id.startswith(FORMULA_STARTS):
            warnings.append(
                f"{clip_id}: a spreadsheet would run this name as a formula; the ID is kept as it is, "
                "so open the csv files as text"
            )
        clips.append(clip)
    return Ingested(tuple(clips), tuple(warnings))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes as hex, read piece by piece. OSError when it cannot be read."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _checked(folder: Path) -> Path:
    if folder.suffix.lower() in MEDIA_SUFFIXES and not os.path.lexists(folder):
        raise ConfigError(f"there is no clip {folder}", "check the path")
    if not folder.is_dir():
        what = "is not a folder" if os.path.lexists(folder) else "does not exist"
        raise ConfigError(
            f"the test data folder {folder} {what}",
            "make it and put clips there; or give the folder of clips with --test-data DIR; or name one file: "
            "python run_submission.py clip.mp4",
        )
    return folder


def _beside(clip: Path) -> _Tree:
    """One clip and the transcripts that lie beside it. ConfigError for a file that is no clip."""
    if clip.suffix.lower() not in MEDIA_SUFFIXES:
        known = " ".join(suffix[1:] for suffix in MEDIA_SUFFIXES)
        raise ConfigError(f"{clip} is no clip", f"a clip ends in one of: {known}; a folder of clips: --test-data DIR")
    bases = (clip.name, clip.stem)
    found = [path for base in bases for s in SIDECAR_SUFFIXES if (path := clip.with_name(base + s)).is_file()]
    here = Path()
    sidecars = {(here, path.name): here / path.name for path in found}
    return _Tree(clip.parent, (here / clip.name,), sidecars, ())


def _walk(folder: Path) -> _Tree:
    media: list[Path] = []
    sidecars: dict[tuple[Path, str], Path] = {}
    warnings: list[str] = []

    def unreadable(fault: OSError) -> None:
        warnings.append(f"the subfolder {_printable(str(fault.filename))} cannot be read: {fault.strerror}")

    for parent, folders, files in os.walk(folder, onerror=unreadable):
        here = Path(parent).relative_to(folder)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        warnings += [_folder_link(folder, here / name) for name in folders if (Path(parent) / name).is_symlink()]
        for name in sorted(files):
            suffix = Path(name).suffix.lower()
            if name.startswith("."):
                continue
            if suffix in MEDIA_SUFFIXES:
                media.append(here / name)
            elif suffix in SIDECAR_SUFFIXES:
                sidecars.setdefault((here, name[: -len(suffix)] + suffix), here / name)
    return _Tree(folder, tuple(sorted(media, key=lambda path: path.parts)), sidecars, tuple(warnings))


def _folder_link(root: Path, relative: Path) -> str:
    shown = _printable(str(relative))
    if _inside(root, root / relative):
        return f"{shown} is a link to another subfolder; it is not followed, since its files are read there"
    return f"{shown} is a link out of the folder; it is not followed: copy the clips into the folder instead"


def _clip(tree: _Tree, clip_id: str, relative: Path, warnings: list[str]) -> Clip:
    """The record of one file. A file that cannot be opened keeps an empty hash and says why."""
    path = tree.root / relative
    clip = Clip(clip_id, _printable(str(path)), "", 0, folder_language=_folder_language(relative))
    problem = _obstacle(tree.root, path)
    if problem:
        return replace(clip, problem=problem)
    try:
        size = path.stat().st_size
        sha256 = file_sha256(path)
    except OSError as fault:
        return replace(clip, problem=f"the file cannot be read: {fault.strerror}")
    if size == 0:
        return replace(clip, sha256=sha256, problem="the file is empty (0 bytes)")
    if _printable(relative.name) != relative.name or _has_surrogates(str(path)):
        return replace(
            clip,
            sha256=sha256,
            size=size,
            problem="the name holds control characters or is not UTF-8, so no csv could carry it: rename the file",
        )
    return replace(clip, sha256=sha256, size=size, sidecars=_sidecars(tree, relative, warnings))


def _obstacle(root: Path, path: Path) -> str:
    """Why `path` must not or cannot be opened; empty when nothing stands in the way."""
    try:
        mode = path.stat().st_mode
    except OSError as fault:
        if path.is_symlink():
            return f"a broken link ({fault.strerror})"
        return f"the file cannot be read: {fault.strerror}"
    if not _inside(root, path):
        return "a link out of the test data folder; refused: copy the file into the folder instead"
    if not stat.S_ISREG(mode):
        return "not a regular file"
    return ""


def _inside(root: Path, path: Path) -> bool:
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _folder_language(relative: Path) -> Language | None:
    """The language that the innermost telling subfolder names."""
    for part in reversed(relative.parts[:-1]):
        if part.lower() in FOLDER_LANGUAGES:
            return FOLDER_LANGUAGES[part.lower()]
    return None


def _sidecars(tree: _Tree, relative: Path, warnings: list[str]) -> tuple[Sidecar, ...]:
    """Transcripts beside the clip: `clip.mp4.srt` before `clip.srt`, and srt before vtt before txt."""
    found = []
    for suffix in SIDECAR_SUFFIXES:
        for base in (relative.name, relative.stem):
            beside = tree.sidecars.get((relative.parent, base + suffix))
            if beside is None:
                continue
            path = tree.root / beside
            problem = _obstacle(tree.root, path)
            if not problem:
                try:
                    found.append(Sidecar(str(path), file_sha256(path)))
                    continue
                except OSError as fault:
                    problem = f"the file cannot be read: {fault.strerror}"
            warnings.append(f"{_printable(str(beside))} is not used as a transcript: {problem}")
    return tuple(found)


def _duplicate_warning(tree: _Tree, kept: Clip, first: Path, other: Path) -> str:
    path = tree.root / other
    content = _obstacle(tree.root, path)
    if not content:
        try:
            digest = file_sha256(path)
            equal = digest == kept.sha256
            content = "their content is equal" if equal else "their content DIFFERS"
            if not kept.sha256:
                content = "their content could not be compared"
        except OSError as fault:
            content = f"the second cannot be read: {fault.strerror}"
    return (
        f"{kept.id}: the same name twice, {_printable(str(first))} and {_printable(str(other))} ({content}); "
        "the first is used, since the ID is the file name"
    )


def _printable(text: str) -> str:
    r"""`text` with control characters and undecodable bytes written out (`\n`, `\xff`); all else as it is."""
    if not any(unicodedata.category(char) in _UNPRINTABLE for char in text):
        return text
    shown = []
    for char in text:
        if "\udc80" <= char <= "\udcff":
            shown.append(f"\\x{ord(char) - 0xDC00:02x}")
        elif unicodedata.category(char) in _UNPRINTABLE:
            shown.append(char.encode("unicode_escape").decode("ascii"))
        else:
            shown.append(char)
    return "".join(shown)


def _has_surrogates(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)
