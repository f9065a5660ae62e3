"""`score-regression`: sentiment values by MMSA's rules."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from eval.errors import EvalError
from eval.metrics.regression import REGRESSION, SIMS_KEYS
from eval.tables.align import Duplicates, join
from eval.tables.output import deliver, figure, plain, warn_problems
from eval.tables.read import Problem, ScoreTable, read_scores
from eval.tables.signature import signature

ROUNDED = 4
UNDEFINED = {
    "Corr": "undefined: fewer than two rows, or one side is constant",
    "R2": "undefined: fewer than two rows",
    "Non0_acc_2": "undefined: no row whose truth is not 0",
    "Non0_F1_score": "undefined: no row whose truth is not 0",
    "Mult_acc_2_weak": "undefined: no row with |truth| ≤ 0.4",
}


def score_regression_files(
    predictions: Path, labels: Path, dataset: str, duplicates: Duplicates = "last"
) -> dict[str, Any]:
    """The JSON value of schema regression/1. Clips without a readable value on both sides are listed and left out.

    Raises:
        EvalError: a file that cannot be read, or labels without any readable value.
    """
    said, true = read_scores(predictions), read_scores(labels)
    if not np.isfinite(true.values).any():
        raise EvalError(f"{labels}: no row with a readable score", "write one row ID,score for each clip")
    joined = join(said, true, duplicates)
    truth = true.values[joined.label_rows]
    predicted = np.append(said.values, np.nan)[joined.prediction_rows]
    usable = np.isfinite(truth) & np.isfinite(predicted)
    metrics = REGRESSION[dataset](truth[usable], predicted[usable])
    problems = [*_named(true), *said.problems, *joined.problems]
    return {
        "schema": "regression/1",
        "dataset": dataset,
        "n": int(usable.sum()),
        "signature": signature(
            "score-regression", "1", space=dataset, invalid="drop", dup=duplicates, n=int(usable.sum()), ci="none"
        ),
        "metrics": plain(metrics),
        "metrics_rounded": {name: None if np.isnan(v) else round(v, ROUNDED) for name, v in metrics.items()},
        "notes": {
            name: UNDEFINED.get(name, "undefined: no clips to score")
            if usable.any()
            else "undefined: no clips to score"
            for name, value in metrics.items()
            if np.isnan(value)
        },
        "counts": {
            "labels": len(joined.label_rows),
            "prediction_rows": len(said.ids),
            "unique_ids": joined.prediction_ids,
            "missing": int((joined.prediction_rows < 0).sum()),
            "extra": len(joined.extra_rows),
            "duplicates": joined.repeated,
            "duplicate_conflicts": joined.conflicts,
            "unreadable": int(np.isnan(said.values).sum()),
            "scored": int(usable.sum()),
        },
        "problems": problems,
    }


def _named(table: ScoreTable) -> list[Problem]:
    return [Problem(p.line, p.id, p.kind, f"{table.path.name}: {p.message}") for p in table.problems]


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the verb."""
    parser.add_argument("predictions", type=Path, help="csv with ID,score")
    parser.add_argument("labels", type=Path, help="csv with ID,score")
    parser.add_argument("--dataset", required=True, choices=sorted(REGRESSION), help="whose rules apply")
    parser.add_argument("--duplicates", default="last", choices=("last", "first"), help="the row that counts")
    parser.add_argument("--json", metavar="OUT", help="write all figures; - prints them")


def run(args: argparse.Namespace) -> int:
    """Score, print and write."""
    result = score_regression_files(args.predictions, args.labels, args.dataset, args.duplicates)
    warn_problems(result["problems"], args.json)
    rows = [[name, figure(value), result["notes"].get(name, "")] for name, value in result["metrics"].items()]
    text = f"{args.dataset}, MMSA's rules in float32, n = {result['n']} of {result['counts']['labels']}\n"
    text += "\n".join(f"{row[0]:<{max(map(len, SIMS_KEYS))}}  {row[1]:>8}  {row[2]}".rstrip() for row in rows)
    deliver(result, args.json, f"{text}\n{result['signature']}")
    return 0
