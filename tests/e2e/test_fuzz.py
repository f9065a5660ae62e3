"""A little of `make fuzz`: made-up input breaks no reader, and what once did does not any more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.fuzz.__main__ import TARGETS
from tests.fuzz.growth import UNITS, measured


def test_made_up_input_breaks_no_reader(root: Path) -> None:
    command = [sys.executable, "-m", "tests.fuzz", "--cases", "400", "--only", *TARGETS]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, timeout=280, check=False)
    assert done.returncode == 0 and "0 findings" in done.stdout, done.stdout + done.stderr


def test_claims_are_found_in_linear_time() -> None:
    assert "嘴角上扬，" in UNITS and measured("claims", "嘴角上扬，", (8_000, 24_000)).power < 1.5


def test_times_of_a_line_of_lyrics_are_read_in_linear_time() -> None:
    assert "[00:01.00]" in UNITS and measured(".lrc", "[00:01.00]", (16_000, 250_000)).power < 1.5
