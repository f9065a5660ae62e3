"""Every error that a user sees says what it is about and what mends it; the commonest say so in Chinese too."""

from __future__ import annotations

import ast
import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import run_submission
from eval.__main__ import main as evaluate
from harness.inputs.chinese import LINES, in_chinese
from models.__main__ import main as models
from tests.unit.test_rooms import modules

FAULTS = ("ConfigError", "EvalError", "ClipError", "NotText", "ExportError")
"""Those that a user mends. A stage that is unavailable is told with the remedy of what made it so."""


def made_without_remedy() -> Iterator[str]:
    for path in modules().values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FAULTS:
                given = [*node.args, *(keyword.value for keyword in node.keywords)]
                spread = any(isinstance(one, ast.Starred) for one in node.args)
                empty = len(given) > 1 and isinstance(given[1], ast.Constant) and not given[1].value
                if not spread and (len(given) < 2 or empty):
                    yield f"{path.name}:{node.lineno} {ast.unparse(node)[:100]}"


def test_every_error_that_a_user_can_mend_has_a_remedy() -> None:
    assert list(made_without_remedy()) == []


RUN: list[tuple[list[str], tuple[str, ...], str]] = [
    (["--test-data", "{0}/none"], ("{0}/none", "does not exist", "--test-data DIR"), "不存在"),
    (["--test-data", "{0}/empty"], ("no clip in {0}/empty", "put files of these kinds"), "没有片段"),
    (["--test-data", "{0}/a.mp4"], ("no clip {0}/a.mp4", "check the path"), "请检查路径"),
    (["{0}/notes.docx"], ("notes.docx is no clip", "a clip ends in one of"), ""),
    (["--profile", "ful"], ("unknown profile 'ful'", "known: embedded"), "没有名为"),
    (["--profile", "{0}/none.yaml"], ("profile {0}/none.yaml cannot be read", "check the path"), "无法读取"),
    (["--set", "seed"], ("--set 'seed' is not key=value", "for example --set"), "键=值"),
    (["--set", "sede=1"], ("unknown setting sede", "seed"), "这个设置"),
    (["--set", "seed=[1"], ("--set seed=[1 is not valid YAML", "quote"), "YAML"),
    (["--set", "fuse=1"], ("fuse holds settings of its own", "--set section.key=value"), ""),
    (["--set", "default_label=happy"], ("default_label is 'happy'", "allowed: neutral, SNEG"), "default_label"),
    (["--set", "workers=-1"], ("workers is -1", "a whole number"), ""),
    (["--set", "omni.frames=0"], ("omni.frames is 0", "a whole number"), ""),
    (["--label-space", "mood"], ("unknown label space 'mood'", "known: sentiment5"), "标签空间"),
    (["--opinions", "net"], ("--opinions net is not NAME=FILE.csv", "for example"), ""),
    (["--ids", "{0}/none.csv"], ("there is no file {0}/none.csv", "check the path"), "csv"),
    (["--only", "{0}/empty.csv"], ("{0}/empty.csv is empty", "column ID"), ""),
    (["--set", "fuse.strategy=best"], ("fuse.strategy is 'best'", "known: "), ""),
    (["--set", "speech.weights={0}/none"], ("speech head not found: {0}/none", "python -m models train"), ""),
    (["--set", "text.weights={0}/none"], ("{0}/none lacks head.json", "python -m models train text"), ""),
    (["--models-dir", "{0}/none"], ("face nets in {0}/none", "python -m models fetch face"), "fetch face"),
    (["--profile", "full"], ("error: ", "python -m models"), ""),
]
"""Flags of a run → what the error names and what mends it → part of its Chinese line."""
EVAL: list[tuple[list[str], tuple[str, ...], str]] = [
    (["score", "{0}/none.csv", "{0}/good.csv"], ("{0}/none.csv: there is no such file", "check the path"), "csv"),
    (["score", "{0}/empty.csv", "{0}/good.csv"], ("{0}/empty.csv: line 1: the file is empty", "ID,Label"), "csv"),
    (["score", "{0}/empty", "{0}/good.csv"], ("{0}/empty is a folder", "name the file in it"), ""),
    (["score", "{0}/good.csv", "{0}/other.csv"], ("none of the 1 IDs", "other.mp4"), ""),
    (["score", "{0}/good.csv", "{0}/good.csv", "--label-space", "mood"], ("mood", "sentiment5"), "标签空间"),
    (["report", "{0}/none"], ("{0}/none: no such folder", "python run_submission.py"), ""),
    (["validate", "{0}/good.csv", "--ids", "{0}/none.csv"], ("{0}/none.csv", "check the path"), ""),
]
MODELS: list[tuple[list[str], tuple[str, ...], str]] = [
    (["check", "--profile", "ful"], ("unknown profile 'ful'", "known: embedded"), "没有名为"),
    (
        ["extract", "speech", "--data", "{0}/empty", "--out", "{0}/out"],
        ("{0}/empty holds no recording", "a folder with"),
        "",
    ),
]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "notes.docx").write_bytes(b"x")
    (tmp_path / "good.csv").write_text("ID,Label\na.mp4,SPOS\n", encoding="utf-8")
    (tmp_path / "other.csv").write_text("ID,Label\nother.mp4,SPOS\n", encoding="utf-8")
    return tmp_path


CASES = [(run_submission.main, *case) for case in RUN]
CASES += [(evaluate, *case) for case in EVAL] + [(models, *case) for case in MODELS]


@pytest.mark.parametrize(("command", "words", "named", "chinese"), CASES, ids=[" ".join(case[1]) for case in CASES])
def test_an_error_names_what_it_is_about_and_what_mends_it(
    command: object,
    words: list[str],
    named: tuple[str, ...],
    chinese: str,
    place: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [word.format(place) for word in words]
    if command is run_submission.main:
        given += ["--results", str(place / "r"), "--supplements", str(place / "s")]
    assert callable(command) and command(given) in (1, 2)
    said = capsys.readouterr().err
    for part in named:
        assert part.format(place) in said
    in_chinese = [line for line in said.splitlines() if line.startswith("错误：")]
    assert len(in_chinese) == bool(chinese) and chinese in "".join(in_chinese)
    assert "Traceback" not in said and len(said.strip().splitlines()) <= 3


def test_twenty_errors_have_a_chinese_line() -> None:
    assert len(LINES) == 20
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/data/x")
    for message, line in (
        (str(full), "磁盘已满"),
        (str(PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/data/x")), "没有权限"),
        (
            "another run is writing to Test_Supplements: process 3 on a (wait for it)",
            "另一次运行正在写入 Test_Supplements",
        ),
        ("Whisper base has not been fetched", "fetch words"),
        ("the omni model models/omni is not there", "fetch omni"),
        ("the omni server ended while it started (exit code 1)", "omni_server.log"),
        ("worker processes end before their first task, 3 times running: x", "工作进程"),
    ):
        assert line in in_chinese(message)
    assert in_chinese("something else") == ""
