"""csv files of a run, written row by row and read back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from harness.faults import HarnessFault
from harness.records.atomic import atomic_file
from harness.records.csv_rows import FORMULA, Rows, lists_of

_QUOTED = re.compile('[,"\r\n]')
_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|nan)")


class ExportError(HarnessFault):
    """A file that was written did not read back as written."""


@dataclass(frozen=True)
class Table:
    """A csv file with Unix line ends.

    Attributes:
        path: where it lies.
        columns: the names in its first row.
        row: takes the cells of a row out of what was kept of a clip.
        for_people: it has a BOM, and cells that a spreadsheet would run are made plain.
    """

    path: Path
    columns: Sequence[str]
    row: Callable[[Any], Sequence[str]]
    for_people: bool = True

    def cells(self, kept: Any) -> Sequence[str]:
        """A row as it stands in the file."""
        cells = self.row(kept)
        return [c if c[:1] not in FORMULA else neutral_cell(c) for c in cells] if self.for_people else cells


def write_tables(tables: Sequence[Table], kept: Iterable[Any]) -> None:
    """Write a row of each table for everything kept, and compare what was written with it.

    Args:
        tables: which.
        kept: what their rows are taken from; gone through twice.

    Raises:
        OSError: one cannot be written.
        ExportError: one does not read back as it was written.
    """
    with ExitStack() as stack:
        streams = [stack.enter_context(atomic_file(table.path)) for table in tables]
        for table, stream in zip(tables, streams, strict=True):
            stream.write(b"\xef\xbb\xbf" if table.for_people else b"")
            stream.write(csv_line(table.columns).encode())
        for one in kept:
            for table, stream in zip(tables, streams, strict=True):
                stream.write(csv_line(table.cells(one)).encode())
    with ExitStack() as stack:
        found = [lists_of(stack.enter_context(_opened(table))) for table in tables]
        for table, rows in zip(tables, found, strict=True):
            _check(table, rows, table.columns)
        for one in kept:
            for table, rows in zip(tables, found, strict=True):
                _check(table, rows, table.cells(one))
        for table, rows in zip(tables, found, strict=True):
            _check(table, rows, None)


def _opened(table: Table) -> TextIO:
    return table.path.open(encoding="utf-8-sig" if table.for_people else "utf-8", newline="")


def _check(table: Table, rows: Rows, expected: Sequence[str] | None) -> None:
    if next(rows, None) != expected:
        raise ExportError(
            f"{table.path} does not read back as it was written", "check the disk, then run the same command"
        )


def neutral_cell(text: str) -> str:
    """A cell that a spreadsheet would run as a formula, made plain by a leading apostrophe.

    Numbers stay numbers. Only for files that people open; the submission's IDs are never altered.
    """
    if text[:1] in FORMULA and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def csv_line(row: Sequence[str]) -> str:
    """A row as text. The csv module leaves a lone carriage return unquoted, and a reader takes it for the row's end."""
    if not _QUOTED.search("".join(row)):
        return ",".join(row) + "\n"
    return ",".join('"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell for cell in row) + "\n"
