"""`contributions`: how much each modality moved the decision, measured; and, apart from it, what the texts say of it.

Measured are the Shapley values of P(label) that the run recorded for each clip (exact over the subsets of the
modalities that were heard): their mean over the clips where the modality was heard, with a percentile bootstrap over
clips, and the mean share |value| / Σ|values| of the clip. A modality that was not heard has no value there, not zero.
They are measured in two ways, which stand in tables of their own: on the fused decision (`attribution`), and on the
omni model's own answer by asking it again with modalities withheld (`reask`; Shapley or leave-one-out, as its method
says). The two explain different things and are never averaged.

Claimed are a text's own words: a percentage beside a modality's name in a sentence about weight or contribution, or a
modality named as the main ground (“mainly because of her voice”, 主要依据表情). A claim is no measurement and enters
none of the measured figures. Claimed and measured meet in one number: how often the modality that a text names first
is the one with the largest measured value, over clips whose answer is the label that was explained.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from eval.claims.contribution_claims import Claimed, claimed_by
from eval.metrics.stats import LEAST_CLIPS, LEVEL, mean_interval, wilson
from eval.stories.form import think_of
from eval.stories.read import Stories, Story, read_stories, worked
from eval.tables.output import deliver, figure, table
from harness.records.numbers import COUNT, SEED

SCHEMA = "contributions/1"
MODALITIES = ("text", "audio", "video")


@dataclass(frozen=True)
class ClipContribution:
    """One clip: measured contributions to P(label), and what its text claims (None without a text).

    `values` are for the fused decision's `label`, `reasked` for `reasked_label`, measured as `reasked_method` says;
    either may be empty.
    """

    id: str
    language: str
    label: str
    answer: str
    values: Mapping[str, float]
    claimed: Claimed | None
    reasked: Mapping[str, float] = field(default_factory=dict)
    reasked_label: str = ""
    reasked_method: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `contributions`."""
    parser.add_argument("run_dir", nargs="?", type=Path, default=Path("Test_Supplements"), help="a run's supplements")
    parser.add_argument("--by", choices=("language", "label", "both"), default="both", help="groups beside all clips")
    parser.add_argument("--bootstrap", type=COUNT.parse, default=2000, metavar="N", help="resamples")
    parser.add_argument("--seed", type=SEED.parse, default=0)
    parser.add_argument("--json", metavar="OUT", help="write all figures, clip by clip; - prints them")


def run(args: argparse.Namespace) -> int:
    """Summarise, print and write."""
    by = ("language", "label") if args.by == "both" else (args.by,)
    result = summarise(read_stories(args.run_dir), by, args.bootstrap, np.random.default_rng(args.seed))
    deliver(result, args.json, as_text(result))
    return 0


def contribution_of(story: Story) -> ClipContribution | None:
    """A clip's contributions; None where none were recorded."""
    values, reasked = values_of(story, "attribution"), values_of(story, "reask")
    if not values and not reasked:
        return None
    text = think_of(story.text("reasoning", "text"))
    return ClipContribution(
        story.id,
        story.language,
        story.text("attribution", "label") or story.text("reask", "label"),
        story.answer,
        values,
        claimed_by(text) if text else None,
        reasked,
        story.text("reask", "label"),
        story.text("reask", "method"),
    )


def values_of(story: Story, part: str) -> dict[str, float]:
    """The recorded contributions of a story's `attribution` or `reask`; empty without any."""
    recorded = (story.part(part) or {}).get("values")
    return {
        name: float(value)
        for name, value in (recorded if isinstance(recorded, Mapping) else {}).items()
        if isinstance(name, str) and isinstance(value, int | float)
    }


def summarise(stories: Stories, by: Sequence[str], resamples: int, generator: np.random.Generator) -> dict[str, Any]:
    """All figures as the JSON value of schema contributions/1; stories with parts of the wrong kind are left out."""
    fit, malformed = worked(stories.stories, contribution_of)
    clips = [clip for clip in fit if clip is not None]
    groups = [("all", "", clips)]
    for key in by:
        names = sorted({str(getattr(clip, key)) for clip in clips})
        groups += [(key, name, [clip for clip in clips if getattr(clip, key) == name]) for name in names]
    return {
        "schema": SCHEMA,
        "stories": len(fit),
        "without_attribution": len(fit) - len(clips),
        "reasked": sum(bool(clip.reasked) for clip in clips),
        "reask_methods": sorted({clip.reasked_method for clip in clips if clip.reasked}),
        "unreadable": [asdict(problem) for problem in (*stories.problems, *malformed)],
        "resamples": resamples,
        "level": LEVEL,
        "groups": [
            {
                "by": key,
                "name": name,
                "n": len(members),
                "measured": _all_measured([clip.values for clip in members], resamples, generator),
                "reasked": _all_measured([clip.reasked for clip in members], resamples, generator),
                "claimed": _claimed(members),
                "named_is_largest": _agreement([(clip, clip.values, clip.label) for clip in members]),
                "named_is_largest_reasked": _agreement([(c, c.reasked, c.reasked_label) for c in members]),
            }
            for key, name, members in groups
        ],
        "clips": [asdict(clip) for clip in clips],
    }


def _all_measured(
    clips: Sequence[Mapping[str, float]], resamples: int, generator: np.random.Generator
) -> dict[str, Any]:
    return {modality: _measured(clips, modality, resamples, generator) for modality in MODALITIES}


def _measured(
    clips: Sequence[Mapping[str, float]], modality: str, resamples: int, generator: np.random.Generator
) -> dict[str, Any]:
    heard = [clip for clip in clips if modality in clip]
    summary = mean_interval([clip[modality] for clip in heard], resamples, generator)
    sums = [sum(map(abs, clip.values())) for clip in heard]
    shares = [abs(clip[modality]) / total for clip, total in zip(heard, sums, strict=True) if total > 0]
    return summary | {"share": _mean(shares)}


def _claimed(clips: Sequence[ClipContribution]) -> dict[str, Any]:
    texts = [clip.claimed for clip in clips if clip.claimed is not None]
    return {
        "texts": len(texts),
        "naming_a_main": sum(bool(text.main) for text in texts),
        "main": {m: sum(text.main == m for text in texts) for m in MODALITIES},
        "percent": {m: _mean(text.percent[m] for text in texts if m in text.percent) for m in MODALITIES},
        "percent_n": {m: sum(m in text.percent for text in texts) for m in MODALITIES},
    }


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return sum(found) / len(found) if found else None


def _agreement(clips: Sequence[tuple[ClipContribution, Mapping[str, float], str]]) -> dict[str, Any]:
    told = [
        (clip.claimed.main, values)
        for clip, values, label in clips
        if clip.claimed and clip.claimed.main and values and clip.answer == label
    ]
    hits = sum(main == _largest(values) for main, values in told)
    interval = wilson(hits, len(told))
    rate = hits / len(told) if told else None
    return {
        "count": hits,
        "n": len(told),
        "rate": rate,
        "low": interval.low if told else None,
        "high": interval.high if told else None,
    }


def _largest(values: Mapping[str, float]) -> str:
    return max(values, key=lambda name: values[name])


def as_text(result: Mapping[str, Any]) -> str:
    """The figures for people: measured first, then claimed, in tables of their own."""
    measured, reasked, claimed = [], [], []
    for group in result["groups"]:
        name = "all" if group["by"] == "all" else f"{group['by']} {group['name'] or 'unknown'}"
        heard = max(group["measured"][m]["n"] for m in MODALITIES)
        measured.append([name, str(heard), *(_cell(group["measured"][m]) for m in MODALITIES)])
        heard = max(group["reasked"][m]["n"] for m in MODALITIES)
        if heard:
            reasked.append([name, str(heard), *(_cell(group["reasked"][m]) for m in MODALITIES)])
        says = group["claimed"]
        cells = [
            f"{says['main'][m]}" + (f" ({says['percent'][m]:.0f} %)" if says["percent"][m] is not None else "")
            for m in MODALITIES
        ]
        hits = [group[key] for key in ("named_is_largest", "named_is_largest_reasked")]
        rates = [f"{hit['count']}/{hit['n']} {figure(hit['rate'], 3)}" if hit["n"] else "–" for hit in hits]
        claimed.append([name, str(says["texts"]), *cells, *rates])
    names = ["words", "voice", "face"]
    lines = [
        "measured on the fused decision: mean Shapley value of P(label) where the modality was heard, "
        f"{result['level']:.0%} bootstrap interval from {LEAST_CLIPS} clips on",
        table(["clips", "n", *names], measured),
        *_reasked_text(result, reasked, names),
        "claimed by the texts: times named as the main ground (mean percentage stated); not a measurement",
        table(["clips", "texts", *names, "named = largest, fused", "named = largest, reasked"], claimed),
    ]
    if result["without_attribution"]:
        lines.append(f"{result['without_attribution']} stories without a measured contribution are left out")
    lines += [f"not read: {problem['file']}: {problem['message']}" for problem in result["unreadable"]]
    return "\n".join(lines)


def _reasked_text(result: Mapping[str, Any], rows: Sequence[Sequence[str]], names: Sequence[str]) -> list[str]:
    if not rows:
        return ["measured by asking the model again: not in this run (attribute.by in the profile)"]
    methods = ", ".join(method for method in result["reask_methods"] if method) or "no method recorded"
    return [
        f"measured on the model's own answer, {result['reasked']} clips: {methods}",
        table(["clips", "n", *names], rows),
    ]


def _cell(value: Mapping[str, Any]) -> str:
    if value["mean"] is None:
        return "–"
    bounds = f" [{value['low']:+.3f}, {value['high']:+.3f}]" if value["low"] is not None else ""
    return f"{value['mean']:+.3f}{bounds}"
