"""Results on their way out: JSON without NaN, tables for people, warnings."""

from __future__ import annotations

import argparse
import math
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from eval.errors import EvalError
from eval.tables.align import first_problems
from eval.tables.read import Problem
from harness.faults import ConfigError
from harness.inputs.own_space import find_space
from harness.records.atomic import write_atomic
from harness.records.labels import SPACES, LabelSpace
from harness.records.numbers import COUNT, SEED

SHOWN_PROBLEMS = 20
INDENTED_PROBLEMS = 1000


def plain(value: Any) -> Any:
    """A result as plain JSON values: numpy numbers unpacked, NaN and infinity as None."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_dataclass(value) and not isinstance(value, (type, Problem)):
        return plain(asdict(value))
    return value


def encode(result: Mapping[str, Any]) -> bytes:
    """A result as UTF-8 JSON, indented; a long list of problems stands on one line."""
    problems = result.get("problems")
    if not problems or len(problems) <= INDENTED_PROBLEMS:
        return msgspec.json.format(msgspec.json.encode(result), indent=1) + b"\n"
    # A million problems are some hundred megabytes of text, which must not be held three times.
    rest = {key: value for key, value in result.items() if key != "problems"}
    buffer = bytearray(msgspec.json.format(msgspec.json.encode(rest), indent=1).removesuffix(b"\n}"))
    buffer += b',\n "problems": '
    msgspec.json.Encoder().encode_into(problems, buffer, -1)
    buffer += b"\n}\n"
    return bytes(buffer)


def deliver(result: Mapping[str, Any], out: str | None, text: str) -> None:
    """Print the text for people and write the JSON to `out`; with `-` the JSON alone is printed."""
    if out == "-":
        sys.stdout.write(encode(result).decode())
        return
    print(text)
    if out is not None:
        write_atomic(Path(out), encode(result))
        print(f"written: {out}")


def warn_problems(problems: Sequence[Problem], out: str | None) -> None:
    """Tell on stderr what was odd about the files; the JSON has all of it."""
    if not problems:
        return
    print(f"{len(problems)} problem{'s' if len(problems) > 1 else ''} in the files:", file=sys.stderr)
    for line in first_problems(problems, SHOWN_PROBLEMS):
        print(f"  {line}", file=sys.stderr)
    if len(problems) > SHOWN_PROBLEMS and out is None:
        print("  (--json OUT writes all of them)", file=sys.stderr)


# ── numbers and tables as text ────────────────────────────────────────────────────────────────────────────
def figure(value: float | None, digits: int = 4) -> str:
    """A number for people; – where it is undefined."""
    if value is None or not math.isfinite(value):
        return "–"
    # Adding 0 turns a negative zero into 0.
    return f"{round(value, digits) + 0.0:.{digits}f}"


def width(text: str) -> int:
    """Columns that a text takes in a terminal (Chinese characters take two)."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], markdown: bool = False) -> str:
    """Rows as a table with the first column to the left and the rest to the right."""
    wide = [max(width(row[i]) for row in (head, *rows)) for i in range(len(head))]
    wide = [max(3, w) for w in wide] if markdown else wide

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell + " " * (w - width(cell)) if i == 0 else " " * (w - width(cell)) + cell
            for i, (cell, w) in enumerate(zip(cells, wide, strict=True))
        ]
        return "| " + " | ".join(padded) + " |" if markdown else "  ".join(padded).rstrip()

    rule = [("-" * w if i == 0 else "-" * (w - 1) + ":") if markdown else "-" * w for i, w in enumerate(wide)]
    if markdown:
        head, rows = ([cell.replace("|", "\\|") for cell in head], [[c.replace("|", "\\|") for c in r] for r in rows])
    return "\n".join([line(head), line(rule), *map(line, rows)])


# ── options that several verbs share ──────────────────────────────────────────────────────────────────────
def add_space(parser: argparse.ArgumentParser) -> None:
    """--label-space."""
    parser.add_argument(
        "--label-space",
        default="sentiment5",
        metavar="NAME|FILE.yaml",
        help=f"{', '.join(SPACES)}, or a file of your own; default: sentiment5",
    )


def add_policies(parser: argparse.ArgumentParser) -> None:
    """--invalid and --duplicates."""
    parser.add_argument(
        "--invalid",
        default="wrong",
        metavar="wrong|drop|LABEL|strict",
        help="invalid and missing predictions count as wrong (default), are dropped, count as LABEL; "
        "strict: wrong, and only labels written exactly are valid",
    )
    parser.add_argument(
        "--duplicates", default="last", choices=("last", "first"), help="the row that counts of a repeated ID"
    )


def add_resampling(parser: argparse.ArgumentParser) -> None:
    """--bootstrap and --seed."""
    parser.add_argument("--bootstrap", type=COUNT.parse, default=10_000, metavar="N", help="resamples; 0: no intervals")
    parser.add_argument("--seed", type=SEED.parse, default=0)


def space_named(name: str) -> LabelSpace:
    """The label space of that name, or of a user's file. EvalError says what is wrong with it."""
    try:
        return find_space(name)
    except ConfigError as fault:
        raise EvalError(fault.message, fault.remedy) from None
