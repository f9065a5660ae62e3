"""Prediction and label files as arrays, with everything that was odd about them listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.errors import EvalError
from eval.tables.csvfile import Sheet, Strings, read_sheet
from eval.tables.csvtext import Places, Problem, short
from harness.records.csv_rows import plain_id
from harness.records.labels import LabelSpace, spaces_of

__all__ = ["LabelTable", "Problem", "ScoreTable", "Strings", "read_labels", "read_predictions", "read_scores"]

ID_NAMES = ("ID", "name", "filename")
LABEL_NAMES = ("Label", "discrete")
SCORE_NAMES = ("score", "valence")
SPREADSHEET_ERRORS = ("#NAME?", "#REF!", "#VALUE!", "#N/A", "#DIV/0!", "#NUM!", "#NULL!")


@dataclass(frozen=True)
class LabelTable:
    """One label per row.

    Attributes:
        path: the file.
        ids: IDs as written, shape (rows,).
        lines: physical lines from 1, shape (rows,).
        codes: position of the label in the space, −1 where it is none, shape (rows,).
        raw: labels as written, shape (rows,).
        columns: the further columns that were asked for and are there, under the name they were asked by.
        probabilities: shape (rows, labels) in label order, NaN where a cell is no number; None without such columns.
        problems: what was odd about the file and its rows.
    """

    path: Path
    ids: Strings
    lines: NDArray[np.int64]
    codes: NDArray[np.int64]
    raw: Strings
    columns: Mapping[str, Strings]
    probabilities: NDArray[np.float64] | None
    problems: list[Problem]

    def meaning(self, row: int) -> object:
        """What a row answers; rows of one ID with different meanings are in conflict."""
        code = int(self.codes[row])
        return code, "" if code >= 0 else self.raw[row].strip().casefold()


@dataclass(frozen=True)
class ScoreTable:
    """One number per row: as `LabelTable`, with `values` (NaN where the cell is no finite number)."""

    path: Path
    ids: Strings
    lines: NDArray[np.int64]
    values: NDArray[np.float64]
    problems: list[Problem]

    def meaning(self, row: int) -> object:
        """As `LabelTable.meaning`; two cells that are no numbers do not differ."""
        value = float(self.values[row])
        return None if np.isnan(value) else value


def read_predictions(
    path: Path,
    space: LabelSpace,
    exact: bool = False,
    columns: Sequence[str] = (),
    need_label: bool = True,
    refuse: bool = True,
) -> LabelTable:
    """Read predictions (`ID,Label` and whatever else).

    A label counts when it equals one of the space after stripping and case-folding; with `exact` only when it equals
    it as written. Everything else gets code −1 and a problem. Without `need_label` the label column may be absent;
    its codes are then −1.

    Raises:
        EvalError: no file, an empty file, no such columns; with `refuse` also when all labels are of another space.
    """
    wanted = {"id": ID_NAMES, "label": LABEL_NAMES} if need_label else {"id": ID_NAMES}
    optional: dict[str, Sequence[str]] = {
        f"p:{label}": (f"p_{label}", f"prob_{label}", label) for label in space.labels
    }
    optional |= {f"c:{name}": (name,) for name in columns}
    if not need_label:
        optional["label"] = LABEL_NAMES
    sheet = read_sheet(path, wanted, optional, _guess(space))
    table = _labels_of(sheet, space, exact, columns)
    if refuse and (said := other_space(table, space)):
        raise EvalError(*said)
    table.problems.extend(_formula_problems(sheet, table.ids, table.raw, table.lines))
    if "label" in sheet.columns:
        table.problems.extend(_label_problems(table, space, exact))
    return table


def read_labels(path: Path, space: LabelSpace, columns: Sequence[str] = ()) -> LabelTable:
    """Read the truth (`ID,Label` and whatever else). Labels may differ in case and outer white space.

    Raises:
        EvalError: as `read_predictions`, and for a file without labels or with a label outside the space.
    """
    optional = {f"c:{name}": (name,) for name in columns}
    sheet = read_sheet(path, {"id": ID_NAMES, "label": LABEL_NAMES}, optional, _guess(space))
    table = _labels_of(sheet, space, False, columns)
    if not len(table.ids):
        raise EvalError(f"{path}: no labels in it, only a header", "add one row ID,Label for each clip")
    table = _labelled(table)
    if said := other_space(table, space):
        raise EvalError(*said)
    bad = np.flatnonzero(table.codes < 0)
    if len(bad):
        row = int(bad[0])
        raise EvalError(
            f"{path}: line {table.lines[row]}: {short(table.raw[row])!r} is no label of {space.name}"
            + (f" (nor are {len(bad) - 1} more)" if len(bad) > 1 else ""),
            f"write one of {', '.join(space.labels)}, or choose another --label-space",
        )
    named = [replace(problem, message=f"{path.name}: {problem.message}") for problem in table.problems]
    return replace(table, problems=named)


def other_space(table: LabelTable, space: LabelSpace) -> tuple[str, str] | None:
    """What is wrong, and its remedy, when no label is of `space` and all are of another known space; names both."""
    if (table.codes >= 0).any():
        return None
    said = {text.strip() for text in table.raw.tolist() if text.strip()}
    others = [other.name for other in spaces_of(said)]
    if not others:
        return None
    shown = ", ".join(sorted(said)[:4])
    message = f"{table.path}: its labels are of {' or '.join(others)} ({shown}), not of {space.name}"
    return message, f"--label-space {others[0]}, or a file of {space.name} ({', '.join(space.labels[:4])} …)"


def _labelled(table: LabelTable) -> LabelTable:
    """Without the rows that have no true label (`labels convert` leaves it out for surprise); each is listed."""
    empty = np.zeros(len(table.ids), bool)
    for row in np.flatnonzero(table.codes < 0).tolist():
        empty[row] = not table.raw[row].strip()
    if not empty.any():
        return table
    message = "no true label, so this row is not scored"
    unlabelled = [Problem(int(table.lines[i]), table.ids[i], "unlabelled", message) for i in np.flatnonzero(empty)]
    if empty.all():
        raise EvalError(f"{table.path}: none of its rows has a label", "fill the Label column")
    keep = ~empty
    return replace(
        table,
        ids=table.ids[keep],
        lines=table.lines[keep],
        codes=table.codes[keep],
        raw=table.raw[keep],
        columns={name: column[keep] for name, column in table.columns.items()},
        probabilities=None if table.probabilities is None else table.probabilities[keep],
        problems=[*table.problems, *unlabelled],
    )


def read_scores(path: Path) -> ScoreTable:
    """Read sentiment values (`ID,score` and whatever else). A cell that is no finite number becomes NaN, listed.

    Raises:
        EvalError: no file, an empty file, no such columns.
    """
    sheet = read_sheet(path, {"id": ID_NAMES, "score": SCORE_NAMES}, guess=_guess_score)
    ids, cells, lines = sheet.columns["id"], sheet.columns["score"], sheet.lines
    header = np.array([cell.strip().casefold() in SCORE_NAMES for cell in cells], bool)
    problems = [*sheet.problems, *_second_headers(ids, lines, header)]
    ids, cells, lines = ids[~header], cells[~header], lines[~header]
    values = numbers(cells)
    values[~np.isfinite(values)] = np.nan
    for row in np.flatnonzero(np.isnan(values)).tolist():
        message = f"{cells[row]!r} is no finite number: write the score with a decimal point"
        problems.append(Problem(int(lines[row]), ids[row], "not-a-number", message))
    problems += _formula_problems(sheet, ids, cells, lines)
    return ScoreTable(sheet.path, ids, lines, values, problems)


def numbers(cells: Strings) -> NDArray[np.float64]:
    """Cells as float64, NaN where a cell is no number."""
    try:
        return cells.astype(np.float64)
    except ValueError:
        return np.array([_number(cell) for cell in cells], np.float64)


def _number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return float("nan")


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────
def _plain_ids(sheet: Sheet) -> Strings:
    """IDs without the apostrophe that files for people (predictions.csv) put before =, +, - and @."""
    ids = sheet.columns["id"]
    if b"'" not in sheet.suspects:
        return ids
    return np.array([plain_id(name) for name in ids], object)


def _labels_of(sheet: Sheet, space: LabelSpace, exact: bool, columns: Sequence[str]) -> LabelTable:
    import pandas as pd

    ids, lines = _plain_ids(sheet), sheet.lines
    raw = sheet.columns.get("label")
    if raw is None:
        raw = np.full(len(ids), "", object)
    positions, distinct = pd.factorize(raw)
    known = _code_table(space, exact)
    codes = np.array([known.get(_key(text, exact), -1) for text in distinct], np.int64)
    heads = np.array([_key(text, False) in _HEADER_WORDS for text in distinct], bool)
    keep: NDArray[np.bool_] | slice = slice(None)
    problems = list(sheet.problems)
    if heads.any():
        header = heads[positions]
        header &= np.array([not h or _key(text, False) in _ID_WORDS for h, text in zip(header, ids, strict=True)])
        problems += _second_headers(ids, lines, header)
        keep = ~header
    of_rows = codes[positions] if len(distinct) else np.empty(0, np.int64)
    probabilities = None
    if all(f"p:{label}" in sheet.columns for label in space.labels):
        probabilities = np.stack([numbers(sheet.columns[f"p:{label}"][keep]) for label in space.labels], axis=1)
    return LabelTable(
        path=sheet.path,
        ids=ids[keep],
        lines=lines[keep],
        codes=of_rows[keep],
        raw=raw[keep],
        columns={name: sheet.columns[f"c:{name}"][keep] for name in columns if f"c:{name}" in sheet.columns},
        probabilities=probabilities,
        problems=problems,
    )


_ID_WORDS = {name.casefold() for name in ID_NAMES}
_HEADER_WORDS = {name.casefold() for name in LABEL_NAMES}


def _key(text: str, exact: bool) -> str:
    return text if exact else text.strip().casefold()


def _code_table(space: LabelSpace, exact: bool) -> dict[str, int]:
    return {_key(label, exact): code for code, label in enumerate(space.labels)}


def _second_headers(ids: Strings, lines: NDArray[np.int64], header: NDArray[np.bool_]) -> list[Problem]:
    message = "the header again in the middle of the file, not taken as a row: delete the line"
    return [
        Problem(int(lines[row]), str(ids[row]), "second-header", message) for row in np.flatnonzero(header).tolist()
    ]


def _label_problems(table: LabelTable, space: LabelSpace, exact: bool) -> list[Problem]:
    import pandas as pd

    positions, distinct = pd.factorize(table.raw)
    said = [_label_message(text, space, exact) for text in distinct]
    odd = np.array([message is not None for message in said], bool)
    problems = []
    for row in np.flatnonzero(odd[positions]).tolist() if odd.any() else ():
        found = said[positions[row]]
        if found is not None:
            problems.append(Problem(int(table.lines[row]), table.ids[row], *found))
    return problems


def _label_message(text: str, space: LabelSpace, exact: bool) -> tuple[str, str] | None:
    """Kind and message for a label that is not written exactly as one of the space."""
    if text in space.labels:
        return None
    code = _code_table(space, False).get(_key(text, False))
    if code is not None and not exact:
        return "label-spelling", f"{text!r} is read as {space.labels[code]}: write {space.labels[code]}"
    choices = ", ".join(space.labels)
    stripped = text.strip()
    if not stripped:
        return "empty-label", f"no label: write one of {choices}"
    if stripped.lstrip("+-").replace(".", "", 1).isdigit():
        return (
            "integer-label",
            f"{text!r} is a number, and entries number the labels differently: write one of {choices}",
        )
    meant = space.normalise(text)
    if meant is not None:
        return "unknown-label", f"{text!r} is no label of {space.name}: write {meant} if that is meant"
    return "unknown-label", f"{text!r} is no label of {space.name}: write one of {choices}"


def _formula_problems(sheet: Sheet, ids: Strings, cells: Strings, lines: NDArray[np.int64]) -> list[Problem]:
    """Cells that a spreadsheet would compute, or has computed. An ID may begin with a minus sign."""
    if not sheet.suspects & {b"=", b"+", b"@", b"#"}:
        return []
    problems = []
    for row, (name, cell) in enumerate(zip(ids, cells, strict=True)):
        for text in (name, cell):
            if text in SPREADSHEET_ERRORS:
                message = f"a spreadsheet has replaced the cell by {text}: write the file again without one"
            elif text.startswith(("=", "@")) or (text.startswith("+") and not _is_number(text)):
                message = f"{text!r} is a formula to a spreadsheet: write plain text"
            else:
                continue
            problems.append(Problem(int(lines[row]), name, "formula", message))
            break
    return problems


def _is_number(text: str) -> bool:
    return not np.isnan(_number(text))


# ── files without a header ────────────────────────────────────────────────────────────────────────────────
def _guess(space: LabelSpace) -> Callable[[Sequence[str]], Places | None]:
    """Where ID and label are in a first line that is data already."""
    known = _code_table(space, False)

    def guess(cells: Sequence[str]) -> Places | None:
        label = next((i for i, cell in enumerate(cells) if _key(cell, False) in known), None)
        if label is None and len(cells) == 2 and cells[1].isdigit() and "." in cells[0]:
            label = 1
        return _with_id(cells, "label", label)

    return guess


def _guess_score(cells: Sequence[str]) -> Places | None:
    score = next((i for i, cell in enumerate(cells) if i and _is_number(cell)), None)
    return _with_id(cells, "score", score)


def _with_id(cells: Sequence[str], key: str, place: int | None) -> Places | None:
    names = [i for i, cell in enumerate(cells) if i != place and cell and not cell.isdigit()]
    return {"id": names[0], key: place} if place is not None and names else None
