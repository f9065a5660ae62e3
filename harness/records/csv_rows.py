"""Rows of a csv file, however long a cell is.

The csv module refuses cells of more than 131,072 characters unless told otherwise, for the whole process at once; a
transcript or a chain of thought may be longer, and one long cell must not cost the other rows.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Protocol

LONGEST_CELL = 2**31 - 1
"""Characters; the largest number that every build of the csv module takes."""

FORMULA = frozenset("=+-@\t\r")
"""What a cell begins with that a spreadsheet would compute."""


class Rows(Iterator[list[str]], Protocol):
    """The cells of each row; `line_num` is the line of the file that was read last, from 1."""

    @property
    def line_num(self) -> int: ...


def lists_of(lines: Iterable[str], delimiter: str = ",") -> Rows:
    """`csv.reader` over text opened with `newline=""`. Raises csv.Error where quotation is broken."""
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(lines, delimiter=delimiter)


def dicts_of(lines: Iterable[str]) -> csv.DictReader[str]:
    """`csv.DictReader` over text opened with `newline=""`."""
    csv.field_size_limit(LONGEST_CELL)
    return csv.DictReader(lines)


def plain_id(name: str) -> str:
    """An ID without the apostrophe that files for people put before what a spreadsheet would compute."""
    return name[1:] if name[:1] == "'" and name[1:2] in FORMULA else name
