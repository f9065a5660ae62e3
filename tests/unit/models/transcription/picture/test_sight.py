"""Subtitles are told from logos, tickers, advertisements and credits."""

from __future__ import annotations

import pytest

from models.transcription.picture.sight import Box, Character, Sight, may_be_subtitle, subtitles

WIDTH, HEIGHT, SECONDS = 720, 400, 12.0


def sight(text: str, start: float, end: float, box: tuple[int, int, int, int], sure: float = 0.99) -> Sight:
    return Sight(start, end, Box(*box), (tuple(Character(c, sure) for c in text),), start == 0 or end == SECONDS)


LINE = (230, 315, 490, 348)


@pytest.mark.parametrize(
    ("start", "end", "box", "expected"),
    [
        (1.0, 2.5, LINE, True),
        (1.0, 1.1, LINE, False),  # moved on: a ticker
        (0.0, 0.1, LINE, True),  # the clip may have begun within it
        (1.0, 11.0, LINE, False),  # stays: a channel's name
        (0.0, 12.0, LINE, False),
        (1.0, 2.5, (560, 315, 700, 348), False),  # at the side: a logo
        (1.0, 2.5, (230, 200, 490, 320), False),  # a title
        (1.0, 2.5, (230, 340, 490, 346), False),  # small print
    ],
)
def test_place_and_time(start: float, end: float, box: tuple[int, int, int, int], expected: bool) -> None:
    assert may_be_subtitle(sight("我", start, end, box), WIDTH, HEIGHT, SECONDS) == expected


def test_the_band_in_which_most_is_read_is_taken() -> None:
    lines = [sight("我算是听出来了", 0.3, 1.7, LINE), sight("一个让我赶紧走", 2.5, 4.0, (234, 316, 486, 349))]
    advert = sight("即将献映", 1.0, 3.0, (300, 370, 420, 390))
    blur = sight("口三川", 5.0, 7.0, LINE, sure=0.3)
    assert subtitles([advert, *lines, blur]) == lines
    assert subtitles([blur]) == []
    assert subtitles([]) == []


def test_two_lines_that_show_together_are_both_subtitles() -> None:
    chinese = sight("现在也没什么关系了", 1.0, 3.0, LINE)
    english = sight("It does not matter now", 1.0, 3.0, (200, 350, 520, 375))
    assert subtitles([english, chinese]) == [chinese, english]


def test_a_line_that_was_lost_for_a_moment_is_one() -> None:
    parts = [sight("不可能", 1.9, 2.5, LINE), sight("不可能", 2.3, 3.2, LINE), sight("不可能", 5.0, 6.0, LINE)]
    assert [(line.start, line.end) for line in subtitles(parts)] == [(1.9, 3.2), (5.0, 6.0)]
