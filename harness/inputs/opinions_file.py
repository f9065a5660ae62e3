"""Opinions of nets that are not ours: what a profile says of them, and their files, a csv with ID and probabilities."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from harness.inputs.ids import stem_of
from harness.inputs.table import ID_NAMES, read_rows
from harness.records.csv_rows import plain_id
from harness.records.labels import SPACES, LabelSpace, fold
from harness.records.names import ANSWER
from harness.records.types import MODALITIES, Opinion

PREFIXES = ("p_", "prob_", "")
"""What may stand before a label in the name of its column."""
NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
MOST_SOURCES = 6
"""Contributions are exact, over all subsets of the sources: each further one doubles them."""


def check_names(opinions: Mapping[str, Any]) -> None:
    """The profile's table `opinions`: source → its file or provider. Raises ConfigError."""
    for name, table in opinions.items():
        if not NAME.fullmatch(str(name)) or name in (*MODALITIES, ANSWER):
            raise ConfigError(
                f"opinions.{name} is no name for a source",
                f"small letters, digits and _, and none of {', '.join((*MODALITIES, ANSWER))}",
            )
        given = isinstance(table, Mapping) and [key for key in ("file", "provider") if table.get(key)]
        if not given or len(given) > 1:
            raise ConfigError(f"opinions.{name} names no file and no provider, or both", f"--opinions {name}=FILE.csv")
    if len(opinions) > MOST_SOURCES:
        raise ConfigError(f"{len(opinions)} outside sources of opinions", f"at most {MOST_SOURCES}")


def known_weights(fuse: Mapping[str, Any], names: tuple[str, ...]) -> None:
    """ConfigError where the `fuse` table has a weight for a source that there is not."""
    known = (*MODALITIES, ANSWER, *names)
    for place, table in (("fuse", fuse), ("fuse.emotions", fuse["emotions"])):
        for name in table["weights"]:
            if name not in known:
                raise ConfigError(
                    f"unknown setting {place}.weights.{name}",
                    f"known: {', '.join(known)}; another source needs --opinions {name}=FILE.csv",
                )


@dataclass(frozen=True)
class OutsideOpinions:
    """What a file says.

    Attributes:
        path: of the file.
        space: of its labels, and `labels` in the order of its rows' probabilities.
        rows: ID → probabilities that sum to 1, or why the row holds none.
    """

    path: Path
    space: str
    labels: tuple[str, ...]
    rows: Mapping[str, tuple[float, ...] | str]

    def of(self, clip: str) -> Opinion | str:
        """The opinion on a clip by its ID, or by its name without ending where one row alone fits; or why none."""
        found = self.rows.get(clip)
        if found is None:
            alike = self._by_stem.get(stem_of(clip), [])
            if len(alike) > 1:
                return f"{self.path.name} has rows {' and '.join(alike[:2])} for it: write the ID {clip}"
            found = self.rows[alike[0]] if alike else f"{self.path.name} has no row for it: add one with the ID {clip}"
        return found if isinstance(found, str) else Opinion(self.space, self.labels, found)

    @cached_property
    def _by_stem(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name in self.rows:
            found.setdefault(stem_of(name), []).append(name)
        return found


def read_opinions(path: Path, own: LabelSpace) -> OutsideOpinions:
    """Read a file of opinions; `own` is the run's space, which may be one of the user's own.

    A row that holds no probabilities, or stands there twice with different ones, costs its clip alone.

    Raises:
        ConfigError: no such file, no IDs, or no columns for all the labels of a known space.
    """
    rows = read_rows(path)
    header = list(rows[0])
    by_fold = {name.strip().casefold(): name for name in header}
    place = next((by_fold[name] for name in ID_NAMES if name in by_fold), None)
    if place is None:
        raise ConfigError(f"{path} has no column ID", f"it has {', '.join(header)}")
    space, columns = _space_of(path, header, own)
    found: dict[str, tuple[float, ...] | str] = {}
    for row in rows:
        name = plain_id(row[place].strip())
        if not name:
            continue
        said = _probabilities(path, name, [row[column] for column in columns])
        if name in found and found[name] != said:
            said = f"{path.name} has two different rows for {name}: keep one"
        found[name] = said
    if not found:
        raise ConfigError(f"{path} holds no IDs", "give a csv with a column ID and one row for each clip")
    return OutsideOpinions(path, space.name, space.labels, found)


def _space_of(path: Path, header: Sequence[str], own: LabelSpace) -> tuple[LabelSpace, list[str]]:
    """The space whose labels all have a column, and these columns; of several the run's own, then the largest."""
    folded = {fold(name): name for name in reversed(header)}
    best: tuple[LabelSpace, list[str]] | None = None
    for space in (own, *sorted(SPACES.values(), key=lambda one: -len(one.labels))):
        for prefix in PREFIXES:
            columns = [folded.get(fold(prefix + label)) for label in space.labels]
            known = [column for column in columns if column is not None]
            if len(known) == len(columns) and (best is None or len(known) > len(best[1])):
                best = space, known
    if best is None:
        known_spaces = "; ".join(f"{name}: {', '.join(space.labels)}" for name, space in SPACES.items())
        raise ConfigError(
            f"{path} has no column for each label of a known space; it has {', '.join(header)}",
            f"name them LABEL or p_LABEL. Spaces: {known_spaces}",
        )
    return best


def _probabilities(path: Path, clip: str, cells: Sequence[str]) -> tuple[float, ...] | str:
    """Shares that sum to 1, or why there are none. Percentages and counts are divided by their sum."""
    try:
        values = [float(cell) for cell in cells]
    except ValueError:
        return f"{path.name} holds no number in a cell of {clip}: write probabilities"
    total = sum(values)
    if not all(map(math.isfinite, values)) or min(values) < 0 or total <= 0:
        return f"{path.name} holds no probabilities for {clip} ({_shown(values)}): apply a softmax to logits"
    return tuple(value / total for value in values)


def _shown(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values[:4]) + (", …" if len(values) > 4 else "")
