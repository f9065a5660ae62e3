"""The emotion words that R1-Omni answers with, in the label spaces of the data sets that it is scored on."""

from __future__ import annotations

import pytest

from harness.records.answers import read_answer
from harness.records.labels import SPACES

FORM = "<think>In the video he raises his voice.</think>\n<answer>{}</answer>"


@pytest.mark.parametrize(
    ("word", "mafw11", "dfew7", "ravdess8", "sentiment5"),
    [
        ("happy", "happy", "happy", "happy", "WPOS"),
        ("angry", "angry", "angry", "angry", "WNEG"),
        ("fear", "fear", "fear", "fearful", "WNEG"),
        ("surprise", "surprise", "surprise", "surprised", None),
        ("contemptuous", "contemptuous", "disgust", "disgust", "WNEG"),
        ("anxious", "anxious", "fear", "fearful", "WNEG"),
        ("helpless", "helpless", "sad", "sad", "WNEG"),
        ("calm", "neutral", "neutral", "calm", "NEUT"),
        ("Neutral\n", "neutral", "neutral", "neutral", "NEUT"),
        ("puzzled by it all", None, None, None, None),
    ],
)
def test_words_in_spaces(word: str, mafw11: str, dfew7: str, ravdess8: str, sentiment5: str) -> None:
    wanted = {"mafw11": mafw11, "dfew7": dfew7, "ravdess8": ravdess8, "sentiment5": sentiment5}
    assert {name: read_answer(FORM.format(word), "stop", SPACES[name]).label for name in wanted} == wanted
