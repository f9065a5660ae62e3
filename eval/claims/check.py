"""Claims against measurements: supported, contradicted or unverifiable, each with its reason and its numbers.

An event of the claimed kind at the claimed time supports a claim (and contradicts its denial). A claim is contradicted

* by a number that differs from the measured one by more than a quarter,
* by the opposite event at a time that the claim names, or by a time after the clip's end,
* by words in quotation marks most of which were never said,
* by absence, and this only if everything holds: the kind has a detector; its list of events is complete; the modality
  was measured over the span in question (speech there at 10 dB SNR or more; one face, in view from the front in 80 %
  of the frames, 24 px or more between the eyes); the claim is neither hedged nor of something slight; and it asserts a
  change, or a state whose rest is known beforehand (a shut mouth, level corners), or names the time.

Trembling and sighs have no detector. Loudness and pitch are known against the clip's own voice only, so “a loud voice”
can be supported by a louder stretch but never refuted. A paraphrase can be supported by its words, not refuted by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from eval.claims.facts import LEAST_EYE_PX, LEAST_SNR_DB, Event, Facts, facts_of_evidence
from eval.claims.find import Claim, find_claims
from eval.claims.lexicon import MEASURES
from eval.claims.verdict import Checked
from eval.claims.words import check_words
from harness.records.body import KINDS as BODY
from harness.records.brief import KINDS as BRIEF

EVENT_KIND = {"smile": "mouth_corners_up"}
OPPOSITE = {
    "louder": "softer",
    "softer": "louder",
    "higher": "lower",
    "lower": "higher",
    "smile": "mouth_corners_down",
    "mouth_corners_down": "mouth_corners_up",
    "brows_up": "brows_down",
    "brows_down": "brows_up",
}
KNOWN_REST = ("smile", "mouth_corners_down", "mouth_open", "head_nod", "head_shake", "pause")
LEAST = {"louder": 4.0, "softer": 4.0, "higher": 3.0, "lower": 3.0, "smile": 0.03, "mouth_corners_down": 0.03}
LEAST |= {"mouth_open": 0.08, "brows_up": 0.02, "brows_down": 0.02, "head_turn": 12.0, "head_tilt": 8.0}
LEAST |= {"shoulders_up": 0.09, "lean_in": 0.1, "lean_back": 0.1, "gesture": 0.8}
LEAST |= {"brief_motion": float("inf")}  # a candidate refutes no denial
LEAST |= {"head_nod": 7.0, "head_shake": 5.0, "gaze_away": 0.13, "gaze_down": 0.10, "pause": 0.2}
"""The smallest departure that is an event (models/face/movements.py, models/body/movements.py,
models/voice/prosody/events.py)."""
MARKED = 1.5
"""A denial is refuted by an event of this many times the least departure: nobody denies a flicker."""
SHORT_PAUSE = MARKED * LEAST["pause"] + 0.05
"""Seconds, with the rounding of a named time: in so short a stretch a tenth decides whether it is a pause."""
TOLERANCE = 0.25
SLACK = 0.5
"""Seconds by which a named time may miss an event."""
NEAR = 0.25
"""Seconds within which an event answers for a named instant in the opposite sense."""
LEAST_COVERAGE = 0.8
LEAST_SPEECH = 0.8
FAST, SLOW, VERY_SLOW = 5.0, 2.5, 2.0
"""Syllables per second. Of the nuclei more are missed than invented: a high rate is certain, a low one less so."""

WIDE, NARROW = 12.0, 5.0
"""Semitones of a clip's pitch range: an octave is wide, less than a fourth narrow; what lies between is neither."""
STILL: Mapping[str, tuple[str, ...]] = {
    "head_still": ("head_nod", "head_shake", "head_turn", "head_tilt"),
    "face_still": ("mouth_corners_up", "mouth_corners_down", "brows_up", "brows_down", "mouth_open"),
}
"""Stillness → the movements that refute it."""


def check_claim(claim: Claim, facts: Facts) -> Checked:
    """The verdict on one claim."""
    if claim.kind in ("quote", "said"):
        return check_words(claim, facts)
    if claim.manner == "measure":
        return _measured(claim, facts)
    if claim.kind in ("trembling", "sigh"):
        return Checked(claim, "unverifiable", "no_detector")
    if claim.kind in ("faster", "slower"):
        return _rate(claim, facts)
    if claim.kind in ("pitch_wide", "pitch_narrow"):
        return _pitch_range(claim, facts)
    if claim.kind in STILL:
        return _still(claim, facts)
    return _event(claim, facts)


def grounding(text: str, evidence: Mapping[str, Any], said: str, seconds: float, expected: float) -> float:
    """(supported − contradicted) / max(different claims, `expected` claims); 0 for a text without a claim."""
    facts = facts_of_evidence(evidence, said, seconds)
    different: dict[object, Claim] = {}
    for claim in find_claims(text):
        when = (claim.when.start, claim.when.end, claim.when.part) if claim.when else None
        words = claim.text if claim.manner == "speech" else ""
        different.setdefault((claim.kind, claim.negated, when, claim.value, words), claim)
    verdicts = [check_claim(claim, facts).verdict for claim in different.values()]
    if not verdicts:
        return 0.0
    return (verdicts.count("supported") - verdicts.count("contradicted")) / max(len(verdicts), expected)


# ── events ────────────────────────────────────────────────────────────────────────────────────────────────
def _event(claim: Claim, facts: Facts) -> Checked:
    span = claim.when.seconds(facts.seconds) if claim.when else None
    if span is not None and 0 < facts.seconds + SLACK < span[0] and not claim.negated:
        return Checked(claim, "contradicted", "beyond", f"{facts.seconds:.1f} s long")
    kinds = BRIEF if claim.kind == "brief_motion" else (EVENT_KIND.get(claim.kind, claim.kind),)
    known = facts.events.get(claim.modality, ())
    same = [event for event in known if event.kind in kinds]
    side = claim.when.side if claim.when else ""
    here = [event for event in same if _overlaps(event, span, side)]
    if here:
        return _denial(claim, here, span, facts) if claim.negated else _with_number(claim, here)
    if not known and claim.modality in facts.missing:
        return Checked(claim, "unverifiable", "missing", facts.missing[claim.modality])
    if span is not None and not claim.negated:
        against = [e for e in known if e.kind == OPPOSITE_EVENT.get(claim.kind) and _fills(e, span)]
        if against:
            return Checked(claim, "contradicted", "opposite", "", tuple(against))
    hindrance, note = _hindrance(claim, facts, span)
    if hindrance:
        return Checked(claim, "unverifiable", hindrance, note)
    if claim.negated:
        return Checked(claim, "supported", "none_found")
    return Checked(claim, "contradicted", "elsewhere" if same else "none_found", "", tuple(same))


OPPOSITE_EVENT = {kind: EVENT_KIND.get(other, other) for kind, other in OPPOSITE.items()}


def _overlaps(event: Event, span: tuple[float, float] | None, side: str = "") -> bool:
    if span is None:
        return True
    # “After 2.5 s” names a border: what is over by then did not happen after it.
    before, after = (0.0 if side == "after" else SLACK), (0.0 if side == "before" else SLACK)
    return event.start <= span[1] + after and event.end >= span[0] - before and not (side and _outside(event, span))


def _outside(event: Event, span: tuple[float, float]) -> bool:
    return event.end <= span[0] or event.start >= span[1]


def _fills(event: Event, span: tuple[float, float]) -> bool:
    """Whether an opposite event answers for a span: it fills half of it, or lies in it and fills a third of it.

    Of an instant: the event lasts then, or begins or ends within a quarter of a second of it.
    """
    if span[1] - span[0] < 2 * NEAR:
        return event.start - NEAR <= span[1] and event.end + NEAR >= span[0]
    common = min(event.end, span[1]) - max(event.start, span[0])
    length, whole = event.end - event.start, span[1] - span[0]
    return common >= 0.5 * whole or (common >= 0.8 * length and common >= whole / 3)


def _covers(event: Event, span: tuple[float, float]) -> bool:
    """Whether an event fills at least half of a span, or a named instant."""
    common = min(event.end, span[1]) - max(event.start, span[0])
    return common >= 0 and common >= 0.5 * (span[1] - span[0])


def _denial(claim: Claim, here: Sequence[Event], span: tuple[float, float] | None, facts: Facts) -> Checked:
    if claim.contrary and not any(_covers(event, span or (0.0, facts.seconds)) for event in here):
        # Lips that are pressed together now may well open later.
        return Checked(claim, "unverifiable", "at_times", "", tuple(here))
    least = MARKED * LEAST.get(claim.kind, 0.0)
    marked = tuple(event for event in here if abs(event.value or 0.0) >= least)
    if marked:
        return Checked(claim, "contradicted", "denied", "", marked)
    return Checked(claim, "unverifiable", "faint", "", tuple(here))


def _with_number(claim: Claim, here: Sequence[Event]) -> Checked:
    if claim.value is None or not any(_same_unit(claim.unit, event.unit) for event in here):
        return Checked(claim, "supported", "event", "", tuple(here))
    close = tuple(e for e in here if e.value is not None and _close(claim.value, abs(e.value)))
    if close:
        return Checked(claim, "supported", "event", "", close)
    return Checked(claim, "contradicted", "number_off", "", tuple(here))


def _same_unit(stated: str, measured: str) -> bool:
    return stated == measured or (stated == "of the eye" and measured in ("eye distance", "ratio"))


def _close(stated: float, measured: float) -> bool:
    # Half of the last decimal that the reasoner's own phrases print, for numbers that are small.
    return abs(stated - measured) <= max(TOLERANCE * abs(measured), 0.0051)


def _hindrance(claim: Claim, facts: Facts, span: tuple[float, float] | None) -> tuple[str, str]:
    """Why the absence of an event says nothing about a claim; empty when it does."""
    if claim.modality in facts.missing:
        return "missing", facts.missing[claim.modality]
    if claim.kind in BODY:
        return _body_hindrance(claim, facts)
    if claim.kind == "brief_motion":
        why = "only the clear ones are found" if facts.brief else "brief motions were not looked for"
        return "not_covered", why
    if claim.modality not in facts.complete:
        return "incomplete", ""
    covered, note = _covered(claim, facts, span)
    if not covered:
        return "not_covered", note
    if claim.modality == "video" and facts.numbers.get("faces", 0.0) > 1:
        return "several_faces", f"{facts.numbers['faces']:.0f} faces"
    if claim.negated:
        # “The brow is not furrowed” of a brow that may be so throughout: its rest is not known.
        return ("", "") if claim.manner == "change" or claim.kind in KNOWN_REST else ("only_relative", "")
    if claim.slight:
        return "slight", ""
    if claim.hedged:
        return "hedged", ""
    if claim.kind == "pause" and span is not None and 0 < span[1] - span[0] <= SHORT_PAUSE:
        return "short_time", ""
    if claim.manner == "change" or claim.kind in KNOWN_REST or (span is not None and not _whole(span, facts)):
        return "", ""
    return "only_relative", ""


def _body_hindrance(claim: Claim, facts: Facts) -> tuple[str, str]:
    if facts.body is None:
        return "not_covered", "shoulders and hands were not measured"
    if claim.kind not in facts.body:
        return "not_covered", "not seen, or not told from the camera's movement, throughout"
    if facts.numbers.get("faces", 0.0) > 1:
        return "several_faces", f"{facts.numbers['faces']:.0f} faces"
    if claim.slight and not claim.negated:
        return "slight", ""
    return ("hedged", "") if claim.hedged else ("", "")


def _whole(span: tuple[float, float], facts: Facts) -> bool:
    return facts.seconds <= 0 or span[1] - span[0] >= 0.5 * facts.seconds


def _covered(claim: Claim, facts: Facts, span: tuple[float, float] | None) -> tuple[bool, str]:
    """Whether the modality was measured well over a span, and why not."""
    if claim.modality == "audio":
        return _voice_covered(facts, span)
    eyes = facts.numbers.get("eye_distance", 0.0)
    if eyes < LEAST_EYE_PX:
        return False, f"eye distance {eyes:.0f} px"
    if facts.frames is None:
        share = facts.numbers.get("found_share", 0.0)
        return share >= 0.95, f"face found in {share:.0%} of the frames"
    window = [ok for time, ok in facts.frames if span is None or span[0] - SLACK <= time <= span[1] + SLACK]
    share = sum(window) / len(window) if window else 0.0
    return share >= LEAST_COVERAGE, f"face seen from the front in {share:.0%} of the frames"


def _voice_covered(facts: Facts, span: tuple[float, float] | None) -> tuple[bool, str]:
    seconds = facts.numbers.get("speech_seconds", 0.0)
    if seconds < LEAST_SPEECH:
        return False, f"{seconds:.1f} s of speech"
    if facts.snr_db is None or facts.snr_db < LEAST_SNR_DB:
        return False, "SNR not known" if facts.snr_db is None else f"SNR {facts.snr_db:.0f} dB"
    if span is None:
        return True, ""
    if facts.speech is None:
        return False, "where there was speech is not known"
    heard = sum(max(0.0, min(b, span[1] + SLACK) - max(a, span[0] - SLACK)) for a, b in facts.speech)
    length = span[1] - span[0] + 2 * SLACK
    return heard >= 0.5 * length, f"{heard:.1f} s of speech in that time"


# ── numbers, rate ─────────────────────────────────────────────────────────────────────────────────────────
def _measured(claim: Claim, facts: Facts) -> Checked:
    measured = facts.numbers.get(claim.kind)
    if measured is None or claim.value is None:
        modality = MEASURES[claim.kind]
        return Checked(claim, "unverifiable", "missing" if modality in facts.missing else "no_number")
    stated = claim.value / 100 if claim.kind == "found_share" else claim.value
    counted = claim.kind in ("pause_count", "faces")
    # Numbers are quoted, not estimated: they may differ by their rounding and a tenth.
    same = stated == measured if counted else abs(stated - measured) <= max(0.1 * abs(measured), 0.051)
    note = f"{measured:g}"
    return Checked(claim, "supported" if same else "contradicted", "number_same" if same else "number_off", note)


def _pitch_range(claim: Claim, facts: Facts) -> Checked:
    measured = facts.numbers.get("f0_range_semitones")
    if measured is None or facts.numbers.get("speech_seconds", 0.0) < LEAST_SPEECH:
        return Checked(claim, "unverifiable", "missing" if "audio" in facts.missing else "no_number")
    note = f"{measured:.1f} semitones"
    if claim.when is not None or claim.hedged:
        return Checked(claim, "unverifiable", "hedged" if claim.hedged else "no_number", note)
    if NARROW < measured < WIDE:
        return Checked(claim, "unverifiable", "range_between", note)
    right = ((measured >= WIDE) == (claim.kind == "pitch_wide")) != claim.negated
    return Checked(claim, "supported" if right else "contradicted", "number_same" if right else "number_off", note)


def _still(claim: Claim, facts: Facts) -> Checked:
    """Stillness is the denial of every movement that would refute it."""
    span = claim.when.seconds(facts.seconds) if claim.when else None
    side = claim.when.side if claim.when else ""
    moved = [e for e in facts.events.get("video", ()) if e.kind in STILL[claim.kind] and _overlaps(e, span, side)]
    if moved and claim.negated:
        return Checked(claim, "supported", "event", "", tuple(moved))
    least = {EVENT_KIND.get(kind, kind): value for kind, value in LEAST.items()}
    marked = tuple(e for e in moved if abs(e.value or 0.0) >= MARKED * least[e.kind])
    if marked:
        return Checked(claim, "contradicted", "denied", "", marked)
    if moved:
        return Checked(claim, "unverifiable", "faint", "", tuple(moved))
    hindrance, note = _hindrance(replace(claim, negated=True, manner="change"), facts, span)
    if hindrance:
        return Checked(claim, "unverifiable", hindrance, note)
    return Checked(claim, "contradicted" if claim.negated else "supported", "none_found")


def _rate(claim: Claim, facts: Facts) -> Checked:
    rate = facts.numbers.get("speaking_rate_syllables_per_s")
    if rate is None or facts.numbers.get("speech_seconds", 0.0) < LEAST_SPEECH:
        return Checked(claim, "unverifiable", "missing" if "audio" in facts.missing else "no_number")
    note = f"{rate:.1f} syllables/s"
    if claim.manner == "change" or claim.when is not None or claim.hedged:
        return Checked(claim, "unverifiable", "only_relative" if not claim.hedged else "between", note)
    fast = rate >= FAST
    slow = rate <= SLOW if claim.kind == "slower" else rate <= VERY_SLOW
    if not fast and not slow:
        return Checked(claim, "unverifiable", "between", note)
    right = (fast if claim.kind == "faster" else slow) != claim.negated
    return Checked(claim, "supported" if right else "contradicted", "number_same" if right else "number_off", note)
