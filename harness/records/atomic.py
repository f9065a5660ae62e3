"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".tmp-"
BUFFER = 1 << 16


def write_atomic(path: Path | str, data: bytes, wait: bool = True) -> None:
    """Write `data` so that a reader sees the old file or the whole new one, whatever happens in between.

    Arguments as of `atomic_file`. A run writes a dozen files a clip, so this takes the system calls it needs and no
    buffer.
    """
    with _replacing(path) as handle:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            if wait:
                os.fsync(handle)
        finally:
            os.close(handle)


@contextlib.contextmanager
def atomic_file(path: Path | str, wait: bool = True) -> Iterator[BinaryIO]:
    """A file to write piece by piece, of which a reader sees the old one or the whole new one.

    Temporary file in the same folder, fsync, rename. A kill can leave a `.tmp-…` file behind, never a torn `path`.
    Without `wait` there is no fsync: a machine that loses power may then leave a torn file, so this is for files that
    are compared with what they are made from whenever they are used again.
    """
    with _replacing(path) as handle, os.fdopen(handle, "wb", BUFFER) as stream:
        yield stream
        if wait:
            stream.flush()
            os.fsync(handle)


@contextlib.contextmanager
def _replacing(path: Path | str) -> Iterator[int]:
    """A new file, open for writing, that takes the place of `path` unless something fails. The user closes it."""
    handle, temporary = _temporary(path)
    try:
        yield handle
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _temporary(path: Path | str) -> tuple[int, str]:
    """A new file beside `path` that the user's umask allows, open for writing; its folder is made where it lacks."""
    folder = os.path.dirname(path)
    temporary = os.path.join(folder, TEMPORARY + os.urandom(8).hex())
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(temporary, flags, 0o666), temporary
    except FileNotFoundError:
        os.makedirs(folder, exist_ok=True)
        return os.open(temporary, flags, 0o666), temporary
