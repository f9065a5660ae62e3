from __future__ import annotations

import pytest

from harness.records.conversions import (
    NoConversion,
    base_of,
    convert,
    losses,
    neutral_of,
    polarity_of,
    to_sentiment5,
)
from harness.records.labels import EMOTION7, POLARITY3, SENTIMENT5, SPACES, LabelSpace

OWN = LabelSpace("mood", ("glad", "low"), base="emotion7", images={"joy": "glad", "sadness": "low", "anger": "low"})


@pytest.mark.parametrize("source", SPACES)
@pytest.mark.parametrize("target", SPACES)
def test_every_table_is_whole_and_loses_nothing_unsaid(source: str, target: str) -> None:
    one, other = SPACES[source], SPACES[target]
    sentiments = (SENTIMENT5, POLARITY3)
    if one in sentiments and other not in sentiments:
        with pytest.raises(NoConversion, match=target):
            convert(one, other)
        return
    found = convert(one, other)
    assert tuple(found.table) == one.labels
    for shares in found.table.values():
        assert set(shares) <= set(other.labels)
        assert not shares or sum(shares.values()) == pytest.approx(1)
    said = found.apply([1 / len(one.labels)] * len(one.labels))
    assert said is not None and sum(said) == pytest.approx(1)
    if source == target:
        assert found.unmapped == found.unreached == ()


def test_the_losses_of_the_competitions_spaces() -> None:
    assert losses(SPACES["mer6"]) == {"unmapped": ["disgust"], "unreached": []}
    assert losses(SPACES["dfew7"]) == {"unmapped": [], "unreached": []}
    assert losses(SPACES["mafw11"])["unreached"] == ["contemptuous", "disappointed", "helpless", "anxious"]
    assert losses(SPACES["ravdess8"]) == {"unmapped": [], "unreached": ["calm"]}
    assert losses(OWN) == {"unmapped": ["neutral", "fear", "disgust", "surprise"], "unreached": []}
    assert convert(EMOTION7, SENTIMENT5).unmapped == ("surprise",)


def test_unmapped_mass_is_withheld_and_the_rest_renormalised() -> None:
    mer6 = convert(EMOTION7, SPACES["mer6"])
    # neutral, joy, sadness, anger, fear, disgust, surprise → neutral, angry, happy, sad, worried, surprise
    assert mer6.apply((0.1, 0.1, 0.1, 0.1, 0.1, 0.5, 0.0)) == pytest.approx((0.2, 0.2, 0.2, 0.2, 0.2, 0.0))
    assert mer6.apply((0, 0, 0, 0, 0, 1, 0)) is None
    assert to_sentiment5(EMOTION7, (0, 0, 0, 0, 0, 0, 1)) == (0.2,) * 5
    with pytest.raises(ValueError, match="3 probabilities for 7"):
        mer6.apply((0.1, 0.2, 0.7))


def test_a_heads_space_leads_to_a_users_own_by_way_of_its_base() -> None:
    face = convert(SPACES["fer7"], OWN)
    by_label = dict(zip(SPACES["fer7"].labels, (0.2, 0.1, 0.1, 0.3, 0.1, 0.1, 0.1), strict=True))
    assert by_label["happy"] == 0.3 and by_label["angry"] == 0.2 and by_label["sad"] == 0.1
    assert face.apply(list(by_label.values())) == pytest.approx((0.5, 0.5))
    with pytest.raises(NoConversion, match="user's own"):
        convert(OWN, EMOTION7)


def test_kinds_of_labels() -> None:
    assert [polarity_of(label, EMOTION7) for label in EMOTION7.labels] == [0, 1, -1, -1, -1, -1, None]
    assert [polarity_of(label, SENTIMENT5) for label in SENTIMENT5.labels] == [-1, -1, 0, 1, 1]
    assert (polarity_of("glad", OWN), polarity_of("low", OWN)) == (1, -1)
    assert (neutral_of(SENTIMENT5), neutral_of(EMOTION7), neutral_of(OWN)) == ("NEUT", "neutral", None)
    assert (base_of(POLARITY3), base_of(SPACES["mer6"]), base_of(OWN)) == (SENTIMENT5, EMOTION7, EMOTION7)
