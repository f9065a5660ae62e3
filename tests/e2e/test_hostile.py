"""A little of `make hostile`: each hostile file is one row or one named refusal, in bounded time and memory."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.needs import needs

needs("cv2")


def test_hostile_files_cost_nobody_else_anything(root: Path, models: Path, tmp_path: Path) -> None:
    # In a program of its own: calls are copies of it, and a copy of a test's process loses its threads.
    command = [sys.executable, "-m", "tests.hostile", "--clips", "23", "--files", "193"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = re.search(r"^(\d+) kinds, 0 not as they have to be$", done.stdout, re.MULTILINE)
    assert told is not None and int(told[1]) > 20
