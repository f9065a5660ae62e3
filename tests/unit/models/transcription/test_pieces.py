"""Speech is cut into pieces whose clock is mapped back, and speech without words is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.types import Segment, Span, Word
from models.transcription.pieces import LONGEST, MAX_PAUSE, Piece, gaps, pack, total


def line(*words: tuple[float, float]) -> Segment:
    return Segment("x", words[0][0], words[-1][1], tuple(Word(start, end, "x") for start, end in words))


def test_near_stretches_keep_their_pause_and_far_ones_lose_it() -> None:
    (piece,) = pack([Span(1, 2), Span(2.5, 3), Span(9, 10)])
    assert piece.parts == (Span(1, 3), Span(9, 10))
    assert piece.seconds == 3
    assert [piece.when(t) for t in (0, 1.5, 2.5, 9)] == [1, 2.5, 9.5, 10]


def test_a_window_that_is_full_is_closed() -> None:
    pieces = pack([Span(0, 8), Span(8.2, 13), Span(13.2, 20)])
    assert [piece.parts for piece in pieces] == [(Span(0, 13),), (Span(13.2, 20),)]
    assert pack([]) == []


@given(st.lists(st.tuples(st.floats(0.1, 5), st.floats(0.3, LONGEST)), max_size=12))
def test_no_speech_is_lost_and_no_piece_too_long(steps: list[tuple[float, float]]) -> None:
    speech, now = [], 0.0
    for pause, length in steps:
        speech.append(Span(now + pause, now + pause + length))
        now += pause + length
    pieces = pack(speech)
    assert all(piece.seconds <= LONGEST + 1e-6 for piece in pieces)
    parts = [part for piece in pieces for part in piece.parts]
    for span in speech:
        assert any(part.start <= span.start + 1e-6 and span.end <= part.end + 1e-6 for part in parts)
    assert total(parts) <= total(speech) + MAX_PAUSE * len(speech)


def test_a_word_over_a_pause_that_was_left_out_is_where_its_larger_share_is() -> None:
    piece = Piece((Span(1, 2), Span(5, 7)))
    assert piece.within(0.2, 0.8) == Span(1.2, 1.8)
    assert piece.within(0.9, 1.5) == Span(5, 5.5)
    assert piece.within(3.5, 4.0) == Span(7, 7), "behind the end"


@pytest.mark.parametrize(
    ("segments", "found"),
    [
        ([], [Span(0, 4), Span(5, 7)]),
        ([line((0, 1), (1, 2), (2, 3), (3, 4)), line((5, 6), (6, 7))], []),
        ([line((0, 1)), line((5.2, 6.8))], [Span(1.4, 4)]),
        ([line((0.5, 6.9))], [Span(1.5, 4), Span(5, 5.9)]),  # one word, stretched over everything
        ([Segment("no times"), Segment("a line", 0.0, 3.5)], [Span(5, 7)]),
    ],
)
def test_speech_without_words(segments: list[Segment], found: list[Span]) -> None:
    told = gaps([Span(0, 4), Span(5, 7)], segments)
    assert [(round(gap.start, 6), round(gap.end, 6)) for gap in told] == [(gap.start, gap.end) for gap in found]
