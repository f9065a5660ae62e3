"""Small csv files that a user hands over: rows by column name, in whatever encoding and with whatever separator."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from harness.faults import ConfigError
from harness.inputs.encoding import NotText, read_text
from harness.inputs.kinds import is_clip
from harness.records.csv_rows import lists_of
from harness.records.numbers import Number, finite

ID_NAMES = ("id", "name", "filename", "file", "clip", "video", "path")
_SEPARATORS = ",;\t|"


def read_rows(path: Path, *needed: str) -> list[dict[str, str]]:
    """The rows of a csv, keyed by its header as written; missing cells are empty, superfluous ones left out.

    Raises:
        ConfigError: no such file, no text, no row, or one of the columns `needed` is not there.
    """
    lines = _lines(path)
    header = lines[0] if lines else []
    if missing := [name for name in needed if name not in header]:
        raise ConfigError(f"{path} has no column {', '.join(missing)}", f"it has {', '.join(header) or 'no header'}")
    if len(lines) < 2:
        raise ConfigError(f"{path} holds no row", "give a csv with a header and rows")
    width = len(header)
    return [dict(zip(header, (*cells[:width], *[""] * (width - len(cells))), strict=True)) for cells in lines[1:]]


def numbers_in(path: Path, rows: list[dict[str, str]], column: str, allowed: Number) -> list[float]:
    """One column of the rows of `path`. ConfigError names the first row whose value is no number of that range."""
    found = [finite(row[column]) for row in rows]
    for line, (row, value) in enumerate(zip(rows, found, strict=True), 2):
        if not allowed.holds(value):
            raise ConfigError(f"{path}, row {line}: {column} is {row[column]!r}", f"it is to be {allowed.allowed}")
    return [value for value in found if value is not None]


def read_ids(path: Path) -> list[str]:
    """The IDs of a sample submission or label file: its column ID (or name, filename …), or its first one.

    Raises:
        ConfigError: as `read_rows`, or no column looks like IDs.
    """
    lines = _lines(path)
    if not lines:
        raise ConfigError(f"{path} is empty", "give a csv with a column ID")
    header = [cell.strip().casefold() for cell in lines[0]]
    place = next((header.index(name) for name in ID_NAMES if name in header), None)
    if place is None and not (is_clip(lines[0][0]) or len(lines[0]) == 1):
        raise ConfigError(f"{path} has no column ID", f"it has {', '.join(lines[0])}")
    rows = lines if place is None else lines[1:]
    found = [cells[place or 0].strip() for cells in rows if len(cells) > (place or 0)]
    if not any(found):
        raise ConfigError(f"{path} holds no IDs", "give a csv with a column ID and one row for each clip")
    return [name for name in found if name]


def _lines(path: Path) -> list[list[str]]:
    """The rows that are not blank, as cells."""
    if not path.is_file():
        raise ConfigError(f"there is no file {path}", "check the path")
    try:
        text = read_text(path).text
    except NotText as fault:
        raise ConfigError(fault.message, fault.remedy) from None
    except OSError as fault:
        raise ConfigError(f"{path} cannot be read: {fault.strerror}", "check its rights") from None
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=first.count)
    try:
        rows = list(lists_of(io.StringIO(text.replace("\0", ""), newline=""), separator))
    except csv.Error as fault:
        raise ConfigError(f"{path} is no csv: {fault}", "write it again as CSV UTF-8") from None
    return [[cell.strip() if i == 0 else cell for i, cell in enumerate(row)] for row in rows if any(row)]
