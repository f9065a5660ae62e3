"""What the extractions share: which items there are, and the loop that measures what is not there yet."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harness.faults import Absent, ClipError, ConfigError
from harness.inputs.kinds import AUDIO_SUFFIXES, VIDEO_SUFFIXES
from harness.inputs.table import read_rows
from harness.records.numbers import AT_LEAST_ONE
from models.features.table import About, Writer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")
VIDEO = VIDEO_SUFFIXES
SOUND = AUDIO_SUFFIXES


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of every extraction."""
    parser.add_argument("--data", type=Path, required=True, help="csv with a column of paths, or a folder")
    parser.add_argument("--path-column", default="path", help="paths are relative to the csv; they are the ids")
    parser.add_argument(
        "--shard", type=AT_LEAST_ONE.parse, default=256, help="items per shard: the most a kill can cost"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the shards and their table")


def add_measuring_flags(parser: argparse.ArgumentParser) -> None:
    """The flags of an extraction that asks models, of the clip as a whole or frame by frame."""
    parser.add_argument("--granularity", choices=["utterance", "frame"], default="utterance")
    parser.add_argument("--models-dir", type=Path, default=None, help="where models lie (default: checkpoints/)")


def read_files(data: Path, column: str, suffixes: Sequence[str]) -> dict[str, Path]:
    """Id (the path as written) → file. ConfigError when there is none."""
    if data.is_dir():
        found = {path.relative_to(data).as_posix(): path for path in sorted(data.rglob("*"))}
        items = {item: p for item, p in found.items() if p.suffix.lower() in suffixes and not p.name.startswith(".")}
    else:
        items = {row[column]: data.parent / row[column] for row in read_rows(data, column)}
    if not items:
        raise ConfigError(f"{data} holds no recording", f"a folder with {', '.join(suffixes)}, or a csv of paths")
    return items


def extract(
    items: Mapping[str, T],
    about: About,
    measure: Callable[[T], NDArray[np.floating[Any]]],
    out: Path,
    shard: int,
) -> int:
    """Measure what is not there yet, and try again what had no features; 0 when every item is listed."""
    from tqdm import tqdm

    writer, problems = Writer(out, about, shard), 0
    left = [item for item in items if item not in writer.done]
    for item in tqdm(left, desc=f"extract {about.modality}", unit="clip"):
        try:
            writer.add(item, measure(items[item]))
        except (Absent, ClipError, OSError, ValueError, IndexError) as error:
            # av's errors are OSError or ValueError; a file without the track that is asked for gives an IndexError.
            problems += 1
            writer.skip(item, f"{type(error).__name__}: {error}")
    writer.flush()
    print(f"{len(items)} items, {len(about.names)} features per {about.granularity}, {problems} problems → {out}")
    return 0
