"""Transcripts find their clips by name."""

from __future__ import annotations

import pytest

from harness.inputs.sidecar_names import language_of_tag, owners

CLIPS = ["clip.mp4", "b.zh.mp4", "b.mp4", "2024.01.01.mp4", "视频 一.mp4"]


@pytest.mark.parametrize(
    ("name", "clip", "language"),
    [
        ("clip.srt", "clip.mp4", ""),
        ("clip.mp4.srt", "clip.mp4", ""),
        ("CLIP.SRT", "clip.mp4", ""),
        ("Clip.ZH.Srt", "clip.mp4", "zh"),
        ("clip.zh.srt", "clip.mp4", "zh"),
        ("clip.mp4.zh.srt", "clip.mp4", "zh"),
        ("clip.zh-Hans.vtt", "clip.mp4", "zh"),
        ("clip.zh_CN.ass", "clip.mp4", "zh"),
        ("clip.zh-Hant-TW.ass", "clip.mp4", "zh"),
        ("clip.chs.lrc", "clip.mp4", "zh"),
        ("clip.简体.srt", "clip.mp4", "zh"),
        ("clip_en.srt", "clip.mp4", "en"),
        ("clip-eng.txt", "clip.mp4", "en"),
        ("clip.en-US.srt", "clip.mp4", "en"),
        ("clip.en.forced.srt", "clip.mp4", "en"),
        ("clip.sdh.en.srt", "clip.mp4", "en"),
        ("clip[zh].srt", "clip.mp4", "zh"),
        ("clip.chs&eng.ass", "clip.mp4", "mul"),
        ("clip.zh.en.srt", "clip.mp4", "mul"),
        ("clip.fr.srt", "clip.mp4", "fr"),
        ("b.zh.srt", "b.zh.mp4", ""),
        ("b.zh.en.srt", "b.zh.mp4", "en"),
        ("b.en.srt", "b.mp4", "en"),
        ("2024.01.01.srt", "2024.01.01.mp4", ""),
        ("视频 一.zh.srt", "视频 一.mp4", "zh"),
        ("clip.final.srt", "", ""),
        ("clipzh.srt", "", ""),
        ("clip2.srt", "", ""),
        (".zh.srt", "", ""),
    ],
)
def test_owner(name: str, clip: str, language: str) -> None:
    assert [(one.clip, one.language) for one in owners(name, CLIPS)] == ([(clip, language)] if clip else [])


def test_a_transcript_of_two_clips_of_one_name_belongs_to_both() -> None:
    assert [one.clip for one in owners("x.zh.srt", ["x.mp4", "x.mkv"])] == ["x.mp4", "x.mkv"]


def test_tags() -> None:
    assert language_of_tag("ZH-Hans-CN") == "zh"
    assert language_of_tag("zh-en") == "mul"
    assert language_of_tag("hans") == "zh"
    assert language_of_tag("forced") == ""
    assert language_of_tag("") == ""
