"""`python -m models train fusion`: how much each source should count, learned from a labelled run."""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from models.heads.linear import softmax

LABELS = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
FLOOR = 1e-6
LEAST_CLIPS = 20


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--run", type=Path, required=True, help="the Test_Supplements folder of a run")
    parser.add_argument("--labels", type=Path, required=True, help="csv with ID,Label")
    parser.add_argument("--out", type=Path, required=True, help="the file for fuse.learned")
    parser.add_argument("--l2", type=float, default=0.01, help="pull of the exponents towards 1 and the bias to 0")


def run(flags: argparse.Namespace) -> int:
    """Fit, print the log-loss before and after (the latter across five folds), and write the file."""
    stories = _stories(flags.run)
    truth = _truth(flags.labels)
    known = [(sources, truth[clip]) for clip, sources in stories.items() if clip in truth]
    if len(known) < LEAST_CLIPS:
        raise ConfigError(f"{len(known)} labelled clips with a prediction in {flags.run}", f"at least {LEAST_CLIPS}")
    names = sorted({name for sources, _ in known for name in sources})
    logs = _log_probabilities([sources for sources, _ in known], names)
    target = np.array([LABELS.index(label) for _, label in known])
    exponents, bias = fit(logs, target, flags.l2)
    figures = {
        "clips": len(known),
        "log_loss_equal_weights": _loss(logs, target, np.full(len(names), 1 / len(names)), np.zeros(5)),
        "log_loss_five_fold": _cross_validated(logs, target, flags.l2),
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
        return _loss(logs, target, alpha, bias) + float(pull)

    start = np.concatenate([np.full(n, 1 / n), np.zeros(5)])
    found = minimize(objective, start, method="L-BFGS-B", bounds=[(0, None)] * n + [(None, None)] * 5)
    return found.x[:n], found.x[n:]


def _loss(
    logs: NDArray[np.float64], target: NDArray[np.intp], alpha: NDArray[np.float64], bias: NDArray[np.float64]
) -> float:
    p = softmax(np.einsum("csy,s->cy", logs, alpha) + bias)
    return float(-np.log(np.maximum(p[np.arange(len(target)), target], 1e-12)).mean())


def _cross_validated(logs: NDArray[np.float64], target: NDArray[np.intp], l2: float) -> float:
    folds = np.arange(len(target)) % 5
    losses = []
    for fold in range(5):
        alpha, bias = fit(logs[folds != fold], target[folds != fold], l2)
        losses.append(_loss(logs[folds == fold], target[folds == fold], alpha, bias))
    return float(np.mean(losses))


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
        if prediction.get("sources"):
            found[story["clip"]["id"]] = prediction["sources"]
    if not found:
        raise ConfigError(f"no stories with predictions in {run}", "run python run_submission.py first")
    return found


def _truth(path: Path) -> dict[str, str]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if not rows or not {"ID", "Label"} <= set(rows[0]):
        raise ConfigError(f"{path} has no columns ID,Label")
    bad = next((i for i, row in enumerate(rows, 2) if row["Label"] not in LABELS), None)
    if bad is not None:
        raise ConfigError(f"{path} line {bad}: label {rows[bad - 2]['Label']!r}", f"one of {', '.join(LABELS)}")
    return {row["ID"]: row["Label"] for row in rows}
