"""The figures at the top of the report's page: metrics with intervals, claims, stage timings, what two runs changed."""

from __future__ import annotations

from array import array
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
from harness.records.numbers import MOST_SECONDS, Number

RESAMPLES = 2000
METRICS = {"accuracy": war, "uar": uar, "macro_f1": macro_f1, "weighted_f1": weighted_f1, "qwk": qwk}
MODALITIES = ("text", "audio", "video")
SECONDS = Number(0, MOST_SECONDS)
"""What a stage may have taken; a story that says anything else says nothing of it."""


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


def headline(predicted: Mapping[str, str], truth: Mapping[str, str], space: LabelSpace = SENTIMENT5) -> Headline:
    """Accuracy (= WAR) and UAR of predictions (clip ID → label) over all true labels."""
    table = _table(predicted, truth, space)
    return Headline(
        labelled=len(truth),
        lost=sum(clip not in predicted for clip in truth),
        right=int(np.trace(table[:, :-1])),
        war=plain(float(war(table))),
        uar=plain(float(uar(table))),
    )


def metrics(predicted: Mapping[str, str], truth: Mapping[str, str], space: LabelSpace = SENTIMENT5) -> dict[str, Any]:
    """Metrics of predictions (clip ID → label) with bootstrap intervals over clips; by class recall with Wilson's.

    Seed 0, so that the same run gives the same page.
    """
    table = _table(predicted, truth, space)
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


class ClaimRates:
    """Claims of a run by modality and verdict, and the shares of all claims with intervals, clip by clip.

    The intervals resample clips, since the claims of one text are not independent.
    """

    def __init__(self) -> None:
        self._modalities = {"": [0, 0, 0]} | {name: [0, 0, 0] for name in MODALITIES}
        self._per_clip = array("q")
        self._share, self._shares = 0.0, 0

    def add(self, clip: Mapping[str, Any]) -> None:
        """Count a clip's payload; one without a reasoning has no claims."""
        claims = clip.get("claims")
        if not claims:
            return
        row = [0] * len(VERDICTS)
        for claim in claims["checked"]:
            column = VERDICTS.index(claim["verdict"])
            row[column] += 1
            for name in ("", claim["modality"]):
                self._modalities[name][column] += 1
        self._per_clip.extend(row)
        if claims["share"] is not None:
            self._share, self._shares = self._share + claims["share"], self._shares + 1

    def figures(self) -> dict[str, Any] | None:
        """What the page shows; None without a reasoning."""
        per_clip = np.array(self._per_clip, np.int64).reshape(-1, len(VERDICTS))
        if not len(per_clip):
            return None
        return {
            "by_modality": self._modalities,
            "texts": len(per_clip),
            "silent": int((per_clip.sum(1) == 0).sum()),
            "share": self._share / self._shares if self._shares else None,
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


class Timings:
    """Seconds of each stage over the clips: how many, sum, median, 95th percentile, largest, and the outcomes."""

    def __init__(self) -> None:
        self._seconds: dict[str, array[float]] = {}
        self._outcomes: dict[str, dict[str, int]] = {}

    def add(self, story: Story) -> None:
        """Count a clip's stages."""
        for name, stage in (story.part("stages") or {}).items():
            if not isinstance(stage, dict):
                continue
            value: Any = stage.get("seconds")
            outcome = str(stage.get("outcome", ""))
            seconds = self._seconds.setdefault(name, array("d"))
            if SECONDS.holds(value):
                seconds.append(value)
            counts = self._outcomes.setdefault(name, {})
            counts[outcome] = counts.get(outcome, 0) + 1

    def figures(self) -> list[dict[str, Any]]:
        """A row for each stage."""
        return [
            {
                "stage": name,
                "n": len(values),
                "sum": round(sum(values), 3),
                "median": round(float(np.median(values)), 3) if values else None,
                "p95": round(float(np.percentile(values, 95)), 3) if values else None,
                "most": round(max(values), 3) if values else None,
                "outcomes": self._outcomes[name],
            }
            for name, values in self._seconds.items()
        ]


def changes(both: Sequence[Mapping[str, Any]], only_here: int, only_there: int) -> dict[str, Any]:
    """What a second run changed: labels, right and wrong where the truth is known, texts, contradicted claims.

    Args:
        both: the payloads of the clips that both runs have.
        only_here: how many more the first has.
        only_there: how many more the second has.
    """
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
        "only_here": only_here,
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
