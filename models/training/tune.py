"""`python -m models tune logreg|bilstm|attention`: a random search over a head's knobs, with a table of its trials.

A share of the groups is set aside before the search and meets only its winner, once: the best figure of many trials
is kind to itself, that one is not. A search that was stopped goes on behind its last trial, and within it.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.faults import ConfigError
from harness.records.atomic import write_atomic
from harness.records.csv_rows import dicts_of
from harness.records.numbers import AT_LEAST_ONE, COUNT, SEED, Number
from models.heads.figures import scores
from models.heads.fit_network import Recipe, split_groups
from models.training.card import data_sha256
from models.training.kinds import KNOBS, Knobs, fitted, given, held_out
from models.training.labelled import Labelled, class_order, read_labelled
from models.training.labelled import configure as configure_data

GRID: Mapping[str, tuple[float, ...]] = {
    "penalty": (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0),
    "batch": (16, 32, 64),
    "rate": (3e-4, 1e-3, 3e-3),
    "decay": (1e-3, 1e-2, 1e-1),
    "focal": (0.0, 1.0, 2.0),
    "modality_dropout": (0.0, 0.2, 0.4),
}
"""Knob → what is tried; the others stay as they are."""
TABLE, BEST, PLAN = "results.csv", "best.json", "plan.json"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    configure_data(parser)
    parser.add_argument("--trials", type=AT_LEAST_ONE.parse, default=12, help="the first is the usual setting")
    parser.add_argument("--folds", type=Number(2, 1000, whole=True).parse, default=4)
    parser.add_argument("--seed", type=SEED.parse, default=0, help="of the search, the split and the trainings")
    parser.add_argument(
        "--set-aside", type=Number(0.01, 0.9).parse, default=0.2, help="of groups: only the winner meets them"
    )
    parser.add_argument("--epochs", type=AT_LEAST_ONE.parse, help="at most this many, in every trial")
    parser.add_argument("--threads", type=COUNT.parse, default=0)
    parser.add_argument("--out", type=Path, required=True, help="folder for the table, the winner, and states")


def run(args: argparse.Namespace) -> int:
    """Try what has not been tried yet; write results.csv and best.json."""
    kind, everything = args.what, read_labelled(args)
    labels = class_order(everything, args.class_order)
    inside, outside = split_groups(everything.groups, args.set_aside, args.seed)
    data, aside = everything.take(inside), everything.take(outside)
    args.out.mkdir(parents=True, exist_ok=True)
    _same_search(args, everything)
    rows = _read(args.out / TABLE)
    recipe = Recipe(seed=args.seed, threads=args.threads, progress=True)
    for number, knobs in enumerate(trials(kind, args.trials, args.seed, args.epochs)):
        if any(row["trial"] == str(number) for row in rows):
            continue
        started, states = time.perf_counter(), args.out / "states" / f"trial-{number:03d}"
        figures, _ = held_out(kind, data, args.space, labels, knobs, args.folds, recipe, states)
        row = {"trial": number, **knobs, **figures, "seconds": round(time.perf_counter() - started, 1)}
        rows.append({name: str(value) for name, value in row.items()})
        _write(args.out / TABLE, rows)
        print(f"trial {number}: UAR {figures['UAR']:.4f}, ECE {figures['ECE']:.4f}  {dict(knobs)}")
    best = max(rows, key=lambda row: (float(row["UAR"]), -float(row["ECE"]), -int(row["trial"])))
    knobs = {name: type(usual)(float(best[name])) for name, usual in KNOBS[kind].items()}
    state = args.out / "states" / "winner.pt"
    head = fitted(kind, data, args.space, labels, knobs, replace(recipe, state=state))
    unseen = scores(head.predict_proba(given(head, aside.clips)), np.array(aside.labels), labels)
    found = {"trial": int(best["trial"]), "knobs": knobs, "in the search": float(best["UAR"]), "set aside": unseen}
    write_atomic(args.out / BEST, (json.dumps(found, indent=1) + "\n").encode())
    told = " ".join(f"--{name.replace('_', '-')} {value:g}" for name, value in knobs.items())
    print(
        f"best of {len(rows)} trials: number {best['trial']}, UAR {float(best['UAR']):.4f} in the search (kind to "
        f"itself), {unseen['UAR']:.4f} on {unseen['n']} clips of groups set aside\n"
        f"python -m models train {kind} {told} with the same --features and --labels"
    )
    return 0


def trials(kind: str, count: int, seed: int, epochs: int | None = None) -> list[Knobs]:
    """The usual knobs first, then other settings of the grid, drawn without repeats; a longer search begins alike."""
    usual = dict(KNOBS[kind])
    if epochs is not None and "epochs" in usual:
        usual["epochs"] = epochs
    names = [name for name in usual if name in GRID]
    most = int(np.prod([len(GRID[name]) for name in names]))
    rng = np.random.default_rng(seed)
    found: list[Knobs] = [usual]
    for place in rng.permutation(most):
        drawn = dict(usual)
        for name in names:
            place, at = divmod(int(place), len(GRID[name]))
            drawn[name] = type(usual[name])(GRID[name][at])
        if drawn != usual:
            found.append(drawn)
    return found[:count]


def _same_search(args: argparse.Namespace, data: Labelled) -> None:
    """ConfigError when the folder holds the trials of another search; `--trials` may grow."""
    plan: dict[str, Any] = {
        "kind": args.what,
        "data": data_sha256(data.files),
        "columns": [args.id_column, args.label_column, args.group_column, args.language],
        "folds": args.folds,
        "seed": args.seed,
        "set aside": args.set_aside,
        "epochs": args.epochs,
    }
    path = args.out / PLAN
    if path.is_file() and json.loads(path.read_text(encoding="utf-8")) != plan:
        raise ConfigError(f"{args.out} holds the trials of another search", "another --out, or delete the folder")
    write_atomic(path, (json.dumps(plan, indent=1) + "\n").encode())


def _read(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return [dict(row) for row in dicts_of(stream)]


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_atomic(path, stream.getvalue().encode())
