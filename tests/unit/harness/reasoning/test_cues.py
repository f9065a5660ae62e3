"""How a measurement is said: what it is a measurement of, and nothing that our own checker would refute."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.claims.find import find_claims
from harness.judging.voice_words import NAMES
from harness.reasoning.cues import _DESPITE, _VOICE, contradict, phrase
from harness.reasoning.selection import LEAST_CARRIED, chosen, share_told
from harness.records.argument import Argument, Cue, View
from harness.records.types import Language

CUE = Cue("voice", "f0_p5_st", -10.0, -1.6, 1.0, 1.5, 0.1, {})
STATES = {"f0_median_st", "speaking_rate_per_s"}


def test_every_measurement_that_can_be_a_reason_has_words() -> None:
    assert _VOICE.keys() == NAMES.keys() and _DESPITE.keys() <= _VOICE.keys()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("z", [2.0, -2.0])
@pytest.mark.parametrize("feature", _VOICE)
def test_a_trait_of_the_whole_voice_is_no_claim_of_an_event(feature: str, z: float, language: Language) -> None:
    """“The pitch falls steeply” says that it falls; what was measured is how steep it is wherever it falls."""
    for value in (z, -z):
        claims = find_claims(phrase(language, replace(CUE, feature=feature, value=value, z=z)))
        assert all(claim.manner == "state" for claim in claims) and (not claims or feature in STATES)


def test_a_difference_is_not_told_as_its_opposite() -> None:
    ends_softer = replace(CUE, feature="level_end_less_start_db", value=-1.0, z=0.8)
    assert phrase("en", ends_softer).startswith("it keeps its force to the end (+0.8 SD")
    assert phrase("zh", replace(ends_softer, value=3.0)).startswith("到句尾更有力")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (("hammarberg_db_mean", 1.0), ("centroid_hz_mean", 1.0), True),
        (("hammarberg_db_mean", 1.0), ("centroid_hz_mean", -1.0), False),
        (("hnr_std_db", 2.1), ("hnr_mean_db", 1.1), True),
        (("f0_range_st", -1.0), ("f0_p5_st", -1.0), True),
        (("f0_range_st", 1.0), ("f0_p5_st", -1.0), False),
        (("f0_range_st", 1.0), ("speaking_rate_per_s", -1.0), False),
    ],
)
def test_opposites(one: tuple[str, float], other: tuple[str, float], expected: bool) -> None:
    cues = [replace(CUE, feature=feature, z=z) for feature, z in (one, other)]
    assert contradict(*cues) == contradict(*reversed(cues)) == expected


@pytest.mark.parametrize(("weaker", "told"), [(0.1, 1), (0.29, 2)])
def test_of_two_opposites_the_stronger_is_told_where_it_carries_enough(weaker: float, told: int) -> None:
    cues = tuple(
        replace(CUE, feature=name, z=1.0, share=share, told={"en": name})
        for name, share in (("hammarberg_db_mean", 0.3), ("centroid_hz_mean", weaker))
    )
    view = View("audio", "SPOS", 0.7, 0.7, "positive", 0.7, 1.0, 1.0, 0.3, cues)
    argument = Argument("SPOS", 0.7, "WPOS", 0.5, "joint", "audio", (), (), (view,), (), {}, 0.0, None)
    found = chosen(argument, "en", "")
    assert len(found.cues["audio"]) == told and share_told(found) >= LEAST_CARRIED
