"""A file's bytes as text, and its header: encodings, separators, missing or misspelt column names."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.errors import EvalError
from harness.inputs.encoding import NotText, decode_text

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
Places = dict[str, int]
"""Wanted name → position in the row."""

MOST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file. `line` is the physical line, from 1; None when it concerns no line of it."""

    line: int | None
    id: str
    kind: str
    message: str


def short(text: str) -> str:
    """A cell or message for people: a cell may hold a whole file that lost a quote."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}… ({len(text)} characters)"


# ── bytes ─────────────────────────────────────────────────────────────────────────────────────────────────
def load(path: Path) -> tuple[bytes, list[Problem]]:
    """The file as UTF-8 with newline line ends, and what its encoding was like."""
    if not path.exists():
        raise EvalError(f"{path}: there is no such file", "check the path")
    if path.is_dir():
        raise EvalError(f"{path} is a folder, a csv file is needed", "name the file in it")
    raw = path.read_bytes()
    try:
        decoded = decode_text(path.name, raw)
    except NotText as fault:
        raise EvalError(f"{path}: line 1: {fault.message}", fault.remedy) from None
    data = decoded.text.encode()
    problems: list[Problem] = []
    if decoded.encoding != "UTF-8":
        line = 1 if decoded.encoding.startswith("UTF") else _first_foreign_line(raw)
        message = f"the file is not UTF-8 but {decoded.encoding}: save it as UTF-8"
        problems.append(Problem(line, "", "encoding", message))
    if b"\r" in data and b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    return data, problems


def _first_foreign_line(data: bytes) -> int:
    """The first line, from 1, that is not UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as fault:
        return data.count(b"\n", 0, fault.start) + 1
    return 1


def line_borders(data: bytes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Begin and end (without line end) of each physical line."""
    cells = np.frombuffer(data, np.uint8)
    breaks = np.flatnonzero(cells == ord("\n"))
    starts = np.concatenate(([0], breaks + 1))
    ends = np.concatenate((breaks, [len(data)]))
    if b"\r" in data:
        closing = (ends > starts) & (cells[np.maximum(ends - 1, 0)] == ord("\r"))
        ends = ends - closing
    return starts, ends


# ── header ────────────────────────────────────────────────────────────────────────────────────────────────
def _fold(name: str) -> str:
    return name.strip().strip("\ufeff\"'").strip().casefold()


def find(header: Sequence[str], spellings: Sequence[str]) -> int | None:
    """Position of a column under one of its spellings: exact first, then without case."""
    for spelling in spellings:
        if spelling in header:
            return list(header).index(spelling)
    folded = [_fold(name) for name in header]
    return next((folded.index(s.casefold()) for s in spellings if s.casefold() in folded), None)


def write_header(wanted: Mapping[str, Sequence[str]]) -> str:
    """The remedy for a file without its header."""
    return f"the first line must be the header {','.join(spellings[0] for spellings in wanted.values())}"


def _split(text: str, separator: str) -> list[str]:
    text = text.replace("\0", "").replace("\r", " ")
    return [cell.strip() for cell in next(csv.reader([text], delimiter=separator), [])]


def understand_header(
    path: Path,
    top: str,
    line: int,
    wanted: Mapping[str, Sequence[str]],
    guess: Callable[[Sequence[str]], Places | None],
    problems: list[Problem],
) -> tuple[str, list[str], Places, bool]:
    """Separator, header cells, where the wanted columns are, and whether the header is missing."""
    for separator, name in SEPARATORS.items():
        header = _split(top, separator)
        found = {key: find(header, spellings) for key, spellings in wanted.items()}
        places = {key: place for key, place in found.items() if place is not None}
        if len(places) == len(wanted):
            if separator != ",":
                message = f"the cells are separated by {name}: write the file with commas"
                problems.append(Problem(line, "", "separator", message))
            problems += _header_problems(header, places, line, wanted)
            return separator, header, places, False
    for separator, name in SEPARATORS.items():
        header = _split(top, separator)
        guessed = guess(header)
        if guessed is not None:
            problems.append(Problem(line, "", "missing-header", f"there is no header: {write_header(wanted)}"))
            if separator != ",":
                message = f"the cells are separated by {name}: write the file with commas"
                problems.append(Problem(line, "", "separator", message))
            return separator, header, guessed, True
    missing = [spellings[0] for spellings in wanted.values() if find(_split(top, ","), spellings) is None]
    raise EvalError(
        f"{path}: line {line}: no column {' or '.join(missing)} in {top.strip()[:200]!r}", write_header(wanted)
    )


def _header_problems(
    header: Sequence[str], places: Places, line: int, wanted: Mapping[str, Sequence[str]]
) -> list[Problem]:
    problems = []
    for key, place in places.items():
        if header[place] != wanted[key][0]:
            message = f"column {header[place]!r} is read as {key}: write the header {wanted[key][0]!r}"
            problems.append(Problem(line, "", "header", message))
    folded = [_fold(name) for name in header]
    for place in places.values():
        if folded.count(folded[place]) > 1:
            message = f"column {header[place]!r} occurs more than once, the first is read: keep one"
            problems.append(Problem(line, "", "header", message))
    if not folded[0] or folded[0].startswith("unnamed:"):
        message = "the first column is a row index: write the file without it (pandas: to_csv(..., index=False))"
        problems.append(Problem(line, "", "index-column", message))
    return problems
