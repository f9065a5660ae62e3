"""`calibration`: how far probabilities can be taken at their word."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from eval.errors import EvalError
from eval.metrics.probability import brier, ece, log_loss, mce, reliability
from eval.tables.align import Duplicates, join
from eval.tables.output import add_space, deliver, figure, plain, space_named, table, warn_problems
from eval.tables.read import LabelTable, Problem, read_labels, read_predictions
from eval.tables.signature import signature
from harness.records.labels import LabelSpace
from harness.records.numbers import AT_LEAST_ONE

SUM_TOLERANCE = 0.01


def calibration_files(
    predictions: Path, labels: Path, label_space: str = "sentiment5", bins: int = 15, duplicates: Duplicates = "last"
) -> dict[str, Any]:
    """The JSON value of schema calibration/1. Clips without readable probabilities are listed and left out.

    Raises:
        EvalError: a file that cannot be read, or predictions without one probability column per label.
    """
    space = space_named(label_space)
    truth = read_labels(labels, space)
    said = read_predictions(predictions, space, need_label=False)
    if said.probabilities is None:
        names = ", ".join(f"p_{label}" for label in space.labels)
        raise EvalError(f"{predictions}: line 1: not one probability column per label", f"write the columns {names}")
    joined = join(said, truth, duplicates)
    # One row of NaN more, reached by −1, for the clips without a row.
    forecasts = np.append(said.probabilities, np.full((1, len(space.labels)), np.nan), axis=0)[joined.prediction_rows]
    true = truth.codes[joined.label_rows]
    bad = _unusable(said, space)
    usable = ~np.append([problem is not None for problem in bad], True)[joined.prediction_rows]
    forecasts, true = forecasts[usable], true[usable]
    found = reliability(forecasts, true, bins)
    right = forecasts.argmax(1) == true if len(true) else np.empty(0, bool)
    problems = [*truth.problems, *said.problems, *joined.problems, *(p for p in bad if p is not None)]
    return {
        "schema": "calibration/1",
        "label_space": space.name,
        "signature": signature(
            "calibration", "1", space=space.name, invalid="drop", dup=duplicates, bins=bins, n=len(true), ci="none"
        ),
        "n": len(true),
        "accuracy_of_top": plain(float(right.mean())) if len(true) else None,
        "confidence_of_top": plain(float(forecasts.max(1).mean())) if len(true) else None,
        "ece": plain(ece(forecasts, true, bins)),
        "mce": plain(mce(forecasts, true, bins)),
        "brier": plain(brier(forecasts, true)),
        "log_loss": plain(log_loss(forecasts, true)),
        "bins": plain(found),
        "counts": {
            "labels": len(joined.label_rows),
            "prediction_rows": len(said.ids),
            "missing": int((joined.prediction_rows < 0).sum()),
            "extra": len(joined.extra_rows),
            "duplicates": joined.repeated,
            "unreadable": sum(problem is not None for problem in bad),
            "scored": len(true),
        },
        "notes": {} if len(true) else {"all": "undefined: no clips to score"},
        "problems": problems,
    }


def _unusable(said: LabelTable, space: LabelSpace) -> list[Problem | None]:
    """For each row why its probabilities cannot be used, or None."""
    forecasts = said.probabilities
    assert forecasts is not None
    with np.errstate(invalid="ignore"):
        inside = np.isfinite(forecasts) & (forecasts >= 0) & (forecasts <= 1 + SUM_TOLERANCE)
        outside = np.asarray(~inside.all(1), bool)
        off = np.asarray(np.abs(forecasts.sum(1) - 1.0) > SUM_TOLERANCE, bool)
    found: list[Problem | None] = [None] * len(forecasts)
    for row in np.flatnonzero(outside | off).tolist():
        if outside[row]:
            message = "a probability is no number from 0 to 1: the row is left out"
        else:
            message = f"the probabilities sum to {forecasts[row].sum():.4f}, not 1: the row is left out"
        found[row] = Problem(int(said.lines[row]), said.ids[row], "probability", message)
    return found


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the verb."""
    parser.add_argument("predictions", type=Path, help="csv with ID and one column p_LABEL (or LABEL) per label")
    parser.add_argument("labels", type=Path, help="csv with ID,Label")
    add_space(parser)
    parser.add_argument("--bins", type=AT_LEAST_ONE.parse, default=15, help="bins of equal width (default: 15)")
    parser.add_argument("--duplicates", default="last", choices=("last", "first"), help="the row that counts")
    parser.add_argument("--json", metavar="OUT", help="write all figures; - prints them")


def run(args: argparse.Namespace) -> int:
    """Measure, print and write."""
    if args.bins < 1:
        raise EvalError("--bins 0: at least one bin is needed", "leave --bins out for 15")
    result = calibration_files(args.predictions, args.labels, args.label_space, args.bins, args.duplicates)
    warn_problems(result["problems"], args.json)
    deliver(result, args.json, f"{_text(result)}\n{result['signature']}")
    return 0


def _text(result: dict[str, Any]) -> str:
    bins = result["bins"]
    edges = bins["edges"]
    rows = [
        [f"{edges[i]:.3f} – {edges[i + 1]:.3f}", str(count), figure(bins["confidence"][i]), figure(bins["accuracy"][i])]
        for i, count in enumerate(bins["counts"])
        if count
    ]
    return "\n".join(
        [
            f"{result['label_space']}, n = {result['n']} of {result['counts']['labels']}",
            f"top label: accuracy {figure(result['accuracy_of_top'])}, mean probability "
            f"{figure(result['confidence_of_top'])}",
            f"ECE {figure(result['ece'])} ({len(bins['counts'])} bins)   largest gap of a bin {figure(result['mce'])}",
            f"Brier {figure(result['brier'])} (0 … 2)   log-loss {figure(result['log_loss'])}",
            "",
            table(["top probability", "clips", "mean", "right"], rows),
        ]
    )
