from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from harness.records.atomic import remove_temporaries, write_atomic


@pytest.mark.parametrize(("umask", "mode"), [("022", 0o644), ("077", 0o600), ("002", 0o664)])
def test_files_are_as_the_umask_says(root: Path, tmp_path: Path, umask: str, mode: int) -> None:
    path = tmp_path / "f.csv"
    code = (
        "import sys, pathlib; from harness.records.atomic import write_atomic as w; w(pathlib.Path(sys.argv[1]), b'x')"
    )
    subprocess.run(
        ["bash", "-c", f'umask {umask}; "$0" -c "$1" "$2"', sys.executable, code, str(path)], check=True, cwd=root
    )
    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_what_a_killed_run_left_half_written_is_removed(tmp_path: Path) -> None:
    shared, below = tmp_path / "results", tmp_path / "records" / "media"
    for folder in (shared, below):
        folder.mkdir(parents=True)
        for name in (".tmp-a.csv-x1", ".tmp-b.csv-x2", "a.csv"):
            (folder / name).write_bytes(b"x")
    remove_temporaries(tmp_path / "records")
    remove_temporaries(shared, of="a.csv")
    remove_temporaries(tmp_path / "missing")
    assert [path.name for path in below.iterdir()] == ["a.csv"]
    assert sorted(path.name for path in shared.iterdir()) == [".tmp-b.csv-x2", "a.csv"]


def test_bytes_then_name_then_folder_are_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda handle: seen.append(os.readlink(f"/proc/self/fd/{handle}")))
    write_atomic(tmp_path / "new" / "deep" / "a.json", b"{}")
    assert [Path(path).name[:5] for path in seen] == ["new", tmp_path.name[:5], ".tmp-", "deep"]
    seen.clear()
    write_atomic(tmp_path / "b.json", b"{}", wait=False)
    assert seen == []
