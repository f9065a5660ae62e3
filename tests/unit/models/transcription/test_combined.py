"""When subtitles in the picture are a clip's words, and when they are not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from harness.faults import Absent
from harness.records.types import Clip, Frame, Language, Media, MediaInfo, Segment, Transcript, Word
from models.transcription.combined import HeardAndSeen, together
from models.transcription.picture.sight import Box, Character, Sight

CLIP = Clip("a.mp4", "a.mp4", "0" * 64, 1)


def seen(*lines: str) -> list[Sight]:
    box = Box(100, 300, 300, 330)
    return [
        Sight(2.0 * i, 2.0 * i + 1.5, box, (tuple(Character(c, 0.99) for c in text),)) for i, text in enumerate(lines)
    ]


def said(text: str, language: Language, sure: float = 0.9, probability: float = 0.99) -> Transcript:
    units = text.split() if language == "en" else list(text)
    words = tuple(Word(0.1 * i, 0.1 * i + 0.1, unit, sure) for i, unit in enumerate(units))
    segments = (Segment(text, 0.0, 0.1 * len(units), words),) if text else ()
    return Transcript(segments, language, language, probability, "whisper:base", certainty=sure)


def test_subtitles_that_are_heard_too_are_the_words() -> None:
    found = together(said("也没什么关西了", "zh"), seen("也没什么关系了"), CLIP)
    assert (found.text, found.language, found.detected_language) == ("也没什么关系了", "zh", "zh")
    assert found.source == "picture: 1 of 1 lines; whisper:base"
    assert [line.text for line in found.heard] == ["也没什么关西了"]
    assert [line.text for line in found.seen] == ["也没什么关系了"]
    assert found.certainty is not None and found.certainty > 0.95


def test_a_translation_is_not_what_is_said() -> None:
    found = together(said("well it does not matter now", "en"), seen("现在也没什么关系了"), CLIP)
    assert (found.text, found.language) == ("well it does not matter now", "en")
    assert "in another language: 现在也没什么关系了" in found.source
    assert found.seen


def test_of_two_languages_the_spoken_one_is_taken() -> None:
    chinese, english = seen("现在也没什么关系了", "it does not matter now")
    both = [chinese, replace(english, start=chinese.start, end=chinese.end)]
    assert together(said("it does not matter", "en"), both, CLIP).text == "it does not matter now"
    assert together(said("现在没什么关系", "zh"), both, CLIP).text == "现在也没什么关系了"


def test_doubtful_hearing_gives_way_to_the_picture() -> None:
    korean = said("I am so sorry", "en", sure=0.1, probability=0.03)
    found = together(korean, seen("对不起", "我对不起您"), CLIP)
    assert (found.text, found.language) == ("对不起 我对不起您", "zh")


def test_writing_that_nobody_says_is_left_out() -> None:
    found = together(said("今天天气真好我们一起去", "zh"), seen("十五年等待候鸟即将献映"), CLIP)
    assert found.text == "今天天气真好我们一起去"
    assert "writing in the picture is not what is said" in found.source


def test_subtitles_without_speech_are_half_believed() -> None:
    silent = Transcript((), None, "und", None, "whisper:base: no speech found")
    found = together(silent, seen("三年以后"), CLIP)
    assert found.text == "三年以后"
    assert "doubtful" in found.source
    assert found.certainty == pytest.approx(0.495)


@dataclass
class Recogniser:
    answer: Transcript | Absent

    def transcribe(self, clip: Clip, media: Media) -> Transcript:
        if isinstance(self.answer, Absent):
            raise self.answer
        self.hint = clip.folder_language
        return self.answer


@dataclass
class Reader:
    sights: list[Sight]

    def read(self, frames: object) -> list[Sight]:
        return self.sights


def media() -> Media:
    import numpy as np

    return Media(MediaInfo("mp4", 5.0, None, None), None, (Frame(0.0, np.zeros((4, 4, 3), np.uint8)),))


def test_either_may_be_missing() -> None:
    mute, deaf = Absent("no audio track to recognise words in"), said("你好", "zh")
    assert HeardAndSeen(Recogniser(mute), Reader(seen("你好吗"))).transcribe(CLIP, media()).text == "你好吗"  # type: ignore[arg-type]
    assert HeardAndSeen(None, Reader(seen("你好吗"))).transcribe(CLIP, media()).text == "你好吗"  # type: ignore[arg-type]
    assert HeardAndSeen(Recogniser(deaf), None).transcribe(CLIP, media()) == deaf
    with pytest.raises(Absent, match="no audio track"):
        HeardAndSeen(Recogniser(mute), Reader([])).transcribe(CLIP, media())  # type: ignore[arg-type]
    with pytest.raises(Absent, match="no recogniser"):
        HeardAndSeen(None, Reader([])).transcribe(CLIP, media())  # type: ignore[arg-type]


def test_the_subtitles_language_helps_the_ear() -> None:
    ear = Recogniser(said("你好吗", "zh"))
    HeardAndSeen(ear, Reader(seen("你好吗"))).transcribe(CLIP, media())  # type: ignore[arg-type]
    assert ear.hint == "zh"
