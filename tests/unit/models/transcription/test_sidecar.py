"""Transcript files of all kinds: what is said, what is heard, in which encoding, and which file comes first."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from harness.faults import ClipError
from harness.records.types import AudioInfo, Clip, Media, MediaInfo, Segment, Sidecar
from models.transcription.sidecar import ordered, parse_sidecar, read_bytes
from models.transcription.written import EmbeddedTranscriber

ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:00.00,0:00:02.30,Default,,0,0,0,,{\\an7\\pos(0,0)\\p1}m 0 0 l 672 0 672 40 0 40{\\p0}
Comment: 0,0:00:00.00,0:00:02.30,Default,,0,0,0,,never shown
Dialogue: 1,0:00:02.30,0:00:03.00,Default,,0,0,0,,[掌声]
Dialogue: 1,0:00:00.20,0:00:02.30,Default,,0,0,0,,{\\fad(200,200)}我今天,很高兴{a note}
Dialogue: 2,0:00:00.20,0:00:02.30,Default,,0,0,0,,{\\fad(200,200)}我今天,很高兴{a note}
Dialogue: 2,0:00:00.20,0:00:02.30,Default,,0,0,0,fx,我
"""


def said(name: str, text: str, encoding: str = "utf-8") -> list[tuple[str, float | None, float | None]]:
    return [(s.text, s.start, s.end) for s in parse_sidecar(name, text.encode(encoding)).segments]


def test_ass_dialogues() -> None:
    told = parse_sidecar("a.ass", ASS.encode("utf-16"))
    assert told.segments == (Segment("我今天,很高兴", 0.2, 2.3),)
    assert told.sounds == (Segment("掌声", 2.3, 3.0),)
    assert told.encoding == "UTF-16"
    ssa = (
        "[Script Info]\n[Events]\nFormat: Marked, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: Marked=0,0:00:01.00,0:00:02.00,Default,NTP,0000,0000,0000,!Effect,Hello, you\n"
    )
    assert said("a.ssa", ssa) == [("Hello, you", 1.0, 2.0)]
    assert said("a.txt", ASS) == [("我今天,很高兴", 0.2, 2.3)]


def test_lrc_lines_last_until_the_next() -> None:
    text = "[ti:a song]\n[offset:+500]\n[00:01.50]一\n[00:04.00][00:02.50]<00:02.60>二<00:02.90>三\n[00:05.00]\n"
    assert said("a.lrc", text) == [("一", 1.0, 2.0), ("二三", 2.0, 3.5), ("二三", 3.5, 4.5)]
    assert said("a.lrc", "[00:01.00]last") == [("last", 1.0, 1.0)]


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("a.ass", "[Script Info]\n[Events]\n", "no dialogue"),
        ("a.ass", "[Events]\nDialogue: 0,0:00:0x,0:00:02.00,D,,0,0,0,,words\n", "line 2"),
        ("a.lrc", "words without times\n", "no line with a time"),
        ("a.ass", "[Events]\nDialogue: 0,0:00:00.00,0:00:02.00,D,,0,0,0,,{\\p1}m 0 0{\\p0}\n", "no words"),
    ],
)
def test_refusals(name: str, text: str, part: str) -> None:
    with pytest.raises(ClipError, match=part) as caught:
        parse_sidecar(name, text.encode())
    assert caught.value.remedy


def test_a_file_of_sounds_holds_no_words_and_is_no_error() -> None:
    told = parse_sidecar("a.srt", "1\n00:00:00,100 --> 00:00:00,900\n[掌声] ♪♪\n".encode())
    assert told.segments == ()
    assert told.sounds == (Segment("♪", 0.1, 0.9), Segment("掌声", 0.1, 0.9))


def test_a_dialogue_loses_its_names() -> None:
    assert [row[0] for row in said("a.txt", "小明：你好吗\n小红：我很好\n")] == ["你好吗", "我很好"]


def test_a_large_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    with path.open("wb") as stream:
        stream.truncate(4_000_000_000)
    with pytest.raises(ClipError, match="4000000000 bytes"):
        read_bytes(path)


def side(name: str, language: str = "") -> Sidecar:
    return Sidecar(name, "0" * 64, language)


@pytest.mark.parametrize(
    ("language", "first"),
    [("zh", "a.zh.srt"), ("en", "a.en.srt"), ("", "a.srt")],
)
def test_two_languages_choose_by_the_clips(language: str, first: str) -> None:
    listed = [side("a.srt"), side("a.en.srt", "en"), side("a.zh.srt", "zh"), side("a.txt")]
    found = [one.path for one in ordered(listed, language)]
    assert found[0] == first
    assert sorted(found) == sorted(one.path for one in listed)


def test_a_foreign_language_comes_last() -> None:
    listed = [side("a.fr.srt", "fr"), side("a.chs&eng.srt", "mul"), side("a.txt")]
    assert [one.path for one in ordered(listed, "zh")] == ["a.txt", "a.chs&eng.srt", "a.fr.srt"]


@pytest.mark.parametrize(
    ("clip_id", "folder", "track", "text"),
    [
        ("a.mp4", "zh", "eng", "我很高兴"),
        ("a.mp4", None, "eng", "I am happy"),
        ("a.mp4", None, "chi", "我很高兴"),
        ("demo_en_1.mp4", None, "", "I am happy"),
    ],
)
def test_what_is_known_of_a_clips_language(
    tmp_path: Path, clip_id: str, folder: str | None, track: str, text: str
) -> None:
    sidecars = []
    for language, words in (("zh", "我很高兴"), ("en", "I am happy")):
        path = tmp_path / f"a.{language}.txt"
        path.write_text(words, encoding="utf-8")
        sidecars.append(Sidecar(str(path), hashlib.sha256(words.encode()).hexdigest(), language))
    clip = Clip(clip_id, "a.mp4", "0" * 64, 1, tuple(sidecars), "zh" if folder == "zh" else None)
    sound = AudioInfo("aac", 16_000, 1, 1.0, 0, None, None, language=track)
    media = Media(MediaInfo("mp4", 1.0, sound, None), None, ())
    assert EmbeddedTranscriber().transcribe(clip, media).text == text


def test_the_source_names_the_encoding_that_was_found(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("我真的很討厭你，你太可惡了".encode("big5"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    clip = Clip("a.mp4", "a.mp4", "0" * 64, 1, (Sidecar(str(path), digest),))
    found = EmbeddedTranscriber().transcribe(clip, Media(MediaInfo("mp4", 1.0, None, None), None, ()))
    assert (found.text, found.language) == ("我真的很討厭你，你太可惡了", "zh")
    assert found.source == "a.txt (read as Big5)"


def test_markup_and_sounds_in_a_subtitle_track(tmp_path: Path) -> None:
    lines = (Segment("[掌声]", 0.0, 1.0), Segment("JOHN: 谢谢", 1.0, 2.0))
    clip = Clip("a.mp4", "a.mp4", "0" * 64, 1)
    found = EmbeddedTranscriber().transcribe(clip, Media(MediaInfo("mp4", 2.0, None, None, lines), None, ()))
    assert found.segments == (Segment("谢谢", 1.0, 2.0),)
    assert found.sounds == (Segment("掌声", 0.0, 1.0),)
