"""Predictions and labels of a benchmark: csv, JSON or JSON lines, or a run's folder of stories, joined by ID."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.benchmarks.base import Benchmark, Item
from eval.errors import EvalError
from eval.stories.read import read_stories
from eval.tables.csvtext import Problem
from eval.tables.json_file import read_json
from harness.inputs.encoding import NotText, read_text
from harness.records.csv_rows import dicts_of

ID = ("ID", "id", "name", "video_id", "sample_id", "video", "key")


@dataclass(frozen=True)
class Rows:
    """Row of each ID (of a repeated one the last), and what was odd."""

    rows: Mapping[str, Mapping[str, str]]
    problems: list[Problem]


def read_rows(path: Path, fields: Mapping[str, Sequence[str]], optional: frozenset[str] = frozenset()) -> Rows:
    """The fields of every row. Lists in JSON become text joined by `|`.

    Raises:
        EvalError: no such file, not readable, or a field that is not optional is missing.
    """
    problems: list[Problem] = []
    rows: dict[str, Mapping[str, str]] = {}
    if path.is_dir():
        entries, odd = run_replies(path)
        problems += odd
    else:
        entries = json_objects(path) if path.suffix.lower() in (".json", ".jsonl") else _csv_objects(path)
    for line, name, cells in _named(path, entries, fields, optional):
        if name in rows:
            problems.append(Problem(line, name, "duplicate", f"{path.name}: repeated ID: the last row counts"))
        rows[name] = cells
    return Rows(rows, problems)


def run_replies(run: Path) -> tuple[list[dict[str, Any]], list[Problem]]:
    """What a run says of each clip, and its files that are no story.

    That is the language model's reply word for word where any clip has one, else the label that was judged. A clip
    without a reply, or whose label is a stand-in (`fallback`), says nothing: nothing is made up for it.

    Raises:
        EvalError: no such folder, or no story in it.
    """
    found = read_stories(run)
    if not found.stories:
        raise EvalError(f"{run}: no story of a clip", "name the supplements of a run: the folder of predictions.csv")
    asked = [story for story in found.stories if (story.part("reasoning") or {}).get("is_language_model") is True]
    entries: list[dict[str, Any]] = [
        {"ID": story.id, "response": story.text("reasoning", "text")}
        for story in asked
        if story.text("reasoning", "text")
    ]
    if not asked:
        judged = [story for story in found.stories if story.text("prediction", "status") != "fallback"]
        entries = [{"ID": story.id, "response": story.label} for story in judged if story.label]
    return entries, [Problem(None, problem.file, "no-story", problem.message) for problem in found.problems]


def _csv_objects(path: Path) -> list[dict[str, Any]]:
    """The rows of a csv file whose cells may be whole replies, line breaks and all: the standard csv rules alone."""
    try:
        reader = dicts_of(io.StringIO(read_text(path).text, newline=""))
        return [{str(key).strip(): value for key, value in row.items()} for row in reader]
    except NotText as fault:
        raise EvalError(f"{path}: {fault.message}", fault.remedy) from None
    except csv.Error as fault:
        raise EvalError(f"{path}: {fault}", "write the file anew with a csv writer, or as .jsonl") from fault
    except OSError as fault:
        raise EvalError(f"{path}: {fault.strerror}", "name a csv, .json or .jsonl file") from fault


def _named(
    path: Path, entries: Sequence[Mapping[str, Any]], fields: Mapping[str, Sequence[str]], optional: frozenset[str]
) -> Iterator[tuple[int, str, dict[str, str]]]:
    for number, row in enumerate(entries, 1):
        name = _first(row, ID)
        if name is None:
            raise EvalError(f"{path}: entry {number} has none of the keys {', '.join(ID)}", "give every entry an id")
        cells = {}
        for key, names in fields.items():
            value = _first(row, names)
            if value is None and key not in optional:
                raise EvalError(f"{path}: entry {number} ({name}) has none of the keys {', '.join(names)}", "add it")
            cells[key] = "" if value is None else value
        yield number, name, cells


def _first(row: Mapping[str, Any], names: Sequence[str]) -> str | None:
    value = next((row[name] for name in names if row.get(name) is not None), None)
    if value is None:
        return None
    return "|".join(map(str, value)) if isinstance(value, list) else str(value)


def json_objects(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON list or of JSON lines.

    Raises:
        EvalError: no such file, or something that is neither.
    """
    form = "a list of objects, or one object a line (.jsonl)"
    whole = read_json(path, "name a csv, .json or .jsonl file", form)
    if not isinstance(whole, list) or not all(isinstance(row, dict) for row in whole):
        raise EvalError(f"{path}: no list of objects", form)
    return whole


def join(benchmark: Benchmark, predictions: Path, labels: Path) -> tuple[list[Item], list[Problem]]:
    """The items in the labels' order, and what was odd: missing, extra and repeated IDs."""
    truth = read_rows(labels, benchmark.truth, benchmark.optional)
    said = read_rows(predictions, benchmark.said, benchmark.optional)
    if not truth.rows.keys() & said.rows.keys():
        raise EvalError(
            f"none of the {len(truth.rows)} IDs of {labels.name} is in {predictions.name}",
            "write the IDs as the labels have them",
        )
    problems = [*truth.problems, *said.problems]
    problems += [
        Problem(None, n, "missing", f"{predictions.name}: no prediction") for n in truth.rows if n not in said.rows
    ]
    problems += [Problem(None, n, "extra", "not in the labels: not scored") for n in said.rows if n not in truth.rows]
    return [Item(name, row, said.rows.get(name)) for name, row in truth.rows.items()], problems
