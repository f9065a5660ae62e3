"""`validate`: the submission checker."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.errors import EvalError
from eval.tables.align import first_problems, kept_rows, match_ids
from eval.tables.csvfile import Strings, read_sheet
from eval.tables.likeness import difference, likeness
from eval.tables.output import add_space, deliver, space_named
from eval.tables.read import ID_NAMES, LabelTable, Problem, other_space, read_predictions
from harness.faults import ConfigError
from harness.inputs.folder import PAIRS, list_folder
from harness.inputs.ids import CHOICES

SHOWN = 50


@dataclass(frozen=True)
class Verdict:
    """What the checker found: number of rows, and every problem; no problem means a good file."""

    rows: int
    problems: tuple[Problem, ...]


def validate_file(
    predictions: Path,
    label_space: str = "sentiment5",
    ids: Path | None = None,
    id_form: str = "auto",
    pairs: str = "one",
) -> Verdict:
    """Check a submission: encoding, header, cells, labels as written, IDs; against the expected IDs if given.

    Args:
        predictions: the file.
        label_space: name of the label space; labels must be written exactly.
        ids: a csv file with an ID column, or a folder of clips.
        id_form: of a folder, how its IDs are made: the run's setting `ids`.
        pairs: of a folder, the run's setting `pairs`.

    Raises:
        EvalError: `ids` cannot be read.
    """
    expected = _expected(ids, id_form, pairs) if ids is not None else None
    try:
        space = space_named(label_space)
        table = read_predictions(predictions, space, exact=True, refuse=False)
    except EvalError as fault:
        message = fault.message.removeprefix(f"{predictions}: ").removeprefix("line 1: ")
        return Verdict(0, (Problem(1, "", "unreadable", f"{message}: {fault.remedy}"),))
    problems = [*table.problems, *kept_rows(table, "last")[2]]
    if said := other_space(table, space):
        problems.append(Problem(None, "", "other-space", f"{said[0].removeprefix(f'{predictions}: ')}: {said[1]}"))
    if not len(table.ids):
        problems.append(Problem(None, "", "no-rows", "there are no rows: write one row ID,Label for each clip"))
    with_extension = expected is None or any(os.path.splitext(name)[1] for name in expected)
    problems += _odd_ids(table, with_extension, set(expected) if expected is not None else set())
    if expected is not None and ids is not None:
        problems += _against(table, expected, ids)
    problems.sort(key=lambda problem: problem.line if problem.line is not None else sys.maxsize)
    return Verdict(len(table.ids), tuple(problems))


def _expected(ids: Path, id_form: str, pairs: str) -> Strings:
    """The distinct IDs of a csv file, or those that the run gives to the clips of a folder."""
    if ids.is_dir():
        try:
            names = [entry.id for entry in list_folder(ids, id_form, pairs).entries]
        except ConfigError as fault:
            raise EvalError(fault.message, fault.remedy) from None
        if not names:
            raise EvalError(f"{ids}: no clips in the folder", "name the folder that holds the clips, or a csv with IDs")
        found = np.empty(len(names), object)
        found[:] = names
    else:
        found = read_sheet(ids, {"id": ID_NAMES}).columns["id"]
        if not len(found):
            raise EvalError(f"{ids}: no IDs in it, only a header", "name a csv with one row for each clip")
    return np.array(list(dict.fromkeys(found)), object)


def _odd_ids(table: LabelTable, with_extension: bool, expected: set[str]) -> Iterator[Problem]:
    for row, name in enumerate(table.ids):
        if name in expected:
            continue
        line = int(table.lines[row])
        if not name.strip():
            yield Problem(line, name, "empty-id", "no ID: write the clip's file name")
        elif "/" in name or "\\" in name:
            base = name.replace("\\", "/").rsplit("/", 1)[-1]
            yield Problem(line, name, "id-folder", f"the ID holds a folder: write the file name alone, {base!r}")
        elif name != name.strip():
            yield Problem(line, name, "id-space", f"white space around the ID: write {name.strip()!r}")
        elif with_extension and not os.path.splitext(name)[1]:
            message = "the ID lacks its extension: write the whole file name (such as .mp4 at its end)"
            yield Problem(line, name, "id-extension", message)


def _against(table: LabelTable, expected: Strings, source: Path) -> Iterator[Problem]:
    """Missing and extra IDs."""
    rows = kept_rows(table, "last")[0]
    at, extra = match_ids(table.ids[rows], expected)
    missing = expected[at < 0]
    lacking = {likeness(name): name for name in missing} if len(extra) else {}
    for row in rows[extra].tolist():
        name = table.ids[row]
        message = f"{source.name} has no such ID"
        meant = lacking.get(likeness(name))
        message += f" ({difference(name, meant)}): write {meant!r}" if meant is not None else ": delete the row"
        yield Problem(int(table.lines[row]), name, "extra", message)
    for name in missing:
        yield Problem(None, name, "missing", f"{source.name} has it, the submission does not: add a row for it")


# ── command ───────────────────────────────────────────────────────────────────────────────────────────────
def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the verb."""
    parser.add_argument("predictions", type=Path, help="the submission: csv with ID,Label")
    parser.add_argument(
        "--ids", type=Path, metavar="LABELS_OR_FOLDER", help="csv with an ID column, or folder of clips"
    )
    parser.add_argument("--id-form", default="auto", choices=CHOICES, help="how a folder's IDs are made (setting ids)")
    parser.add_argument(
        "--pairs", default="one", choices=PAIRS, help="x.wav beside x.mp4: one clip or two (setting pairs)"
    )
    add_space(parser)
    parser.add_argument("--json", metavar="OUT", help="write the result; - prints it")


def run(args: argparse.Namespace) -> int:
    """Check, print and write. 0 for a good file, 1 for one with problems or that cannot be checked."""
    try:
        verdict = validate_file(args.predictions, args.label_space, args.ids, args.id_form, args.pairs)
    except EvalError as fault:
        print(f"eval validate: {fault}", file=sys.stderr)
        return 1
    good = not verdict.problems
    result: dict[str, Any] = {
        "schema": "validate/1",
        "ok": good,
        "rows": verdict.rows,
        "problems": list(verdict.problems),
    }
    deliver(result, args.json, _text(args.predictions, verdict.rows, verdict.problems))
    return 0 if good else 1


def _text(path: Path, rows: int, problems: Sequence[Problem]) -> str:
    if not problems:
        return f"{path}: {rows} rows, no problems"
    listed = "\n".join(f"  {line}" for line in first_problems(problems, SHOWN))
    return f"{path}: {rows} rows, {len(problems)} problem{'s' if len(problems) > 1 else ''}\n{listed}"
