"""`soft`: probabilities against what several annotators said, beside what an annotator scores against the others.

The labels file has a column for each annotator (`--annotators A,B,C`), or shares (`q_LABEL`), or a label with a
`confidence` (the rest is spread evenly: the one-scheme emotions). Predictions have `p_LABEL` columns; a clip without
them, or missing, counts as even probabilities and is listed.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from eval.errors import EvalError
from eval.metrics import stats
from eval.metrics.annotators import (
    cross_entropy,
    distributions,
    fleiss_kappa,
    human_ceiling,
    jensen_shannon,
    krippendorff_alpha,
    majority,
)
from eval.metrics.classification import Floats, accuracy, confusion_matrix, macro_f1_present, uar
from eval.tables.csvfile import Sheet, read_sheet
from eval.tables.csvtext import Problem
from eval.tables.output import add_resampling, deliver, figure, plain, warn_problems
from eval.tables.read import ID_NAMES, LABEL_NAMES, numbers
from eval.tables.signature import bootstrap_parts, signature
from harness.records.labels import SPACES, LabelSpace, fold

SCHEMA = "soft/1"
TOLERANCE = 0.01


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the verb."""
    parser.add_argument("predictions", type=Path, help="csv with ID and p_LABEL columns")
    parser.add_argument("labels", type=Path, help="csv with ID and annotators, shares q_LABEL, or Label,confidence")
    parser.add_argument("--label-space", default="sentiment5", metavar="NAME", help="a known one, or labels: a,b,c")
    parser.add_argument("--annotators", metavar="A,B,C", help="the columns of the annotators")
    parser.add_argument("--json", metavar="OUT", help="write all figures; - prints them")
    add_resampling(parser)


def run(args: argparse.Namespace) -> int:
    """Score, print and write."""
    annotators = tuple(name.strip() for name in (args.annotators or "").split(",") if name.strip())
    result = soft_files(args.predictions, args.labels, args.label_space, annotators, args.bootstrap, args.seed)
    warn_problems([Problem(**problem) for problem in result["problems"]], args.json)
    deliver(result, args.json, as_text(result))
    return 0


def soft_files(
    predictions: Path,
    labels: Path,
    label_space: str = "sentiment5",
    annotators: Sequence[str] = (),
    bootstrap: int = 10_000,
    seed: int = 0,
) -> dict[str, Any]:
    """The JSON value of schema soft/1.

    Raises:
        EvalError: a file that cannot be read, or that says nothing of annotators, shares or confidence.
    """
    space = _space(label_space)
    problems: list[Problem] = []
    ids, truth, ratings = _truth(labels, space, annotators, problems)
    said = _forecasts(predictions, ids, space, problems)
    top = confusion_matrix(majority(truth), said.argmax(1), len(space.labels))
    generator = np.random.default_rng(seed)
    entropy, divergence = cross_entropy(truth, said), jensen_shannon(truth, said)
    figures = {
        "cross_entropy": stats.mean_interval(entropy.tolist(), bootstrap, generator),
        "entropy_of_truth": float(cross_entropy(truth, truth).mean()),
        "jensen_shannon": stats.mean_interval(divergence.tolist(), bootstrap, generator),
        "accuracy": float(accuracy(top)),
        "uar": float(uar(top)),
        "macro_f1_present": float(macro_f1_present(top)),
    }
    human = None
    if ratings is not None:
        size = len(space.labels)
        human = {
            "ceiling": human_ceiling(ratings, size),
            "fleiss_kappa": fleiss_kappa(ratings, size),
            "krippendorff_alpha": krippendorff_alpha(ratings, size, space.ordinal),
        }
    return {
        "schema": SCHEMA,
        "signature": signature(
            "soft", "1", space=space.name, invalid="even", dup="last", n=len(ids), **bootstrap_parts(bootstrap, seed)
        ),
        "label_space": space.name,
        "n": len(ids),
        "system": plain(figures),
        "human": plain(human),
        "problems": [{"line": p.line, "id": p.id, "kind": p.kind, "message": p.message} for p in problems],
    }


def _space(name: str) -> LabelSpace:
    if name in SPACES:
        return SPACES[name]
    listed = tuple(label.strip() for label in name.split(",") if label.strip())
    if len(listed) < 2:
        raise EvalError(f"--label-space {name}", f"one of {', '.join(SPACES)}, or the labels parted by commas")
    return LabelSpace("/".join(listed), listed)


def _truth(
    path: Path, space: LabelSpace, annotators: Sequence[str], problems: list[Problem]
) -> tuple[list[str], Floats, Any]:
    """IDs, shares (n, labels), and ratings (n, annotators) where they are given; rows without any are left out."""
    shares: dict[str, Sequence[str]] = {f"q:{label}": (f"q_{label}",) for label in space.labels}
    extra: dict[str, Sequence[str]] = {**{f"a:{name}": (name,) for name in annotators}, **shares}
    extra |= {"confidence": ("confidence",), "label": (*LABEL_NAMES, "emotion")}
    sheet = read_sheet(path, {"id": ID_NAMES}, extra)
    problems += sheet.problems
    ratings = None
    if annotators:
        if missing := [name for name in annotators if f"a:{name}" not in sheet.columns]:
            raise EvalError(f"{path}: no column {', '.join(missing)}", "name the annotators' columns with --annotators")
        ratings = np.stack([_codes(sheet, f"a:{name}", space) for name in annotators], axis=1)
        truth = distributions(ratings, len(space.labels))
    elif all(name in sheet.columns for name in shares):
        truth = np.stack([numbers(sheet.columns[name]) for name in shares], axis=1)
        truth = truth / truth.sum(1, keepdims=True)
    elif "confidence" in sheet.columns and "label" in sheet.columns:
        confidence = numbers(sheet.columns["confidence"])[:, None]
        codes = _codes(sheet, "label", space)
        here = codes[:, None] == np.arange(len(space.labels))
        truth = np.where(here, confidence, (1 - confidence) / (len(space.labels) - 1))
        truth[codes < 0] = np.nan
    else:
        wanted = "--annotators A,B,C, or columns q_LABEL, or Label and confidence"
        raise EvalError(f"{path}: nothing says how sure the labels are", wanted)
    keep = np.isfinite(truth).all(1)
    for row in np.flatnonzero(~keep).tolist():
        problems.append(
            Problem(int(sheet.lines[row]), str(sheet.columns["id"][row]), "unlabelled", "no label: left out")
        )
    if not keep.any():
        raise EvalError(f"{path}: no row has a label of {space.name}", f"labels: {', '.join(space.labels)}")
    ids = [str(sheet.columns["id"][row]) for row in np.flatnonzero(keep).tolist()]
    return ids, truth[keep], None if ratings is None else ratings[keep]


def _codes(sheet: Sheet, column: str, space: LabelSpace) -> Any:
    known = {fold(label): code for code, label in enumerate(space.labels)}
    found = [known.get(fold(space.normalise(str(cell)) or str(cell)), -1) for cell in sheet.columns[column]]
    return np.array(found, np.int64)


def _forecasts(path: Path, ids: Sequence[str], space: LabelSpace, problems: list[Problem]) -> Floats:
    wanted = {f"p:{label}": (f"p_{label}", f"prob_{label}", label) for label in space.labels}
    sheet = read_sheet(path, {"id": ID_NAMES, **wanted})
    problems += sheet.problems
    table = np.stack([numbers(sheet.columns[name]) for name in wanted], axis=1)
    rows = {str(name): at for at, name in enumerate(sheet.columns["id"])}
    if not rows.keys() & set(ids):
        raise EvalError(f"none of the {len(ids)} IDs of the labels is in {path.name}", "write the IDs as the labels do")
    even = np.full(len(space.labels), 1 / len(space.labels))
    said = np.array([table[rows[name]] if name in rows else even for name in ids])
    bad = ~(np.isfinite(said).all(1) & (said >= 0).all(1) & (np.abs(said.sum(1) - 1) <= TOLERANCE))
    for at, name in enumerate(ids):
        if name not in rows or bad[at]:
            kind = "missing" if name not in rows else "no-probabilities"
            problems.append(Problem(None, name, kind, f"{path.name}: counts as even probabilities"))
    said[bad] = even
    return np.asarray(said / said.sum(1, keepdims=True))


def as_text(result: Mapping[str, Any]) -> str:
    """The figures for people."""
    lines = [f"{result['label_space']}, n = {result['n']}"]
    ceiling = (result["human"] or {}).get("ceiling", {})
    for name, value in result["system"].items():
        if isinstance(value, dict):
            text = f"{figure(value['mean'])}  {figure(value['low'])} … {figure(value['high'])}"
        else:
            text = figure(value)
        beside = f"  an annotator against the others: {figure(ceiling[name])}" if name in ceiling else ""
        lines.append(f"{name:<18}{text}{beside}")
    if result["human"]:
        for name in ("fleiss_kappa", "krippendorff_alpha"):
            lines.append(f"{name:<18}{figure(result['human'][name])}")
    return "\n".join([*lines, result["signature"]])
