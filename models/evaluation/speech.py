"""`python -m models evaluate speech`: the speech head on labelled recordings."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.faults import ClipError, ConfigError
from models.evaluation.files import Case, Evaluated, add_flags, deliver, label_index, named, read_table
from models.features.sound import decode
from models.voice.measure import HEAD, ProsodyEncoder


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser, "csv with path (relative to the csv), speaker, and a label column")
    parser.add_argument(
        "--labels", default="polarity", metavar="NAME", help="the column that holds the truth (default: polarity)"
    )


def run(args: argparse.Namespace) -> int:
    """Judge and deliver; 0 on success."""
    folder = args.weights or HEAD
    rows = read_table(args.data, args.limit)
    return deliver(args, evaluate(rows, args.data.parent, ProsodyEncoder(folder), args.labels), folder)


def evaluate(rows: Sequence[Mapping[str, str]], base: Path, encoder: ProsodyEncoder, column: str) -> Evaluated:
    """What the head says of every recording that has a label; paths are relative to `base`.

    Raises:
        ConfigError: a column is not there, a label is none of the head's, or a recording cannot be read.
    """
    if column not in rows[0] or "path" not in rows[0]:
        raise ConfigError(f"the csv needs the columns path and {column}", f"it has {', '.join(rows[0])}")
    ids = named([row["path"] for row in rows])
    left_out: Counter[str] = Counter()
    cases = []
    for row, name in zip(rows, ids, strict=True):
        if not row[column].strip():
            left_out["no label"] += 1
            continue
        truth = encoder.labels[label_index(encoder.labels, row[column], name)]
        try:
            opinion = encoder.encode(decode(base / row["path"])).opinion
        except ClipError:
            opinion = None
        except OSError as error:
            raise ConfigError(f"{base / row['path']} cannot be decoded: {error}") from error
        probabilities, confidence = (opinion.probabilities, opinion.confidence) if opinion else (None, 0.0)
        cases.append(Case(name, truth, probabilities, confidence, row.get("speaker", "")))
    return Evaluated(encoder.space, encoder.labels, cases, left_out)
