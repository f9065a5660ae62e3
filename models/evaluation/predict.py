"""`python -m models predict`: a trained head on extracted features, with what it says when a modality is withheld."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness.faults import ConfigError
from harness.records.atomic import write_atomic
from models.heads.attention import AttentionHead
from models.heads.files import Input
from models.heads.load import open_head
from models.training.kinds import given
from models.training.labelled import inputs_of, read_features


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument("--head", type=Path, required=True, help="folder written by `models train`")
    parser.add_argument("--features", type=Path, required=True, nargs="+", help="folders written by `models extract`")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv")


def run(args: argparse.Namespace) -> int:
    """Write one row per clip: label, probabilities and, of a head of several modalities, ablations and attention."""
    head = open_head(args.head)
    abouts, clips = read_features(args.features)
    check_inputs(head.inputs, inputs_of(abouts))
    items = list(clips)
    x = given(head, [clips[item] for item in items])
    rows = table(head, items, x, head.predict_proba(x))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(args.out, stream.getvalue().encode())
    print(f"{len(rows)} clips → {args.out}")
    return 0


def check_inputs(reads: Sequence[Input], offered: Sequence[Input]) -> None:
    """ConfigError unless every feature that is offered is one that the head was trained on."""
    for source in offered:
        wanted = [own for own in reads if own.modality in ("", source.modality)]
        if not wanted or wanted[0].feature_key not in ("", source.feature_key) or wanted[0].width != source.width:
            raise ConfigError(
                f"the head was not trained on these {source.modality} features ({source.feature_key[:12]}, "
                f"{source.width} wide)",
                "extract with the model that the head's card names",
            )


def table(head: Any, items: Sequence[str], x: Any, probabilities: Any) -> list[dict[str, Any]]:
    """The rows: ID, Label, p_<label> …; then the answer's p without each modality, and where the head looked."""
    rows: list[dict[str, Any]] = []
    for item, p in zip(items, probabilities, strict=True):
        label = head.labels[int(np.argmax(p))]
        shares = {f"p_{name}": f"{value:.6f}" for name, value in zip(head.labels, p, strict=True)}
        rows.append({"ID": item, "Label": label, **shares})
    if isinstance(head, AttentionHead):
        for row, fewer, looked in zip(rows, head.ablation(x), head.attention(x), strict=True):
            row |= _explained(head, head.labels.index(row["Label"]), fewer, looked)
    return rows


def _explained(head: AttentionHead, column: int, fewer: Mapping[str, Any], looked: Mapping[str, Any]) -> dict[str, str]:
    cells = {}
    for name in (source.modality for source in head.inputs):
        cells[f"without {name}"] = f"{fewer[name][column]:.6f}" if name in fewer else ""
        cells[f"attention on {name}"] = f"{looked[name].sum():.6f}" if name in looked else ""
        cells[f"attention by token of {name}"] = " ".join(f"{v:.4f}" for v in looked.get(name, ()))
    return cells
