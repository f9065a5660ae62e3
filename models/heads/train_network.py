"""`python -m models train bilstm`: a head over extracted features, its held-out figures over seeds, and its card."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from models.features import About, read_about, read_arrays
from models.heads.bilstm import BiLstmHead
from models.heads.card import accuracy, data_sha256, ece, majority, uar, write_card
from models.heads.fit_network import Recipe

STATE = "training.pt"


@dataclass(frozen=True)
class Labelled:
    """Clips with features and a label."""

    about: About
    clips: tuple[NDArray[np.float32], ...]
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    files: tuple[Path, ...]
    left_out: int


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument("--features", type=Path, required=True, help="folder written by `models extract`")
    parser.add_argument("--labels", type=Path, required=True, help="csv with an id, a label and a group column")
    parser.add_argument("--id-column", default="path")
    parser.add_argument("--label-column", default="polarity")
    parser.add_argument("--group-column", default="speaker", help="speaker or video: never split")
    parser.add_argument("--space", default="polarity3", help="name of the label space, for the record")
    parser.add_argument("--class-order", nargs="+", metavar="LABEL", help="the labels in order (default: sorted)")
    parser.add_argument("--folds", type=int, default=4, help="of groups, for the figures; 0 for none")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="each gives its own figures; the first ships")
    parser.add_argument("--epochs", type=int, default=Recipe.epochs)
    parser.add_argument("--patience", type=int, default=Recipe.patience)
    parser.add_argument("--batch", type=int, default=Recipe.batch)
    parser.add_argument("--rate", type=float, default=Recipe.rate)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="folder for head, figures, card and training state")


def run(args: argparse.Namespace) -> int:
    """Cross-validate by group, train on everything, write head, figures and card."""
    data = read_labelled(args)
    labels = tuple(args.class_order or sorted(set(data.labels)))
    if unknown := set(data.labels) - set(labels):
        raise ConfigError(f"labels that --class-order lacks: {', '.join(sorted(unknown))}", "name every label")
    base = Recipe(args.epochs, args.patience, args.batch, args.rate, threads=args.threads, progress=True)
    states = args.out / "states"
    figures: dict[str, Any] = {}
    for seed in args.seeds if args.folds else ():
        recipe = replace(base, seed=seed)
        figures[f"groups held out, seed {seed}"] = held_out(data, args.space, labels, args.folds, recipe, states)
    head = make_head(data, args.space, labels)
    head.fit(data.clips, data.labels, data.groups, replace(base, seed=args.seeds[0], state=states / STATE))
    head.save(args.out)
    write_card(args.out, "BiLSTM head", _facts(data, labels, args), figures, _command(args))
    for name, row in figures.items():
        print(name, row)
    return 0


def make_head(data: Labelled, space: str, labels: Sequence[str]) -> BiLstmHead:
    """An untrained head that fits the features."""
    about = data.about
    return BiLstmHead(space, labels, len(about.names), about.granularity, about.feature_key)


def read_labelled(args: argparse.Namespace) -> Labelled:
    """Features and labels joined by id. ConfigError when nothing joins, or a column is missing."""
    with args.labels.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    needed = {args.id_column, args.label_column, args.group_column}
    if not rows or needed - set(rows[0]):
        raise ConfigError(f"{args.labels} lacks {', '.join(sorted(needed - set(rows[0] if rows else ())))}", "--help")
    known = {row[args.id_column]: row for row in rows if row[args.label_column]}
    about = read_about(args.features)
    found = [(values, known[item]) for item, values in read_arrays(args.features) if item in known]
    if not found:
        raise ConfigError(f"no id of {args.features} has a label in {args.labels}", "--id-column")
    return Labelled(
        about,
        tuple(values for values, _ in found),
        tuple(row[args.label_column] for _, row in found),
        tuple(row[args.group_column] for _, row in found),
        (args.labels, *sorted(args.features.glob("shard-*.safetensors"))),
        len(known) - len(found),
    )


def held_out(
    data: Labelled, space: str, labels: Sequence[str], folds: int, recipe: Recipe, states: Path
) -> dict[str, float]:
    """Figures of heads that never met the group they are tested on, temperature and early stopping included."""
    from sklearn.model_selection import GroupKFold

    probabilities = np.zeros((len(data.clips), len(labels)))
    parts = GroupKFold(min(folds, len(set(data.groups)))).split(data.labels, groups=data.groups)
    for number, (inside, outside) in enumerate(parts):
        head = make_head(data, space, labels)
        head.fit(
            [data.clips[i] for i in inside],
            [data.labels[i] for i in inside],
            [data.groups[i] for i in inside],
            replace(recipe, state=states / f"seed-{recipe.seed}-fold-{number}.pt"),
        )
        probabilities[outside] = head.predict_proba([data.clips[i] for i in outside])
    predicted = np.array(labels)[probabilities.argmax(axis=1)]
    return {
        "UAR": round(uar(data.labels, predicted), 4),
        "chance UAR": round(1 / len(set(data.labels)), 4),
        "accuracy": round(accuracy(data.labels, predicted), 4),
        "majority": round(majority(data.labels), 4),
        "ECE": round(ece(probabilities, [labels.index(label) for label in data.labels]), 4),
        "n": len(data.labels),
    }


def _facts(data: Labelled, labels: Sequence[str], args: argparse.Namespace) -> dict[str, str]:
    counts = ", ".join(f"{label} {data.labels.count(label)}" for label in labels)
    return {
        "What it is": f"Scaler, Linear 512, BiLSTM 256, tanh, dropout 0.5, 256, {len(labels)} classes, over "
        f"{len(data.about.names)} features per {data.about.granularity}; cross-entropy with balanced classes, AdamW, "
        f"cosine schedule from {args.rate}, early stopping on held-out groups, at most {args.epochs} epochs.",
        "Data": f"{len(data.clips)} clips of {len(set(data.groups))} groups ({counts}); {data.left_out} labelled clips "
        f"without features. Features made by {data.about.feature_key[:16]}…; SHA-256 over labels and shards: "
        f"{data_sha256(data.files)}.",
        "Split": f"{args.folds} folds by {args.group_column}; within each training part a fifth of the groups is held "
        "out once more for early stopping and temperature. The shipped head is trained on everything but that fifth.",
        "Limits": "It works on features of the very model named above, and is refused on any other's.",
    }


def _command(args: argparse.Namespace) -> str:
    """The command with file names for paths, since the folders are the user's own."""
    seeds = " ".join(str(seed) for seed in args.seeds)
    return (
        f"python -m models train bilstm --features {args.features.name} --labels {args.labels.name} "
        f"--id-column {args.id_column} --label-column {args.label_column} --group-column {args.group_column} "
        f"--space {args.space} --folds {args.folds} --seeds {seeds} --epochs {args.epochs} "
        f"--patience {args.patience} --batch {args.batch} --rate {args.rate} --out {args.out.name}"
    )
