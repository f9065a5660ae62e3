"""Every trace of a clip in a run's folders: found, then removed, or taken out of the files that it shares with others.

What a run found out about all clips together stays as it was: the mean of its voices, and counts in the manifest.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.output.export import STORY_FOLDER
from harness.output.seal import NAME as SEAL
from harness.output.tables import csv_line, neutral_cell
from harness.records.atomic import write_atomic
from harness.records.csv_rows import lists_of
from harness.records.store import LOCK, SUFFIX, file_stem
from harness.records.verdicts import SALIENCY_FOLDER

PAGE = "report.html"
_READ = (".csv", ".json", ".log", ".txt")
_ENTRY = re.compile(r"(?m)^(?=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ )")
_OF_ONE_CLIP = re.compile(r"(?m)^(?:\S+ INFO )?clips +1 in ")
_NAME_GOES_ON = r"[\w.~-]"


@dataclass(frozen=True)
class Traces:
    """What `traces` found of a clip.

    Attributes:
        clip: its ID.
        remove: files that are of this clip alone.
        rewrite: files that others are in too, each with what it will hold.
        page: whether the page has to be written again.
    """

    clip: str
    remove: tuple[Path, ...]
    rewrite: dict[Path, bytes]
    page: bool


def run_folders(supplements: Path, results: Path) -> Iterator[tuple[Path, Path]]:
    """(supplements, results) of the run in these folders, and of those below them: single clips, shards, names."""
    yield supplements, results
    for folder in sorted(supplements.iterdir()) if supplements.is_dir() else ():
        if (folder / "records").is_dir() and not folder.is_symlink():
            yield from run_folders(folder, results / folder.name)


def traces(clip: str, supplements: Path, results: Path) -> Traces:
    """All that is known of a clip in the folders of one run. OSError for a file that cannot be read."""
    remove = [*_records(clip, supplements)]
    for folder in (STORY_FOLDER, SALIENCY_FOLDER):
        remove += _existing(supplements / folder / (file_stem(clip) + SUFFIX))
    rewrite: dict[Path, bytes] = {}
    for path in [*sorted(results.glob("*.csv")), *sorted(supplements.glob("*.csv"))]:
        rewrite |= _changed(path, _without_rows(path.read_bytes(), clip))
    for path in sorted(supplements.glob("*.json")):
        rewrite |= _changed(path, _without_values(path.read_bytes(), clip))
    for path in sorted([*supplements.glob("*.log"), *supplements.glob("*.txt")]):
        content = path.read_bytes()
        parted = _without_paragraphs if path.name == "transcription_log.txt" else _without_entries
        rewrite |= _changed(path, parted(content.decode("utf-8", "surrogateescape"), clip), content)
    page = (supplements / PAGE).is_file() and _names(clip).search((supplements / PAGE).read_text("utf-8")) is not None
    if remove or rewrite:
        remove += _existing(supplements / SEAL)
    return Traces(clip, tuple(remove), rewrite, page)


def erase(found: Traces) -> None:
    """Remove and rewrite what `traces` found; the page is the caller's. OSError when something cannot be written."""
    for path, content in found.rewrite.items():
        write_atomic(path, content)
    for path in found.remove:
        path.unlink(missing_ok=True)


def still_named(clip: str, folders: Sequence[Path]) -> list[Path]:
    """Files below the folders that hold the clip's ID, in their name or their text, and are no files of a run.

    What a run writes has been read as what it is: in it the ID may be a part of another clip's, or a word.
    """
    wanted, found = _names(clip), []
    for folder in folders:
        for place, below, files in os.walk(folder):
            below[:] = [name for name in below if name != STORY_FOLDER and name.partition(".")[0] != "records"]
            for path in (Path(place, name) for name in files):
                foreign = path.suffix not in _READ and path.name not in (PAGE, LOCK)
                if foreign and wanted.search(f"{path.name}\n{path.read_bytes().decode('utf-8', 'replace')}"):
                    found.append(path)
    return sorted(set(found))


def _existing(path: Path) -> list[Path]:
    return [path] if path.is_file() else []


def _records(clip: str, supplements: Path) -> Iterator[Path]:
    """Records and their arrays, in the store and in those that --fresh has moved aside; set aside ones too."""
    stem = re.escape(file_stem(clip))
    of_clip = re.compile(rf"{stem}(?:\.json(?:\.set-aside(?:-\d+)?)?|\.[^.]+\.npy)")
    for store in [supplements / "records", *sorted(supplements.glob("records.*"))]:
        for path in sorted(store.glob("*/*")) if store.is_dir() else ():
            if of_clip.fullmatch(path.name) and path.is_file():
                yield path


def _names(clip: str) -> re.Pattern[str]:
    """Finds the ID as a whole name, not as a part of another's, plain or as JSON and pages write it."""
    forms = {clip, json.dumps(clip)[1:-1], json.dumps(clip, ensure_ascii=False)[1:-1], file_stem(clip)}
    either = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.compile(rf"(?<!{_NAME_GOES_ON})(?:{either})(?!\.?\w|~|-)")


def _changed(path: Path, after: bytes | str, before: bytes | None = None) -> dict[Path, bytes]:
    content = after.encode("utf-8", "surrogateescape") if isinstance(after, str) else after
    return {} if content == (path.read_bytes() if before is None else before) else {path: content}


def _without_rows(content: bytes, clip: str) -> bytes:
    """A csv without the rows in which a cell is the clip's ID; with its byte order mark, where it has one."""
    encoding = "utf-8-sig" if content.startswith(b"\xef\xbb\xbf") else "utf-8"
    try:
        rows = list(lists_of(io.StringIO(content.decode(encoding), newline="")))
    except UnicodeDecodeError:  # none of ours
        return content
    named = {clip, neutral_cell(clip)}
    kept = [row for row in rows if not named & set(row)]
    return content if len(kept) == len(rows) else "".join(map(csv_line, kept)).encode(encoding)


def _without_values(content: bytes, clip: str) -> bytes:
    """A JSON file without the keys and the values that name the clip."""
    try:
        value = json.loads(content)
    except ValueError:  # none of ours
        return content
    kept = _kept(value, _names(clip))
    return content if kept == value else json.dumps(kept, ensure_ascii=False, indent=1).encode() + b"\n"


def _kept(value: Any, wanted: re.Pattern[str]) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):  # one clip's facts, for the shards
            return None if wanted.fullmatch(value["id"]) else value
        pairs = ((key, _kept(item, wanted)) for key, item in value.items() if not wanted.fullmatch(key))
        return {key: item for key, item in pairs if item is not None or value[key] is None}
    if isinstance(value, list):
        items = [(item, _kept(item, wanted)) for item in value]
        return [after for before, after in items if after is not None or before is None]
    return None if isinstance(value, str) and wanted.search(value) else value


def _without_paragraphs(text: str, clip: str) -> str:
    """A transcript log without the paragraph of the clip, whose first line begins with its ID."""
    name = " ".join(clip.split())
    parts = text.removesuffix("\n").split("\n\n")
    kept = [part for part in parts if (part + "\n").partition("\n")[0].partition(" | ")[0] != name]
    return text if len(kept) == len(parts) else "".join(f"{part}\n" for part in "\n\n".join(kept).splitlines())


def _without_entries(text: str, clip: str) -> str:
    """A log without the lines that name the clip, and without what a run over this clip alone said at its end."""
    wanted = _names(clip)
    kept = []
    for entry in _ENTRY.split(text):
        if not wanted.search(entry):
            kept.append(entry)
        elif not _OF_ONE_CLIP.search(entry):
            kept += [line for line in entry.splitlines(keepends=True) if not wanted.search(line)]
    return "".join(kept)
