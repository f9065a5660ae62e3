"""`retention`: what of a model's performance is left when it was trained in the other language.

Retention a → b is M[a→b] / M[b→b]: trained on a and tested on b, over trained and tested on b (the target language).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.metrics import stats
from eval.metrics.classification import CLASSIFICATION, Floats, confusion_matrix, ratio
from eval.tables.align import Aligned, Duplicates, align, policy_of
from eval.tables.output import (
    add_policies,
    add_resampling,
    add_space,
    deliver,
    figure,
    plain,
    space_named,
    table,
    warn_problems,
)
from eval.tables.read import LabelTable, Problem, read_labels, read_predictions
from eval.tables.signature import bootstrap_parts, signature
from harness.records.labels import LabelSpace

METRICS = ("accuracy", "uar", "macro_f1", "weighted_f1")
Side = tuple[Aligned, LabelTable]


def retention_files(
    in_language: tuple[Path, Path],
    cross: tuple[Path, Path],
    label_space: str = "sentiment5",
    invalid: str = "wrong",
    duplicates: Duplicates = "last",
    bootstrap: int = 10_000,
    seed: int = 0,
) -> dict[str, Any]:
    """The JSON value of schema retention/1.

    Args:
        in_language: predictions and labels of the model trained in the target language (the denominator).
        cross: predictions and labels of the model trained in the other language.
        label_space: name of the label space.
        invalid: policy, see `score`.
        duplicates: the row that counts of a repeated ID.
        bootstrap: resamples for the intervals; clips are resampled together where both are scored on the same ones.
        seed: of the resampling.
    """
    space = space_named(label_space)
    policy, _ = policy_of(invalid, space)
    sides = [_read(*files, space, invalid, duplicates) for files in (in_language, cross)]
    home, away = (aligned for aligned, _ in sides)
    paired = _same_clips(*sides)
    generator = np.random.default_rng(seed)
    size = len(space.labels)
    tables = [confusion_matrix(side.truth, side.predicted, size) for side in (home, away)]
    if paired:
        samples = _paired_samples(sides, size, bootstrap, generator)
    else:
        samples = zip(*(stats.resampled_tables(table, bootstrap, generator) for table in tables), strict=False)
    drawn = _ratios(samples)
    result: dict[str, Any] = {
        "schema": "retention/1",
        "definition": "cross / in_language: trained in the other language over trained in the tested one, both tested "
        "in the target language",
        "policy": policy,
        "signature": signature(
            "retention",
            "1",
            space=space.name,
            invalid=policy,
            dup=duplicates,
            n=f"{len(home.truth)}/{len(away.truth)}",
            **bootstrap_parts(bootstrap, seed),
        ),
        "n": {"in_language": len(home.truth), "cross": len(away.truth)},
        "same_clips": paired,
        "metrics": {},
        "notes": {},
        "problems": [
            _named(p, files[0])
            for (side, _), files in zip(sides, (in_language, cross), strict=True)
            for p in side.problems
        ],
    }
    for name in METRICS:
        result["metrics"][name] = _retention(name, tables, drawn[name], result["notes"])
    return result


def _named(problem: Problem, path: Path) -> Problem:
    return Problem(problem.line, problem.id, problem.kind, f"{path.name}: {problem.message}")


def _read(predictions: Path, labels: Path, space: LabelSpace, invalid: str, duplicates: Duplicates) -> Side:
    truth = read_labels(labels, space)
    said = read_predictions(predictions, space, exact=invalid == "strict")
    return align(said, truth, space, invalid, duplicates), truth


def _same_clips(home: Side, away: Side) -> bool:
    """Whether both are scored on the same clips with the same truth."""
    one, other = (
        dict(zip(labels.ids[aligned.label_rows], aligned.truth.tolist(), strict=True))
        for aligned, labels in (home, away)
    )
    return one == other


def _paired_samples(
    sides: Sequence[Side], labels: int, resamples: int, generator: np.random.Generator
) -> Iterator[tuple[Floats, Floats]]:
    """Confusion matrices of both models on the same resampled clips."""
    (home, home_labels), (away, away_labels) = sides
    size = labels + 1
    other = dict(zip(away_labels.ids[away.label_rows], away.predicted.tolist(), strict=True))
    of_away = np.array([other[name] for name in home_labels.ids[home.label_rows]], np.int64)
    cells: NDArray[np.int64] = (home.truth * size + home.predicted) * size + of_away
    counts = np.bincount(cells, minlength=labels * size * size).reshape(labels, size, size)
    for sample in stats.resampled_tables(counts, resamples, generator):
        yield sample.sum(-1), sample.sum(-2)


def _ratios(samples: Iterator[tuple[Floats, Floats]]) -> dict[str, list[Floats]]:
    """Retention in each resample, in chunks; NaN where the denominator is 0."""
    drawn: dict[str, list[Floats]] = {name: [] for name in METRICS}
    for of_home, of_away in samples:
        for name in METRICS:
            drawn[name].append(ratio(CLASSIFICATION[name](of_away), CLASSIFICATION[name](of_home)))
    return drawn


def _retention(
    name: str, tables: list[NDArray[np.int64]], drawn: list[Floats], notes: dict[str, str]
) -> dict[str, Any]:
    """Both absolute numbers, their ratio and its interval."""
    home, away = (float(CLASSIFICATION[name](each)) for each in tables)
    row: dict[str, Any] = {"in_language": plain(home), "cross": plain(away), "denominator": plain(home)}
    row["retention"] = away / home if home > 0 and not np.isnan(away) else None
    if row["retention"] is None:
        notes[name] = "undefined: the in-language figure (the denominator) is 0 or undefined"
        return row
    if drawn:
        values = np.concatenate(drawn)
        lost = int(np.isnan(values).sum())
        if lost:
            notes[name] = f"interval without {lost} resamples whose denominator is 0"
        row["ci"] = plain(stats.percentile_interval(values, "bootstrap-percentile"))
    return row


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the verb."""
    parser.add_argument(
        "--in-language",
        nargs=2,
        type=Path,
        required=True,
        metavar=("A", "LABELS_A"),
        help="predictions of the model trained in the tested language, and the labels: the denominator",
    )
    parser.add_argument(
        "--cross",
        nargs=2,
        type=Path,
        required=True,
        metavar=("B", "LABELS_B"),
        help="predictions of the model trained in the other language, and the labels of the same test",
    )
    add_space(parser)
    add_policies(parser)
    parser.add_argument("--json", metavar="OUT", help="write all figures; - prints them")
    add_resampling(parser)


def run(args: argparse.Namespace) -> int:
    """Compute, print and write."""
    result = retention_files(
        (args.in_language[0], args.in_language[1]),
        (args.cross[0], args.cross[1]),
        args.label_space,
        args.invalid,
        args.duplicates,
        args.bootstrap,
        args.seed,
    )
    warn_problems(result["problems"], args.json)
    rows = []
    for name, row in result["metrics"].items():
        interval = row.get("ci")
        span = f"{figure(interval['low'])} … {figure(interval['high'])}" if interval else ""
        rows.append([name, figure(row["cross"]), figure(row["in_language"]), figure(row["retention"]), span])
    head = ["metric", "cross", "in-language (denominator)", "retention", "95 % interval"]
    notes = "".join(f"\n{name}: {note}" for name, note in result["notes"].items())
    counted = f"n = {result['n']['cross']} cross, {result['n']['in_language']} in-language"
    together = "the same clips" if result["same_clips"] else "different clips"
    deliver(result, args.json, f"{counted} ({together})\n{table(head, rows)}{notes}\n{result['signature']}")
    return 0
