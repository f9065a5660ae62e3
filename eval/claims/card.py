"""`claims card`: how often the checker is wrong, measured by counterfactuals on the clips of a run.

Every event that was measured clearly gives a sentence that is true of its clip. The sentence is then changed (swap of
direction, time, cue, modality, negation: false now; other wording around it: true still), or the evidence is (mute a
second, freeze the face, cut the smile, mirror, other level, other pitch), as such a change of the media would leave it.
What must follow is known from what was changed. Only verdicts that must change may change.

A change of time, cue or modality counts as false only where no event of that kind is within `CLEAR` seconds of it:
what measurement itself cannot tell is left out of the pairs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from eval.claims.check import EVENT_KIND, LEAST, MARKED, OPPOSITE_EVENT, check_claim
from eval.claims.facts import Event, Facts
from eval.claims.find import find_claims
from eval.claims.templates import IRRELEVANT, JOINED, SENTENCES, finished, sentence
from eval.tables.signature import signature

SCHEMA = "claims-card/1"
CLEAR = 1.0
AUDIO = ("louder", "softer", "higher", "lower", "pause")
LEAST_OF = {EVENT_KIND.get(kind, kind): value for kind, value in LEAST.items()}
PITCH_STEPS, LEVEL_STEP = 4.0, 6.0
"""Semitones and dB by which the media are changed; the first moves the median pitch by a quarter."""


@dataclass(frozen=True)
class Pair:
    """A sentence before and after a change.

    `changed` names the change; `truth` is what the claim is afterwards; `affected` whether its verdict may move.
    """

    clip: str
    language: str
    changed: str
    before: str
    after: str
    truth: bool
    affected: bool
    verdict_before: str
    verdict: str


def verdict_of(text: str, facts: Facts, at: int = 0) -> str:
    """The verdict on the claim number `at` of a text; `silent` where there is none."""
    claims = [claim for claim in find_claims(text) if claim.kind not in ("quote", "said")]
    return check_claim(claims[at], facts).verdict if len(claims) > at else "silent"


def pairs_of(clip: str, facts: Facts) -> Iterator[Pair]:
    """All pairs of a clip, in both languages."""
    for modality, events in facts.events.items():
        for event in events:
            if event.kind in SENTENCES["en"] and abs(event.value or 0.0) >= MARKED * LEAST_OF.get(event.kind, 0.0):
                for language in SENTENCES:
                    yield from _texts(clip, language, modality, event, facts)
                    yield from _media(clip, language, modality, event, facts)


def near(facts: Facts, kind: str, span: tuple[float, float]) -> bool:
    """Whether an event of the kind lies within `CLEAR` seconds of a time."""
    known = (event for events in facts.events.values() for event in events if event.kind == kind)
    return any(e.start <= span[1] + CLEAR and e.end >= span[0] - CLEAR for e in known)


def _absent(facts: Facts, kinds: Sequence[str]) -> str:
    """The first of some kinds of which the clip has no event at all; empty if all occur."""
    seen = {event.kind for events in facts.events.values() for event in events}
    return next((kind for kind in kinds if kind not in seen), "")


def _texts(clip: str, language: str, modality: str, event: Event, facts: Facts) -> Iterator[Pair]:
    span = (round(event.start, 1), round(event.end, 1))
    true = finished(language, sentence(language, event.kind, span))
    before = verdict_of(true, facts)
    changes = [("negate", sentence(language, event.kind, span, denied=True))]
    opposite = OPPOSITE_EVENT.get(event.kind, "")
    if opposite and not near(facts, opposite, span):
        changes.append(("swap", sentence(language, opposite, span)))
    moved = _elsewhere(event, facts)
    if moved:
        changes.append(("time", sentence(language, event.kind, moved)))
    video = tuple(kind for kind in SENTENCES["en"] if kind not in AUDIO)
    for name, kinds in (
        ("cue", AUDIO if modality == "audio" else video),
        ("modality", video if modality == "audio" else AUDIO),
    ):
        other = _absent(facts, [kind for kind in kinds if kind not in (event.kind, opposite)])
        if other:
            changes.append((name, sentence(language, other, span)))
    for name, clause in changes:
        after = finished(language, clause)
        yield Pair(clip, language, name, true, after, False, True, before, verdict_of(after, facts))
        pattern, _ = JOINED[language]
        # The same true claim beside the changed one: its verdict must stay.
        both = pattern.format(sentence(language, event.kind, span), clause)
        yield Pair(clip, language, f"{name}, beside", true, both, True, False, before, verdict_of(both, facts))
    plain = IRRELEVANT[language] + true
    yield Pair(clip, language, "other words", true, plain, True, False, before, verdict_of(plain, facts))


def _elsewhere(event: Event, facts: Facts) -> tuple[float, float] | None:
    """A time of the same length without an event of the kind near it; None if there is none in the clip."""
    length = min(event.end - event.start, 1.0)
    for tenth in range(int(max(0.0, facts.seconds - length) * 10) + 1):
        span = (round(tenth / 10, 1), round(tenth / 10 + length, 1))
        if not near(facts, event.kind, span):
            return span
    return None


def _media(clip: str, language: str, modality: str, event: Event, facts: Facts) -> Iterator[Pair]:
    true = finished(language, sentence(language, event.kind, (round(event.start, 1), round(event.end, 1))))
    before = verdict_of(true, facts)
    for name, changed, gone in media_changes(facts, event):
        affected = event in gone
        if affected and _left(changed, event):
            continue
        yield Pair(clip, language, name, true, true, not affected, affected, before, verdict_of(true, changed))


def _left(facts: Facts, event: Event) -> bool:
    return near(facts, event.kind, (event.start, event.end))


def media_changes(facts: Facts, event: Event) -> Iterator[tuple[str, Facts, tuple[Event, ...]]]:
    """(name, the evidence that a change of the media leaves, the events that are gone)."""
    audio, video = facts.events.get("audio", ()), facts.events.get("video", ())
    middle = (event.start + event.end) / 2
    mute = (max(0.0, middle - 0.5), middle + 0.5)
    muted = tuple(e for e in audio if e.start >= mute[0] and e.end <= mute[1])
    silence = Event("pause", mute[0], mute[1], mute[1] - mute[0], "s")
    kept = tuple(e for e in audio if e.end <= mute[0] or e.start >= mute[1])
    spans = None if facts.speech is None else tuple(_without(facts.speech, mute))
    # What the silence merely touches is measured anew there: neither gone nor sure to stay.
    if event.kind != "pause" and (event in muted or event in video):
        yield "mute a second", _with(facts, "audio", (*kept, silence), speech=spans), muted
    yield "freeze the face", _with(facts, "video", ()), video
    smiles = tuple(e for e in video if e.kind == "mouth_corners_up")
    if smiles:
        yield "cut the smile", _with(facts, "video", tuple(e for e in video if e not in smiles)), smiles
    mirrored = tuple(
        replace(e, value=-e.value) if e.kind in ("head_turn", "head_tilt") and e.value is not None else e for e in video
    )
    yield "mirror", _with(facts, "video", mirrored), ()
    louder = dict(facts.numbers)
    louder |= {name: value + LEVEL_STEP for name, value in facts.numbers.items() if name == "level_db"}
    yield "level", replace(facts, numbers=louder), ()
    pitch = dict(facts.numbers)
    if "f0_median_hz" in pitch:
        pitch["f0_median_hz"] *= 2 ** (PITCH_STEPS / 12)
        yield "raise the pitch", replace(facts, numbers=pitch), ()


def _with(facts: Facts, modality: str, events: tuple[Event, ...], speech: Any = None) -> Facts:
    changed = {**facts.events, modality: events}
    return replace(facts, events=changed, speech=facts.speech if speech is None else speech)


def _without(spans: Sequence[tuple[float, float]], cut: tuple[float, float]) -> Iterator[tuple[float, float]]:
    for start, end in spans:
        yield from ((a, b) for a, b in ((start, min(end, cut[0])), (max(start, cut[1]), end)) if b > a)


def card(facts: Mapping[str, Facts]) -> dict[str, Any]:
    """The JSON value of schema claims-card/1: rates by kind of change, precision, recall, abstention."""
    pairs = [pair for clip, known in facts.items() for pair in pairs_of(clip, known)]
    return {
        "schema": SCHEMA,
        "signature": signature("claims-card", "1", clips=len(facts), n=len(pairs), ci="none"),
        "clips": len(facts),
        "n": len(pairs),
        "languages": {language: sum(p.language == language for p in pairs) for language in SENTENCES},
        **figures_of(pairs),
        "by_change": {name: figures_of([p for p in pairs if p.changed == name]) for name in _names(pairs)},
        "missed": [vars(p) for p in pairs if _wrong(p)],
    }


def _names(pairs: Sequence[Pair]) -> list[str]:
    return list(dict.fromkeys(pair.changed for pair in pairs))


def _wrong(pair: Pair) -> bool:
    stated = {"supported": True, "contradicted": False}.get(pair.verdict, pair.truth)
    return stated != pair.truth or (not pair.affected and pair.verdict != pair.verdict_before)


def figures_of(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Counts and rates; None where nothing is to be counted.

    Precision of a verdict: share of the claims with it that are so. Recall: share of such claims that get it. `flips`:
    affected pairs whose verdict changed; `unaffected_kept`: unaffected pairs whose verdict stayed.
    """
    flips = [p.verdict != p.verdict_before for p in pairs if p.affected]
    kept = [p.verdict == p.verdict_before for p in pairs if not p.affected]
    found: dict[str, Any] = {"pairs": len(pairs), "flips": _rate(flips), "unaffected_kept": _rate(kept)}
    for verdict, truth in (("contradicted", False), ("supported", True)):
        found[f"precision_{verdict}"] = _rate([p.truth == truth for p in pairs if p.verdict == verdict])
        found[f"recall_{verdict}"] = _rate([p.verdict == verdict for p in pairs if p.truth == truth])
    found["abstained"] = _rate([p.verdict in ("unverifiable", "silent") for p in pairs])
    found["silent"] = _rate([p.verdict == "silent" for p in pairs])
    return found


def _rate(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None
