from __future__ import annotations

from dataclasses import replace

import pytest

from harness.judging.emotions import emotions_of
from harness.judging.fuse import FuseSettings
from harness.records.labels import EMOTION7
from harness.records.types import ClipEvidence, Evidence, Opinion, Reason

WORDS = (0.05, 0.05, 0.1, 0.6, 0.1, 0.05, 0.05)
FACE = {"angry": 0.3, "disgust": 0.05, "fear": 0.05, "happy": 0.05, "neutral": 0.1, "sad": 0.4, "surprise": 0.05}
SENTIMENT = Opinion("sentiment5", ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS"), (0.6, 0.2, 0.2, 0.0, 0.0))
EMOTIONS = FuseSettings("log_pool", {"text": 0.5, "audio": 0.2, "video": 0.3}, space=EMOTION7)
SENTIMENTS = FuseSettings("log_pool", {"text": 1.0})


def evidence(*items: Evidence) -> ClipEvidence:
    text = Opinion("emotion7", EMOTION7.labels, WORDS, 1.0, (Reason("滚", 1.0, 1.4), Reason("你", 1.0, -0.2)))
    face = Opinion("fer7", tuple(FACE), tuple(FACE.values()))
    return ClipEvidence(
        "zh",
        items,
        {},
        {"text": SENTIMENT, "video": face},
        {"text": 1.0, "video": 1.0},
        {"audio": "no audio track"},
        emotions={"text": text, "video": face},
        no_emotions={"audio": "no audio track"},
    )


def aroused(p: float) -> Evidence:
    return Evidence("audio", "arousal_probability", p, "probability")


def test_emotions_are_pooled_with_intensity_and_arousal() -> None:
    found = emotions_of(evidence(aroused(0.5)), EMOTIONS, SENTIMENTS)
    assert found is not None and found.label == "anger"
    assert sum(found.probabilities) == pytest.approx(1)
    assert found.by_modality["text"] == WORDS
    assert found.by_modality["video"] == pytest.approx((0.1, 0.05, 0.4, 0.3, 0.05, 0.05, 0.05))
    assert found.weights == pytest.approx({"text": 0.625, "video": 0.375})
    assert found.intensity == pytest.approx(0.75)
    assert found.arousal == 0.5
    assert found.missing == {"audio": "no audio track"}


def test_open_words_have_their_degree_and_what_they_rest_on() -> None:
    def words(*items: Evidence, answer: str = "") -> list[tuple[str, tuple[str, ...]]]:
        found = emotions_of(evidence(*items), EMOTIONS, SENTIMENTS, answer)
        assert found is not None
        return [(word.word, word.evidence) for word in found.words]

    assert words() == [("angry", ("words 0.60", "face 0.30", "“滚”")), ("sad", ("face 0.40",))]
    assert words(aroused(0.9))[0] == ("furious", ("words 0.60", "face 0.30", "arousal 0.90", "“滚”"))
    assert words(aroused(0.1))[0][0] == "annoyed"
    with_answer = words(answer="angry")
    assert with_answer[0] == ("angry", ("words 0.60", "face 0.30", "“滚”", "the model's answer “angry”"))
    assert words(answer="contempt")[0] == ("contempt", ("the model's answer “contempt”",))
    assert len(words(answer="contempt")) == 3
    assert words(answer="SNEG") == words()


def test_nothing_names_an_emotion() -> None:
    silent = replace(evidence(), emotions={})
    assert emotions_of(silent, EMOTIONS, SENTIMENTS) is None
    without_sentiment = emotions_of(evidence(), EMOTIONS, FuseSettings("log_pool", {"audio": 1.0}))
    assert without_sentiment is not None and without_sentiment.intensity is None
