"""Pairs of yes/no questions from measurement: one that is true of the clip, and its false twin.

A true question names an event that was measured; its twin names the opposite event at the same time, or the same event
at a time at which nothing of the kind was measured though it could have been (speech is there, the face is seen). Both
are held against the claim checker, so that a question is asked only where the measurement decides it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval.claims.card import LEAST_OF, near, verdict_of
from eval.claims.check import MARKED, OPPOSITE_EVENT
from eval.claims.facts import Event, Facts
from eval.claims.templates import finished, sentence

STRONG = 3.0
"""Times the least departure from which on an event is graded `strong`; from `MARKED` on it is `marked`."""
STEP = 0.25
"""Seconds between the places that are tried for a twin."""
QUESTIONS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "louder": "Does the speaker's voice get louder",
        "softer": "Does the speaker's voice get softer",
        "higher": "Does the pitch of the speaker's voice rise",
        "lower": "Does the pitch of the speaker's voice fall",
        "pause": "Does the speaker pause",
        "mouth_corners_up": "Do the corners of the speaker's mouth go up",
        "mouth_corners_down": "Do the corners of the speaker's mouth go down",
        "brows_up": "Does the speaker raise the eyebrows",
        "brows_down": "Does the speaker lower the eyebrows",
        "head_nod": "Does the speaker nod",
        "head_shake": "Does the speaker shake the head",
        "head_turn": "Does the speaker turn the head",
        "head_tilt": "Does the speaker tilt the head",
        "gaze_down": "Does the speaker look down",
        "gaze_away": "Does the speaker look away",
    },
    "zh": {
        "louder": "说话人的声音变大了吗",
        "softer": "说话人的声音变小了吗",
        "higher": "说话人的音调升高了吗",
        "lower": "说话人的音调降低了吗",
        "pause": "说话人停顿了吗",
        "mouth_corners_up": "说话人的嘴角上扬了吗",
        "mouth_corners_down": "说话人的嘴角下垂了吗",
        "brows_up": "说话人挑眉了吗",
        "brows_down": "说话人皱眉了吗",
        "head_nod": "说话人点头了吗",
        "head_shake": "说话人摇头了吗",
        "head_turn": "说话人转头了吗",
        "head_tilt": "说话人歪头了吗",
        "gaze_down": "说话人低头往下看了吗",
        "gaze_away": "说话人移开视线了吗",
    },
}
"""Language → kind of event → question, without its time."""


@dataclass(frozen=True)
class Probe:
    """One question.

    Attributes:
        id: unique; the two of a pair differ in their last letter, `t` or `f`.
        pair: of the two.
        clip: the clip's ID.
        language: `en` or `zh`.
        modality: `audio` or `video`.
        kind: of the event that is asked for.
        question: with its time.
        answer: what measurement says: `yes` or `no`.
        twin: how the false one was made: `opposite` or `elsewhere`.
        grade: `strong` or `marked`: how far the event of the true one departs from the clip's own baseline.
    """

    id: str
    pair: str
    clip: str
    language: str
    modality: str
    kind: str
    question: str
    answer: str
    twin: str
    grade: str


def probes_of(clip: str, facts: Facts) -> Iterator[Probe]:
    """All pairs of a clip in both languages; events without a twin that is surely false are left out."""
    number = 0
    for modality, events in facts.events.items():
        for event in events:
            strength = _strength(event)
            if event.kind not in QUESTIONS["en"] or strength < MARKED or not _holds(event.kind, _span(event), facts):
                continue
            twin = _twin(event, facts, number % 2 == 0)
            if twin is None:
                continue
            number += 1
            grade = "strong" if strength >= STRONG else "marked"
            made, kind, span = twin
            for language in QUESTIONS:
                pair = f"{clip}#{number}{language}"
                rows = (("t", "yes", event.kind, _span(event)), ("f", "no", kind, span))
                for letter, answer, asked, at in rows:
                    text = question(language, asked, at)
                    yield Probe(pair + letter, pair, clip, language, modality, asked, text, answer, made, grade)


def question(language: str, kind: str, span: tuple[float, float]) -> str:
    """The question as a model is asked it."""
    asked = QUESTIONS[language][kind]
    if language == "en":
        return f"{asked} between {span[0]:.1f} and {span[1]:.1f} seconds?"
    return f"在{span[0]:.1f}秒到{span[1]:.1f}秒之间，{asked}？"


def _span(event: Event) -> tuple[float, float]:
    return round(event.start, 1), round(max(event.end, event.start + 0.1), 1)


def _strength(event: Event) -> float:
    """Times the least departure that counts as an event of this kind."""
    least = LEAST_OF.get(event.kind)
    return abs(event.value or 0.0) / least if least else 0.0


def _twin(event: Event, facts: Facts, opposite_first: bool) -> tuple[str, str, tuple[float, float]] | None:
    """(how it is made, kind, time) of a question that is false; the two ways take turns where both are open."""
    ways = ("opposite", "elsewhere") if opposite_first else ("elsewhere", "opposite")
    for way in ways:
        if way == "opposite":
            other = OPPOSITE_EVENT.get(event.kind, "")
            if other in QUESTIONS["en"] and _absent(other, _span(event), facts):
                return way, other, _span(event)
        elif (span := _elsewhere(event, facts)) is not None:
            return way, event.kind, span
    return None


def _elsewhere(event: Event, facts: Facts) -> tuple[float, float] | None:
    """The free time that lies farthest from the event, as long as it is."""
    first, last = _span(event)
    length = last - first
    places = [round(n * STEP, 2) for n in range(int(max(0.0, facts.seconds - length) / STEP) + 1)]
    for start in sorted(places, key=lambda place: (-abs(place - first), place)):
        span = (round(start, 1), round(start + length, 1))
        if _absent(event.kind, span, facts):
            return span
    return None


def _absent(kind: str, span: tuple[float, float], facts: Facts) -> bool:
    """Whether no event of the kind is near, and measurement would have shown one."""
    return not near(facts, kind, span) and _verdict(kind, span, facts) == "contradicted"


def _holds(kind: str, span: tuple[float, float], facts: Facts) -> bool:
    return _verdict(kind, span, facts) == "supported"


def _verdict(kind: str, span: tuple[float, float], facts: Facts) -> str:
    """What the checker says of the assertion."""
    return verdict_of(finished("en", sentence("en", kind, span)), facts)


def balanced(probes: Sequence[Probe], most: int | None = None) -> list[Probe]:
    """At most `most` pairs a language, taken in turn from the clips and, within one, the strong before the marked."""
    if most is None:
        return list(probes)
    kept: list[Probe] = []
    for language in QUESTIONS:
        own = [probe for probe in probes if probe.language == language]
        queues: dict[str, list[str]] = {}
        for probe in sorted(own, key=lambda p: p.grade != "strong"):
            pairs = queues.setdefault(probe.clip, [])
            if probe.pair not in pairs:
                pairs.append(probe.pair)
        chosen: set[str] = set()
        while len(chosen) < most and any(queues.values()):
            for pairs in queues.values():
                if pairs and len(chosen) < most:
                    chosen.add(pairs.pop(0))
        kept += [probe for probe in own if probe.pair in chosen]
    return kept
