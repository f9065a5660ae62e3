from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest


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
