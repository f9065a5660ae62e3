"""A file played as a camera, judged while it happens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.run_command import face_nets_only, python

pytest.importorskip("cv2")


def live(root: Path, *flags: str) -> tuple[int, list[Any], str]:
    done = python(["-m", "harness", "live", "--json", *flags], root, HARNESS_MODELS=str(face_nets_only(root)))
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_windows_are_judged_skipped_and_counted(root: Path, models: Path) -> None:
    code, said, error = live(root, "--source", "Test_Data/demo_zh_sad.mp4", "--no-words", "--hop", "0.5")
    *windows, figures = said
    assert code == 0, error
    assert figures["judged"] == len(windows) >= 1
    assert figures["windows"] == figures["judged"] + figures["skipped"] + figures["failed"]
    for window in windows:
        assert window["end"] - window["start"] == pytest.approx(2.5)
        assert sum(window["probabilities"].values()) == pytest.approx(1.0)
        assert set(window["contributions"]) == {"audio", "video"} and window["latency"] > 0
        assert window["measured"]["f0_median_hz"] > 50
    assert windows[-1]["skipped"] <= figures["skipped"]


def test_what_cannot_be_opened_says_what_can(root: Path, models: Path, tmp_path: Path) -> None:
    (tmp_path / "list.m3u8").write_text("#EXTM3U\nfile:///etc/passwd\n", encoding="utf-8")
    for source in (str(tmp_path / "nothing.mp4"), str(tmp_path / "list.m3u8")):
        code, said, error = live(root, "--no-words", "--source", source)
        assert code == 2 and said == [] and "cannot be opened" in error and error.count("\n") == 1
