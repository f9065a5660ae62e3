from __future__ import annotations

import csv
from pathlib import Path

import pytest

from harness.config import Config, load_profile, make_config
from harness.output.export import STORY_FOLDER, export
from harness.records.types import Clip, Record

NAMES = ["-3g5y.mp4", "=cmd|' /C calc'!A0.mp4", '逗号,引号".mp4', "a b.mp4"]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    folders = {key: tmp_path / key for key in ("models_dir", "test_data", "results", "supplements")}
    return make_config(load_profile("embedded"), profile="embedded", **folders)


def read(path: Path, encoding: str) -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream))


def test_the_submission_is_plain_and_whole(config: Config) -> None:
    clips = [Clip(name, name, "", 0) for name in sorted(NAMES)]
    export(config, clips, {})
    raw = config.submission.read_bytes()
    assert raw.startswith(b"ID,Label\n")
    assert b"\r" not in raw
    assert [row[0] for row in read(config.submission, "utf-8")[1:]] == sorted(NAMES)


def test_files_for_people_run_no_formula(config: Config) -> None:
    said = {"segments": [{"text": "=HYPERLINK(1)"}], "language": "en", "detected_language": "en"}
    said |= {"language_probability": None, "source": "x"}
    record = Record("transcribe", "a b.mp4", "p", "f", "ok", said)
    export(config, [Clip(name, name, "", 0) for name in sorted(NAMES)], {"a b.mp4": {"transcribe": record}})
    for name in ("predictions.csv", "transcription_results.csv"):
        path = config.supplements / name
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        cells = [cell for row in read(path, "utf-8-sig") for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@"))]
        assert "'=cmd|' /C calc'!A0.mp4" in cells
    assert "'=HYPERLINK(1)" in cells


def test_columns(config: Config) -> None:
    export(config, [Clip("a.mp4", "a.mp4", "", 0)], {})
    assert read(config.supplements / "transcription_results.csv", "utf-8-sig")[0] == [
        "文件名称",
        "语言",
        "字幕",
        "处理时间(秒)",
    ]
    header = read(config.supplements / "predictions.csv", "utf-8-sig")[0]
    assert header[:7] == ["ID", "Label", "p_SNEG", "p_WNEG", "p_NEUT", "p_WPOS", "p_SPOS"]


def test_a_story_is_written_again_only_when_it_changed(config: Config) -> None:
    clips = [Clip("a.mp4", "a.mp4", "", 0), Clip("b.mp4", "b.mp4", "", 0)]
    export(config, clips, {})
    first, second = (config.supplements / STORY_FOLDER / f"{name}.mp4.json" for name in "ab")
    before, content = first.stat().st_ino, second.read_bytes()
    second.write_bytes(content[:-9])  # torn
    export(config, clips, {})
    assert first.stat().st_ino == before
    assert second.read_bytes() == content


def test_stories_of_clips_that_left_are_removed(config: Config) -> None:
    export(config, [Clip("a.mp4", "a.mp4", "", 0), Clip("b.mp4", "b.mp4", "", 0)], {})
    export(config, [Clip("b.mp4", "b.mp4", "", 0)], {})
    assert [p.name for p in (config.supplements / STORY_FOLDER).iterdir()] == ["b.mp4.json"]


@pytest.mark.parametrize(
    "text", ["x" * 131_073, "长" * 400_000, "a\rb", "a\r\nb", "a\nb", 'a"b', "a,b", "a\0b", "\u2028", "a\ud800b", "\t"]
)
def test_whatever_is_said_in_one_clip_costs_no_other(config: Config, text: str) -> None:
    said = {"segments": [{"text": f"<{text}>"}], "language": "en", "detected_language": "en"}
    record = Record("transcribe", "a.mp4", "p", "f", "ok", said | {"language_probability": None, "source": "x"})
    failed = Record("reason", "a.mp4", "p", "f", "error", None, f"<{text}>")
    export(
        config,
        [Clip(name, name, "", 0) for name in ("a.mp4", "b.mp4")],
        {"a.mp4": {"transcribe": record, "reason": failed}},
    )
    csv.field_size_limit(2**31 - 1)
    rows = read(config.supplements / "transcription_results.csv", "utf-8-sig")
    assert rows[1][2] == f"<{text}>".replace("\ud800", "\ufffd") and [row[0] for row in rows[1:]] == ["a.mp4", "b.mp4"]
    assert len(read(config.supplements / "predictions.csv", "utf-8-sig")) == 3
    assert sorted(path.name for path in (config.supplements / STORY_FOLDER).iterdir()) == ["a.mp4.json", "b.mp4.json"]
