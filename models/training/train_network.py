"""`python -m models train logreg|bilstm|lstm|cnn|attention`: a head over features, its held-out figures and its card.

A training that was stopped goes on where it was when the same command is given again.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.records.numbers import COUNT, SEED
from models.heads.attention import AttentionHead
from models.heads.fit_network import Recipe
from models.training.card import data_sha256, write_card
from models.training.kinds import KNOBS, add_knobs, fitted, given, held_out
from models.training.labelled import Labelled, class_order, read_labelled
from models.training.labelled import configure as configure_data

STATE = "training.pt"
LAYERS: Mapping[str, str] = {
    "logreg": "Scaler and multinomial logistic regression with an L2 penalty, classes weighed alike, temperature from "
    "held-out groups",
    "bilstm": "Scaler, Linear 512, BiLSTM 256, tanh, dropout 0.5, 256, classes; balanced classes, AdamW, cosine "
    "schedule, early stopping on held-out groups",
    "lstm": "Scaler, LSTM 128 over the rows, its mean over the clip, dropout 0.5, classes; balanced classes, AdamW, "
    "cosine schedule, early stopping on held-out groups",
    "cnn": "Scaler, three convolutions in time (64, 64 and 128 channels, 5 rows wide, halved twice), their mean and "
    "largest over the clip, dropout 0.5, classes; balanced classes, AdamW, cosine schedule, early stopping on "
    "held-out groups",
    "attention": "Scaler, at most 64 tokens per modality with their modality and time, two transformer layers of width "
    "128 with four heads, classes; focal loss with balanced classes, modality dropout, AdamW, cosine schedule, early "
    "stopping on held-out groups",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags; the last word of the parser's name is the kind of head."""
    configure_data(parser)
    add_knobs(parser, parser.prog.split()[-1])
    parser.add_argument("--folds", type=COUNT.parse, default=4, help="of groups, for the figures; 0 for none")
    parser.add_argument("--seeds", type=SEED.parse, nargs="+", default=[0], help="each gives figures; the first ships")
    parser.add_argument("--threads", type=COUNT.parse, default=0)
    parser.add_argument("--out", type=Path, required=True, help="folder for head, figures, card and training state")


def run(args: argparse.Namespace) -> int:
    """Cross-validate by group, train on everything, write head, figures and card."""
    kind, data = args.what, read_labelled(args)
    labels = class_order(data, args.class_order)
    knobs = {name: getattr(args, name) for name in KNOBS[kind]}
    base = Recipe(threads=args.threads, progress=True)
    states = args.out / "states"
    figures: dict[str, Any] = {}
    for seed in args.seeds if args.folds else ():
        name, recipe = f"groups held out, seed {seed}", replace(base, seed=seed)
        figures[name], _ = held_out(kind, data, args.space, labels, knobs, args.folds, recipe, states)
    head = fitted(kind, data, args.space, labels, knobs, replace(base, seed=args.seeds[0], state=states / STATE))
    if isinstance(head, AttentionHead) and len(head.inputs) > 1:
        figures |= without_each(head, data)
    head.save(args.out)
    write_card(
        args.out, f"Head of kind {kind}", _facts(kind, data, labels, knobs, args), figures, _command(args, knobs)
    )
    for name, row in figures.items():
        print(name, row)
    return 0


def without_each(head: AttentionHead, data: Labelled) -> dict[str, Any]:
    """How the shipped head's answers change on its training clips when a modality is withheld."""
    usual, fewer = head.predict_proba(given(head, data.clips)), head.ablation(given(head, data.clips))
    rows: dict[str, Any] = {}
    for source in head.inputs:
        pairs = [(usual[i], found[source.modality]) for i, found in enumerate(fewer) if source.modality in found]
        if pairs:
            moved = [abs(with_it - without).sum() / 2 for with_it, without in pairs]
            turned = [with_it.argmax() != without.argmax() for with_it, without in pairs]
            rows[f"without {source.modality} (training clips)"] = {
                "mean probability moved": round(float(np.mean(moved)), 4),
                "answers changed": round(float(np.mean(turned)), 4),
                "clips": len(pairs),
            }
    return rows


def _facts(
    kind: str, data: Labelled, labels: Sequence[str], knobs: Mapping[str, float], args: argparse.Namespace
) -> dict[str, str]:
    counts = ", ".join(f"{label} {data.labels.count(label)}" for label in labels)
    read = "; ".join(
        f"{about.modality}: {len(about.names)} features per {about.granularity}, made by {about.feature_key[:16]}…"
        for about in data.abouts
    )
    told = ", ".join(f"{name} {value:g}" for name, value in knobs.items())
    inner = (
        " Within each training part a fifth of the groups is held out once more for early stopping and temperature; "
        "the shipped head is trained on everything but that fifth."
    )
    return {
        "What it is": f"{LAYERS[kind]}. {told}. Classes: {', '.join(labels)}. Reads {read}.",
        "Data": f"{len(data.clips)} clips of {len(set(data.groups))} groups ({counts})"
        f"{f', language {args.language}' if args.language else ''}; {data.left_out} labelled clips without features. "
        f"SHA-256 over labels and shards: {data_sha256(data.files)}.",
        "Split": f"{args.folds} folds by {args.group_column}, no group on both sides."
        f"{inner if kind != 'logreg' else ''}",
        "Licence of the weights": "It follows from the data that they were trained on.",
        "Limits": "It works on features of the very model named above, and is refused on any other's.",
    }


def _command(args: argparse.Namespace, knobs: Mapping[str, float]) -> str:
    """The command with file names for paths, since the folders are the user's own."""
    seeds = " ".join(str(seed) for seed in args.seeds)
    order = f"--class-order {' '.join(args.class_order)} " if args.class_order else ""
    language = f"--language {args.language} " if args.language else ""
    told = " ".join(f"--{name.replace('_', '-')} {value:g}" for name, value in knobs.items())
    return (
        f"python -m models train {args.what} --features {' '.join(folder.name for folder in args.features)} "
        f"--labels {args.labels.name} --id-column {args.id_column} --label-column {args.label_column} "
        f"--group-column {args.group_column} {language}--space {args.space} {order}--folds {args.folds} "
        f"--seeds {seeds} {told} --out {args.out.name}"
    )
