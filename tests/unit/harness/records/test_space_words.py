"""Answers in spaces other than the five sentiments: read by the same reader of replies."""

from __future__ import annotations

import pytest

from harness.records.answers import read_answer
from harness.records.labels import EMOTION7, POLARITY3, SPACES, LabelSpace

OWN = LabelSpace(
    "mood",
    ("bright", "dark"),
    aliases={"gloomy": "dark", "明快": "bright"},
    base="emotion7",
    images={"joy": "bright", "anger": "dark"},
)


@pytest.mark.parametrize(
    ("space", "raw", "label"),
    [
        (EMOTION7, "<think>x</think><answer>anger</answer>", "anger"),
        (EMOTION7, "<think>x</think><answer>Happy</answer>", "joy"),
        (EMOTION7, "<think>x</think><answer>愤怒</answer>", "anger"),
        (EMOTION7, "<answer>not angry but sad</answer>", "sadness"),
        (EMOTION7, "<answer>并非愤怒，而是悲伤</answer>", "sadness"),
        (EMOTION7, "**Emotion:** surprise", "surprise"),
        (EMOTION7, "<answer>worried</answer>", "fear"),
        (EMOTION7, "<answer>joy and anger</answer>", None),
        (EMOTION7, "<answer>not angry</answer>", None),
        (EMOTION7, "<answer>banana</answer>", None),
        (EMOTION7, "<think>anger, maybe joy", None),
        (SPACES["mer6"], "<answer>worried</answer>", "worried"),
        (SPACES["mer6"], "<answer>fear</answer>", "worried"),
        (SPACES["mer6"], "<answer>disgust</answer>", None),
        (SPACES["mafw11"], "<answer>contempt</answer>", "contemptuous"),
        (SPACES["ravdess8"], "<answer>calm</answer>", "calm"),
        (POLARITY3, "<answer>positive</answer>", "positive"),
        (POLARITY3, "<answer>strongly negative</answer>", "negative"),
        (POLARITY3, "<answer>SPOS</answer>", "positive"),
        (OWN, "<answer>Dark</answer>", "dark"),
        (OWN, "<answer>明快</answer>", "bright"),
        (OWN, "<answer>happy</answer>", "bright"),
        (OWN, "<answer>sad</answer>", None),
    ],
)
def test_an_answer_in_any_space(space: LabelSpace, raw: str, label: str | None) -> None:
    read = read_answer(raw, space=space)
    assert read.label == label
    assert bool(read.problem) == (label is None)


def test_why_there_is_none_names_the_space() -> None:
    assert (
        "not in the label set of mer6: banana" in read_answer("<answer>banana</answer>", space=SPACES["mer6"]).problem
    )
    assert read_answer("<answer>joy, fear</answer>", space=EMOTION7).problem == "several labels: joy, fear"
    assert read_answer("<think>so", "length", EMOTION7).problem == "truncated"
