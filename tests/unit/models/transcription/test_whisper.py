"""What is believed of the lines that a recogniser wrote, and how certain the rest is."""

from __future__ import annotations

import pytest

from harness.records.types import Segment, Word
from models.transcription.recogniser import Line, suspect
from models.transcription.whisper import believed, certainty

SIMPLE = {"優": "优", "獨": "独", "劇": "剧", "場": "场", "氣": "气"}


def line(text: str, start: float = 0.0, end: float = 2.0, sure: float = 0.9, logprob: float = -0.3) -> Line:
    words = (Word(start, end, text, sure),) if end > start else ()
    return Line(text, start, end, words, 0.1, logprob)


def test_believed_lines_keep_their_times_and_the_others_their_reason() -> None:
    kept, doubts = believed([line("Hello there"), line("you " * 12), line("behind the end", 5.0, 5.0)], None)
    assert [(s.text, s.start, s.end) for s in kept] == [("Hello there", 0.0, 2.0), ("behind the end", None, None)]
    assert kept[0].words == (Word(0.0, 2.0, "Hello there", 0.9),)
    assert len(doubts) == 1
    assert "repeats itself" in doubts[0]


def test_lines_are_judged_in_simplified_characters() -> None:
    def simplify(text: str) -> str:
        return "".join(SIMPLE.get(letter, letter) for letter in text)

    kept, doubts = believed([line("優優獨播劇場"), line("天氣")], simplify)
    assert [segment.text for segment in kept] == ["天气"]
    assert [word.text for word in kept[0].words] == ["天气"]
    assert doubts == ["a line by which a channel signs"]
    assert not believed([line("優優獨播劇場")], None)[0], "found in either script"


def test_a_second_hearing_must_be_certain() -> None:
    kept, doubts = believed([line("嗯", sure=0.3), line("好", sure=0.8)], None, least=0.5)
    assert [segment.text for segment in kept] == ["好"]
    assert "little certainty (0.30)" in doubts[0]


def test_certainty_is_the_share_of_letters_that_may_be_right() -> None:
    words = (Word(0, 1, "今天", 0.9), Word(1, 2, "好", 0.3))
    assert certainty([Segment("今天好", 0, 2, words)]) == pytest.approx((2 * 0.9 + 0.3) / 3)
    assert certainty([Segment("no words")]) == 0.5


def test_what_the_full_window_is_tried_for() -> None:
    assert suspect([]), "speech without a word"
    assert suspect([line("no " * 40)])
    assert suspect([line("well", logprob=-1.2)])
    assert not suspect([line("well then")])
