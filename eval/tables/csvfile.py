"""Reading a csv file that people and their tools have had their hands on.

Lines that are plain (no quote, the header's number of cells) go through pandas' C reader at once; only the odd ones
are looked at one by one. Every deviation becomes a `Problem` with its line; nothing is repaired in silence.
"""

from __future__ import annotations

import csv
import io
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.errors import EvalError
from eval.tables.csvtext import Places, Problem, find, line_borders, load, understand_header, write_header

Strings = NDArray[np.object_]
MAX_RECORD_LINES = 200
"""A quoted cell that goes on for longer than this is taken for a quote that was never closed."""


@dataclass(frozen=True)
class Sheet:
    """The wanted columns of a file, row by row.

    Attributes:
        path: the file.
        header: all column names, as written.
        lines: physical line on which each row begins, from 1, shape (rows,).
        columns: wanted name → cells as text, shape (rows,).
        problems: what was odd about the file.
        suspects: bytes out of `SUSPECTS` that occur in the file, so that a search for them can be spared.
    """

    path: Path
    header: tuple[str, ...]
    lines: NDArray[np.int64]
    columns: Mapping[str, Strings]
    problems: list[Problem]
    suspects: frozenset[bytes]


SUSPECTS = (b"'", b"/", b"\\", b"=", b"+", b"@", b"#")


def read_sheet(
    path: Path,
    wanted: Mapping[str, Sequence[str]],
    optional: Mapping[str, Sequence[str]] | None = None,
    guess: Callable[[Sequence[str]], Places | None] = lambda cells: None,
) -> Sheet:
    """Read the `wanted` columns (all needed) and the `optional` ones that are there.

    Args:
        path: the file.
        wanted: name → accepted spellings; the first is the right one, case differences and the rest are problems.
        optional: name → accepted spellings, compared without case, never a problem.
        guess: given the cells of a first line that is no header, where the wanted columns are, if it can tell.

    Raises:
        EvalError: the file is missing, empty or has no such columns.
    """
    data, problems = load(path)
    starts, ends = line_borders(data)
    first = next((i for i in range(len(starts)) if data[starts[i] : ends[i]].strip()), None)
    if first is None:
        raise EvalError(f"{path}: line 1: the file is empty", write_header(wanted))
    top = data[starts[first] : ends[first]].decode("utf-8")
    separator, header, places, headless = understand_header(path, top, first + 1, wanted, guess, problems)
    for name, spellings in (optional or {}).items():
        place = None if headless else find(header, spellings)
        if place is not None:
            places[name] = place
    body = first if headless else first + 1
    lines, columns = _read_rows(data, (starts, ends), body, separator, len(header), places, problems)
    suspects = frozenset(s for s in SUSPECTS if s in data)
    return Sheet(path, () if headless else tuple(header), lines, columns, problems, suspects)


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────
def _read_rows(
    data: bytes,
    borders: tuple[NDArray[np.int64], NDArray[np.int64]],
    body: int,
    separator: str,
    width: int,
    places: Places,
    problems: list[Problem],
) -> tuple[NDArray[np.int64], dict[str, Strings]]:
    """Line numbers and cells of all rows from line index `body` on, in file order."""
    starts, ends = borders
    plain = _plain_lines(data, starts, ends, separator, width)
    plain[:body] = False
    odd = np.flatnonzero(~plain)
    records = _odd_records(data, borders, odd[odd >= body], plain, separator, width, tuple(places.values()), problems)
    columns = _plain_cells(data, starts, plain, separator, width, places)
    lines = np.flatnonzero(plain) + 1
    if records:
        order = np.argsort(np.concatenate((lines, [line for line, _ in records])), kind="stable")
        lines = np.concatenate((lines, np.array([line for line, _ in records])))[order]
        for name, place in places.items():
            cells = np.empty(len(records), object)
            cells[:] = [row[place] if place < len(row) else "" for _, row in records]
            columns[name] = np.concatenate((columns[name], cells))[order]
    return lines, columns


def _plain_lines(
    data: bytes, starts: NDArray[np.int64], ends: NDArray[np.int64], separator: str, width: int
) -> NDArray[np.bool_]:
    """Which lines have exactly `width` cells and nothing that needs care."""
    cells = np.frombuffer(data, np.uint8)

    def count(character: str) -> NDArray[np.int64]:
        places = np.flatnonzero(cells == ord(character))
        counted: NDArray[np.int64] = np.searchsorted(places, ends) - np.searchsorted(places, starts)
        return counted

    plain: NDArray[np.bool_] = (count(separator) == width - 1) & (ends > starts)
    for character in ('"', "\0", "\r"):
        if character.encode() in data:
            plain &= count(character) == 0
    if BOM_UTF8 in data:  # pandas would take one off the first row, in silence
        plain &= np.array([not data.startswith(BOM_UTF8, start) for start in starts.tolist()])
    return plain


def _plain_cells(
    data: bytes, starts: NDArray[np.int64], plain: NDArray[np.bool_], separator: str, width: int, places: Places
) -> dict[str, Strings]:
    import pandas as pd

    if not plain.any():
        return {name: np.empty(0, object) for name in places}
    if plain.all():
        kept = data
    else:
        lengths = np.diff(np.append(starts, len(data)))
        kept = np.frombuffer(data, np.uint8)[np.repeat(plain, lengths)].tobytes()
    frame = pd.read_csv(
        io.BytesIO(kept),
        sep=separator,
        header=None,
        names=list(range(width)),
        usecols=sorted(set(places.values())),
        dtype=object,
        na_filter=False,
        quoting=csv.QUOTE_NONE,
        index_col=False,
        skip_blank_lines=False,
        encoding="utf-8",
        engine="c",
        low_memory=False,
    )
    if len(frame) != int(plain.sum()):
        raise AssertionError("the csv reader disagrees with the line count")
    return {name: frame[place].to_numpy(object) for name, place in places.items()}


def _odd_records(
    data: bytes,
    borders: tuple[NDArray[np.int64], NDArray[np.int64]],
    odd: NDArray[np.int64],
    plain: NDArray[np.bool_],
    separator: str,
    width: int,
    keys: tuple[int, ...],
    problems: list[Problem],
) -> list[tuple[int, list[str]]]:
    """Rows on lines that are not plain, as (line, cells). Lines inside a quoted cell are struck from `plain`."""
    # Chains of thought are longer than the csv module's default limit.
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    starts, ends = borders
    records: list[tuple[int, list[str]]] = []
    free = 0
    for index in odd.tolist():
        if index < free:
            continue
        text = data[starts[index] : ends[index]].decode("utf-8")
        if not text.strip():
            continue
        if "\0" in text:
            problems.append(Problem(index + 1, "", "nul-byte", "NUL bytes in the line: write the file again as text"))
            text = text.replace("\0", "")
        cells = _strict_row(text.replace("\r", " "), separator)
        if cells is None:
            cells, last = _multi_line_row(data, borders, index, separator, width, keys)
            plain[index : last + 1] = False
            free = last + 1
        if cells is None:
            message = "a quotation mark is not closed: double every quotation mark inside a quoted cell"
            problems.append(Problem(index + 1, "", "quote", message))
            cells = text.replace('"', "").replace("\r", " ").split(separator)
        if len(cells) != width:
            row_id = cells[keys[0]] if keys[0] < len(cells) else ""
            message = f"{len(cells)} cells where the header has {width}: quote cells that hold a separator"
            problems.append(Problem(index + 1, row_id, "cells", message))
        records.append((index + 1, cells))
    return records


def _strict_row(text: str, separator: str) -> list[str] | None:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), [])
    except csv.Error:
        return None


def _multi_line_row(
    data: bytes,
    borders: tuple[NDArray[np.int64], NDArray[np.int64]],
    index: int,
    separator: str,
    width: int,
    keys: tuple[int, ...],
) -> tuple[list[str] | None, int]:
    """A record that goes on over several lines, and its last line's index; (None, index) if it never closes.

    A line break in an ID or a label, or a wrong number of cells, shows that the closing mark is another row's.
    """
    starts, ends = borders
    for last in range(index + 1, min(index + MAX_RECORD_LINES, len(starts))):
        if b'"' not in data[starts[last] : ends[last]]:
            continue
        text = data[starts[index] : ends[last]].decode("utf-8").replace("\0", "")
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
        except csv.Error:
            continue
        if len(rows) == 1 and len(rows[0]) == width and not any("\n" in rows[0][key] for key in keys):
            return rows[0], last
        break
    return None, index
