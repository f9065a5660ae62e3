"""What becomes of a claim: its verdict and the reason, one of a closed list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from eval.claims.facts import Event
from eval.claims.find import Claim

Verdict = Literal["supported", "contradicted", "unverifiable"]
VERDICTS: tuple[Verdict, ...] = ("supported", "contradicted", "unverifiable")

REASONS: Mapping[str, str] = {
    "event": "measured",
    "number_same": "the number was measured",
    "number_off": "the measured number is another",
    "opposite": "the opposite was measured at that time",
    "beyond": "the clip ends before that time",
    "elsewhere": "measured at another time only",
    "none_found": "looked for where it was measured, and not found",
    "denied": "denied, but measured",
    "at_times": "the contrary was measured, but not throughout",
    "faint": "denied, and only a faint one was measured",
    "quote_said": "the words are in the transcript",
    "quote_absent": "the words are not in the transcript",
    "words_said": "its words are in the transcript",
    "no_detector": "nothing measures this",
    "missing": "the modality is missing",
    "no_transcript": "no transcript to look in",
    "other_script": "quoted in another language than was spoken",
    "partly_said": "only part of the words are in the transcript",
    "not_in_words": "no words for it in the transcript; a paraphrase may use others",
    "incomplete": "not among the strongest events; the complete list is not here",
    "not_covered": "not measured well enough over that time",
    "several_faces": "several faces; it may be another's",
    "only_relative": "measured only against the person's own usual",
    "short_time": "the named time is hardly longer than the least pause",
    "slight": "slighter than what is measured",
    "hedged": "said with a hedge; nothing found",
    "between": "the speaking rate is neither clearly fast nor clearly slow",
    "range_between": "the pitch range is neither clearly wide nor clearly narrow",
    "no_number": "this was not measured for the clip",
}


@dataclass(frozen=True)
class Checked:
    """A claim with its verdict. `reason` is a key of `REASONS`; `note` has the particulars, `events` the basis."""

    claim: Claim
    verdict: Verdict
    reason: str
    note: str = ""
    events: tuple[Event, ...] = ()
