"""`make weights` as it stands: every command of it is one that the project has, and reads files that are there."""

from __future__ import annotations

import argparse
import importlib
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.__main__ import GROUPS, main


def commands(root: Path, data: Path) -> list[list[str]]:
    """The words after `python -m models` of each command that `make weights` would run."""
    make = [
        "make",
        "--dry-run",
        "--always-make",
        "weights",
        f"DATA={data}",
        "VENV=no-environment",
        "HELD_OUT=no-folder",
    ]
    done = subprocess.run(make, cwd=root, capture_output=True, text=True, check=True)
    lines = [line for line in done.stdout.replace("\\\n", " ").splitlines() if " -m models " in line]
    return [shlex.split(line.split(" -m models ", 1)[1].split(" || ")[0]) for line in lines]


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not there")
def test_every_command_is_understood_and_its_data_are_there(
    root: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = shared / "data"
    seen: list[str] = []
    for words in commands(root, data):
        module = importlib.import_module(GROUPS[words[0]][words[1]][0])
        parsed: list[argparse.Namespace] = []
        monkeypatch.setattr(module, "run", lambda flags, into=parsed: into.append(flags) or 0)
        assert main(words) == 0, words
        (flags,) = parsed
        for path in paths(flags):
            if data in path.parents:
                assert path.is_file(), f"{' '.join(words[:2])} reads {path.name}, which is not there"
            elif words[0] == "train" and path == flags.out:
                assert path.parts[:2] == ("models", "weights")
        seen.append(" ".join(words[:2]))
    assert seen[:3] == ["fetch face", "fetch text", "fetch words"]
    assert {f"train {what}" for what in ("text", "sentence", "speech", "voice", "face", "fusion")} <= set(seen)
    written = [folder.name for folder in (root / "models" / "weights").iterdir() if folder.is_dir()]
    assert {words[-1].split("/")[2] for words in commands(root, data) if words[0] == "train"} == set(written)


def paths(flags: argparse.Namespace) -> Iterator[Path]:
    """Every path among the values."""
    for value in vars(flags).values():
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Path))
