from __future__ import annotations

import pytest

from harness.records.types import Segment, Transcript, Word
from harness.service.live import Tally
from harness.service.live_window import moved, within


def said(*words: tuple[float, float, str], language: str = "en") -> Transcript:
    made = tuple(Word(*word) for word in words)
    line = Segment(" ".join(w.text for w in made), made[0].start, made[-1].end, made)
    return Transcript((line,), language, language, 0.9, "whisper:base")  # type: ignore[arg-type]


def test_a_window_holds_the_words_whose_middle_lies_in_it() -> None:
    heard = said((0.0, 0.4, "not"), (0.9, 1.2, "this"), (2.0, 2.4, "that"), (3.4, 3.8, "later"))
    found = within(heard, 1.0, 3.5)
    assert found is not None
    (line,) = found.segments
    assert line.text == "this that"
    assert [(round(w.start, 2), round(w.end, 2)) for w in line.words] == [(-0.1, 0.2), (1.0, 1.4)]
    assert within(heard, 5.0, 7.5) is None and within(None, 0.0, 1.0) is None


def test_chinese_words_stand_together() -> None:
    found = within(said((0.0, 0.4, "太"), (0.4, 0.8, "好了"), language="zh"), 0.0, 2.5)
    assert found is not None and found.segments[0].text == "太好了"


def test_moving_keeps_what_has_no_time() -> None:
    line = moved(Transcript((Segment("a"),), "en", "en", None, ""), 2.0).segments[0]
    assert (line.start, line.end) == (None, None)


def test_the_figures_count_every_window_that_ended() -> None:
    tally = Tally(judged=3, skipped=1, failed=0, latencies=[0.5, 0.7, 2.0])
    found = tally.figures()
    assert found["windows"] == 4 and found["share_judged"] == 0.75
    assert found["latency_median_seconds"] == pytest.approx(0.7) and found["latency_p95_seconds"] == 2.0
    assert Tally().figures()["share_judged"] is None
