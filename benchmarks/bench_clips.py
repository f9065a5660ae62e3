"""Clips to measure with: any number made from a few, each with bytes of its own and the same pictures and sound.

A file of the MP4 family may end in a box that readers pass over (`free`, ISO/IEC 14496-12, 8.1.2). One that holds the
clip's number makes another file of it, with another hash, at no cost: nothing is encoded again.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path


def free_box(content: bytes) -> bytes:
    """A box that readers pass over: its size, four letters, and what it holds."""
    return struct.pack(">I4s", 8 + len(content), b"free") + content


def make_clips(sources: Sequence[Path], folder: Path, count: int) -> int:
    """Write `count` clips to `folder`, made from `sources` in turn; returns their bytes together.

    Raises:
        ValueError: no sources.
    """
    if not sources:
        raise ValueError("no .mp4 to make clips of")
    folder.mkdir(parents=True, exist_ok=True)
    total = 0
    for number in range(count):
        source = sources[number % len(sources)]
        content = source.read_bytes() + free_box(f"{number:08d}".encode("ascii"))
        (folder / f"{number:05d}_{source.stem}.mp4").write_bytes(content)
        total += len(content)
    return total


def sources_in(*folders: Path) -> list[Path]:
    """The .mp4 files of the folders that there are, those of each in the order of their names, by turns."""
    lists = [sorted(folder.glob("*.mp4")) for folder in folders]
    longest = max(map(len, lists), default=0)
    return [names[place] for place in range(longest) for names in lists if place < len(names)]
