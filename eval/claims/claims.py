"""`claims`: what the saved chains of thought assert, held against what was measured of the clips.

A claim is a sentence's assertion about voice, face or spoken words (`eval.claims.find`); its verdict is supported,
contradicted or unverifiable (`eval.claims.check`). Rates are over claims, pooled and as the mean over clips with any.
`text_share` is the share of a text's words and Chinese characters in sentences that carry a claim: a text that asserts
nothing is not faithful, it is silent, and this is where it shows. Nothing is imputed for clips without a reasoning.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.claims.card import card
from eval.claims.check import check_claim
from eval.claims.facts import Facts, facts_of
from eval.claims.find import find_claims, sentences
from eval.claims.verdict import REASONS, VERDICTS, Checked
from eval.errors import EvalError
from eval.stories.form import length_units, think_of
from eval.stories.read import Stories, Story, read_stories, tell_left_out, worked
from eval.tables.output import deliver, figure, table

SCHEMA = "claims/1"
SHOWN = 20
CARD = "card"


@dataclass(frozen=True)
class ClipClaims:
    """The checked claims of one clip. Offsets are into `think`; `text_share` is None for a text without words."""

    id: str
    language: str
    think: str
    checked: tuple[Checked, ...]
    text_share: float | None

    def count(self, verdict: str) -> int:
        """How many claims have a verdict."""
        return sum(one.verdict == verdict for one in self.checked)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `claims`."""
    parser.add_argument(
        "what", nargs="*", type=Path, default=[], metavar="[card] RUN", help="a run's supplements; card: the error rate"
    )
    parser.add_argument("--json", metavar="OUT", help="write all claims with their verdicts; - prints them")


def run(args: argparse.Namespace) -> int:
    """Check, print and write."""
    wants_card = args.what[:1] == [Path(CARD)]
    folders = args.what[1:] if wants_card else args.what
    if len(folders) > 1:
        raise EvalError(f"{len(folders)} folders given", "name one run's supplements")
    stories = read_stories(folders[0] if folders else Path("Test_Supplements"))
    if wants_card:
        facts, malformed = worked(stories.stories, lambda story: (story.id, facts_of(story)))
        tell_left_out(malformed)
        measured = card(dict(facts))
        deliver(measured, args.json, card_text(measured))
        return 0
    result = check(stories)
    deliver(result, args.json, as_text(result))
    return 0


def check_text(think: str, facts: Facts) -> tuple[Checked, ...]:
    """The checked claims of a reasoning text."""
    return tuple(check_claim(claim, facts) for claim in find_claims(think))


def check_story(story: Story) -> ClipClaims:
    """The checked claims of one clip's story."""
    think = think_of(story.text("reasoning", "text"))
    checked = check_text(think, facts_of(story))
    return ClipClaims(story.id, story.language, think, checked, share_of_text(think, checked))


def share_of_text(think: str, checked: Sequence[Checked]) -> float | None:
    """Share of a text, in words and Chinese characters, that stands in sentences with a claim."""
    total = length_units(think)
    if not total:
        return None
    carrying = sum(
        length_units(think[first:last])
        for first, last in sentences(think)
        if any(one.claim.start < last and first < one.claim.end for one in checked)
    )
    return min(1.0, carrying / total)


def check(stories: Stories) -> dict[str, Any]:
    """All figures of a run as the JSON value of schema claims/1."""
    reasoned = (story for story in stories.stories if story.part("reasoning") is not None)
    clips, malformed = worked(reasoned, check_story)
    everything = [one for clip in clips for one in clip.checked]
    shares = [clip.text_share for clip in clips if clip.text_share is not None]
    return {
        "schema": SCHEMA,
        "stories": len(stories.stories) - len(malformed),
        "reasoned": len(clips),
        "unreadable": [asdict(problem) for problem in (*stories.problems, *malformed)],
        "claims": len(everything),
        "rates": _rates(everything),
        "mean_over_clips": _means(clips),
        "text_share": sum(shares) / len(shares) if shares else None,
        "clips_without_claim": sum(not clip.checked for clip in clips),
        "clips_with_contradicted": sum(clip.count("contradicted") > 0 for clip in clips),
        "by_modality": {
            m: _rates([c for c in everything if c.claim.modality == m]) for m in ("text", "audio", "video")
        },
        "by_kind": {
            kind: _rates([c for c in everything if c.claim.kind == kind])
            for kind in sorted({one.claim.kind for one in everything})
        },
        "clips": [_clip_json(clip) for clip in clips],
    }


def claim_json(one: Checked, length: float = 0.0) -> dict[str, Any]:
    """One checked claim as plain values; `seconds` is the time it names or, else, that of its evidence."""
    claim = one.claim
    named = claim.when.seconds(length) if claim.when else None
    return {
        "kind": claim.kind,
        "modality": claim.modality,
        "start": claim.start,
        "end": claim.end,
        "text": claim.text,
        "negated": claim.negated,
        "hedged": claim.hedged,
        "slight": claim.slight,
        "comparison": claim.compared,
        "manner": claim.manner,
        "value": claim.value,
        "unit": claim.unit,
        "seconds": list(named) if named else None,
        "verdict": one.verdict,
        "reason": one.reason,
        "why": REASONS[one.reason] + (f" ({one.note})" if one.note else ""),
        "evidence": [asdict(event) for event in one.events],
    }


def _clip_json(clip: ClipClaims) -> dict[str, Any]:
    counts: dict[str, Any] = {verdict: clip.count(verdict) for verdict in VERDICTS}
    return {
        "id": clip.id,
        "language": clip.language,
        "claims": len(clip.checked),
        **counts,
        "text_share": clip.text_share,
        "checked": [claim_json(one) for one in clip.checked],
    }


def _rates(checked: Sequence[Checked]) -> dict[str, Any]:
    counts: dict[str, int] = {v: sum(one.verdict == v for one in checked) for v in VERDICTS}
    verifiable = counts["supported"] + counts["contradicted"]
    return {
        "n": len(checked),
        **counts,
        "verifiable": verifiable / len(checked) if checked else None,
        "supported_of_verifiable": counts["supported"] / verifiable if verifiable else None,
    }


def _means(clips: Sequence[ClipClaims]) -> dict[str, float | None]:
    claiming = [clip for clip in clips if clip.checked]
    return {
        verdict: sum(clip.count(verdict) / len(clip.checked) for clip in claiming) / len(claiming) if claiming else None
        for verdict in VERDICTS
    }


def as_text(result: Mapping[str, Any]) -> str:
    """The figures for people, and the contradicted claims."""
    rows = [_row("all", result["rates"])]
    rows += [_row(name, rates) for name, rates in result["by_modality"].items()]
    rows += [_row(f"  {name}", rates) for name, rates in result["by_kind"].items()]
    head = ["claims about", "n", "supported", "contradicted", "unverifiable", "supported of verifiable"]
    lines = [
        f"{result['claims']} claims in {result['reasoned']} chains of thought; "
        f"{result['clips_without_claim']} carry none; "
        f"share of the text that carries any: {figure(result['text_share'], 3)}",
        table(head, rows),
    ]
    wrong = [(clip["id"], one) for clip in result["clips"] for one in clip["checked"] if one["verdict"] == VERDICTS[1]]
    lines += [f"contradicted: {clip}: {one['kind']}, “{one['text']}”: {one['why']}" for clip, one in wrong[:SHOWN]]
    if len(wrong) > SHOWN:
        lines.append(f"… and {len(wrong) - SHOWN} more (--json OUT writes all of them)")
    lines += [f"not read: {problem['file']}: {problem['message']}" for problem in result["unreadable"]]
    return "\n".join(lines)


def card_text(result: Mapping[str, Any]) -> str:
    """The card for people."""
    names = ["flips", "unaffected_kept", "precision_contradicted", "recall_contradicted", "precision_supported"]
    names += ["recall_supported", "abstained"]
    kinds = {"all": result, **result["by_change"]}
    rows = [[name, str(each["pairs"]), *(figure(each[key], 3) for key in names)] for name, each in kinds.items()]
    head = ["change", "pairs", "flips", "kept", "prec. contr.", "rec. contr.", "prec. supp.", "rec. supp.", "abstained"]
    lines = [f"{result['n']} pairs on {result['clips']} clips, {result['languages']}", table(head, rows)]
    for pair in result["missed"][:SHOWN]:
        lines.append(f"missed: {pair['clip']}, {pair['changed']}: “{pair['after']}” {pair['verdict']}")
    return "\n".join([*lines, result["signature"]])


def _row(name: str, rates: Mapping[str, Any]) -> list[str]:
    return [name, str(rates["n"]), *(str(rates[v]) for v in VERDICTS), figure(rates["supported_of_verifiable"], 3)]
