"""Records that no run reads any more: found, and removed where the user asks for it; nothing does so unasked."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.faults import ConfigError
from harness.output.export import STORY_FOLDER
from harness.records.store import SUFFIX

ATTACHED = ".npy"


def old_records(supplements: Path) -> list[Path]:
    """What `--fresh` moved aside, what was set aside as no record, and records of clips that are no longer in the run.

    Args:
        supplements: of a finished run, whose stories say which clips are in it.

    Raises:
        ConfigError: there are no stories: it cannot be told which records are old.
    """
    stories = {path.name.removesuffix(SUFFIX) for path in (supplements / STORY_FOLDER).glob(f"*{SUFFIX}")}
    if not stories:
        raise ConfigError(
            f"{supplements} holds no finished run, so which of its records are old cannot be told",
            "let the run come to its end first; the same command resumes it",
        )
    return [*_moved_aside(supplements), *_superfluous(supplements / "records", stories)]


def remove(paths: list[Path]) -> int:
    """Remove files and folders; returns the bytes that they held. OSError when one cannot be removed."""
    held = 0
    for path in paths:
        held += sum(part.stat().st_size for part in [path, *path.rglob("*")] if part.is_file())
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    return held


def _moved_aside(supplements: Path) -> Iterator[Path]:
    yield from (path for path in sorted(supplements.glob("records.*")) if path.is_dir() and not path.is_symlink())


def _superfluous(records: Path, stories: set[str]) -> Iterator[Path]:
    for path in sorted(records.glob("*/*")):
        stem = path.name.removesuffix(SUFFIX) if path.suffix == SUFFIX else path.stem.rpartition(".")[0]
        of_nobody = path.suffix in (SUFFIX, ATTACHED) and stem not in stories
        if of_nobody or ".set-aside" in path.name:
            yield path
