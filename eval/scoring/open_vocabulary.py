"""`open-vocabulary`: open emotion words against open emotion words, by MER2026's emotion-wheel metric.

For each of five wheels and each clip, with G and P the sets of level-1 clusters of the true and the predicted words:
precision |G∩P|/|P|, recall |G∩P|/|G|. Words without a cluster are deleted; a clip whose G is empty is left out (a
neutral truth is, since `neutral` is on no wheel); an empty P gives 0 and 0. Precision and recall are averaged over the
clips of a wheel, F is made of these two averages (0 where both are 0), and the five wheels are averaged.

The hit rate (AffectGPT's MER-UniBench) is |G∩P| averaged over the same clips; its `mscore` is |G∩P| / |P∩C| (0 where
P∩C is empty) with C the clusters of all true words of the file. Both are meant for one true word per clip.

A clip without a prediction counts as an empty prediction and is listed; upstream stops there with a KeyError. Of
repeated names the last row counts, as upstream.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.metrics.wheels import PUBLISHED_RUNS, WHEELS, Wheels, open_words, read_wheels
from eval.tables.csvfile import read_sheet
from eval.tables.csvtext import Problem
from eval.tables.output import deliver, figure, table, warn_problems
from eval.tables.signature import signature

NAME_COLUMNS = ("name", "ID")
WORD_COLUMNS = ("openset", "emotions.openset", "discrete")
_WITH_EVIDENCE = re.compile(r"[^();]{1,60} \([^()]{0,200}\)(?:; [^();]{1,60} \([^()]{0,200}\)){0,9}")
_BRACKETS = re.compile(r" \([^()]{0,200}\)")


@dataclass(frozen=True)
class WheelScore:
    """Figures of one wheel over `n` clips; None where no clip has a true cluster."""

    n: int
    f1: float | None
    precision: float | None
    recall: float | None
    hit_rate: float | None
    mscore: float | None


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `open-vocabulary`."""
    parser.add_argument("predictions", type=Path, help="csv with name,openset")
    parser.add_argument("labels", type=Path, help="csv with name,openset")
    parser.add_argument(
        "--wheels", type=Path, required=True, metavar="DIR", help="the emotion_wheel folder of your own MER download"
    )
    parser.add_argument("--json", metavar="OUT", help="write all figures; - prints them")


def run(args: argparse.Namespace) -> int:
    """Score, print and write."""
    wheels = read_wheels(args.wheels)
    result = score_open_vocabulary(args.predictions, args.labels, wheels)
    warn_problems([Problem(**problem) for problem in result["problems"]], args.json)
    deliver(result, args.json, as_text(result))
    return 0


def score_open_vocabulary(predictions: Path, labels: Path, wheels: Wheels) -> dict[str, Any]:
    """All figures as the JSON value of schema open-vocabulary/1.

    Raises:
        EvalError: a file is missing or has no columns name and openset.
    """
    truth, problems = read_words(labels)
    predicted, found = read_words(predictions)
    problems += found
    for name in truth:
        if name not in predicted:
            message = "no prediction for this clip: it counts as an empty one"
            problems.append(Problem(None, name, "missing", message))
    extra = [name for name in predicted if name not in truth]
    problems += [Problem(None, name, "extra", "not in the labels: not scored") for name in extra]
    if wheels.runs != PUBLISHED_RUNS:
        message = f"{wheels.runs} synonym runs in the wheel folder, published figures use {PUBLISHED_RUNS}"
        problems.append(Problem(None, "", "wheels", message))
    per_wheel = {wheel: score_wheel(truth, predicted, wheels, wheel) for wheel in WHEELS}
    return {
        "schema": "open-vocabulary/1",
        "level": "level1",
        "signature": signature(
            "open-vocabulary",
            "mer2026",
            space=f"wheels-{wheels.runs}-runs",
            invalid="empty",
            dup="last",
            n=len(truth),
            ci="none",
        ),
        "wheels": {"files": list(wheels.files), "synonym_runs": wheels.runs},
        "counts": {
            "labels": len(truth),
            "predictions": len(predicted),
            "missing": sum(name not in predicted for name in truth),
            "extra": len(extra),
            "duplicates": sum(problem.kind == "duplicate" for problem in problems),
        },
        "overall": {
            name: _mean([getattr(score, name) for score in per_wheel.values()])
            for name in ("f1", "precision", "recall", "hit_rate", "mscore")
        },
        "per_wheel": {wheel: asdict(score) for wheel, score in per_wheel.items()},
        "problems": [
            {"line": problem.line, "id": problem.id, "kind": problem.kind, "message": problem.message}
            for problem in problems
        ],
    }


def score_wheel(
    truth: Mapping[str, Sequence[str]], predicted: Mapping[str, Sequence[str]], wheels: Wheels, wheel: str
) -> WheelScore:
    """Figures of one wheel. `truth` and `predicted` map names to words, lower case."""
    candidates = wheels.clusters_of({word for words in truth.values() for word in words}, wheel)
    precisions, recalls, hits, shares = [], [], [], []
    for name, words in truth.items():
        true = wheels.clusters_of(words, wheel)
        if not true:
            continue
        said = wheels.clusters_of(predicted.get(name, ()), wheel)
        common = len(true & said)
        precisions.append(common / len(said) if said else 0.0)
        recalls.append(common / len(true))
        hits.append(float(common))
        among = len(said & candidates)
        shares.append(common / among if among else 0.0)
    precision, recall = _mean(precisions), _mean(recalls)
    f1 = None
    if precision is not None and recall is not None:
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return WheelScore(len(precisions), f1, precision, recall, _mean(hits), _mean(shares))


def read_words(path: Path) -> tuple[dict[str, list[str]], list[Problem]]:
    """Name → words of a file, and what was odd about it."""
    sheet = read_sheet(path, {"name": NAME_COLUMNS, "words": WORD_COLUMNS})
    problems = list(sheet.problems)
    words: dict[str, list[str]] = {}
    for name, cell, line in zip(sheet.columns["name"], sheet.columns["words"], sheet.lines.tolist(), strict=True):
        if name in words:
            problems.append(Problem(line, name, "duplicate", "this name was there before: the last row counts"))
        words[str(name)] = open_words(_words_alone(str(cell)))
    return words, problems


def _words_alone(cell: str) -> str:
    """A cell of a run's own `emotions.openset`, `happy (face 0.62); sad (words 0.31)`, as words; any other as it is."""
    return _BRACKETS.sub("", cell).replace("; ", ", ") if _WITH_EVIDENCE.fullmatch(cell) else cell


def _mean(values: Sequence[float | None]) -> float | None:
    """Mean, None for no values or an undefined one among them."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def as_text(result: Mapping[str, Any]) -> str:
    """The figures for people."""
    names = ("f1", "precision", "recall", "hit_rate", "mscore")
    rows = [[wheel, str(s["n"]), *(figure(s[name]) for name in names)] for wheel, s in result["per_wheel"].items()]
    rows.append(["mean", "", *(figure(result["overall"][name]) for name in names)])
    counts = result["counts"]
    lines = [
        "EW metric, level 1 (MER2026)",
        table(["wheel", "clips", "F1", "precision", "recall", "hit rate", "mscore"], rows),
        f"{counts['labels']} clips, {counts['missing']} without a prediction, {counts['extra']} predictions too many",
    ]
    undefined = [wheel for wheel, s in result["per_wheel"].items() if s["n"] == 0]
    if undefined:
        lines.append(f"undefined: no true word is on {', '.join(undefined)}")
    return "\n".join([*lines, result["signature"]])
