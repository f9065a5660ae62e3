"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_UMASK = os.umask(0o077)
os.umask(_UMASK)
_MODE = 0o666 & ~_UMASK
"""What the user's umask leaves, as for any file: a temporary file alone is made for its owner only."""
TEMPORARY = ".tmp-"


def write_atomic(path: Path, data: bytes, wait: bool = True) -> None:
    """Write `data` so that a reader sees the old file or the whole new one, whatever happens in between.

    Temporary file in the same folder, fsync, rename. A kill can leave a `.tmp-…` file behind, never a torn `path`.
    Without `wait` there is no fsync: a machine that loses power may then leave a torn file, so this is for files that
    are compared with what they are made from whenever they are used again.
    """
    try:
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
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
