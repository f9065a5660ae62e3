"""The figures at the top of the report's page: metrics with intervals, claims, stage timings, what two runs changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval.claims.verdict import VERDICTS
from eval.metrics import stats
from eval.metrics.classification import accuracy as war
from eval.metrics.classification import confusion_matrix, f1, macro_f1, precision, recall, support, uar, weighted_f1
from eval.metrics.ordinal import qwk
from eval.stories.read import Story
from eval.tables.output import plain
from harness.records.labels import SENTIMENT5, LabelSpace

RESAMPLES = 2000
METRICS = {"accuracy": war, "uar": uar, "macro_f1": macro_f1, "weighted_f1": weighted_f1, "qwk": qwk}
MODALITIES = ("text", "audio", "video")


@dataclass(frozen=True)
class Headline:
    """Figures of a run with true labels; fractions, None where undefined.

    `labelled` true labels are scored; those without a story (`lost`) count as wrong. `war` is accuracy, `uar` the
    mean recall over the classes that the truth has.
    """

    labelled: int
    lost: int
    right: int
    war: float | None
    uar: float | None


def headline(stories: Sequence[Story], truth: Mapping[str, str], space: LabelSpace = SENTIMENT5) -> Headline:
    """Accuracy (= WAR) and UAR of the stories' predictions over all true labels."""
    predicted = {story.id: story.label for story in stories}
    table = _table(predicted, truth, space)
    return Headline(
        labelled=len(truth),
        lost=sum(clip not in predicted for clip in truth),
        right=int(np.trace(table[:, :-1])),
        war=plain(float(war(table))),
        uar=plain(float(uar(table))),
    )


def metrics(stories: Sequence[Story], truth: Mapping[str, str], space: LabelSpace = SENTIMENT5) -> dict[str, Any]:
    """Metrics with percentile bootstrap intervals over clips, and each class's recall with Wilson's interval.

    Seed 0, so that the same run gives the same page.
    """
    table = _table({story.id: story.label for story in stories}, truth, space)
    wanted = {name: metric for name, metric in METRICS.items() if space.ordinal or metric is not qwk}
    samples = stats.resampled_tables(table, RESAMPLES, np.random.default_rng(0))
    drawn = stats.evaluate(wanted, samples)
    rows = []
    for name, metric in wanted.items():
        interval = stats.percentile_interval(drawn[name], "bootstrap-percentile") if name in drawn else None
        low, high = (interval.low, interval.high) if interval else (None, None)
        rows.append({"name": name, "value": float(metric(table)), "low": low, "high": high})
    classes = []
    for index, label in enumerate(space.labels):
        count = int(support(table)[index])
        bounds = stats.wilson(int(table[index, index]), count)
        classes.append(
            {
                "label": label,
                "support": count,
                "recall": float(recall(table)[index]) if count else None,
                "low": bounds.low,
                "high": bounds.high,
                "precision": float(precision(table)[index]),
                "f1": float(f1(table)[index]),
            }
        )
    shown: dict[str, Any] = plain({"rows": rows, "classes": classes, "resamples": RESAMPLES, "level": stats.LEVEL})
    return shown


def _table(predicted: Mapping[str, str], truth: Mapping[str, str], space: LabelSpace) -> Any:
    code = {label: index for index, label in enumerate(space.labels)}
    rows = [code[label] for label in truth.values()]
    return confusion_matrix(rows, [code.get(predicted.get(clip, ""), len(code)) for clip in truth], len(code))


def claim_rates(clips: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Claims of a run by modality and verdict, and the shares of all claims with intervals; None without a reasoning.

    The intervals resample clips, since the claims of one text are not independent.
    """
    told = [clip["claims"] for clip in clips if clip.get("claims")]
    if not told:
        return None
    modalities = {"": [0, 0, 0]} | {name: [0, 0, 0] for name in MODALITIES}
    per_clip = np.zeros((len(told), len(VERDICTS)), np.int64)
    for row, claims in enumerate(told):
        for claim in claims["checked"]:
            column = VERDICTS.index(claim["verdict"])
            per_clip[row, column] += 1
            for name in ("", claim["modality"]):
                modalities[name][column] += 1
    shares = [claims["share"] for claims in told if claims["share"] is not None]
    return {
        "by_modality": modalities,
        "texts": len(told),
        "silent": int((per_clip.sum(1) == 0).sum()),
        "share": sum(shares) / len(shares) if shares else None,
        "rates": _rates(per_clip),
    }


def _rates(per_clip: np.ndarray[Any, np.dtype[np.int64]]) -> dict[str, Any]:
    total = per_clip.sum(0)
    if not total.sum():
        return {}
    patterns, members = np.unique(per_clip, axis=0, return_counts=True)
    generator = np.random.default_rng(0)
    drawn = generator.multinomial(len(per_clip), members / members.sum(), size=RESAMPLES) @ patterns
    sums = drawn.sum(1)
    rates: dict[str, Any] = {}
    for column, verdict in enumerate(VERDICTS):
        with np.errstate(invalid="ignore"):
            interval = stats.percentile_interval(drawn[:, column] / sums, "cluster-bootstrap-percentile")
        # Where every text has the same share a bootstrap says nothing of how sure that is.
        varied = interval is not None and interval.low < interval.high
        bounds = (interval.low, interval.high) if interval and varied else (None, None)
        rates[verdict] = {"value": float(total[column] / total.sum()), "low": bounds[0], "high": bounds[1]}
    return rates


def timings(stories: Sequence[Story]) -> list[dict[str, Any]]:
    """Seconds of each stage over the clips: how many, sum, median, 95th percentile, largest, and the outcomes."""
    seconds: dict[str, list[float]] = {}
    outcomes: dict[str, dict[str, int]] = {}
    for story in stories:
        for name, stage in (story.part("stages") or {}).items():
            if not isinstance(stage, dict):
                continue
            value, outcome = stage.get("seconds"), str(stage.get("outcome", ""))
            seconds.setdefault(name, [])
            if isinstance(value, int | float):
                seconds[name].append(float(value))
            counts = outcomes.setdefault(name, {})
            counts[outcome] = counts.get(outcome, 0) + 1
    return [
        {
            "stage": name,
            "n": len(values),
            "sum": round(sum(values), 3),
            "median": round(float(np.median(values)), 3) if values else None,
            "p95": round(float(np.percentile(values, 95)), 3) if values else None,
            "most": round(max(values), 3) if values else None,
            "outcomes": outcomes[name],
        }
        for name, values in seconds.items()
    ]


def changes(clips: Sequence[Mapping[str, Any]], only_there: int) -> dict[str, Any]:
    """What a second run changed: labels, right and wrong where the truth is known, texts, contradicted claims."""
    both = [clip for clip in clips if clip.get("other")]
    pairs: dict[tuple[str, str], int] = {}
    right = {"both": 0, "first": 0, "second": 0, "neither": 0}
    contradicted = [0, 0]
    for clip in both:
        mine, theirs = _label(clip), _label(clip["other"])
        pairs[mine, theirs] = pairs.get((mine, theirs), 0) + 1
        if clip.get("truth"):
            hit, other = clip["truth"] == mine, clip["truth"] == theirs
            right["both" if hit and other else "first" if hit else "second" if other else "neither"] += 1
        for side, part in enumerate((clip, clip["other"])):
            checked = (part.get("claims") or {}).get("checked") or ()
            contradicted[side] += sum(claim["verdict"] == "contradicted" for claim in checked)
    return {
        "both": len(both),
        "only_here": len(clips) - len(both),
        "only_there": only_there,
        "same_label": sum(count for (mine, theirs), count in pairs.items() if mine == theirs),
        "same_text": sum(_think(clip) == (clip["other"].get("think") or "") for clip in both),
        "pairs": [[mine, theirs, count] for (mine, theirs), count in sorted(pairs.items())],
        "right": right,
        "mcnemar": stats.mcnemar_exact(right["first"], right["second"]) if sum(right.values()) else None,
        "contradicted": contradicted,
    }


def _label(part: Mapping[str, Any]) -> str:
    label = (part.get("prediction") or {}).get("label")
    return label if isinstance(label, str) else ""


def _think(clip: Mapping[str, Any]) -> str:
    return str(clip.get("think") or "")
