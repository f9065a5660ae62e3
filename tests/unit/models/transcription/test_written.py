"""Sidecar files, the language of a text, and the embedded transcriber's choice of source."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from harness.faults import ClipError, StageUnavailable
from harness.records.types import Clip, Media, MediaInfo, Segment, Sidecar, Transcript
from models.fingerprint import file_sha256
from models.transcription.language import detect_language, processed_language
from models.transcription.sidecar import parse_sidecar, parse_time
from models.transcription.written import EmbeddedTranscriber, spec

SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello there\n\n2\n00:00:03,000 --> 00:00:04,000\n你好，世界\n"
TWO = [("Hello there", 1.0, 2.5), ("你好，世界", 3.0, 4.0)]


def rows(name: str, data: str | bytes) -> list[tuple[str, float | None, float | None]]:
    raw = data.encode() if isinstance(data, str) else data
    return [(s.text, s.start, s.end) for s in parse_sidecar(name, raw).segments]


@pytest.mark.parametrize(
    "data",
    [
        SRT.encode(),
        SRT.encode("utf-8-sig"),
        SRT.encode("utf-16"),
        b"\xfe\xff" + SRT.encode("utf-16-be"),
        SRT.encode("utf-32"),
        SRT.encode("gbk"),
        SRT.encode("gb18030"),
        SRT.replace("\n", "\r\n").encode("gbk"),
        SRT.replace("\n", "\r").encode(),
        SRT.replace("\n", "\r\r\n").encode(),
    ],
    ids=["utf8", "utf8-bom", "utf16", "utf16-be", "utf32", "gbk", "gb18030", "gbk-crlf", "cr", "crcrlf"],
)
def test_encodings_and_line_ends(data: bytes) -> None:
    assert rows("a.srt", data) == TWO


@pytest.mark.parametrize(
    "text",
    [
        SRT.replace(",0", ".0").replace(",5", ".5"),
        SRT.replace("00:00:", "00:"),
        SRT.replace("\n\n", "\n"),
        SRT.replace("\n\n", "\n\n\n \n"),
        "00:00:03,000 --> 00:00:04,000\n你好，世界\n\n00:00:01,000 --> 00:00:02,500\nHello there\n",
        SRT.replace("Hello there", "<i>Hello</i> {\\an8}<font color='#fff'>there</font>"),
        SRT.replace("Hello there", "Hello\n\nthere"),
        SRT.replace("Hello there", "Hello\u200b&nbsp;there"),
        SRT.replace("02,500", "02,500  X1:10 X2:20 Y1:1 Y2:2"),
        SRT.replace(" --> ", "-->"),
        SRT.translate(str.maketrans("0123456789:,", "０１２３４５６７８９：，")),
        "\n\n" + SRT.rstrip(),
    ],
    ids=[
        "dot",
        "no-hours",
        "no-blank-lines",
        "many-blank-lines",
        "unordered",
        "tags",
        "blank-inside-cue",
        "invisible",
        "coordinates",
        "tight-arrow",
        "full-width",
        "edges",
    ],
)
def test_srt_as_people_write_it(text: str) -> None:
    assert rows("a.srt", text) == TWO


def test_a_number_that_is_said_stays() -> None:
    text = "1\n00:01,000 --> 00:02,000\nHow many?\n2\n00:02,000 --> 00:03,000\n42\n3\n00:03,000 --> 00:04,000\nI see\n"
    assert [row[0] for row in rows("a.srt", text)] == ["How many?", "42", "I see"]


def test_overlapping_cues_are_kept_in_time_order() -> None:
    text = "00:02.000 --> 00:05.000\nb\n\n00:01.000 --> 00:04.000\na\n"
    assert rows("a.srt", text) == [("a", 1.0, 4.0), ("b", 2.0, 5.0)]


def test_vtt_blocks_settings_and_markup() -> None:
    text = (
        "WEBVTT - made by hand\nKind: captions\n\nSTYLE\n::cue { color: red }\n\nNOTE\nnot --> a cue\n\n"
        "intro\n01:01.500 --> 01:02.000 align:start position:0%\n<v Ann><c.loud>Hi &amp; bye</c>\nfriend\n\n"
        "NOTE one more\n\n1:00:00.000 --> 1:00:01.000\nlate\n"
    )
    assert rows("a.vtt", text) == [("Hi & bye friend", 61.5, 62.0), ("late", 3600.0, 3601.0)]


def test_rolling_captions_say_each_line_once() -> None:
    text = (
        "WEBVTT\n\n00:00.000 --> 00:02.000\nso<00:00:01.000><c> good</c>\n\n00:02.000 --> 00:02.010\nso good\n\n"
        "00:02.010 --> 00:04.000\nso good\nto<00:00:03.000><c> see you</c>\n"
    )
    assert [row[0] for row in rows("a.vtt", text)] == ["so good", "to see you"]


def test_plain_text_has_no_times_unless_it_states_them() -> None:
    assert rows("a.txt", "你好\n\n 再见 \n") == [("你好", None, None), ("再见", None, None)]
    assert rows("a.txt", "[00:01.00 --> 00:02.50] Hello there\n[3.0 -> 4.0] 你好，世界\n") == TWO
    assert rows("a.txt", "[laughs] well\n") == [("well", None, None)]
    assert rows("a.txt", SRT) == TWO
    assert rows("a.txt", "a < b and I <3 you") == [("a < b and I <3 you", None, None)]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.srt", b"", ["a.srt", "empty"]),
        ("a.txt", b" \r\n\t\n", ["a.txt", "empty"]),
        ("a.vtt", b"\xef\xbb\xbf", ["a.vtt", "empty"]),
        ("a.srt", b"no times here\n", ["a.srt", "timing"]),
        ("a.vtt", b"WEBVTT\n\nNOTE nothing\n", ["a.vtt", "timing"]),
        ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\nfine\n\n2\n00:0x:03 --> 00:00:04\nbad\n", ["a.srt", "line 6"]),
        ("a.srt", b"1\n00:61:01,000 --> 00:62:02,000\nbad\n", ["line 2", "malformed"]),
        ("a.srt", b"1\n00:00:05,000 --> 00:00:02,000\nbad\n", ["line 2", "ends before"]),
        ("a.srt", b"1\n00:00:01,000 -->\nbad\n", ["line 2", "malformed"]),
        ("a.srt", b"1\n00:00:01,000 --> 00:00:02,000\n<i></i>\n", ["a.srt", "no words"]),
        ("a.srt", b"\xff\x80\x81\x00\x01" * 9, ["a.srt", "encoded"]),
        ("a.txt", b"MZ\x00\x00 binary", ["a.txt", "UTF-8"]),
        ("a.txt", b"x" * 8_000_001, ["a.txt", "bytes"]),
    ],
)
def test_refusals_name_file_line_and_remedy(name: str, data: bytes, said: list[str]) -> None:
    with pytest.raises(ClipError) as caught:
        parse_sidecar(name, data)
    assert all(part in caught.value.message for part in said)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("00:01", 1.0), ("1:02:03,5", 3723.5), ("59:59.999", 3599.999), ("60:00", None), ("5", None), ("00:01.", None)],
)
def test_times(text: str, seconds: float | None) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("今天天气真好", "zh"),
        ("I don't know", "en"),
        ("这个 movie 真的很好看", "zh"),
        ("I really love 北京 and its food", "en"),
        ("ありがとうございます", "ja"),
        ("私は学生です", "ja"),
        ("优の良品很好吃，我很喜欢这个牌子的东西", "zh"),
        ("안녕하세요 여러분", "ko"),
        ("Привет как дела", "und"),
        ("สวัสดีครับ", "und"),
        ("123 ... !!", "und"),
        ("", "und"),
        ("ＨＥＬＬＯ", "en"),
    ],
)
def test_language_by_script(text: str, code: str) -> None:
    found, share = detect_language(text)
    assert found == code
    assert (share > 0) == any(letter.isalpha() for letter in text)


def test_evenly_mixed_text_is_left_to_the_hint() -> None:
    assert detect_language("OK 好")[1] == 0.5
    assert processed_language(*detect_language("OK 好"), "zh") == "zh"
    assert processed_language(*detect_language("OK 好"), "en") == "en"


def test_language_processed_as() -> None:
    assert processed_language("zh", 1.0) == "zh"
    assert processed_language("yue", 0.9) == "zh"
    assert processed_language("ja", 1.0) == "en"
    assert processed_language("und", 1.0) == "en"
    assert processed_language("und", 0.0) is None
    assert processed_language("und", 0.0, "zh") == "zh"
    assert processed_language("en", 0.5, "zh") == "zh"
    assert processed_language("en", 0.9, "zh") == "en"


def clip_with(folder: Path, **files: str | bytes) -> Clip:
    sidecars = []
    for suffix, data in files.items():
        path = folder / f"a.{suffix}"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        sidecars.append(Sidecar(str(path), file_sha256(path)))
    return Clip("a.mp4", str(folder / "a.mp4"), "0" * 64, 1, tuple(sidecars))


def media(*subtitles: Segment) -> Media:
    return Media(MediaInfo("mp4", 5.0, None, None, subtitles), None, ())


class _Recogniser:
    """Counts how often it is asked, and says what a recogniser would."""

    def __init__(self) -> None:
        self.asked = 0

    def transcribe(self, clip: Clip, media: Media) -> Transcript:
        self.asked += 1
        return Transcript((Segment("heard", 0.0, 1.0),), "en", "en", 0.9, "whisper:test")


def test_sources_are_asked_in_order(tmp_path: Path) -> None:
    clip = clip_with(tmp_path, txt="from txt", vtt="WEBVTT\n\n00:01.000 --> 00:02.000\nfrom vtt\n", srt=SRT)
    recogniser = _Recogniser()
    worker = EmbeddedTranscriber(recogniser)
    assert worker.transcribe(clip, media()).source == "a.srt"
    txt, vtt, _ = clip.sidecars
    without = Clip(clip.id, clip.path, clip.sha256, 1, (txt, vtt))
    assert worker.transcribe(without, media()).text == "from vtt"
    bare = Clip(clip.id, clip.path, clip.sha256, 1)
    found = worker.transcribe(bare, media(Segment("片中字幕", 0.0, 1.0)))
    assert (found.source, found.language, found.detected_language) == ("subtitle track", "zh", "zh")
    assert recogniser.asked == 0
    assert worker.transcribe(bare, media()).source == "whisper:test"
    assert recogniser.asked == 1


def test_a_broken_sidecar_is_never_passed_over_in_silence(tmp_path: Path) -> None:
    clip = clip_with(tmp_path, srt="1\n00:00:0x --> 00:00:02\nbad\n", txt="好的")
    found = EmbeddedTranscriber().transcribe(clip, media())
    assert found.text == "好的"
    assert found.source.startswith("a.txt (refused: a.srt: line 2")
    alone = Clip(clip.id, clip.path, clip.sha256, 1, clip.sidecars[:1])
    with pytest.raises(ClipError, match="a.srt: line 2"):
        EmbeddedTranscriber().transcribe(alone, media())
    heard = EmbeddedTranscriber(_Recogniser()).transcribe(alone, media())
    assert heard.source.startswith("whisper:test (refused: a.srt: line 2")


def test_a_sidecar_that_changed_since_it_was_listed_is_refused(tmp_path: Path) -> None:
    clip = clip_with(tmp_path, txt="one")
    (tmp_path / "a.txt").write_text("two", encoding="utf-8")
    with pytest.raises(ClipError, match="changed"):
        EmbeddedTranscriber().transcribe(clip, media())
    (tmp_path / "a.txt").unlink()
    with pytest.raises(ClipError, match="cannot be read"):
        EmbeddedTranscriber().transcribe(clip, media())


def test_no_source_names_what_would_be_one() -> None:
    with pytest.raises(StageUnavailable) as caught:
        EmbeddedTranscriber().transcribe(Clip("片 1.mp4", "/x/片 1.mp4", "0" * 64, 1), media())
    assert "片 1.srt" in caught.value.remedy
    why = ("Whisper base has not been fetched", "python -m models fetch words")
    with pytest.raises(StageUnavailable, match="Whisper base has not been fetched") as caught:
        EmbeddedTranscriber(None, why).transcribe(Clip("a.mp4", "/x/a.mp4", "0" * 64, 1), media())
    assert caught.value.remedy.startswith("python -m models fetch words, or add a.srt")


def test_spec_without_a_recogniser_builds() -> None:
    chosen = spec({"provider": "written", "models_dir": "checkpoints"})
    assert (chosen.stage, chosen.name) == ("transcribe", "sidecar")
    assert len(chosen.fingerprint) == len(hashlib.sha256().hexdigest())
    assert isinstance(chosen.build(), EmbeddedTranscriber)
