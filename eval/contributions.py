"""`contributions`: how much each modality moved the decision, measured; and, apart from it, what the texts say of it.

Measured are the Shapley values of P(label) that the run recorded for each clip (exact over the subsets of the
modalities that were heard): their mean over the clips where the modality was heard, with a percentile bootstrap over
clips, and the mean share |value| / Σ|values| of the clip. A modality that was not heard has no value there, not zero.

Claimed are a text's own words: a percentage beside a modality's name in a sentence about weight or contribution, or a
modality named as the main ground (“mainly because of her voice”, 主要依据表情). A claim is no measurement and enters
none of the measured figures. The two meet in one number: how often the modality that a text names first is the one
with the largest measured value, over clips whose answer is the label that was explained.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.chain import think_of
from eval.contribution_claims import Claimed, claimed_by
from eval.output import deliver, figure, table, whole_number
from eval.stats import LEVEL, percentile_interval, wilson
from eval.stories import Stories, Story, read_stories

SCHEMA = "contributions/1"
MODALITIES = ("text", "audio", "video")
CHUNK = 2**21
LEAST_CLIPS = 5
"""Clips below which resampling says little: two clips have but three different resamples."""


@dataclass(frozen=True)
class ClipContribution:
    """One clip: measured Shapley values of P(`label`), and what its text claims (None without a text)."""

    id: str
    language: str
    label: str
    answer: str
    values: Mapping[str, float]
    claimed: Claimed | None


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `contributions`."""
    parser.add_argument("run_dir", nargs="?", type=Path, default=Path("Test_Supplements"), help="a run's supplements")
    parser.add_argument("--by", choices=("language", "label", "both"), default="both", help="groups beside all clips")
    parser.add_argument("--bootstrap", type=whole_number("--bootstrap"), default=2000, metavar="N", help="resamples")
    parser.add_argument("--seed", type=whole_number("--seed"), default=0)
    parser.add_argument("--json", metavar="OUT", help="write all figures, clip by clip; - prints them")


def run(args: argparse.Namespace) -> int:
    """Summarise, print and write."""
    by = ("language", "label") if args.by == "both" else (args.by,)
    result = summarise(read_stories(args.run_dir), by, args.bootstrap, np.random.default_rng(args.seed))
    deliver(result, args.json, as_text(result))
    return 0


def contribution_of(story: Story) -> ClipContribution | None:
    """A clip's contributions; None where none were recorded."""
    attribution = story.part("attribution") or {}
    recorded = attribution.get("values")
    values = {
        name: float(value)
        for name, value in (recorded if isinstance(recorded, Mapping) else {}).items()
        if name in MODALITIES and isinstance(value, int | float)
    }
    if not values:
        return None
    text = think_of(story.text("reasoning", "text"))
    return ClipContribution(
        story.id,
        story.language,
        story.text("attribution", "label"),
        story.answer,
        values,
        claimed_by(text) if text else None,
    )


def summarise(stories: Stories, by: Sequence[str], resamples: int, generator: np.random.Generator) -> dict[str, Any]:
    """All figures as the JSON value of schema contributions/1."""
    clips = [clip for story in stories.stories if (clip := contribution_of(story)) is not None]
    groups = [("all", "", clips)]
    for field in by:
        names = sorted({str(getattr(clip, field)) for clip in clips})
        groups += [(field, name, [clip for clip in clips if getattr(clip, field) == name]) for name in names]
    return {
        "schema": SCHEMA,
        "stories": len(stories.stories),
        "without_attribution": len(stories.stories) - len(clips),
        "unreadable": [asdict(problem) for problem in stories.problems],
        "resamples": resamples,
        "level": LEVEL,
        "groups": [
            {
                "by": field,
                "name": name,
                "n": len(members),
                "measured": {m: _measured(members, m, resamples, generator) for m in MODALITIES},
                "claimed": _claimed(members),
                "named_is_largest": _agreement(members),
            }
            for field, name, members in groups
        ],
        "clips": [asdict(clip) for clip in clips],
    }


def _measured(
    clips: Sequence[ClipContribution], modality: str, resamples: int, generator: np.random.Generator
) -> dict[str, Any]:
    heard = [clip for clip in clips if modality in clip.values]
    if not heard:
        return {"n": 0, "mean": None, "low": None, "high": None, "share": None}
    values = np.array([clip.values[modality] for clip in heard])
    low = high = None
    if resamples and len(values) >= LEAST_CLIPS:
        interval = percentile_interval(_resampled_means(values, resamples, generator), "bootstrap-percentile")
        low, high = (interval.low, interval.high) if interval else (None, None)
    sums = [sum(map(abs, clip.values.values())) for clip in heard]
    shares = [abs(v) / total for v, total in zip(values, sums, strict=True) if total > 0]
    share = float(np.mean(shares)) if shares else None
    return {"n": len(heard), "mean": float(values.mean()), "low": low, "high": high, "share": share}


def _resampled_means(values: np.ndarray[Any, Any], resamples: int, generator: np.random.Generator) -> Any:
    rows = max(1, CHUNK // len(values))
    means = [
        values[generator.integers(0, len(values), (min(rows, resamples - done), len(values)))].mean(axis=1)
        for done in range(0, resamples, rows)
    ]
    return np.concatenate(means)


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


def _agreement(clips: Sequence[ClipContribution]) -> dict[str, Any]:
    told = [c for c in clips if c.claimed and c.claimed.main and c.answer == c.label]
    hits = sum(clip.claimed is not None and clip.claimed.main == _largest(clip.values) for clip in told)
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
    measured, claimed = [], []
    for group in result["groups"]:
        name = "all" if group["by"] == "all" else f"{group['by']} {group['name'] or 'unknown'}"
        measured.append([name, str(group["n"]), *(_cell(group["measured"][m]) for m in MODALITIES)])
        says = group["claimed"]
        named = group["named_is_largest"]
        cells = [
            f"{says['main'][m]}" + (f" ({says['percent'][m]:.0f} %)" if says["percent"][m] is not None else "")
            for m in MODALITIES
        ]
        claimed.append([name, str(says["texts"]), *cells, f"{named['count']}/{named['n']}", figure(named["rate"], 3)])
    names = ["words", "voice", "face"]
    lines = [
        "measured: mean Shapley value of P(label) where the modality was heard, "
        f"{result['level']:.0%} bootstrap interval from {LEAST_CLIPS} clips on",
        table(["clips", "n", *names], measured),
        "claimed by the texts: times named as the main ground (mean percentage stated); not a measurement",
        table(["clips", "texts", *names, "named = largest measured", "rate"], claimed),
    ]
    if result["without_attribution"]:
        lines.append(f"{result['without_attribution']} stories without a measured contribution are left out")
    lines += [f"not read: {problem['file']}: {problem['message']}" for problem in result["unreadable"]]
    return "\n".join(lines)


def _cell(value: Mapping[str, Any]) -> str:
    if value["mean"] is None:
        return "–"
    bounds = f" [{value['low']:+.3f}, {value['high']:+.3f}]" if value["low"] is not None else ""
    return f"{value['mean']:+.3f}{bounds}"
