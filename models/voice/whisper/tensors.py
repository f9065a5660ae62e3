"""Reads named tensors out of a CTranslate2 `model.bin` (binary version 6, as CTranslate2 4.8.5 writes it).

Little-endian: u32 version, the model's name, u32 revision, u32 number of tensors, and for each its name, u8 rank, u32
dimensions, u8 type, u32 bytes, data. A name is u16 length, then that many bytes with a closing zero.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

VERSION = 6
_TYPES = {0: "<f4", 1: "i1", 2: "<i2", 3: "<i4", 4: "<f2"}


class Tensors:
    """The file, mapped into memory.

    Raises:
        ValueError: the file is not of this layout.
    """

    def __init__(self, path: Path) -> None:
        self._bytes: NDArray[np.uint8] = np.memmap(path, np.uint8, mode="r")
        self._at = 0
        try:
            if (version := self._number("I")) != VERSION:
                raise ValueError(f"{path.name} is of binary version {version}, expected {VERSION}")
            self.kind = self._name()
            self._number("I")
            self._places = dict(self._place() for _ in range(self._number("I")))
        except (struct.error, UnicodeDecodeError, KeyError) as error:
            raise ValueError(f"{path.name} is not a CTranslate2 model: {error}") from error

    def get(self, name: str) -> NDArray[np.float32]:
        """A tensor as float32. KeyError when there is none of this name."""
        dtype, shape, offset = self._places[name]
        flat = np.frombuffer(self._bytes, dtype, int(np.prod(shape, dtype=np.int64)), offset)
        return flat.reshape(shape).astype(np.float32)

    def _place(self) -> tuple[str, tuple[str, tuple[int, ...], int]]:
        name = self._name()
        shape = tuple(self._number("I") for _ in range(self._number("B")))
        dtype, size = _TYPES[self._number("B")], self._number("I")
        offset, self._at = self._at, self._at + size
        return name, (dtype, shape, offset)

    def _name(self) -> str:
        length = self._number("H")
        start, self._at = self._at, self._at + length
        return bytes(self._bytes[start : self._at - 1]).decode("utf-8")

    def _number(self, layout: str) -> int:
        (value,) = struct.unpack_from("<" + layout, self._bytes.data, self._at)
        self._at += struct.calcsize("<" + layout)
        return int(value)
