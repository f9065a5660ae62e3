"""The folder of a run's sockets, which goes with it: one that a killed run left is removed by the next.

`multiprocessing` listens in a temporary folder and removes it when Python ends, which kill -9 prevents.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from multiprocessing import process, util
from pathlib import Path
from typing import Any

PREFIX = "harness-sockets-"
_BEING_MADE = ".harness-sockets-"


def own_folder() -> None:
    """Have `multiprocessing` use a folder of this process's own, and remove those whose processes are gone.

    The folder is held by a lock that ends with the process, however that ends. Nothing is done where multiprocessing
    has a folder already.

    Raises:
        OSError: no folder can be made; multiprocessing would then make none either.
    """
    config: dict[str, Any] = process.current_process()._config  # type: ignore[attr-defined]
    if config.get("tempdir") is not None:
        return
    remove_abandoned()
    made = Path(tempfile.mkdtemp(prefix=_BEING_MADE))
    _hold(made)
    # It gets the name by which others look for it once it is held.
    folder = made.with_name(PREFIX + made.name.removeprefix(_BEING_MADE))
    made.rename(folder)
    config["tempdir"] = str(folder)
    util.Finalize(None, shutil.rmtree, args=(str(folder), True), exitpriority=-100)


def _hold(folder: Path) -> int | None:
    """A handle that holds the folder until it is closed; None when another process holds it. OSError as of `open`."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle


def remove_abandoned() -> None:
    """Remove this user's folders of sockets that nobody holds any more."""
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with contextlib.suppress(OSError):  # gone meanwhile, or no folder
            facts = folder.lstat()
            if stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.getuid() and (handle := _hold(folder)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(handle)
