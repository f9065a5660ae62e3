"""Verdicts of claims: what supports, what contradicts, and what says nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.claims.check import check_claim
from eval.claims.facts import Event, Facts, facts_of_evidence
from eval.claims.find import find_claims
from eval.claims.verdict import REASONS

# Ten seconds, speech from 1 to 9 s, one face seen from the front throughout.
FACTS = Facts(
    seconds=10.0,
    events={
        "audio": (
            Event("louder", 7.0, 7.8, 6.2, "dB"),
            Event("pause", 4.0, 4.6, 0.6, "s"),
            Event("lower", 2.0, 2.4, -4.0, "semitones"),
        ),
        "video": (Event("mouth_corners_up", 1.0, 2.0, 0.06, "eye distance"), Event("head_nod", 5.0, 5.8, 9.0, "deg")),
    },
    complete=frozenset({"audio", "video"}),
    numbers={
        "speech_seconds": 7.4,
        "speaking_rate_syllables_per_s": 5.4,
        "faces": 1.0,
        "found_share": 1.0,
        "eye_distance": 60.0,
        "f0_median_hz": 212.0,
        "pause_count": 1.0,
    },
    said="I really thought you would come. 我等了你一整天",
    speech=((1.0, 4.0), (4.6, 9.0)),
    snr_db=25.0,
    frames=tuple((i / 10, True) for i in range(100)),
)


def verdict(text: str, facts: Facts = FACTS) -> tuple[str, str]:
    (claim,) = find_claims(text)
    checked = check_claim(claim, facts)
    assert checked.reason in REASONS
    return checked.verdict, checked.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Her voice gets louder towards the end.", ("supported", "event")),
        ("Her voice gets louder at the beginning.", ("contradicted", "elsewhere")),
        ("Louder by 6.0 dB at 7.0–7.8 s.", ("supported", "event")),
        ("Louder by 15 dB at 7.0–7.8 s.", ("contradicted", "number_off")),
        ("She lowers her voice at 7.1–7.7 s.", ("contradicted", "opposite")),
        ("She does not raise her voice.", ("contradicted", "denied")),
        ("She never raises her pitch.", ("supported", "none_found")),
        ("His pitch rises.", ("contradicted", "none_found")),
        ("His pitch seems to rise.", ("unverifiable", "hedged")),
        ("His pitch rises slightly.", ("unverifiable", "slight")),
        ("She speaks in a soft voice.", ("unverifiable", "only_relative")),
        ("她停顿了一下。", ("supported", "event")),
        ("整句话没有停顿。", ("contradicted", "denied")),
        ("Her voice trembles.", ("unverifiable", "no_detector")),
        ("他叹了口气。", ("unverifiable", "no_detector")),
        ("She smiles.", ("supported", "event")),
        ("She smiles at 8–9 s.", ("contradicted", "elsewhere")),
        ("她没有笑。", ("contradicted", "denied")),
        ("He shakes his head.", ("contradicted", "none_found")),
        ("There is no head shake.", ("supported", "none_found")),
        ("Her brows are furrowed.", ("unverifiable", "only_relative")),
        ("Her brows are furrowed at 8 s.", ("contradicted", "none_found")),
        ("She nods at 14.0 s.", ("contradicted", "beyond")),
        ("She is speaking rapidly.", ("supported", "number_same")),
        ("The speech is slow.", ("contradicted", "number_off")),
        ("语速越来越快。", ("unverifiable", "only_relative")),
        ("Median pitch 212 Hz.", ("supported", "number_same")),
        ("Median pitch 150 Hz.", ("contradicted", "number_off")),
        ("2 pauses.", ("contradicted", "number_off")),
        ("The speaker pauses at 5.5–6.5 s.", ("contradicted", "elsewhere")),
        ("The speaker pauses at 6.0–6.3 s.", ("unverifiable", "short_time")),
        ("在4.2–4.5秒，说话人停顿了一下。", ("supported", "event")),
        ("Level range 20 dB.", ("unverifiable", "no_number")),
        ("She says “you would come”.", ("supported", "quote_said")),
        ("她说“我等了你一整天”。", ("supported", "quote_said")),
        ("She says “get out of my house”.", ("contradicted", "quote_absent")),
        ("She says that she thought he would come.", ("supported", "words_said")),
        ("She says that the weather is nice.", ("unverifiable", "not_in_words")),
    ],
)
def test_verdicts(text: str, expected: tuple[str, str]) -> None:
    assert verdict(text) == expected


@pytest.mark.parametrize(
    ("text", "change", "reason"),
    [
        ("His pitch rises.", {"complete": frozenset({"video"})}, "incomplete"),
        ("His pitch rises.", {"snr_db": 4.0}, "not_covered"),
        ("His pitch rises.", {"snr_db": None}, "not_covered"),
        ("His pitch rises at 9.6–10 s.", {}, "not_covered"),
        ("He shakes his head.", {"frames": tuple((i / 10, i % 2 == 0) for i in range(100))}, "not_covered"),
        ("He shakes his head.", {"numbers": FACTS.numbers | {"faces": 2.0}}, "several_faces"),
        ("He shakes his head.", {"numbers": FACTS.numbers | {"eye_distance": 20.0}}, "not_covered"),
        ("He shakes his head.", {"events": {}, "missing": {"video": "no picture track"}}, "missing"),
        ("She says “you would come”.", {"said": ""}, "no_transcript"),
        ("She says “get out of my house”.", {"said": "从我家滚出去"}, "other_script"),
    ],
)
def test_absence_says_nothing_where_it_was_not_measured(text: str, change: dict, reason: str) -> None:
    assert verdict(text, replace(FACTS, **change)) == ("unverifiable", reason)


def test_a_truncated_list_of_events_never_contradicts_by_absence() -> None:
    def evidence(events: int) -> Facts:
        items = [
            {"modality": "audio", "kind": "louder", "value": 5.0, "unit": "dB", "start": i, "end": i + 0.5}
            for i in range(events)
        ]
        items.append({"modality": "audio", "kind": "speech_seconds", "value": 6.0, "unit": "s", "start": None})
        return facts_of_evidence({"items": items, "opinions": {"audio": {"confidence": 0.9}}}, seconds=10.0)

    assert verdict("There is no rise in pitch.", evidence(5)) == ("supported", "none_found")
    assert verdict("There is no rise in pitch.", evidence(6)) == ("unverifiable", "incomplete")
    assert verdict("She smiles.", evidence(5)) == ("unverifiable", "missing")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Her lips are pressed together.", ("unverifiable", "at_times")),
        ("Her lips are pressed together at 3.2–3.8 s.", ("contradicted", "denied")),
        ("She looks at the camera.", ("unverifiable", "only_relative")),
        ("她始终没有张嘴。", ("contradicted", "denied")),
    ],
)
def test_a_contrary_state_is_refuted_only_where_it_is_claimed(text: str, expected: tuple[str, str]) -> None:
    opened = (Event("mouth_open", 3.0, 4.0, 0.3, "ratio"),)
    facts = replace(FACTS, events={"audio": (), "video": opened}, frames=tuple((i / 10, True) for i in range(100)))
    assert verdict(text, facts) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The fall is over at 2.4 s.
        ("His pitch falls after 2.5 s.", ("contradicted", "elsewhere")),
        ("His pitch falls after 1.5 s.", ("supported", "event")),
        ("His pitch falls before 1.5 s.", ("unverifiable", "not_covered")),
        ("2.5秒之后音调降低。", ("contradicted", "elsewhere")),
        ("2.5秒左右音调降低。", ("supported", "event")),
        ("His pitch rises at 2.5 s.", ("contradicted", "opposite")),
        ("She keeps her head perfectly still.", ("unverifiable", "faint")),
        ("She keeps her head perfectly still after 7 s.", ("supported", "none_found")),
        ("她的头一直一动不动。", ("unverifiable", "faint")),
        ("She never moves her head at 8 s.", ("supported", "none_found")),
        ("Her head does not stay still.", ("supported", "event")),
        ("Two faces are visible.", ("contradicted", "number_off")),
        ("Only one person is in the frame.", ("supported", "number_same")),
        ("画面中有两个人。", ("contradicted", "number_off")),
        ("She speaks with a wide pitch range.", ("supported", "number_same")),
        ("The pitch range is rather narrow.", ("contradicted", "number_off")),
        ("音高范围很小。", ("contradicted", "number_off")),
    ],
)
def test_borders_in_time_stillness_faces_and_range(text: str, expected: tuple[str, str]) -> None:
    assert verdict(text, replace(FACTS, numbers=FACTS.numbers | {"f0_range_semitones": 14.0})) == expected


def test_two_claims_of_a_sentence_have_a_verdict_each() -> None:
    text = "Her voice gets louder at the end while her pitch falls after 5 s."
    checked = [check_claim(claim, FACTS) for claim in find_claims(text)]
    assert [(text[c.claim.start : c.claim.end], c.verdict) for c in checked] == [
        ("louder", "supported"),
        ("pitch falls", "contradicted"),
    ]
