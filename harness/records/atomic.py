"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

TEMPORARY = ".tmp-"
BUFFER = 1 << 16
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)
"""What file systems answer that know no fsync of a folder: network shares, FUSE."""


def write_atomic(path: Path | str, data: bytes, wait: bool = True) -> None:
    """Write `data` so that a reader sees the old file or the whole new one, whatever happens in between.

    Arguments as of `atomic_file`. A run writes a dozen files a clip, so this takes the system calls it needs and no
    buffer.
    """
    with _replacing(path, wait) as handle:
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

    Temporary file in the same folder, fsync, rename, fsync of the folder. A kill can leave a `.tmp-…` file behind (see
    `remove_temporaries`), never a torn `path`.
    Without `wait` there is no fsync: a machine that loses power may then leave a torn file, so this is for files that
    are compared with what they are made from whenever they are used again.
    """
    with _replacing(path, wait) as handle, os.fdopen(handle, "wb", BUFFER) as stream:
        yield stream
        if wait:
            stream.flush()
            os.fsync(handle)


@contextlib.contextmanager
def _replacing(path: Path | str, wait: bool) -> Iterator[int]:
    """A new file, open for writing, that takes the place of `path` unless something fails. The user closes it."""
    handle, temporary = _temporary(path)
    try:
        yield handle
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    if wait:
        _sync_folder(os.path.dirname(path) or ".")


def _temporary(path: Path | str) -> tuple[int, str]:
    """A new file beside `path` that the user's umask allows, open for writing; its folder is made where it lacks."""
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f"{_beginning(name)}{os.urandom(8).hex()}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(temporary, flags, 0o666), temporary
    except FileNotFoundError:
        make_folder(Path(folder))
        return os.open(temporary, flags, 0o666), temporary


def _beginning(name: str) -> str:
    """How the name of what is to become the file of that name begins."""
    return f"{TEMPORARY}{name[:40]}-"


def make_folder(folder: Path) -> None:
    """Make a folder with those above it; each is in its own folder for good, also when the power goes."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        _sync_folder(made.parent)


def remove_temporaries(folder: Path, of: str = "") -> None:
    """Remove what killed runs left half-written below `folder`; only for who holds it alone.

    Args:
        folder: searched with all that lies below it; it may be missing.
        of: the name of a file, for a folder that others write to as well: only what was to become it, and not below.
    """
    for place, folders, files in os.walk(folder):
        for name in files:
            if name.startswith(_beginning(of) if of else TEMPORARY):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(place, name))
        if of:
            folders.clear()


def _sync_folder(folder: Path | str) -> None:
    """Have the names in a folder on the disk. Without it a renamed file may be gone after the power was."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)
