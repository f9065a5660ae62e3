"""Pairs of questions from measurement: one true, its twin false, and nothing asked that measurement cannot tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.claims.card import CLEAR
from eval.probes.questions import QUESTIONS, balanced, probes_of, question
from tests.unit.eval.claims.test_check import FACTS


def test_each_pair_has_a_true_question_and_a_false_one_in_both_languages() -> None:
    probes = list(probes_of("a.mp4", FACTS))
    assert len(probes) >= 8 and len({probe.id for probe in probes}) == len(probes)
    for pair in {probe.pair for probe in probes}:
        both = [probe for probe in probes if probe.pair == pair]
        assert sorted(probe.answer for probe in both) == ["no", "yes"]
        assert len({(probe.language, probe.twin, probe.grade) for probe in both}) == 1
    asked = {language: [p.kind for p in probes if p.language == language] for language in QUESTIONS}
    assert asked["en"] == asked["zh"] and len(asked["en"]) == len(probes) // 2


def test_a_true_question_names_what_was_measured_and_a_false_one_what_was_not() -> None:
    events = [event for found in FACTS.events.values() for event in found]
    for probe in probes_of("a.mp4", FACTS):
        if probe.language == "zh":
            continue
        start, end = (
            float(word) for word in probe.question.split("between ")[1].removesuffix(" seconds?").split(" and ")
        )
        near = [e for e in events if e.kind == probe.kind and e.start <= end + CLEAR and e.end >= start - CLEAR]
        at = [e for e in near if abs(e.start - start) <= 0.06]
        assert bool(at) if probe.answer == "yes" else not near, probe


def test_what_could_not_be_measured_is_not_asked() -> None:
    assert not list(probes_of("a.mp4", replace(FACTS, events={}, complete=frozenset())))
    unseen = replace(FACTS, complete=frozenset({"audio"}), frames=None)
    assert {probe.modality for probe in probes_of("a.mp4", unseen)} <= {"audio"}


def test_a_faint_event_is_not_asked_and_a_strong_one_is_graded() -> None:
    audio = FACTS.events["audio"][0]
    for value, grades in ((4.1, set()), (7.0, {"marked"}), (14.0, {"strong"})):
        facts = replace(FACTS, events={"audio": (replace(audio, kind="louder", value=value, unit="dB"),), "video": ()})
        assert {probe.grade for probe in probes_of("a.mp4", facts)} == grades


def test_clips_take_turns_where_there_is_a_limit() -> None:
    probes = [probe for name in ("a", "b", "c") for probe in probes_of(name, FACTS)]
    kept = balanced(probes, 4)
    assert len(kept) == 4 * 2 * 2
    counts = {name: len({p.pair for p in kept if p.clip == name and p.language == "zh"}) for name in ("a", "b", "c")}
    assert sorted(counts.values()) == [1, 1, 2]
    assert balanced(probes) == probes


@pytest.mark.parametrize("kind", QUESTIONS["en"])
def test_every_kind_is_asked_in_both_languages(kind: str) -> None:
    assert question("en", kind, (1.0, 2.0)).endswith(" between 1.0 and 2.0 seconds?")
    assert question("zh", kind, (1.0, 2.0)).startswith("在1.0秒到2.0秒之间，") and QUESTIONS["zh"][kind].endswith("吗")
