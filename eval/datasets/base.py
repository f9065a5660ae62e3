"""What every dataset adapter yields, and how their text files are read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.inputs.encoding import NotText, read_text
from harness.inputs.kinds import is_clip

SPLITS = {"train": "train", "valid": "valid", "val": "valid", "dev": "valid", "validation": "valid", "test": "test"}


class DatasetError(ValueError):
    """Something in a source that the adapter does not know; the text begins with file and line."""


@dataclass(frozen=True)
class LabelRow:
    """One clip as its dataset labels it.

    `own` is a class the dataset itself gives; `intensity` is weak, medium, strong or empty; `place` is file:line.
    `parts` are the folders and the file name of the clip where the dataset is published in folders: what other forms
    of ID are made of.
    """

    id: str
    place: str
    own: str = ""
    score: float | None = None
    emotion: str = ""
    intensity: str = ""
    language: str = ""
    speaker: str = ""
    split: str = ""
    text: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A parsed text table: rows with their line numbers, keys in lower case."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]

    def has(self, *names: str) -> bool:
        """Whether all these columns are there."""
        return all(name in self.columns for name in names)

    def place(self, line: int) -> str:
        """How a message names a line."""
        return f"{self.path.name}:{line}"


@dataclass(frozen=True)
class Dataset:
    """One adapter.

    Attributes:
        read: source → rows or problems, in order; a problem is a `DatasetError`, returned and not raised, so that
            all of them can be listed.
        rules: the label rules that fit its scale, the default first.
        score_range: bounds of its score, None without one.
        about: where its layout is published, for the help text.
    """

    name: str
    read: Callable[[Path], Iterable[LabelRow | DatasetError]]
    rules: tuple[str, ...]
    about: str
    score_range: tuple[float, float] | None = None


def decode(path: Path) -> str:
    """Text of a file, in whatever encoding it is written. DatasetError when that cannot be told, or it is no text."""
    try:
        return read_text(path).text
    except NotText as fault:
        raise DatasetError(str(fault)) from None


def read_source(path: Path, header: Sequence[str] | None = None) -> Source:
    """Read a table with comma, semicolon or tab (or, without a header, blanks) between the fields.

    Args:
        path: the file.
        header: column names for a file that has none; None when its first line names them.

    Raises:
        DatasetError: the file is missing, empty, not text, or a row has more fields than columns.
    """
    if not path.is_file():
        raise DatasetError(f"{path}: no such file")
    text = decode(path)
    first = text.lstrip("\r\n").split("\n", 1)[0]
    if not first.strip():
        raise DatasetError(f"{path.name}: the file is empty")
    delimiter = max(",;\t", key=first.count)
    if delimiter not in first:
        delimiter = " " if header else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = tuple(header or ())
    rows: list[tuple[int, Mapping[str, str]]] = []
    line = 0
    for fields in reader:
        line, start = reader.line_num, line + 1
        if not any(value.strip() for value in fields):
            continue
        if not columns:
            columns = tuple(name.strip().lower() for name in fields)
            continue
        if len(fields) > len(columns):
            raise DatasetError(f"{path.name}:{start}: {len(fields)} fields for {len(columns)} columns; quote the text")
        padded = [value.strip() for value in fields] + [""] * (len(columns) - len(fields))
        rows.append((start, dict(zip(columns, padded, strict=True))))
    return Source(path, columns, tuple(rows))


def first_line(path: Path) -> str:
    """The first line that is not blank."""
    if not path.is_file():
        raise DatasetError(f"{path}: no such file")
    return next((line for line in decode(path).splitlines() if line.strip()), "")


def pick(row: Mapping[str, str], *names: str) -> str:
    """The value of the first of these columns that the row has."""
    return next((row[name] for name in names if name in row), "")


def need(source: Source, *alternatives: Sequence[str]) -> None:
    """DatasetError unless at least one of the column sets is there."""
    if not any(source.has(*names) for names in alternatives):
        wanted = " or ".join(",".join(names) for names in alternatives)
        raise DatasetError(f"{source.path.name}:1: columns {wanted} needed, found {','.join(source.columns)}")


def clip_name(name: str, suffix: str = ".mp4") -> str:
    """A clip's file name: folders cut, `suffix` added where there is no media suffix."""
    base = PurePosixPath(name.replace("\\", "/")).name
    return base if is_clip(base) else base + suffix


def split_of(value: str, path: Path) -> str:
    """train, valid, test or empty: from the row's own word, else from the file's name."""
    if value:
        return SPLITS.get(value.lower(), value.lower())
    words = path.stem.lower().replace("-", "_").replace(".", "_")
    for part in words.split("_"):
        if part in SPLITS:
            return SPLITS[part]
        if part.removesuffix("set") in SPLITS:
            return SPLITS[part.removesuffix("set")]
    return ""


def media_names(source: Path) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """(path text, place, other columns) of every media file of a folder, or of every row of a list of paths.

    A list is a csv with a `path` column, or a text file with one path per line.
    """
    if source.is_dir():
        found = sorted(path for path in source.rglob("*") if is_clip(path.name) and not path.name.startswith("."))
        if not found:
            raise DatasetError(f"{source}: no media files in this folder")
        for path in found:
            name = path.relative_to(source).as_posix()
            yield name, name, {}
        return
    has_header = "path" in [part.strip().lower() for part in first_line(source).split(",")]
    table = read_source(source, None if has_header else ("path",))
    for line, row in table.rows:
        yield row["path"], table.place(line), row
