"""The command as a user gives it, and what it wrote."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from tests.support.warm_python import run_warm


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder that goes with this process."""
    return tempfile.TemporaryDirectory(prefix="face-nets-only-")


@cache
def face_nets_only(root: Path) -> Path:
    """A models folder with nothing but the face nets: what a test of the machinery needs, and quick to load."""
    folder = Path(_scratch().name)
    (folder / "face").symlink_to(Path(os.environ.get("HARNESS_MODELS") or root / "checkpoints") / "face")
    return folder


def run(root: Path, data: Path, out: Path, *extra: str, **environment: str) -> subprocess.CompletedProcess[str]:
    folders = ["--test-data", str(data), "--results", str(out / "results"), "--supplements", str(out / "supplements")]
    words = [str(root / "run_submission.py"), *folders, *extra]
    return python(words, out.parent, HARNESS_MODELS=str(face_nets_only(root)), **environment)


def python(words: list[str], cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What `python *words` does: from a warm Python, unless the environment says how Python itself is to start."""
    everything = {**os.environ, **environment}
    if not any(name.startswith("PYTHON") for name in environment):
        return run_warm(words, cwd, everything)
    command = [sys.executable, *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, cwd=cwd, env=everything, check=False)


def table(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.DictReader(stream))


def submission(out: Path) -> dict[str, str]:
    rows = table(out / "results" / "combined_results.csv", "utf-8")
    assert len({row["ID"] for row in rows}) == len(rows)
    return {row["ID"]: row["Label"] for row in rows}


def predictions(out: Path) -> dict[str, dict[str, str]]:
    return {row["ID"].removeprefix("'"): row for row in table(out / "supplements" / "predictions.csv")}
