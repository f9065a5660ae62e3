from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.transcription.hallucination import Heard, compression, doubt, longest_loop, units
from models.transcription.whisper import believed


def heard(text: str, seconds: float = 4.0, no_speech: float = 0.1, logprob: float = -0.3, sure: float = 0.9) -> Heard:
    return Heard(text, seconds, no_speech, logprob, sure)


@pytest.mark.parametrize(
    "text",
    [
        "No, no, no, no! I told you.",
        "哈哈哈哈哈哈",
        "今天天气真好，我们一起去开会。",
        "Thanks for watching!",
        "Hm.",
        "不不不不不",
    ],
)
def test_what_people_say_is_believed(text: str) -> None:
    assert doubt(heard(text)) == ""


@pytest.mark.parametrize(
    ("made_up", "why"),
    [
        (heard("好的 " * 60, 30), "compresses"),
        (heard("no " * 9), "'no' 9 times"),
        (heard("我们 我们 我们 我们 我们", sure=0.3), "5 times"),
        (heard("Well, that is it.", no_speech=0.8, logprob=-1.4), "no speech"),
        (heard("请大家记得关注我们的频道还有其他视频", 0.5), "18 words in 0.5 s"),
        (heard("Thanks for watching!", sure=0.3), "closing line"),
        (heard("字幕由 Amara.org 社区提供", no_speech=0.55), "closing line"),
    ],
)
def test_what_is_made_up_is_not(made_up: Heard, why: str) -> None:
    assert why in doubt(made_up)


def test_one_sign_alone_is_not_silence() -> None:
    assert doubt(heard("Well, that is it.", no_speech=0.8)) == ""
    assert doubt(heard("Well, that is it.", logprob=-1.4)) == ""


def test_loops_are_counted() -> None:
    assert longest_loop(units("one two, one two, one two! three")) == (("one", "two"), 3)
    assert longest_loop(units("谢谢谢谢")) == (("谢",), 4)
    assert longest_loop(units("")) == ((), 0)
    assert longest_loop(units("don't stop")) == (("don't",), 1)


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=4), st.integers(2, 9))
def test_a_repeated_unit_is_found_however_long(unit: list[str], times: int) -> None:
    assert longest_loop(unit * times)[1] >= times


@given(st.text(max_size=60), st.floats(0, 30), st.floats(0, 1), st.floats(-5, 0))
def test_no_text_breaks_the_judgement(text: str, seconds: float, no_speech: float, logprob: float) -> None:
    assert isinstance(doubt(Heard(text, seconds, no_speech, logprob)), str)
    assert compression(text) >= 0


@dataclass
class RawWord:
    start: float
    end: float
    word: str
    probability: float = 0.9


@dataclass
class Raw:
    """A segment with the fields that faster-whisper gives it."""

    start: float
    end: float
    text: str
    words: list[RawWord] = field(default_factory=list)
    no_speech_prob: float = 0.1
    avg_logprob: float = -0.3


def test_believed_segments_keep_their_times_and_the_others_their_reason() -> None:
    good = Raw(
        0.5, 9.0, " Hello there ", [RawWord(0.5, 1.0, " Hello"), RawWord(1.0, 9.0, " there"), RawWord(6, 7, "x")]
    )
    late = Raw(7.0, 8.0, "behind the end")
    kept, doubts = believed([good, Raw(1, 2, "you " * 12), Raw(0, 1, "  "), late], seconds=5.0)
    assert [(s.text, s.start, s.end) for s in kept] == [("Hello there", 0.5, 5.0), ("behind the end", None, None)]
    assert [(w.text, w.start, w.end) for w in kept[0].words] == [("Hello", 0.5, 1.0), ("there", 1.0, 5.0)]
    assert len(doubts) == 1
    assert "repeats itself" in doubts[0]
    assert believed([], 5.0) == ((), ())
