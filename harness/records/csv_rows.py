"""Rows of a csv file, however long a cell is.

The csv module refuses cells of more than 131,072 characters unless told otherwise, for the whole process at once; a
transcript or a chain of thought may be longer, and one long cell must not cost the other rows.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

LONGEST_CELL = 2**31 - 1
"""Characters; the largest number that every build of the csv module takes."""


def lists_of(lines: Iterable[str], delimiter: str = ",") -> Iterator[list[str]]:
    """`csv.reader` over text opened with `newline=""`. Raises csv.Error where quotation is broken."""
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(lines, delimiter=delimiter)


def dicts_of(lines: Iterable[str]) -> csv.DictReader[str]:
    """`csv.DictReader` over text opened with `newline=""`."""
    csv.field_size_limit(LONGEST_CELL)
    return csv.DictReader(lines)
