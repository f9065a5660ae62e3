"""A little of `make fuzz`: made-up input breaks no reader, and what once did does not any more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fuzz import drive
from tests.fuzz.__main__ import MADE
from tests.fuzz.found import EDITED
from tests.fuzz.growth import UNITS, measured
from tests.fuzz.targets import TARGETS, Target


def test_made_up_input_breaks_no_reader(root: Path) -> None:
    readers = sorted({*MADE, *TARGETS})
    command = [
        sys.executable,
        "-m",
        "tests.fuzz",
        "--cases",
        "4000",
        "--made",
        "200",
        "--jobs",
        "1",
        "--only",
        *readers,
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, timeout=280, check=False)
    assert done.returncode == 0 and "0 findings" in done.stdout, done.stdout + done.stderr


def test_what_broke_a_reader_does_not_any_more(tmp_path: Path) -> None:
    for name, made, number in EDITED:
        target = TARGETS[name][1]()
        target.check(target.given(made, number, tmp_path))


def _reader(monkeypatch: pytest.MonkeyPatch, check: object) -> None:
    monkeypatch.setitem(TARGETS, "sample", (1, lambda: Target(check, ["plain words"], ["ab", "cd", " "])))


def test_what_breaks_a_reader_is_found_and_made_small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def check(text: str) -> None:
        assert "abcd" not in text

    _reader(monkeypatch, check)
    tried = drive.round_of("sample", 500, 3, (), tmp_path)
    ((place, (told, case)),) = tried.broke.items()
    assert place.startswith("AssertionError at ") and "AssertionError" in told and case.made == "abcd"
    assert tried.cases == 500
    assert drive.round_of("sample", 500, 3, (), tmp_path).broke == tried.broke


def test_a_reader_that_does_not_end_is_a_finding(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def check(text: str) -> None:
        while text.startswith("ab"):
            pass

    _reader(monkeypatch, check)
    monkeypatch.setattr(drive, "MOST_SECONDS", 0.02)
    monkeypatch.setattr(drive, "LOOKED_AT", 10**9)
    tried = drive.round_of("sample", 30, 0, (drive.Case("plain"), drive.Case("ab")), tmp_path)
    assert [place.partition(" ")[0] for place in tried.broke] == ["TooSlow"] and tried.cases == 30


def test_what_leads_further_is_kept_for_the_next_call(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tried = drive.round_of("answers", 200, 0, (), tmp_path)
    assert tried.further and not tried.broke
    cases = [drive.Case("\ud800", 3), drive.Case(b"\xff", 4), drive.Case("\ud800", 3)]
    drive.keep("sample", cases, tmp_path)
    assert drive.kept("sample", tmp_path) == cases[:2] and drive.kept("other", tmp_path) == []


def test_claims_are_found_in_linear_time() -> None:
    assert "嘴角上扬，" in UNITS and measured("claims", "嘴角上扬，", (8_000, 24_000)).power < 1.5


def test_times_of_a_line_of_lyrics_are_read_in_linear_time() -> None:
    assert "[00:01.00]" in UNITS and measured(".lrc", "[00:01.00]", (16_000, 250_000)).power < 1.5
