"""The folder of sockets of a run that was killed is removed by the next; one that is in use is not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.sockets import PREFIX, remove_abandoned

HOLD = "from harness.sockets import own_folder; own_folder(); print(flush=True); input()"


def test_an_abandoned_folder_goes_and_a_held_one_stays(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"{PREFIX}no-folder").write_bytes(b"")
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=root, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        (folder,) = (path for path in tmp_path.glob(PREFIX + "*") if path.is_dir())
        (folder / "listener-x").write_bytes(b"")
        remove_abandoned()
        assert folder.is_dir()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    remove_abandoned()
    assert [path.name for path in tmp_path.iterdir()] == [f"{PREFIX}no-folder"]


def test_a_program_that_ends_by_itself_leaves_nothing(root: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run(
        [sys.executable, "-c", HOLD], cwd=root, env=environment, input=b"\n", check=True, capture_output=True
    )
    assert list(tmp_path.iterdir()) == []
