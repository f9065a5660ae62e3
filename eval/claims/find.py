"""Finding what a chain of thought asserts. Rules and word lists only: the same text always gives the same claims.

A text is read sentence by sentence (semicolons end one, too). A cue of `eval.claims.lexicon` is a claim unless the
sentence is a supposition (“if she smiled”) or a general remark (“people often frown”). In quotation marks nothing is
asserted; the quoted words are a claim of their own, that they were said. Negation is looked for before the cue, in
the same clause or carried over a list (“did not pause, sigh or look away”); a hedge likewise. The time nearest to the
cue in its clause is the claim's, else one that opens the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from eval.claims.lexicon import COUNTS, MEASURES, MODALITY, cues_for, measure_cues, no_change, speaks_of_voice
from eval.claims.scope import (
    BREAK,
    COMPARED,
    DENIED,
    END,
    HEDGE,
    NEGATION,
    NEXT,
    NUMBER,
    PAUSE_LENGTH,
    SAID,
    SLIGHT,
    UNITS,
    UNREAL,
)
from eval.claims.timing import When, times_in
from eval.stories.form import QUOTE, is_term

LONGEST_SENTENCE = 2000
"""Characters."""
FORWARD = 48
"""Characters after a cue in which its number is looked for."""
LISTED = re.compile(r"\s*[,、]?\s*(?:or|nor|and|或者?|和|与|及)?\s*(?:an? |any |the )?", re.IGNORECASE)
"""Between members of a list. A Chinese comma ends a clause: 没有停顿，语速偏快 says that she is fast."""


@dataclass(frozen=True)
class Claim:
    """One assertion. `start` and `end` are offsets in the text; `value` in `unit` is the number it states, if any.

    `manner` is change, state, measure or speech; `slight` says that only a small movement is asserted. `contrary`
    marks a denial that is worded as the contrary state (“lips pressed together” for a mouth that is not open).
    """

    kind: str
    modality: str
    start: int
    end: int
    text: str
    negated: bool = False
    hedged: bool = False
    slight: bool = False
    compared: bool = False
    manner: str = "state"
    when: When | None = None
    value: float | None = None
    unit: str = ""
    contrary: bool = False


@lru_cache(maxsize=4)
def find_claims(text: str) -> tuple[Claim, ...]:
    """All claims of a reasoning text, in order of place. Several parts of a page ask for those of one text in turn."""
    quotes = [match for match in QUOTE.finditer(text)]
    masked = QUOTE.sub(lambda match: "□" * (match.end() - match.start()), text)
    found: list[Claim] = []
    for first, last in sentences(masked):
        if UNREAL.search(masked, first, last) is None:
            found += _of_sentence(masked, first, last)
    for match in quotes:
        words = next(group for group in match.groups() if group is not None)
        if words.strip() and not is_term(words):
            found.append(Claim("quote", "text", match.start(), match.end(), words, manner="speech"))
    return tuple(replace(c, text=text[c.start : c.end]) for c in sorted(found, key=lambda c: (c.start, c.kind)))


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """First and last offset of each sentence; one that goes on for longer than anybody's is cut between clauses.

    What stands in a sentence is held against each other, which takes the square of its length.
    """
    first = 0
    ends = [*((match.start(), match.end()) for match in END.finditer(text)), (len(text), len(text))]
    for last, following in ends:
        while last - first > LONGEST_SENTENCE:
            breaks = list(BREAK.finditer(text, first + 1, first + LONGEST_SENTENCE))
            cut = breaks[-1].end() if breaks else first + LONGEST_SENTENCE
            yield first, cut
            first = cut
        if text[first:last].strip():
            yield first, last
        first = following


def _of_sentence(text: str, first: int, last: int) -> list[Claim]:
    sentence = text[first:last]
    claims = [
        Claim(kind, MEASURES[kind], first + m.start(), first + m.end(), "", manner="measure", value=_count(m["n"]))
        for kind, pattern in measure_cues()
        for m in pattern.finditer(sentence)
    ]
    taken = [(claim.start, claim.end) for claim in claims]
    for match, kinds in no_change(sentence):
        span = first + match.start(), first + match.end()
        taken.append(span)
        claims += [Claim(kind, "audio", *span, "", negated=True, manner="change") for kind in kinds]
    for kind, manner, start, end, denies in _hits(sentence):
        if not any(first + start < b and a < first + end for a, b in taken):
            claims.append(_described(text, (first, last), (first + start, first + end), kind, manner, denies))
    claims = _carried(text, _merged(text, sorted(claims, key=lambda claim: claim.start)))
    return _timed(text, first, last, claims) + list(_paraphrases(text, first, last))


def _count(text: str) -> float:
    known = COUNTS.get(text.lower())
    return float(text) if known is None else known


def _hits(sentence: str) -> list[tuple[str, str, int, int, bool]]:
    """Cues that were found, the longest of overlapping ones of a kind, and of different kinds unless equally long."""
    voiced = speaks_of_voice(sentence)
    hits = [
        (cue.kind, cue.manner, match.start(), match.end(), cue.denies)
        for cue in cues_for(sentence)
        if voiced or not cue.needs_voice
        for match in cue.pattern.finditer(sentence)
        if match.end() > match.start()
    ]
    kept: list[tuple[str, str, int, int, bool]] = []
    for hit in sorted(hits, key=lambda hit: (hit[2] - hit[3], hit[2])):
        if not any(hit[2] < k[3] and k[2] < hit[3] and not (hit[2:4] == k[2:4] and hit[0] != k[0]) for k in kept):
            kept.append(hit)
    return kept


def _described(
    text: str, sentence: tuple[int, int], span: tuple[int, int], kind: str, manner: str, denies: bool
) -> Claim:
    start, end = span
    clause = _clause_start(text, sentence[0], start)
    before = text[clause:start]
    after = text[end : min(sentence[1], end + FORWARD)]
    near = BREAK.split(after, maxsplit=1)[0]
    inside = text[start:end]
    # A negation inside the wording counts only there where it stands before what it denies (声音没有颤抖).
    negated = _negated(before, text[start:end]) != denies
    value, unit = _number(kind, inside + near)
    return Claim(
        kind,
        MODALITY[kind],
        start,
        end,
        "",
        negated=negated,
        hedged=HEDGE.search(before[-60:] + inside) is not None,
        slight=SLIGHT.search(before[-14:] + inside + near[:10]) is not None,
        compared=COMPARED.search(before[-12:] + inside + near) is not None,
        manner=manner,
        value=value,
        unit=unit,
        contrary=denies and negated,
    )


def _clause_start(text: str, first: int, position: int) -> int:
    starts = [match.end() for match in BREAK.finditer(text, first, position)]
    return starts[-1] if starts else first


def _negated(before: str, inside: str) -> bool:
    negations = [match for match in NEGATION.finditer(before)]
    if negations:
        gap = before[negations[-1].end() :]
        chinese = re.search(r"[\u3400-\u9fff]", gap + negations[-1].group()) is not None
        if len(gap) <= 12 if chinese else len(gap.split()) <= 7:
            return re.search(r"\band (?:he|she|they|then|his|her)\b", gap) is None
    return DENIED.search(inside) is not None


def _number(kind: str, near: str) -> tuple[float | None, str]:
    if kind == "pause":
        match = PAUSE_LENGTH.search(near[:24])
        return (float(match.group(1)), "s") if match else (None, "")
    match = NUMBER.search(near)
    if match is None:
        return None, ""
    unit = match.group(2).lower()
    if unit.startswith(("of the eye", "倍眼")):
        return float(match.group(1)), "of the eye"
    return float(match.group(1)), UNITS.get(unit, "deg")


def _merged(text: str, claims: Sequence[Claim]) -> list[Claim]:
    """One claim where a clause says the same thing twice (“a frown, her brows drawn together”)."""
    kept: list[Claim] = []
    for claim in claims:
        same = [k for k in kept if (k.kind, k.negated, k.manner == "measure") == (claim.kind, claim.negated, False)]
        if claim.manner != "measure" and same and re.search(r"[,，]", text[same[-1].end : claim.start]) is None:
            continue
        kept.append(claim)
    return kept


def _carried(text: str, claims: Sequence[Claim]) -> list[Claim]:
    """Carry a negation or a hedge over the members of a list that have nothing of their own before them."""
    carried: list[Claim] = []
    for claim in claims:
        if carried and claim.manner != "measure":
            last = carried[-1]
            gap = text[last.end : claim.start]
            listed = LISTED.fullmatch(gap) is not None
            negated = claim.negated or (last.negated and listed and last.manner != "measure")
            claim = replace(claim, negated=negated, hedged=claim.hedged or (last.hedged and listed))
        carried.append(claim)
    return carried


def _timed(text: str, first: int, last: int, claims: Sequence[Claim]) -> list[Claim]:
    times = times_in(text, first, last)
    if not times:
        return list(claims)
    opening = times[0] if claims and times[0].at < min(claim.start for claim in claims) else None
    timed = []
    for claim in claims:
        clause = _clause_start(text, first, claim.start)
        following = BREAK.search(text, claim.end, last)
        border = following.start() if following else last
        near = [when for when in times if clause <= when.at < border]
        after = [when for when in near if when.at >= claim.start]
        carried = opening if opening and not NEXT.search(text, opening.at, claim.start) else None
        chosen = after[0] if after else near[-1] if near else carried
        timed.append(claim if claim.manner == "measure" else replace(claim, when=chosen))
    return timed


def _paraphrases(text: str, first: int, last: int) -> Iterator[Claim]:
    for match in SAID.finditer(text, first, last):
        words = match.group()
        if "□" in words[:40] or words.count("□") > len(words) / 2:
            continue
        if re.search(r"点头|摇头", text[max(first, match.start() - 4) : match.end()]):
            continue
        yield Claim("said", "text", match.start(), match.end(), "", manner="speech")
