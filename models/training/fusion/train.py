"""`python -m models train fusion`: how much each source should count, learned from a labelled run."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.inputs.table import read_rows
from harness.records.csv_rows import plain_id
from harness.records.numbers import SEED, Number
from models.heads.figures import accuracy, majority, uar
from models.heads.linear import softmax

Floats = NDArray[np.float64]
LABELS = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
FLOOR = 1e-6
LEAST_CLIPS = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--predictions", type=Path, help="predictions.csv of a run (columns p_SOURCE_LABEL)")
    source.add_argument("--run", type=Path, help="the Test_Supplements folder of a run: its stories are read")
    source.add_argument(
        "--opinions", type=Path, help="csv of people's scores of the whole, words, voice and picture: for `joint`"
    )
    parser.add_argument("--labels", type=Path, help="csv with ID,Label; with --predictions and --run")
    parser.add_argument(
        "--heads",
        nargs="+",
        default=(),
        metavar="SOURCE=FILE",
        help="with --opinions: text=, audio= and video= of "
        "held-out opinions (csv with Label and p_ columns, or a folder that `evaluate … --out` wrote)",
    )
    parser.add_argument("--seed", type=SEED.parse, default=0, help="of the opinions that are drawn")
    parser.add_argument("--out", type=Path, required=True, help="the file for fuse.learned; with --opinions its folder")
    parser.add_argument(
        "--l2", type=Number(0).parse, default=0.01, help="pull of the exponents towards 1, the bias to 0"
    )


def run(flags: argparse.Namespace) -> int:
    """Fit, print what it brings on clips it was not fitted on (five folds), and write the file."""
    if flags.opinions:
        from models.training.fusion import joint

        return joint.run(flags)
    if flags.labels is None:
        raise ConfigError("--predictions and --run need the true labels", "--labels FILE")
    stories = _stories(flags.run) if flags.run else _rows(flags.predictions)
    truth = _truth(flags.labels)
    known = [(sources, truth[clip]) for clip, sources in sorted(stories.items()) if clip in truth]
    if len(known) < LEAST_CLIPS:
        where = flags.run or flags.predictions
        raise ConfigError(f"{len(known)} labelled clips with a prediction in {where}", f"at least {LEAST_CLIPS}")
    names = sorted({name for sources, _ in known for name in sources})
    logs = _log_probabilities([sources for sources, _ in known], names)
    target = np.array([LABELS.index(label) for _, label in known])
    exponents, bias = fit(logs, target, flags.l2)
    equal, held_out = _pool(logs, np.full(len(names), 1 / len(names)), np.zeros(5)), _held_out(logs, target, flags.l2)
    figures = {
        "clips": len(known),
        "accuracy_majority": majority(target),
        "accuracy_equal_weights": accuracy(target, equal.argmax(axis=1)),
        "accuracy_five_fold": accuracy(target, held_out.argmax(axis=1)),
        "uar_equal_weights": uar(target, equal.argmax(axis=1)),
        "uar_five_fold": uar(target, held_out.argmax(axis=1)),
        "log_loss_equal_weights": _loss(equal, target),
        "log_loss_five_fold": _loss(held_out, target),
    }
    content = {
        "schema": "fusion/1",
        "labels": LABELS,
        "exponents": dict(zip(names, exponents.tolist(), strict=True)),
        "bias": bias.tolist(),
        "figures": figures,
    }
    flags.out.parent.mkdir(parents=True, exist_ok=True)
    flags.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(content, indent=1))
    print(f"use it with: --set fuse.strategy=learned fuse.learned={flags.out}")
    return 0


def fit(logs: NDArray[np.float64], target: NDArray[np.intp], l2: float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Exponents α ≥ 0 (sources,) and bias (5,) that minimise the mean log-loss plus l2·(|α − 1|² + |b|²).

    Args:
        logs: ln p, shape (clips, sources, 5); 0 where a source is absent.
        target: index of the true label, shape (clips,).
        l2: strength of the pull.
    """
    from scipy.optimize import minimize

    n = logs.shape[1]

    def objective(parameters: NDArray[np.float64]) -> float:
        alpha, bias = parameters[:n], parameters[n:]
        pull = l2 * (((alpha - 1) ** 2).sum() + (bias**2).sum())
        return _loss(_pool(logs, alpha, bias), target) + float(pull)

    start = np.concatenate([np.full(n, 1 / n), np.zeros(5)])
    found = minimize(objective, start, method="L-BFGS-B", bounds=[(0, None)] * n + [(None, None)] * 5)
    return found.x[:n], found.x[n:]


def _pool(logs: Floats, alpha: Floats, bias: Floats) -> Floats:
    """Pooled probabilities, shape (clips, 5)."""
    return softmax(np.einsum("csy,s->cy", logs, alpha) + bias)


def _loss(p: Floats, target: NDArray[np.intp]) -> float:
    return float(-np.log(np.maximum(p[np.arange(len(target)), target], 1e-12)).mean())


def _held_out(logs: Floats, target: NDArray[np.intp], l2: float) -> Floats:
    """For each clip the probabilities of a fit on the other four folds; every class is spread over the folds."""
    order = np.argsort(target, kind="stable")
    folds = np.empty(len(target), dtype=np.intp)
    folds[order] = np.arange(len(target)) % 5
    p = np.zeros((len(target), 5))
    for fold in range(5):
        p[folds == fold] = _pool(logs[folds == fold], *fit(logs[folds != fold], target[folds != fold], l2))
    return p


def _log_probabilities(rows: Sequence[dict[str, list[float]]], names: Sequence[str]) -> NDArray[np.float64]:
    logs = np.zeros((len(rows), len(names), 5))
    for i, sources in enumerate(rows):
        for j, name in enumerate(names):
            if name in sources:
                logs[i, j] = np.log(np.maximum(sources[name], FLOOR))
    return logs


def _stories(run: Path) -> dict[str, dict[str, list[float]]]:
    """Clip id → source → five probabilities, from the stories of a run."""
    found = {}
    for path in sorted((run / "video_emotion_results").glob("*.json")):
        story = json.loads(path.read_text(encoding="utf-8"))
        prediction = story.get("prediction") or {}
        if (space := prediction.get("space", "sentiment5")) != "sentiment5":
            raise ConfigError(
                f"{path.name}: the run answered in {space}, and exponents are learned over sentiment5",
                "repeat the run without --label-space",
            )
        if prediction.get("sources"):
            found[story["clip"]["id"]] = prediction["sources"]
    if not found:
        raise ConfigError(f"no stories with predictions in {run}", "run python run_submission.py first")
    return found


def _rows(path: Path) -> dict[str, dict[str, list[float]]]:
    """Clip id → source → five probabilities, from the columns p_SOURCE_LABEL of predictions.csv.

    ConfigError when the file has no such columns, or a cell is no number.
    """
    rows = read_rows(path)
    header = list(rows[0]) if rows else []
    names = [name[2 : -len("_SNEG")] for name in header if name.startswith("p_") and name.endswith("_SNEG")]
    names = [name for name in names if name and all(f"p_{name}_{label}" in header for label in LABELS)]
    if not names or "ID" not in header:
        raise ConfigError(
            f"{path} has no columns ID and p_SOURCE_{LABELS[0]} … p_SOURCE_{LABELS[-1]}",
            "name the predictions.csv of a run",
        )
    found: dict[str, dict[str, list[float]]] = {}
    for line, row in enumerate(rows, 2):
        clip = plain_id(row["ID"])
        cells = {name: [row[f"p_{name}_{label}"] for label in LABELS] for name in names}
        try:
            sources = {name: [float(cell) for cell in five] for name, five in cells.items() if all(five)}
        except ValueError as error:
            raise ConfigError(
                f"{path} line {line}: {error}", "name the predictions.csv of a run as it was written"
            ) from error
        if sources:
            found[clip] = sources
    return found


def _truth(path: Path) -> dict[str, str]:
    rows = read_rows(path)
    if not {"ID", "Label"} <= set(rows[0]):
        raise ConfigError(f"{path} has no columns ID,Label", "name a csv with the columns ID and Label")
    bad = next((i for i, row in enumerate(rows, 2) if row["Label"] not in LABELS), None)
    if bad is not None:
        raise ConfigError(f"{path} line {bad}: label {rows[bad - 2]['Label']!r}", f"one of {', '.join(LABELS)}")
    return {row["ID"]: row["Label"] for row in rows}
