"""The emotion wheels of MER2025/MER2026, read from the user's own download.

The folder (`emotion_wheel/` there) holds `format.csv` (name, format: inflections of each word), `synonym.xlsx`
(columns word_runN and synonym_runN, one pair for each of eight language-model runs) and `wheel1.xlsx` … `wheel5.xlsx`
(columns level1, level2, level3 with merged cells). An .xlsx may also lie there as a .csv saved from it.

A word is looked up in three steps, all as published (zeroQiaoba/MERTools, `my_affectgpt/evaluation/wheel.py`):
inflection → base forms → wheel words (synonyms) → the cluster of the first of these, in alphabetical order, that the
wheel has.
"""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from eval.errors import EvalError
from harness.inputs.encoding import NotText, read_text
from harness.records.csv_rows import lists_of

WHEELS = ("wheel1", "wheel2", "wheel3", "wheel4", "wheel5")
PUBLISHED_RUNS = 8
_SEPARATORS = re.compile("['\",]")
# What pandas' readers take for an empty cell, as the published code reads its files with them.
_EMPTY = frozenset(
    ("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA")
    + ("NULL", "NaN", "None", "n/a", "nan", "null")
)
_GET = "download the emotion_wheel folder of MER2026 (MERTools/MER2026/MER2026_Track2) and pass it as --wheels"


@dataclass(frozen=True)
class Wheels:
    """The mappings.

    Attributes:
        bases: inflected or base form → base forms.
        synonyms: base form → wheel words.
        clusters: wheel → (wheel word → level-1 cluster).
        runs: how many synonym runs were merged; published figures use 8.
        files: the files read.
        second: wheel → (wheel word → level-2 cluster), which MER2025 scores beside level 1.
    """

    bases: Mapping[str, tuple[str, ...]]
    synonyms: Mapping[str, frozenset[str]]
    clusters: Mapping[str, Mapping[str, str]]
    runs: int
    files: tuple[str, ...]
    second: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def at_level_2(self) -> Wheels:
        """The same wheels with level-2 clusters in the place of level 1."""
        return replace(self, clusters=self.second)

    def cluster(self, word: str, wheel: str) -> str:
        """Cluster of a word (lower case, stripped) in a wheel; empty for a word that has none (`case3`, level 1)."""
        words = {raw for base in self.bases.get(word, ()) for raw in self.synonyms.get(base, ())}
        clusters = self.clusters[wheel]
        return next((clusters[raw] for raw in sorted(words) if raw in clusters), "")

    def clusters_of(self, words: Iterable[str], wheel: str) -> frozenset[str]:
        """Clusters of several words; words without one are left out."""
        return frozenset(found for word in words if (found := self.cluster(word, wheel)))


def string_to_list(text: str) -> list[str]:
    """A cell of the column `openset` as its items.

    One bracket is cut at either end, then the text is split at `'`, `"` and the ASCII comma only: Chinese commas, the
    semicolon and curly quotes do not separate, an apostrophe does, and a blank before the bracket keeps it.
    """
    if text in _EMPTY:
        return []
    text = text.removeprefix("[").removesuffix("]")
    return [item.strip() for item in _SEPARATORS.split(text) if item.strip()]


def open_words(text: str) -> list[str]:
    """The items of a cell as they are looked up: lower case, stripped."""
    return [item.lower().strip() for item in string_to_list(text)]


def read_wheels(folder: Path) -> Wheels:
    """Read all mappings.

    Raises:
        EvalError: a file or a column is missing, openpyxl is needed and not there, or a synonym row names a word
            that is on no wheel.
    """
    if not folder.is_dir():
        raise EvalError(f"{folder}: no such folder", _GET)
    files = {name: _find(folder, name) for name in ("format", "synonym", *WHEELS)}
    nested = {wheel: _read_wheel(files[wheel]) for wheel in WHEELS}
    synonyms, runs = _read_synonyms(files["synonym"], {word for wheel in nested.values() for word in _words(wheel)})
    return Wheels(
        bases=_read_format(files["format"]),
        synonyms={word: frozenset(raws) for word, raws in synonyms.items()},
        clusters={wheel: _clusters(levels) for wheel, levels in nested.items()},
        runs=runs,
        files=tuple(path.name for path in files.values()),
        second={wheel: _second_clusters(levels) for wheel, levels in nested.items()},
    )


def _find(folder: Path, name: str) -> Path:
    for suffix in (".csv", ".xlsx"):
        if (folder / (name + suffix)).is_file():
            return folder / (name + suffix)
    raise EvalError(f"{folder}: neither {name}.csv nor {name}.xlsx is in it", _GET)


# ── the three kinds of file ───────────────────────────────────────────────────────────────────────────────
Levels = dict[str, dict[str, list[str]]]


def _read_wheel(path: Path) -> Levels:
    """level1 → level2 → level3 words. An empty cell repeats the one above it (merged cells)."""
    levels: Levels = {}
    above = ["", "", ""]
    for row in _table(path, ("level1", "level2", "level3")):
        above = [cell if cell not in _EMPTY else last for cell, last in zip(row, above, strict=True)]
        first, second, third = (cell.lower().strip() for cell in above)
        levels.setdefault(first, {}).setdefault(second, []).append(third)
    return levels


def _words(levels: Levels) -> Iterable[str]:
    for first, seconds in levels.items():
        yield first
        for second, thirds in seconds.items():
            yield second
            yield from thirds


def _clusters(levels: Levels) -> dict[str, str]:
    """Wheel word → level-1 word; where a word stands in several places the last one holds, as published."""
    clusters: dict[str, str] = {}
    for first, seconds in levels.items():
        clusters[first] = first
        for second, thirds in seconds.items():
            clusters[second] = first
            clusters.update(dict.fromkeys(thirds, first))
    return clusters


def _second_clusters(levels: Levels) -> dict[str, str]:
    """Wheel word → level-2 word; a level-1 word goes to the first of its level-2 words by the alphabet."""
    clusters: dict[str, str] = {}
    for first, seconds in levels.items():
        clusters[first] = min(seconds)
        for second, thirds in seconds.items():
            clusters[second] = second
            clusters.update(dict.fromkeys(thirds, second))
    return clusters


def _read_synonyms(path: Path, wheel_words: set[str]) -> tuple[dict[str, set[str]], int]:
    """Synonym → wheel words, all runs merged, and the number of runs."""
    header = _header(path)
    runs = [name.removeprefix("word_") for name in header if name.startswith("word_run")]
    if not runs:
        raise EvalError(f"{path}: columns word_run1, synonym_run1 … needed, found {', '.join(header)}", _GET)
    merged: dict[str, set[str]] = {}
    for run in runs:
        for number, (cell, listed) in enumerate(_table(path, (f"word_{run}", f"synonym_{run}")), 2):
            raw = cell.strip().lower()
            if raw not in wheel_words:
                raise EvalError(f"{path}: row {number}: {raw!r} of word_{run} is on none of the wheels", _GET)
            for word in (raw, *string_to_list(listed)):
                merged.setdefault(word.strip().lower(), set()).add(raw)
    return merged, len(runs)


def _read_format(path: Path) -> dict[str, tuple[str, ...]]:
    """Form → base forms; every base form is a form of itself."""
    bases: dict[str, list[str]] = {}
    for name, forms in _table(path, ("name", "format")):
        for form in (*string_to_list(forms), name):
            bases.setdefault(form, []).append(name)
    return {form: tuple(found) for form, found in bases.items()}


# ── cells ─────────────────────────────────────────────────────────────────────────────────────────────────
def _header(path: Path) -> list[str]:
    return _cells(path)[0]


def _table(path: Path, columns: Sequence[str]) -> list[list[str]]:
    """The named columns, row by row; rows that are wholly empty are left out."""
    header, *rows = _cells(path)
    missing = [name for name in columns if name not in header]
    if missing:
        raise EvalError(f"{path}: column {', '.join(missing)} needed, found {', '.join(header)}", _GET)
    places = [header.index(name) for name in columns]
    return [[row[place] if place < len(row) else "" for place in places] for row in rows if any(row)]


def _cells(path: Path) -> list[list[str]]:
    with path.open("rb") as stream:
        workbook = stream.read(2) == b"PK"
    rows = _xlsx(path) if workbook else _csv(path)
    if not rows:
        raise EvalError(f"{path}: the file is empty", _GET)
    return [[cell.strip() for cell in rows[0]], *rows[1:]]


def _csv(path: Path) -> list[list[str]]:
    try:
        text = read_text(path).text
    except NotText as fault:
        raise EvalError(f"{path}: {fault.message}", fault.remedy) from None
    return list(lists_of(io.StringIO(text, newline="")))


def _xlsx(path: Path) -> list[list[str]]:
    try:
        openpyxl = importlib.import_module("openpyxl")
    except ImportError as missing:
        raise EvalError(
            f"{path}: reading .xlsx needs openpyxl",
            f"pip install openpyxl, or save the sheet as {path.with_suffix('.csv').name} in the same folder",
        ) from missing
    # Given as a stream, since openpyxl goes by the suffix of a name.
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
    try:
        sheet = book.worksheets[0]
        return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    finally:
        book.close()
