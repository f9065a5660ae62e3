"""`python -m models evaluate text`: the text head on a labelled csv."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.faults import Absent, ConfigError
from harness.records.types import Language, Segment, Transcript
from models.evaluation import emotions
from models.evaluation.files import Case, Evaluated, add_flags, deliver, label_index, named, read_table
from models.heads.figures import accuracy, ece, uar
from models.text.emotions import FOLDER
from models.text.head import ENCODERS, HEAD, TextHeadReader, chosen_encoder

COLUMNS: Mapping[Language, tuple[str, ...]] = {
    "zh": ("chinese", "text"),
    "en": ("english", "text", "Utterance"),
}
POLARITY = ("negative", "neutral", "positive")


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser, "csv with a text column (chinese, english, text or Utterance), a label column, and id, video")
    parser.add_argument("--language", choices=("zh", "en"), help="which text to read (default: each row's `language`)")
    parser.add_argument("--encoder", choices=ENCODERS, default="auto", help="as the profile's text.encoder")
    parser.add_argument("--models-dir", type=Path, help="where the encoder lies (default: checkpoints/)")
    parser.add_argument(
        "--space", metavar="NAME|FILE.yaml", help="emotion7, mer6 …: what the head says of emotions (column emotion)"
    )
    parser.add_argument(
        "--labels",
        metavar="NAME",
        help="the column that holds the truth: SNEG … SPOS, or negative, neutral, positive (the head's probabilities "
        "are then added up to three)",
    )


def run(args: argparse.Namespace) -> int:
    """Judge and deliver; 0 on success."""
    folder = args.weights or HEAD
    rows = read_table(args.data, args.limit)
    encoder, lacks = chosen_encoder(folder, args.encoder, args.models_dir)
    if lacks:
        print(lacks, file=sys.stderr)
    reader = TextHeadReader(folder, encoder)
    if args.space is not None:
        if not reader.reads_emotions:
            raise ConfigError(f"the head in {folder} reads no emotions", "python -m models train emotions")
        space = emotions.space_named(args.space)
        found = emotions.evaluate(rows, reader, space, args.language, args.labels)
        return deliver(args, replace(found, space=args.space), folder / FOLDER)
    found = evaluate(rows, reader, args.language, args.labels or "label")
    return deliver(args, found, folder, {"polarity": {"of the probabilities added up": polarity(found)}})


def evaluate(
    rows: Sequence[Mapping[str, str]], reader: TextHeadReader, language: Language | None, column: str
) -> Evaluated:
    """What the head says of every row that has a label. ConfigError when a column or a label does not fit."""
    if column not in rows[0]:
        raise ConfigError(f"no column {column!r}", f"--labels, one of {', '.join(rows[0])}")
    truths = [row[column].strip() for row in rows]
    three = {truth.casefold() for truth in truths if truth} <= set(POLARITY)
    labels = POLARITY if three else reader.labels
    ids = named([row.get("id") or row.get("ID") or "" for row in rows])
    left_out: Counter[str] = Counter()
    cases = []
    for number, (row, truth) in enumerate(zip(rows, truths, strict=True)):
        if not truth:
            left_out["no label"] += 1
            continue
        where = f"row {number + 1}, column {column}"
        truth = labels[label_index(labels, truth, where)]
        chosen = _language(row, language, where)
        words = next((row[name] for name in COLUMNS[chosen] if name in row), None)
        if words is None:
            raise ConfigError(f"no text column for {chosen}", f"one of {', '.join(COLUMNS[chosen])}")
        probabilities, confidence = _ask(reader, words, chosen)
        if three and probabilities is not None:
            probabilities = (sum(probabilities[:2]), probabilities[2], sum(probabilities[3:]))
        cases.append(Case(ids[number], truth, probabilities, confidence, row.get("video", "")))
    return Evaluated("polarity3" if three else reader.space, labels, cases, left_out)


def polarity(evaluated: Evaluated) -> dict[str, Any]:
    """Three-class accuracy and UAR, Acc-2 and calibration error of P(negative), P(neutral), P(positive).

    Acc-2 is the share of utterances with a truth on one side of neutral whose side has the greater probability. An
    utterance without an opinion counts as wrong, and not at all for the calibration error. None where nothing counts.
    """
    middle = len(evaluated.labels) // 2
    side = np.array([int(np.sign(evaluated.labels.index(case.truth) - middle)) for case in evaluated.cases]) + 1
    heard = np.array([case.probabilities is not None for case in evaluated.cases], dtype=bool)
    p = np.array([case.probabilities or (0.0,) * len(evaluated.labels) for case in evaluated.cases])
    p = p.reshape(len(side), len(evaluated.labels))
    mass = np.stack([p[:, :middle].sum(axis=1), p[:, middle], p[:, middle + 1 :].sum(axis=1)], axis=1)
    guess = np.where(heard, mass.argmax(axis=1), -1)
    polar = side != 1
    right = ((mass[:, 2] > mass[:, 0]) == (side == 2)) & heard
    return {
        "three-class accuracy": round(accuracy(side, guess), 4) if len(side) else None,
        "three-class uar": round(uar(side, guess), 4) if len(side) else None,
        "acc2": round(float(np.mean(right[polar])), 4) if polar.any() else None,
        "three-class ece": round(ece(mass[heard], side[heard]), 4) if heard.any() else None,
        "n": len(side),
        "n acc2": int(polar.sum()),
    }


def _ask(reader: TextHeadReader, words: str, language: Language) -> tuple[tuple[float, ...] | None, float]:
    try:
        opinion = reader.read(Transcript((Segment(words),), language, language, None, "data"), reasons=False).opinion
    except Absent:
        return None, 0.0
    return opinion.probabilities, opinion.confidence


def _language(row: Mapping[str, str], asked: Language | None, where: str) -> Language:
    found = asked or row.get("language", "")
    if found == "zh":
        return "zh"
    if found == "en":
        return "en"
    raise ConfigError(f"{where}: no language is given", "--language zh or --language en")
