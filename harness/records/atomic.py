"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path

_UMASK = os.umask(0o077)
os.umask(_UMASK)
_MODE = 0o666 & ~_UMASK
"""What the user's umask leaves, as for any file: a temporary file alone is made for its owner only."""
TEMPORARY = ".tmp-"
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)
"""What file systems answer that know no fsync of a folder: network shares, FUSE."""


def write_atomic(path: Path, data: bytes, wait: bool = True) -> None:
    """Write `data` so that a reader sees the old file or the whole new one, whatever happens in between.

    Temporary file in the same folder, fsync, rename, fsync of the folder. A kill can leave a `.tmp-…` file behind (see
    `remove_temporaries`), never a torn `path`.
    Without `wait` there is no fsync: a machine that loses power may then leave a torn file, so this is for files that
    are compared with what they are made from whenever they are used again.
    """
    prefix = f"{TEMPORARY}{path.name[:40]}-"
    try:
        handle, temporary = tempfile.mkstemp(prefix=prefix, dir=path.parent)
    except FileNotFoundError:
        make_folder(path.parent)
        handle, temporary = tempfile.mkstemp(prefix=prefix, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            if wait:
                stream.flush()
                os.fsync(stream.fileno())
        os.chmod(temporary, _MODE)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if wait:
        _sync_folder(path.parent)


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
            if name.startswith(f"{TEMPORARY}{of[:40]}-" if of else TEMPORARY):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(os.path.join(place, name))
        if of:
            folders.clear()


def _sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk. Without it a renamed file may be gone after the power was."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)
