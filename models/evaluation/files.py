"""How a head is evaluated: its probabilities and the truth go into two csv files, and `python -m eval` scores them.

`models` imports nothing of `eval`, and `eval` no model: what joins them is the pair of files that a user's own
predictions and labels would be, and the commands that a user would type.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from harness.inputs.table import read_rows
from harness.records.numbers import AT_LEAST_ONE, COUNT
from models.fingerprint import file_sha256
from models.heads.files import trained_on

ROOT = Path(__file__).resolve().parents[2]
KINDS = (".json", ".safetensors", ".onnx", ".npz")
SHOWN = ("accuracy", "uar", "macro_f1", "weighted_f1")
THIRDS = ("least sure third", "middle third", "surest third")


@dataclass(frozen=True)
class Case:
    """One labelled sample and what the head said of it.

    Attributes:
        id: unique among the samples.
        truth: its label, one of the space.
        probabilities: in the order of the space's labels; None where the head gave no opinion (counts as wrong).
        confidence: the opinion's, 0..1; None where the head has none.
        group: who speaks, or which video; empty where the data do not say.
    """

    id: str
    truth: str
    probabilities: tuple[float, ...] | None
    confidence: float | None = None
    group: str = ""


@dataclass(frozen=True)
class Evaluated:
    """All samples of a labelled set, the space they are scored in, and why rows were left out (reason → how many)."""

    space: str
    labels: tuple[str, ...]
    cases: Sequence[Case]
    left_out: Mapping[str, int] = field(default_factory=Counter)


def add_flags(parser: argparse.ArgumentParser, layout: str) -> None:
    """The flags that all heads share."""
    parser.add_argument("--data", type=Path, required=True, metavar="FILE", help=layout)
    parser.add_argument("--weights", type=Path, metavar="DIR", help="the head's folder (default: the one that ships)")
    parser.add_argument("--json", metavar="OUT", help="write all figures; - prints them")
    parser.add_argument("--out", type=Path, metavar="DIR", help="keep predictions.csv and labels.csv here")
    parser.add_argument("--bootstrap", type=COUNT.parse, default=2000, help="resamples; 0: no intervals")
    parser.add_argument("--limit", type=AT_LEAST_ONE.parse, metavar="N", help="only the first N rows")


def deliver(
    args: argparse.Namespace, evaluated: Evaluated, weights: Path, more: Mapping[str, Any] | None = None
) -> int:
    """Score what was evaluated, print the figures and write `--json` (schema score/1, with `calibration` and `head`).

    `more` is further figures, by name; they are written and printed as they are.

    Raises:
        ConfigError: there is nothing to score, or the scoring command failed.
    """
    if not evaluated.cases:
        why = ", ".join(f"{reason}: {count}" for reason, count in evaluated.left_out.items()) or "it has no rows"
        raise ConfigError(
            f"{args.data}: nothing to score ({why})", "name rows whose files are there and whose labels are known"
        )
    with tempfile.TemporaryDirectory() as scratch:
        folder = args.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        columns = write_files(evaluated, folder)
        flags = ["--label-space", evaluated.space, "--bootstrap", str(args.bootstrap)]
        flags += ["--by", "confidence"] if "confidence" in columns else []
        flags += ["--cluster", "group"] if "group" in columns else []
        pair = [str((folder / name).resolve()) for name in ("predictions.csv", "labels.csv")]
        result = _eval("score", *pair, *flags)
        result["calibration"] = _eval("calibration", *pair, "--label-space", evaluated.space)
    result["calibration"].pop("problems", None)
    result["head"] = {
        "files": {
            path.name: file_sha256(path)
            for path in sorted(weights.iterdir())
            if path.suffix in KINDS and path.stem != "data"
        },
        "data": {"name": args.data.name, "sha256": file_sha256(args.data)},
        "left_out": dict(evaluated.left_out),
        "no_opinion": sum(case.probabilities is None for case in evaluated.cases),
    }
    result["head"]["trained_on_these_data"] = result["head"]["data"]["sha256"] in trained_on(weights)
    result |= more or {}
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    if args.json == "-":
        print(text, end="")
        return 0
    if args.json:
        Path(args.json).parent.mkdir(parents=True, exist_ok=True)
        Path(args.json).write_text(text, encoding="utf-8")
    print(_summary(result))
    for name, rows in (more or {}).items():
        print(f"{name}:")
        for row, values in rows.items():
            print(f"  {row:<42} " + ", ".join(f"{key} {_show(value)}" for key, value in values.items()))
    return 0


def write_files(evaluated: Evaluated, folder: Path) -> set[str]:
    """Write predictions.csv and labels.csv; returns the further columns of labels.csv."""
    sure = sorted(case.confidence for case in evaluated.cases if case.confidence is not None)
    columns = {"confidence"} if len(sure) == len(evaluated.cases) and len(set(sure)) > len(THIRDS) else set()
    if all(case.group for case in evaluated.cases) and len({case.group for case in evaluated.cases}) > 1:
        columns.add("group")
    predictions, truth = [], []
    for case in evaluated.cases:
        row = {"ID": case.id, "Label": case.truth}
        if "confidence" in columns and case.confidence is not None:
            below = sum(case.confidence >= sure[len(sure) * k // 3] for k in (1, 2))
            row["confidence"] = THIRDS[below]
        if "group" in columns:
            row["group"] = case.group
        truth.append(row)
        if case.probabilities is not None:
            best = max(range(len(evaluated.labels)), key=case.probabilities.__getitem__)
            chances = {f"p_{name}": f"{p:.9f}" for name, p in zip(evaluated.labels, case.probabilities, strict=True)}
            predictions.append({"ID": case.id, "Label": evaluated.labels[best], **chances})
    header = ["ID", "Label", *(f"p_{name}" for name in evaluated.labels)]
    _write(folder / "predictions.csv", header, predictions)
    _write(folder / "labels.csv", ["ID", "Label", *sorted(columns)], truth)
    return columns


def named(ids: Sequence[str]) -> list[str]:
    """The ids where they are unique, else their row numbers."""
    return list(ids) if len(set(ids)) == len(ids) and all(ids) else [f"row {i}" for i in range(1, len(ids) + 1)]


def read_table(path: Path, limit: int | None) -> list[dict[str, str]]:
    """The rows of a csv with a header. ConfigError when there are none."""
    return read_rows(path)[:limit]


def label_index(labels: Sequence[str], text: str, where: str) -> int:
    """Position of a label, whatever its case. ConfigError names the label and the known ones."""
    folded = [label.casefold() for label in labels]
    if text.strip().casefold() not in folded:
        raise ConfigError(f"{where}: {text!r} is no label of this head", f"it knows {', '.join(labels)}")
    return folded.index(text.strip().casefold())


def _write(path: Path, header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _eval(verb: str, *arguments: str) -> dict[str, Any]:
    """What `python -m eval VERB … --json -` prints."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "eval", verb, *arguments, "--json", "-"]
    done = subprocess.run(
        command, capture_output=True, encoding="utf-8", check=False, env={**os.environ, "PYTHONPATH": path}
    )
    if done.returncode:
        raise ConfigError(
            f"python -m eval {verb} ended with exit code {done.returncode}: {done.stderr.strip()}",
            "see what it said, and mend its input",
        )
    value: dict[str, Any] = json.loads(done.stdout)
    return value


def _summary(result: Mapping[str, Any]) -> str:
    """The figures that fit on a screen; `--json` has all."""
    overall, calibration = result["overall"], result["calibration"]
    lines = [f"{result['label_space']}, n = {overall['n']}"]
    lines += [f"  {name:<26} {_show(overall.get(name))}" for name in SHOWN]
    for name, line in result["baselines"].items():
        lines.append(f"  {name:<26} accuracy {_show(line.get('accuracy'))}, uar {_show(line.get('uar_all_labels'))}")
    if calibration["ece"] is not None:
        lines.append(f"  {'ece':<26} {_show(calibration['ece'])}")
    for column, groups in result["by"].items():
        for name, block in groups.items():
            lines.append(f"  accuracy, {column}, {name}: {_show(block['accuracy'])} (n = {block['n']})")
    if result["head"]["trained_on_these_data"]:
        lines.append("  the head was trained on this very file: these figures say nothing of new data")
    left_out, silent = result["head"]["left_out"], result["head"]["no_opinion"]
    lines += [f"  left out: {count} rows ({reason})" for reason, count in left_out.items()]
    lines += [f"  no opinion on {silent} rows, counted as wrong"] if silent else []
    return "\n".join(lines)


def _show(value: Any) -> str:
    inner = value.get("value") if isinstance(value, Mapping) else value
    if isinstance(inner, int):
        return str(inner)
    return f"{inner:.4f}" if isinstance(inner, float) else "undefined"
