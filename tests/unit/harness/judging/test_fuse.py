from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.faults import ConfigError
from harness.judging.attribute import attribute
from harness.judging.fuse import STRATEGIES, FuseSettings, Source, argmax_label, fuse, values_of
from harness.judging.fuse_settings import read_settings
from harness.judging.joint import TRIPLES, Joint
from harness.records.labels import SENTIMENT5

LEARNED = {"exponents": {"text": 1.2, "audio": 0.1, "video": 0.3}, "bias": [0.1, 0.0, -0.2, 0.0, 0.1]}
PRIOR = {"text": 0.6, "audio": 0.2, "video": 0.2}


EVEN = (0.2,) * 5
PULLS = (0.5, 0.3, 0.2)
"""Of words, voice and picture in a whole that is made for these tests."""


@cache
def made_joint() -> Joint:
    """Words, voice and picture independent and even; the whole is one of them, by `PULLS`."""
    given = tuple(
        tuple(sum(w for w, k in zip(PULLS, triple, strict=True) if k == y) * 0.99 + 0.002 for y in range(5))
        for triple in TRIPLES
    )
    return Joint((1 / len(TRIPLES),) * len(TRIPLES), given, dict.fromkeys(("text", "audio", "video", "whole"), EVEN))


def settings(strategy: str) -> FuseSettings:
    return FuseSettings(strategy, PRIOR, learned=LEARNED, joint=made_joint())


@st.composite
def distributions(draw: st.DrawFn) -> tuple[float, ...]:
    raw = draw(st.lists(st.floats(0.001, 1), min_size=5, max_size=5))
    return tuple(p / sum(raw) for p in raw)


@st.composite
def sources(draw: st.DrawFn) -> dict[str, Source]:
    names = draw(st.sets(st.sampled_from(["text", "audio", "video"]), min_size=1))
    unit = st.floats(0, 1)
    return {name: Source(draw(distributions()), draw(unit), draw(unit)) for name in sorted(names)}


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(voices=sources())
def test_every_strategy_gives_a_distribution(strategy: str, voices: dict[str, Source]) -> None:
    fused = fuse(voices, settings(strategy))
    assert sum(fused.probabilities) == pytest.approx(1)
    assert all(p >= 0 for p in fused.probabilities)
    assert sum(fused.weights.values()) == pytest.approx(1)
    assert set(fused.weights) == set(voices)


@pytest.mark.parametrize("strategy", [s for s in STRATEGIES if s not in ("learned", "ordinal", "joint")])
@given(p=distributions())
def test_a_single_voice_is_itself(strategy: str, p: tuple[float, ...]) -> None:
    assert fuse({"audio": Source(p, 0.5, 0.5)}, settings(strategy)).probabilities == pytest.approx(p)


@pytest.mark.parametrize("strategy", STRATEGIES)
@given(voices=sources())
def test_shapley_values_sum_to_the_difference(strategy: str, voices: dict[str, Source]) -> None:
    label = argmax_label(fuse(voices, settings(strategy)).probabilities)
    result = attribute(voices, settings(strategy), label)
    assert sum(result.values.values()) == pytest.approx(result.full - result.empty)
    assert result.empty == pytest.approx(0.2)
    assert result.full == pytest.approx(fuse(voices, settings(strategy)).probabilities[SENTIMENT5.rank(label)])
    assert len(result.subsets) == 2 ** len(voices)


def test_log_pool_by_hand() -> None:
    a, b = (0.1, 0.2, 0.4, 0.2, 0.1), (0.5, 0.2, 0.1, 0.1, 0.1)
    fused = fuse({"text": Source(a), "audio": Source(b)}, settings("log_pool"))
    raw = [x**0.75 * y**0.25 for x, y in zip(a, b, strict=True)]
    assert fused.probabilities == pytest.approx([r / sum(raw) for r in raw])


def test_adaptive_silences_a_voice_that_says_nothing() -> None:
    sure = (0.9, 0.025, 0.025, 0.025, 0.025)
    fused = fuse({"text": Source((0.2,) * 5), "video": Source(sure)}, settings("adaptive"))
    assert fused.weights["text"] == pytest.approx(0, abs=1e-12)
    assert fused.probabilities == pytest.approx(sure)


def test_confidence_and_coverage_count_where_they_should() -> None:
    neg, pos = (0.6, 0.1, 0.1, 0.1, 0.1), (0.1, 0.1, 0.1, 0.1, 0.6)
    for strategy in ("confidence_based", "adaptive"):
        fused = fuse({"audio": Source(neg, 0.1), "video": Source(pos, 0.9)}, settings(strategy))
        assert argmax_label(fused.probabilities) == "SPOS"
    fused = fuse({"audio": Source(neg, 1, 0.1), "video": Source(pos, 1, 0.9)}, settings("temporal_weighted"))
    assert argmax_label(fused.probabilities) == "SPOS"


def test_hierarchical_differs_from_the_flat_pool() -> None:
    voices = {
        "text": Source((0.1, 0.1, 0.6, 0.1, 0.1)),
        "audio": Source((0.6, 0.1, 0.1, 0.1, 0.1)),
        "video": Source((0.1, 0.1, 0.1, 0.1, 0.6)),
    }
    flat, layered = (fuse(voices, settings(s)).probabilities for s in ("log_pool", "hierarchical"))
    assert flat != pytest.approx(layered)


def test_learned_formula_by_hand() -> None:
    p = (0.1, 0.2, 0.4, 0.2, 0.1)
    fused = fuse({"text": Source(p)}, settings("learned"))
    logits = [b + 1.2 * math.log(x) for b, x in zip(LEARNED["bias"], p, strict=True)]  # type: ignore[call-overload]
    total = sum(map(math.exp, logits))
    assert fused.probabilities == pytest.approx([math.exp(v) / total for v in logits])


def test_joint_by_hand() -> None:
    p = (0.1, 0.2, 0.4, 0.2, 0.1)
    one = FuseSettings("joint", {"text": 1.0, "audio": 1.0, "video": 1.0}, joint=made_joint())
    fused = fuse({"text": Source(p)}, one)
    # The other two are even: the whole is the words half of the time.
    assert fused.probabilities == pytest.approx([(0.5 * q + 0.1) * 0.99 + 0.002 for q in p])
    assert fused.weights == {"text": 1.0}
    both = fuse({"text": Source(p), "audio": Source((0.6, 0.1, 0.1, 0.1, 0.1))}, one)
    want = [(0.5 * q + 0.3 * r + 0.04) * 0.99 + 0.002 for q, r in zip(p, (0.6, 0.1, 0.1, 0.1, 0.1), strict=True)]
    assert both.probabilities == pytest.approx(want)


@given(voices=sources())
def test_an_opinion_that_says_no_more_than_its_prior_moves_nothing(voices: dict[str, Source]) -> None:
    without = {name: source for name, source in voices.items() if name != "audio"}
    silent = fuse({**without, "audio": Source(EVEN)}, settings("joint"))
    if without:
        assert silent.probabilities == pytest.approx(fuse(without, settings("joint")).probabilities)


def test_the_answer_is_evidence_on_the_whole() -> None:
    answer = (0.8, 0.05, 0.05, 0.05, 0.05)
    with_answer = FuseSettings("joint", {"answer": 1.0}, joint=made_joint())
    assert fuse({"answer": Source(answer)}, with_answer).probabilities == pytest.approx(answer)


def test_values_add_where_labels_would_quarrel() -> None:
    strong, none = (0.02, 0.02, 0.02, 0.02, 0.92), (0.02, 0.02, 0.92, 0.02, 0.02)
    half = FuseSettings("ordinal", {"text": 0.5, "audio": 0.5})
    fused = fuse({"text": Source(strong), "audio": Source(none)}, half)
    assert argmax_label(fused.probabilities) == "WPOS"
    assert argmax_label(fuse({"text": Source(strong)}, half).probabilities) == "SPOS"
    mean = sum(p * v for p, v in zip(fused.probabilities, values_of(5), strict=True))
    assert 0.25 < mean < 0.75


def test_nothing_heard() -> None:
    assert fuse({}, settings("log_pool")).weights == {}
    assert fuse({"other": Source((1.0, 0, 0, 0, 0))}, settings("log_pool")).weights == {}


def test_a_zero_is_no_veto() -> None:
    fused = fuse({"text": Source((1.0, 0, 0, 0, 0)), "audio": Source((0, 0, 0, 0, 1.0))}, settings("log_pool"))
    assert all(math.isfinite(p) for p in fused.probabilities)


def test_the_answer_stays_in_every_coalition() -> None:
    with_answer = FuseSettings("log_pool", {**PRIOR, "answer": 1.0})
    voices = {"answer": Source((0.8, 0.05, 0.05, 0.05, 0.05)), "text": Source((0.1, 0.1, 0.1, 0.1, 0.6))}
    result = attribute(voices, with_answer, "SNEG")
    assert result.empty == pytest.approx(0.8)
    assert set(result.values) == {"text"}
    assert "answer" in result.baseline


def test_ties_go_to_neutral() -> None:
    assert argmax_label((0.2,) * 5) == "NEUT"
    assert argmax_label((0.4, 0.0, 0.2, 0.0, 0.4)) == "SNEG"


def section(**changes: object) -> dict[str, object]:
    base = {"strategy": "log_pool", "weights": PRIOR, "label_from": "fused", "answer_certainty": 0.8, "learned": None}
    return {**base, **changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"strategy": "magic"},
        {"weights": {"text": -1}},
        {"weights": {"text": 0}},
        {"weights": {"text": "much"}},
        {"weights": {"text": float("nan")}},
        {"weights": {"text": float("inf"), "audio": 1}},
        {"weights": {"text": True}},
        {"answer_certainty": float("nan")},
        {"label_from": "dice"},
        {"answer_certainty": 1.0},
        {"strategy": "learned"},
        {"strategy": "learned", "learned": "/nowhere.json"},
        {"strategy": "joint", "learned": "/nowhere.json"},
    ],
)
def test_bad_settings_are_named(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="fuse"):
        read_settings(section(**changes))


def test_learned_file_round_trip(tmp_path: Path) -> None:
    file = tmp_path / "fusion.json"
    file.write_text(json.dumps({"schema": "fusion/1", "labels": list(SENTIMENT5.labels), **LEARNED}), encoding="utf-8")
    assert read_settings(section(strategy="learned", learned=str(file))).learned == LEARNED


@pytest.mark.parametrize(
    "changed",
    [{"exponents": {"text": float("nan")}}, {"exponents": {"text": -1}}, {"exponents": [1]}, {"bias": [0, 0, 0, 0]}]
    + [{"bias": [0, 0, float("inf"), 0, 0]}, {"bias": None}],
)
def test_a_learned_file_of_no_numbers_is_refused(tmp_path: Path, changed: dict[str, object]) -> None:
    file = tmp_path / "fusion.json"
    content = {"schema": "fusion/1", "labels": list(SENTIMENT5.labels), **LEARNED, **changed}
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ConfigError, match="fuse.learned"):
        read_settings(section(strategy="learned", learned=str(file)))
