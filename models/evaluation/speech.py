"""`python -m models evaluate speech`: the voice heads on labelled recordings, judged as a run judges its clips."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.faults import ClipError, ConfigError
from harness.records.types import SpeechFeatures
from models.evaluation.files import Case, Evaluated, add_flags, deliver, label_index, named, read_table
from models.features.sound import decode
from models.heads.figures import accuracy, ece, uar
from models.training.speech_emotion import SPELLING
from models.voice.head import FOLDERS, POLARITY, VoiceHead, world_of
from models.voice.measure import (
    ENCODERS,
    HEAD,
    LAYERS,
    MIN_SPEECH,
    PROSODY,
    ProsodyEncoder,
    chosen_whisper,
    load_voice_head,
    sureness,
)

LEAST = 20
"""Recordings from which they are normalised over themselves, as the voices of a run are."""
TASK_OF = {"polarity": POLARITY, "emotion": "ravdess8", "arousal": "arousal2"}
"""Column of the truth → the head's task."""


@dataclass(frozen=True)
class Heard:
    """One labelled recording: what was measured (None where it could not be heard), its truth, and who speaks."""

    name: str
    truth: str
    measured: SpeechFeatures | None
    speaker: str


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser, "csv with path (relative to the csv), speaker, and a label column")
    parser.add_argument(
        "--labels", default="polarity", metavar="NAME", help="the column that holds the truth (default: polarity)"
    )
    parser.add_argument(
        "--task", choices=sorted(TASK_OF.values()), help="what is asked (default: as --labels is named)"
    )
    parser.add_argument(
        "--normalise", choices=("run", "training"), default="run", help="which of the two figures is `overall`"
    )
    parser.add_argument("--encoder", choices=ENCODERS, default="auto", help="as the profile's speech.encoder")
    parser.add_argument("--models-dir", type=Path, help="where Whisper base lies (default: checkpoints/)")


def run(args: argparse.Namespace) -> int:
    """Judge and deliver; 0 on success."""
    folder = args.weights or HEAD
    rows = read_table(args.data, args.limit)
    whisper, lacks = chosen_whisper(folder, args.encoder, args.models_dir)
    if lacks:
        print(lacks, file=sys.stderr)
    encoder = ProsodyEncoder(folder, whisper)
    if not any((folder / name / "head.json").is_file() for name in FOLDERS):
        return deliver(args, evaluate(rows, args.data.parent, encoder, args.labels), folder)
    task = args.task or TASK_OF.get(args.labels, POLARITY)
    heads = {"training": load_voice_head(folder / (PROSODY if task == POLARITY or not whisper else LAYERS))}
    heads["run"] = load_voice_head(folder / (LAYERS if whisper else PROSODY))
    if task not in heads["run"].tasks:
        raise ConfigError(f"the voice head knows no {task}", f"--task, one of {', '.join(heads['run'].tasks)}")
    labels = heads["run"].tasks[task].labels
    heard, left_out = hear(rows, args.data.parent, encoder, args.labels, labels)
    judged = {mode: cases(heard, heads[mode], task, over_run=mode == "run") for mode in ("run", "training")}
    overall = args.normalise if judged["run"] is not None else "training"
    more = {"normalised over": {_title(mode): figures(found, labels) for mode, found in judged.items() if found}}
    chosen = judged[overall] or []
    return deliver(args, Evaluated(task, labels, chosen, left_out), folder, more)


def hear(
    rows: Sequence[Mapping[str, str]], base: Path, encoder: ProsodyEncoder, column: str, labels: Sequence[str]
) -> tuple[list[Heard], Counter[str]]:
    """Every recording that has a label, measured; and why the others were left out. Paths are relative to `base`.

    Raises:
        ConfigError: a column is not there, a label is none of the head's, or a recording cannot be read.
    """
    if column not in rows[0] or "path" not in rows[0]:
        raise ConfigError(f"the csv needs the columns path and {column}", f"it has {', '.join(rows[0])}")
    ids = named([row["path"] for row in rows])
    left_out: Counter[str] = Counter()
    found = []
    for row, name in zip(rows, ids, strict=True):
        told = SPELLING.get(row[column].strip(), row[column].strip())
        if not told:
            left_out["no label"] += 1
            continue
        truth = labels[label_index(labels, told, name)]
        try:
            measured: SpeechFeatures | None = encoder.encode(decode(base / row["path"]))
        except ClipError:
            measured = None
        except OSError as error:
            raise ConfigError(
                f"{base / row['path']} cannot be decoded: {error}", "play the file; replace it or take its row out"
            ) from error
        found.append(Heard(name, truth, measured, row.get("speaker", "")))
    return found, left_out


def cases(heard: Sequence[Heard], head: VoiceHead, task: str, over_run: bool) -> list[Case] | None:
    """What the head says; None where voices should be normalised over themselves and are too few."""
    rows = [_row(one.measured, head) for one in heard]
    known = [row for row in rows if row is not None]
    if over_run and len(known) < LEAST:
        return None
    world = world_of(head.names, known) if over_run else None
    found = []
    for one, row in zip(heard, rows, strict=True):
        if row is None or one.measured is None:
            found.append(Case(one.name, one.truth, None, 0.0, one.speaker))
            continue
        sure = sureness(one.measured.summary)
        found.append(Case(one.name, one.truth, head.judge(row, world).probabilities[task], sure, one.speaker))
    return found


def figures(found: Sequence[Case], labels: Sequence[str]) -> dict[str, Any]:
    """UAR, accuracy and calibration error of the answers; a recording without an opinion counts as wrong."""
    truth = np.array([labels.index(case.truth) for case in found])
    p = np.array([case.probabilities or (0.0,) * len(labels) for case in found])
    guess = np.where(p.sum(axis=1) > 0, p.argmax(axis=1), -1)
    heard = guess >= 0
    return {
        "uar": round(uar(truth, guess), 4),
        "accuracy": round(accuracy(truth, guess), 4),
        "ece": round(ece(p[heard], truth[heard]), 4) if heard.any() else None,
        "n": len(truth),
    }


def evaluate(rows: Sequence[Mapping[str, str]], base: Path, encoder: ProsodyEncoder, column: str) -> Evaluated:
    """What a head of one's own, which knows neither runs nor limits, says of every recording that has a label."""
    heard, left_out = hear(rows, base, encoder, column, encoder.labels)
    found = []
    for one in heard:
        opinion = one.measured.opinion if one.measured is not None else None
        probabilities, sure = (opinion.probabilities, opinion.confidence) if opinion else (None, 0.0)
        found.append(Case(one.name, one.truth, probabilities, sure, one.speaker))
    return Evaluated(encoder.space, encoder.labels, found, left_out)


def _row(measured: SpeechFeatures | None, head: VoiceHead) -> Any:
    if measured is None or (measured.summary.get("speech_seconds") or 0.0) < MIN_SPEECH:
        return None
    return head.row(measured)


def _title(mode: str) -> str:
    return "these recordings" if mode == "run" else "the training data"
