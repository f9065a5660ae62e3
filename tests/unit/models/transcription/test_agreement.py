"""Subtitles and heard words are aligned, characters voted on, and times taken from the sound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.records.types import Segment, Word
from models.transcription.agreement import aligned, merged
from models.transcription.picture.sight import Box, Character, Sight


def sight(text: str, start: float, end: float, sure: float = 1.0, *others: str) -> Sight:
    readings = tuple(tuple(Character(letter, sure) for letter in said) for said in (text, *others))
    return Sight(start, end, Box(100, 300, 300, 330), readings)


def heard(text: str, start: float, end: float, sure: float = 0.9) -> Segment:
    step = (end - start) / len(text)
    words = tuple(Word(start + i * step, start + (i + 1) * step, letter, sure) for i, letter in enumerate(text))
    return Segment(text, start, end, words)


def texts(lines: list[Segment]) -> list[tuple[str, str]]:
    return [(line.text, line.source) for line in lines]


def test_a_sure_picture_wins_and_the_sound_gives_the_time() -> None:
    lines, agreement = merged([sight("樊小妹不是这种人", 3.0, 4.7)], [heard("凡小妹不是这种人", 3.4, 4.2, 0.95)])
    assert texts(lines) == [("樊小妹不是这种人", "picture")]
    assert (lines[0].start, round(lines[0].end or 0, 6)) == (3.4, 4.2)
    assert agreement == 7 / 8
    assert [word.text for word in lines[0].words] == list("樊小妹不是这种人")


def test_a_doubtful_picture_is_corrected_by_the_sound() -> None:
    seen = sight("你们这么看看我主", 0.7, 3.4, 0.6, "你们这么看着我干", "你们么看看我画")
    lines, _ = merged([seen], [heard("你们这么看着我干嘛", 1.4, 2.9, 0.9)])
    assert lines[0].text == "你们这么看着我干嘛"


def test_what_was_not_heard_keeps_the_pictures_time_and_words() -> None:
    lines, agreement = merged([sight("对不起大强", 6.2, 8.3)], [heard("我真不喜", 3.0, 4.0, 0.2)])
    assert texts(lines) == [("对不起大强", "picture")]
    assert (lines[0].start, lines[0].end) == (6.2, 8.3)
    assert agreement == 0.0
    times = [(word.start, word.end) for word in lines[0].words]
    assert times == sorted(times)
    assert times[-1][1] == 8.3


def test_words_without_a_subtitle_stay_where_they_are_sure() -> None:
    seen = [sight("我算是听出来了", 0.3, 1.7), sight("一个让我赶紧走", 5.0, 6.5)]
    said = [heard("我算是听出来了", 0.4, 1.6), heard("好吧", 3.0, 3.5), heard("嗯啊", 4.0, 4.4, 0.2)]
    lines, _ = merged(seen, said)
    assert texts(lines) == [("我算是听出来了", "picture"), ("好吧", "speech"), ("一个让我赶紧走", "picture")]


def test_repeated_words_go_to_their_own_lines_in_order() -> None:
    seen = [sight("你们", 6.2, 6.9), sight("你们一个个", 7.4, 7.9), sight("都不是好东西", 8.2, 9.3)]
    said = [heard("你们", 6.4, 6.9), heard("你们一个个都不是好东西", 7.4, 9.5)]
    lines, _ = merged(seen, said)
    assert [line.text for line in lines] == ["你们", "你们一个个", "都不是好东西"]
    starts = [line.start for line in lines]
    assert starts == sorted(starts, key=lambda start: start or 0)


def test_marks_and_letters_of_an_alphabet_stay_together() -> None:
    lines, _ = merged([sight("偏选Dark哥？", 1.3, 2.0)], [heard("骗选达哥", 0.9, 2.0, 0.7)])
    assert lines[0].text == "偏选Dark哥？"
    assert [word.text for word in lines[0].words] == ["偏", "选", "Dark", "哥"]
    english, _ = merged([sight("I'm fine, thanks", 0.0, 2.0)], [])
    assert [word.text for word in english[0].words] == ["I", "m", "fine", "thanks"]


@given(st.text("abc", max_size=8), st.text("abc", max_size=8), st.booleans())
def test_an_alignment_names_every_place_once(base: str, other: str, free: bool) -> None:
    pairs = aligned(base, other, free)
    assert [a for a, _ in pairs if a is not None] == list(range(len(base)))
    used = [b for _, b in pairs if b is not None]
    assert used == list(range(used[0], used[0] + len(used))) if used else free or not other
    if not free:
        assert len(used) == len(other)


@given(
    st.lists(st.tuples(st.text("你好吗ab ！", min_size=1, max_size=6), st.floats(0, 9), st.floats(0, 3)), max_size=4),
    st.lists(st.tuples(st.text("你好吗ab", min_size=1, max_size=6), st.floats(0, 9), st.floats(0.1, 3)), max_size=4),
)
def test_no_reading_breaks_the_vote(seen: list[tuple[str, float, float]], said: list[tuple[str, float, float]]) -> None:
    sights = [sight(text, start, start + length, 0.7) for text, start, length in sorted(seen, key=lambda s: s[1])]
    lines, agreement = merged(sights, [heard(text, start, start + length) for text, start, length in said])
    assert 0 <= agreement <= 1
    for line in lines:
        assert line.text
        assert all(word.start <= word.end for word in line.words)
        assert all(0 <= (word.probability or 0) <= 1 for word in line.words)


@pytest.mark.parametrize("other", ["", "x"])
def test_nothing_aligns_with_nothing(other: str) -> None:
    assert aligned("", other, True) == []
