from __future__ import annotations

import pytest

from harness.records.conversions import to_sentiment5
from harness.records.labels import SENTIMENT5, SPACES, get_space, score_to_label


@pytest.mark.parametrize(
    ("thresholds", "score", "label"),
    [
        ("sims", -0.8, "SNEG"),
        ("sims", -0.7, "SNEG"),
        ("sims", -0.6000000000000001, "WNEG"),
        ("sims", -0.1, "WNEG"),
        ("sims", 0.0, "NEUT"),
        ("sims", 0.1, "NEUT"),
        ("sims", 0.7, "WPOS"),
        ("sims", 0.8, "SPOS"),
        ("mosei", -0.5, "NEUT"),
        ("mosei", 1.5, "SPOS"),
        ("mosei", 0.5, "NEUT"),
        ("mosei", 2.5, "SPOS"),
        ("mosei", -3.0, "SNEG"),
        ("mosei-halves", -2.0, "SNEG"),
        ("mosei-halves", -0.5, "WNEG"),
        ("mosei-halves", 0.5, "WPOS"),
        ("mosei-halves", 2.0, "SPOS"),
    ],
)
def test_score_to_label(thresholds: str, score: float, label: str) -> None:
    assert score_to_label(score, thresholds) == label


def test_unknown_names_say_what_is_known() -> None:
    with pytest.raises(KeyError, match="sims"):
        score_to_label(0.0, "nope")
    with pytest.raises(KeyError, match="sentiment5"):
        get_space("nope")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("SPOS", "SPOS"),
        (" wneg.", "WNEG"),
        ("Strongly_Negative", "SNEG"),
        ("ＮＥＵＴ", "NEUT"),
        ("强烈正面", "SPOS"),
        ("中性。", "NEUT"),
        ("positive", None),
    ],
)
def test_aliases(text: str, label: str | None) -> None:
    assert SENTIMENT5.normalise(text) == label


def test_emotion_spaces_know_their_own_spelling() -> None:
    assert SPACES["ravdess8"].normalise("fear") == "fearful"
    assert SPACES["dfew7"].normalise("愤怒") == "angry"
    assert SPACES["mer6"].normalise("disgust") is None


@pytest.mark.parametrize("space", list(SPACES.values()), ids=list(SPACES))
def test_projection_is_a_distribution_in_the_right_direction(space: object) -> None:
    from harness.records.labels import LabelSpace

    assert isinstance(space, LabelSpace)
    n = len(space.labels)
    projected = to_sentiment5(space, [1 / n] * n)
    assert sum(projected) == pytest.approx(1)
    assert all(p >= 0 for p in projected)


def test_surprise_is_withheld() -> None:
    fer7 = SPACES["fer7"]
    p = [0.0] * 7
    p[fer7.rank("surprise")], p[fer7.rank("happy")] = 0.5, 0.5
    assert to_sentiment5(fer7, p) == pytest.approx((0, 0, 0, 0.5, 0.5))
    p = [0.0] * 7
    p[fer7.rank("surprise")] = 1.0
    assert to_sentiment5(fer7, p) == pytest.approx((0.2,) * 5)
