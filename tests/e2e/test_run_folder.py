"""The whole run on a folder as people hand it over: odd files named, IDs made as asked, paths refused in one line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.e2e.test_run import run, submission
from tests.support.media_clips import tone, write_wav
from tests.support.needs import needs

needs("cv2")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    for video in ("v1", "v2"):
        (folder / "Raw" / video).mkdir(parents=True)
        write_wav(folder / "Raw" / video / "1.wav", tone(0.5, rate=16_000))
    (folder / "Raw/v1/1.zh.srt").write_bytes(
        "1\n00:00:00,000 --> 00:00:00,400\n[掌聲] 我非常高興，謝謝\n".encode("big5")
    )
    (folder / "label.csv").write_text("video_id,clip_id\n", encoding="utf-8")
    (folder / "Raw/v2/notes.txt").write_text("a note", encoding="utf-8")
    return folder


def test_ids_words_and_files_that_are_no_clips(root: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(root, data, out)
    assert done.returncode == 0, done.stderr
    assert set(submission(out)) == {"v1_1.wav", "v2_1.wav"}
    manifest = json.loads((out / "supplements/run_manifest.json").read_text("utf-8"))
    log = (out / "supplements/run.log").read_text("utf-8")
    assert set(manifest["run"]["no_clips"]) == {"label.csv", "Raw/v2/notes.txt"}
    assert manifest["run"]["ids"] == "path_"
    summary = log[log.index("stage seconds") :]
    for name in manifest["run"]["no_clips"]:
        assert f"{name} is no clip: " in log and f"{name}: " in summary
    with (out / "supplements/transcription_results.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["文件名称"]: row for row in csv.DictReader(stream)}
    assert rows["v1_1.wav"]["字幕"] == "我非常高興，謝謝"
    assert "掌聲 (a sound)" in (out / "supplements/transcription_log.txt").read_text("utf-8")

    # Another form of ID, with folders in it, as a sample submission has it: the same clips, each with its records.
    sample = tmp_path / "sample.csv"
    sample.write_text("ID,Label\nRaw/v1/1.wav,NEUT\nRaw/v2/1.wav,NEUT\n", encoding="utf-8")
    other = tmp_path / "other"
    done = run(root, data, other, "--ids", str(sample))
    assert done.returncode == 0, done.stderr
    assert set(submission(other)) == {"Raw/v1/1.wav", "Raw/v2/1.wav"}
    assert len(list((other / "supplements/video_emotion_results").glob("*.json"))) == 2
    again = run(root, data, other, "--ids", str(sample))
    assert again.returncode == 0 and set(submission(other)) == {"Raw/v1/1.wav", "Raw/v2/1.wav"}


def test_settings_and_paths_that_cannot_be_used_end_in_one_line(root: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for extra, message in (
        (("--set", "ids=name"), "have one ID"),
        (("--set", "default_label=2024-13-45"), "default_label=2024-13-45 is not valid YAML"),
        (("--set", "omni.frames=0"), "omni.frames is 0"),
        (("--ids", str(tmp_path / "none.csv")), "there is no file"),
        (("--profile", "\udcff"), "\\xff is not UTF-8"),
    ):
        done = run(root, data, out, *extra)
        assert done.returncode == 2
        english, *chinese = done.stderr.splitlines()
        assert message in english and all(line.startswith("错误：") for line in chinese) and len(chinese) <= 1
        assert not out.exists()
