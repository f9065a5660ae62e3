"""Bringing predictions and labels together by ID, under a named policy for what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from eval.errors import EvalError
from eval.tables.csvtext import short
from eval.tables.likeness import difference, likely_cause, likeness
from eval.tables.read import LabelTable, Problem, ScoreTable, Strings
from harness.records.labels import LabelSpace

Duplicates = Literal["last", "first"]
Rows = NDArray[np.int64]
Table = LabelTable | ScoreTable
POLICIES = ("wrong", "drop", "strict")
ABSENT = -1


@dataclass(frozen=True)
class Joined:
    """What two lists of IDs have in common.

    Attributes:
        label_rows: the row that is kept for each distinct ID of the labels, in file order, shape (labels,).
        prediction_rows: for each of these the kept row of the predictions, −1 where there is none, shape (labels,).
        extra_rows: kept prediction rows whose ID the labels do not have.
        prediction_ids: distinct IDs of the predictions.
        repeated: rows of the predictions beyond the first of their ID.
        conflicts: IDs of the predictions whose rows do not agree.
        problems: repeated, missing and extra IDs.
    """

    label_rows: Rows
    prediction_rows: Rows
    extra_rows: Rows
    prediction_ids: int
    repeated: int
    conflicts: int
    problems: list[Problem]


@dataclass(frozen=True)
class Aligned:
    """Truth and prediction of every scored clip, and the account of all others.

    Attributes:
        truth: label codes, shape (scored,).
        predicted: label codes; the number of labels stands for invalid or missing, shape (scored,).
        label_rows: row in the labels file, shape (scored,).
        prediction_rows: row in the predictions file, −1 where there is none, shape (scored,).
        counts: the counts of `score`'s JSON.
        problems: everything odd, about both files.
    """

    truth: Rows
    predicted: Rows
    label_rows: Rows
    prediction_rows: Rows
    counts: dict[str, int]
    problems: list[Problem]


def policy_of(name: str, space: LabelSpace) -> tuple[str, int | None]:
    """A policy's name as written in results, and the label code that it imputes, if it does.

    Raises:
        EvalError: neither a policy nor a label of the space.
    """
    if name in POLICIES:
        return name, None
    for code, label in enumerate(space.labels):
        if name.strip().casefold() == label.casefold():
            return label, code
    raise EvalError(f"--invalid {name}: no such policy", f"choose {', '.join(POLICIES)} or one of {space.labels}")


def align(
    predictions: LabelTable, labels: LabelTable, space: LabelSpace, invalid: str, duplicates: Duplicates
) -> Aligned:
    """Join the two files. `invalid` is `wrong`, `strict` (same; the exactness is the reader's), `drop` or a label."""
    policy, imputed = policy_of(invalid, space)
    outside = len(space.labels)
    joined = join(predictions, labels, duplicates)
    truth = labels.codes[joined.label_rows]
    # One more cell at the end, reached by ABSENT, for the clips without a prediction.
    predicted = np.append(predictions.codes, -1)[joined.prediction_rows]
    unusable = predicted < 0
    problems = [*labels.problems, *predictions.problems, *joined.problems]
    keep = np.ones(len(truth), bool)
    if policy == "drop":
        keep = ~unusable
    elif imputed is not None and unusable.any():
        message = f"{int(unusable.sum())} invalid or missing predictions count as {space.labels[imputed]}"
        problems.append(Problem(None, "", "imputed", message))
    predicted = np.where(unusable, outside if imputed is None else imputed, predicted)
    counts = {
        "labels": len(joined.label_rows),
        "prediction_rows": len(predictions.ids),
        "unique_ids": joined.prediction_ids,
        "missing": int((joined.prediction_rows == ABSENT).sum()),
        "extra": len(joined.extra_rows),
        "duplicates": joined.repeated,
        "duplicate_conflicts": joined.conflicts,
        "unknown_labels": int((predictions.codes < 0).sum()),
        "scored": int(keep.sum()),
    }
    return Aligned(
        truth[keep], predicted[keep], joined.label_rows[keep], joined.prediction_rows[keep], counts, problems
    )


def join(predictions: Table, labels: Table, duplicates: Duplicates) -> Joined:
    """Match the IDs of two files exactly as written.

    Raises:
        EvalError: not one ID of the labels is in the predictions: then there is nothing to score.
    """
    label_kept, _, problems = kept_rows(labels, duplicates)
    kept, conflicts, more = kept_rows(predictions, duplicates)
    problems = problems + more
    at, extra = match_ids(predictions.ids[kept], labels.ids[label_kept])
    if not (at >= 0).any():
        raise _nothing_in_common(predictions.ids[kept], labels.ids[label_kept], predictions.path.name)
    prediction_rows = np.where(at >= 0, np.append(kept, ABSENT)[at], ABSENT)
    missing_rows = label_kept[prediction_rows == ABSENT]
    problems += _unmatched(predictions, kept[extra], labels, missing_rows)
    return Joined(
        label_kept, prediction_rows, kept[extra], len(kept), len(predictions.ids) - len(kept), conflicts, problems
    )


def _nothing_in_common(said: Strings, wanted: Strings, name: str) -> EvalError:
    """What was seen on both sides, and the likely cause."""
    if not len(said):
        return EvalError(f"{name} holds no prediction", "write one row ID,Label for each clip")
    first = [[repr(short(str(one))) for one in ids[:3]] + ["…"] * (len(ids) > 3) for ids in (wanted, said)]
    shown = [", ".join(ids) for ids in first]
    cause = likely_cause(said.tolist(), wanted.tolist())
    return EvalError(
        f"none of the {len(wanted)} IDs of the labels is in the predictions "
        f"(labels: {shown[0]}; predictions in {name}: {shown[1]})",
        f"they differ by {cause}: write the IDs as the labels have them"
        if cause
        else "name the files that belong together; `eval labels convert --ids` and the run's setting ids make IDs",
    )


def match_ids(ids: Strings, wanted: Strings) -> tuple[Rows, Rows]:
    """For each of `wanted` its place in `ids` (−1: none), and the places in `ids` that nobody wanted. Both distinct."""
    import pandas as pd

    # Numbers are looked up several times faster than texts; that the texts are equal, too, is checked.
    index = pd.Index(_hashes(ids))
    at = np.empty(0, np.int64)
    sound = index.is_unique
    if sound:
        at = index.get_indexer(pd.Index(_hashes(wanted))).astype(np.int64)
        found = at >= 0
        sound = bool(np.all(ids[at[found]] == wanted[found]))
    if not sound:
        at = pd.Index(ids, dtype=object).get_indexer(pd.Index(wanted, dtype=object)).astype(np.int64)
    unwanted = np.ones(len(ids), bool)
    unwanted[at[at >= 0]] = False
    return at, np.flatnonzero(unwanted)


def _hashes(ids: Strings) -> Rows:
    """Python's hash of each ID: good within this process only."""
    return np.fromiter(map(hash, ids), np.int64, len(ids))


def kept_rows(table: Table, duplicates: Duplicates) -> tuple[Rows, int, list[Problem]]:
    """The row that counts for each distinct ID (by first appearance), the IDs in conflict, and the repetitions."""
    import pandas as pd

    rows = np.arange(len(table.ids))
    if pd.Index(_hashes(table.ids)).is_unique:
        return rows, 0, []
    group, distinct = pd.factorize(table.ids)
    if len(distinct) == len(rows):
        return rows, 0, []
    first, last = np.full(len(distinct), len(rows)), np.zeros(len(distinct), np.int64)
    np.minimum.at(first, group, rows)
    np.maximum.at(last, group, rows)
    repeated = rows != first[group]
    where = {"last": last, "first": first}[duplicates]
    problems = []
    for row in np.flatnonzero(repeated).tolist():
        before = int(table.lines[first[group[row]]])
        used = int(table.lines[where[group[row]]])
        message = f"{table.path.name}: the ID is on line {before} already; line {used} counts: keep one row"
        problems.append(Problem(int(table.lines[row]), table.ids[row], "duplicate", message))
    return where, _conflicts(table, group, repeated), problems


def _conflicts(table: Table, group: Rows, repeated: NDArray[np.bool_]) -> int:
    """IDs that have rows with different labels. Two different invalid labels differ, too."""
    said: dict[int, object] = {}
    differing: set[int] = set()
    shared = np.isin(group, group[repeated])
    for row in np.flatnonzero(shared).tolist():
        meaning = table.meaning(row)
        if said.setdefault(int(group[row]), meaning) != meaning:
            differing.add(int(group[row]))
    return len(differing)


def _unmatched(predictions: Table, extra: Rows, labels: Table, missing: Rows) -> list[Problem]:
    """Missing and extra IDs; where one looks like the other, the message says so."""
    lacking = {likeness(labels.ids[row]): labels.ids[row] for row in missing.tolist()} if len(extra) else {}
    # One text for all, as there may be a million of them.
    unanswered = f"{labels.path.name} has it, the predictions do not: add a row for it"
    foreign = f"{labels.path.name} has no such ID"
    problems = [Problem(None, labels.ids[row], "missing", unanswered) for row in missing.tolist()]
    for row in extra.tolist():
        name = predictions.ids[row]
        meant = lacking.get(likeness(name))
        message = foreign if meant is None else f"{foreign} ({difference(name, meant)}): write {meant!r}"
        problems.append(Problem(int(predictions.lines[row]), name, "extra", message))
    return problems


def column_values(name: str, aligned: Aligned, labels: LabelTable, predictions: LabelTable) -> Strings:
    """A column's cells for every scored clip, from the labels file or else from the predictions.

    Raises:
        EvalError: neither file has the column.
    """
    if name in labels.columns:
        return labels.columns[name][aligned.label_rows]
    if name in predictions.columns:
        cells = np.append(predictions.columns[name], "")
        return cells[aligned.prediction_rows]
    raise EvalError(f"no column {name!r} in {labels.path} or {predictions.path}", "name a column of the labels file")


def first_problems(problems: Sequence[Problem], most: int) -> list[str]:
    """Problems as lines for people, at most `most` and then how many more there are."""
    lines = []
    for p in problems[:most]:
        place = f"line {p.line}" if p.line is not None else "-"
        lines.append(f"{place}: {f'{short(p.id)}: ' if p.id else ''}{short(p.message)} [{p.kind}]")
    if len(problems) > most:
        lines.append(f"… and {len(problems) - most} more")
    return lines
