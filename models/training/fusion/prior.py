"""`python -m models train prior`: what a labelled run tells of the classes of its label space.

A number for each label is added to the pool's log-probability: P'(y) ∝ P(y) · exp(b_y). Two goals: `macro`, where every
class counts alike (macro F1, UAR), and `weighted`, where every clip does (accuracy, weighted F1). The b minimise the
log-loss, each clip weighing 1 over its class's size under `macro`, plus a pull to 0, so that few clips move little.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.inputs.own_space import find_space
from harness.inputs.table import read_rows
from harness.records.atomic import write_atomic
from harness.records.csv_rows import plain_id
from harness.records.labels import LabelSpace, of_another_space
from harness.records.numbers import Number
from models.heads.figures import accuracy, majority, uar
from models.heads.linear import softmax

Floats = NDArray[np.float64]
GOALS = ("macro", "weighted")
FLOOR = 1e-6
LEAST_CLIPS = 20
FOLDS = 5


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument(
        "--predictions", type=Path, required=True, help="predictions.csv of a run without fuse.prior (columns p_LABEL)"
    )
    parser.add_argument("--labels", type=Path, required=True, help="csv with ID,Label")
    parser.add_argument("--label-space", default="sentiment5", metavar="NAME|FILE.yaml", help="the run's")
    parser.add_argument("--goal", choices=GOALS, default="macro", help="every class counts alike, or every clip")
    parser.add_argument("--l2", type=Number(0).parse, default=0.05, help="pull of the numbers towards 0")
    parser.add_argument("--out", type=Path, required=True, help="the file for fuse.prior")


def run(flags: argparse.Namespace) -> int:
    """Fit, print what it brings on clips it was not fitted on (five folds), and write the file."""
    space = find_space(flags.label_space)
    logs, target = read(flags.predictions, flags.labels, space)
    offsets = fit(logs, target, flags.goal, flags.l2)
    plain, held_out = logs.argmax(axis=1), _held_out(logs, target, flags.goal, flags.l2).argmax(axis=1)
    content = {
        "schema": "prior/1",
        "space": space.name,
        "labels": list(space.labels),
        "goal": flags.goal,
        "offsets": [round(float(value), 6) for value in offsets],
        "figures": {
            "clips": len(target),
            "accuracy_majority": majority(target),
            "without": _figures(target, plain),
            "five_fold": _figures(target, held_out),
            "unseen_labels": [label for y, label in enumerate(space.labels) if not (target == y).any()],
        },
    }
    write_atomic(flags.out, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    print(json.dumps(content, indent=1, ensure_ascii=False))
    print(f"use it with: --label-space {flags.label_space} --set fuse.prior={flags.out}")
    return 0


def fit(logs: Floats, target: NDArray[np.intp], goal: str, l2: float) -> Floats:
    """The numbers (labels,), of mean 0; a label that no clip has keeps the mean of the others' pull: 0.

    Args:
        logs: ln p, shape (clips, labels).
        target: index of the true label, shape (clips,).
        goal: of `GOALS`.
        l2: strength of the pull.
    """
    from scipy.optimize import minimize

    sizes = np.bincount(target, minlength=logs.shape[1]).astype(np.float64)
    weight = 1 / sizes[target] if goal == "macro" else np.ones(len(target))
    weight /= weight.sum()
    seen = sizes > 0

    def objective(b: Floats) -> float:
        p = softmax(logs + np.where(seen, b, 0.0))
        return float(-(weight * np.log(np.maximum(p[np.arange(len(target)), target], 1e-12))).sum() + l2 * (b**2).sum())

    found = minimize(objective, np.zeros(logs.shape[1]), method="L-BFGS-B")
    offsets: Floats = np.where(seen, found.x, 0.0)
    return offsets


def read(predictions: Path, labels: Path, space: LabelSpace) -> tuple[Floats, NDArray[np.intp]]:
    """Log-probabilities (clips, labels) and true labels of the clips that both files have, in order of their IDs.

    Raises:
        ConfigError: a file is of another space (names both), lacks columns, or too few clips are labelled.
    """
    rows = read_rows(predictions, "ID")
    columns = [f"p_{label}" for label in space.labels]
    if missing := [name for name in columns if name not in rows[0]]:
        was = rows[0].get("label_space") or "another label space"
        raise ConfigError(
            f"{predictions} has no column {missing[0]}: its run answered in {was}, not in {space.name}",
            "--label-space of the run",
        )
    truth = _truth(labels, space)
    known = [(plain_id(row["ID"]), [row[name] for name in columns]) for row in rows]
    kept = sorted((clip, cells) for clip, cells in known if clip in truth and all(cells))
    if len(kept) < LEAST_CLIPS:
        raise ConfigError(f"{len(kept)} labelled clips with probabilities in {predictions}", f"at least {LEAST_CLIPS}")
    try:
        p = np.array([[float(cell) for cell in cells] for _, cells in kept])
    except ValueError as error:
        raise ConfigError(f"{predictions}: {error}", "p_ columns hold numbers") from error
    return np.log(np.maximum(p, FLOOR)), np.array([space.rank(truth[clip]) for clip, _ in kept])


def _truth(path: Path, space: LabelSpace) -> dict[str, str]:
    rows = read_rows(path, "ID", "Label")
    found = {}
    for line, row in enumerate(rows, 2):
        if not row["Label"].strip():
            continue
        label = space.normalise(row["Label"])
        if label is None:
            raise ConfigError(
                f"{path} line {line}: label {row['Label']!r}{of_another_space(row['Label'].strip())}",
                f"one of {', '.join(space.labels)} ({space.name}), or another --label-space",
            )
        found[plain_id(row["ID"])] = label
    return found


def _held_out(logs: Floats, target: NDArray[np.intp], goal: str, l2: float) -> Floats:
    """For each clip the log-probabilities with numbers fitted on the other folds; classes are spread over the folds."""
    order = np.argsort(target, kind="stable")
    folds = np.empty(len(target), dtype=np.intp)
    folds[order] = np.arange(len(target)) % FOLDS
    found = logs.copy()
    for fold in range(FOLDS):
        found[folds == fold] += fit(logs[folds != fold], target[folds != fold], goal, l2)
    return found


def _figures(target: NDArray[np.intp], guess: NDArray[np.intp]) -> dict[str, Any]:
    scores = [_f1(target, guess, y) for y in sorted(set(target.tolist()))]
    shares = [float(np.mean(target == y)) for y in sorted(set(target.tolist()))]
    return {
        "accuracy": accuracy(target, guess),
        "uar": uar(target, guess),
        "macro_f1": float(np.mean(scores)),
        "weighted_f1": float(np.dot(scores, shares)),
    }


def _f1(target: NDArray[np.intp], guess: NDArray[np.intp], y: int) -> float:
    hits: Sequence[Any] = (target == y) & (guess == y)
    both = int(np.sum(target == y) + np.sum(guess == y))
    return 2 * float(np.sum(hits)) / both if both else 0.0
