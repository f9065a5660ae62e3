"""A file played as a camera, judged while it happens."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.records.types import SAMPLE_RATE
from harness.service import live_source
from harness.service.engine import Engine, Profile
from harness.service.jobs import JobFolders
from harness.service.live_http import LiveJudging
from harness.service.problems import Problem
from models.features.sound import decode
from models.fingerprint import mismatches
from models.folders import default_models_dir
from models.transcription import files
from tests.support.media_clips import write_wav
from tests.support.needs import needs
from tests.support.run_command import face_nets_only, python

needs("cv2")


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


@pytest.mark.shared
def test_a_stream_that_begins_with_what_was_kept_is_never_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_wav(tmp_path / "kept.wav", np.zeros(3 * SAMPLE_RATE, np.float32))
    real = live_source.opened
    monkeypatch.setattr(live_source, "opened", lambda name: (real(name)[0], False))
    source = live_source.Source(str(path))
    source.start()
    assert source.over.wait(20)
    assert source.now == pytest.approx(3.0, abs=0.1)
    assert 0 <= source.behind(source.now) < 2.5, "three seconds came at once: the stream was there before"


def test_a_window_of_the_page_holds_the_words_that_were_heard_by_then(shared: Path, tmp_path: Path) -> None:
    """The first sentence of a real clip, sent as a browser sends it."""
    needs("faster_whisper")
    folder = default_models_dir() / files.WHISPER
    if mismatches(folder, files.whisper_sums(folder)):
        pytest.skip(f"no Whisper base in {folder}: run `{files.COMMAND}`")
    sound = decode(shared / "clips" / "mer" / "sample_00000694.mp4")[: 5 * SAMPLE_RATE]
    wav = write_wav(tmp_path / "s.wav", sound, SAMPLE_RATE).read_bytes()
    late = write_wav(tmp_path / "l.wav", sound[2 * SAMPLE_RATE : 4 * SAMPLE_RATE], SAMPLE_RATE).read_bytes()
    profile = Profile("embedded", ("workers=1",), default_models_dir())
    live = LiveJudging(Engine(profile, JobFolders(tmp_path, lambda: "0" * 32)))
    try:
        session = live.begin()["session"]
        assert live.judge(session, late, [], [], 12.0, 14.0)["words"] == ""
        heard = live.hear(session, wav, 10.0, 15.0)
        assert heard["language"] == "zh" and "听出来了" in heard["text"]
        words = live.judge(session, late, [], [], 12.0, 14.0)["words"]
        assert words and words in heard["text"]
        with pytest.raises(Problem, match="no such live session"):
            live.judge("0" * 32, late, [], [], 12.0, 14.0)
    finally:
        live.end()
