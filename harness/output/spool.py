"""What becomes rows of large files: kept on disk as it comes, read again in the order of the clips.

A run judges its clips in any order, and their files are sorted; in memory the rows of a million clips are gigabytes.
"""

from __future__ import annotations

import tempfile
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from harness.records.clean import json_bytes


class Spool:
    """A JSON value for each place of a row of places, in a file without a name that is gone with this object.

    Args:
        folder: on whose disk.
        places: how many there are.
    """

    def __init__(self, folder: Path, places: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - open as long as this lives
        self._starts = array("q", [-1]) * places
        self._sizes = array("l", [0]) * places
        self._end = 0

    def put(self, place: int, value: Any) -> None:
        """Keep a value, its texts made such as a file can hold; a later one at the same place counts."""
        encoded = json_bytes(value)
        self._file.write(encoded)
        self._starts[place], self._sizes[place] = self._end, len(encoded)
        self._end += len(encoded)

    def empty(self) -> list[int]:
        """The places without a value."""
        return [place for place, start in enumerate(self._starts) if start < 0]

    def __iter__(self) -> Iterator[Any]:
        """The values in the order of their places, leaving out places without."""
        self._file.flush()
        at = -1
        for start, size in zip(self._starts, self._sizes, strict=True):
            if start < 0:
                continue
            if start != at:  # in order already, what is buffered is used up first
                self._file.seek(start)
            yield msgspec.json.decode(self._file.read(size))
            at = start + size

    def close(self) -> None:
        """Free the disk."""
        self._file.close()
