"""`python -m models`: what is missing is named in one line, with what mends it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import pytest

from models.__main__ import main


class _Without(MetaPathFinder):
    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> None:
        if fullname.split(".")[0] == self.name:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def test_a_missing_head(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--features", str(tmp_path), "--out", str(tmp_path / "o.csv")]
    assert main(["predict", "--head", str(tmp_path / "nope"), *flags]) == 2
    shown = capsys.readouterr().err
    assert "there is no head in" in shown and "python -m models train" in shown


@pytest.mark.parametrize("package", ["torch", "sklearn"])
def test_a_missing_package(
    tmp_path: Path, package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(flags: object) -> int:
        __import__(f"{package}.inside")
        return 0

    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Without(package), *sys.meta_path])
    monkeypatch.setattr("models.evaluation.predict.run", run)
    assert main(["predict", "--head", "h", "--features", "f", "--out", "o.csv"]) == 2
    card = "models" if package == "torch" else "embedded"
    assert f"needs the package {package} (pip install -r requirements/{card}.txt)" in capsys.readouterr().err


def test_a_path_that_is_not_utf8(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--head", "\udcff", "--features", "f", "--out", "o.csv"]) == 2
    assert "\\xff is not UTF-8" in capsys.readouterr().err


def test_a_reader_that_leaves_is_no_error(root: Path) -> None:
    there, ours = os.pipe()
    os.close(there)
    told = subprocess.run(
        [sys.executable, "-m", "models", "list"], cwd=root, stdout=ours, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(ours)
    assert (told.returncode, told.stderr) == (141, "")
