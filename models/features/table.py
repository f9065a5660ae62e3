"""Features of a data set on disk: shards of arrays and one table. What `models extract` writes and trainers read.

`features.json` says what made them, `table.csv` lists every item with its shard, or why it has none. A shard is
written whole and listed afterwards, so that a run that was killed goes on behind its last whole shard. An item
without features is tried again by the next call.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ConfigError
from harness.records.atomic import write_atomic
from harness.records.clean import shown
from harness.records.csv_rows import dicts_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCHEMA = "features/1"
COLUMNS = ("id", "shard", "rows", "problem")
SHARD = re.compile(r"shard-[0-9]{1,9}\.safetensors")
"""The name of a shard. A table that was edited may name any file of the machine: it is not opened."""
AGAIN = "extract the features again"


@dataclass(frozen=True)
class About:
    """What a set of features is.

    Attributes:
        feature_key: fingerprint of all that made them; a head is bound to it.
        names: names of the columns; for an embedding their numbers.
        granularity: `utterance` (one row per item) or `frame`.
        rate: rows per second; None for utterances.
        modality: `text`, `audio` or `video`.
    """

    feature_key: str
    names: tuple[str, ...]
    granularity: str
    rate: float | None
    modality: str = "audio"


class Writer:
    """Adds items to a folder, shard by shard.

    Args:
        folder: made when missing; an existing one must be of the same `about`.
        about: what the features are.
        shard: items per shard.

    Raises:
        ConfigError: the folder holds other features.
    """

    def __init__(self, folder: Path, about: About, shard: int = 256) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._shard = folder, shard
        listed = folder / "features.json"
        if listed.is_file() and read_about(folder) != about:
            raise ConfigError(f"{folder} holds other features than these", "another --out, or delete the folder")
        write_atomic(listed, (json.dumps({"schema": SCHEMA, **asdict(about)}, ensure_ascii=False) + "\n").encode())
        self._rows = read_table(folder) if (folder / "table.csv").is_file() else []
        self._waiting: dict[str, NDArray[np.floating[Any]]] = {}
        self._problems: dict[str, str] = {}

    @property
    def done(self) -> frozenset[str]:
        """Items whose features are in the folder already."""
        return frozenset(row["id"] for row in self._rows if row["shard"])

    def add(self, item: str, values: NDArray[np.floating[Any]]) -> None:
        """Add an item, shape (columns,) or (rows, columns), stored in the type it has."""
        self._waiting[item] = values
        if len(self._waiting) >= self._shard:
            self.flush()

    def skip(self, item: str, problem: str) -> None:
        """List an item that has no features, with the reason."""
        self._problems[item] = problem

    def flush(self) -> None:
        """Write what is waiting: the shard first, then the table. An earlier problem of the same item gives way."""
        import numpy as np
        from safetensors.numpy import save

        tried = self._waiting.keys() | self._problems.keys()
        self._rows = [row for row in self._rows if row["shard"] or row["id"] not in tried]
        if self._waiting:
            name = f"shard-{len({row['shard'] for row in self._rows if row['shard']}):05d}.safetensors"
            tensors = {item: np.ascontiguousarray(values) for item, values in self._waiting.items()}
            write_atomic(self._folder / name, save(tensors))
            self._rows += [_row(item, name, array.shape) for item, array in tensors.items()]
        self._rows += [
            {"id": item, "shard": "", "rows": "0", "problem": problem} for item, problem in self._problems.items()
        ]
        self._waiting, self._problems = {}, {}
        lines = [",".join(COLUMNS), *(_csv_line([row[column] for column in COLUMNS]) for row in self._rows)]
        write_atomic(self._folder / "table.csv", ("\n".join(lines) + "\n").encode())


def read_about(folder: Path) -> About:
    """What a folder of features says of itself. ConfigError when it is none."""
    try:
        content = json.loads((folder / "features.json").read_text(encoding="utf-8"))
        if content.pop("schema") != SCHEMA:
            raise ValueError(f"schema is not {SCHEMA}")
        return About(**{**content, "names": tuple(content["names"])})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        remedy = "python -m models extract speech|face|text --data CSV --out FOLDER"
        raise ConfigError(f"{folder} is no folder of features: {error}", remedy) from error


def read_table(folder: Path) -> list[dict[str, str]]:
    """The rows of table.csv. ConfigError when it is not there, or is damaged."""
    path = folder / "table.csv"
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = [dict(row) for row in dicts_of(stream)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path} cannot be read: {error}", AGAIN) from error
    if any(row.get(column) is None for row in rows for column in COLUMNS):
        raise ConfigError(f"{path} lacks cells of the columns {', '.join(COLUMNS)}", AGAIN)
    other = next((row for row in rows if row["shard"] and not SHARD.fullmatch(row["shard"])), None)
    if other is not None:
        raise ConfigError(f"{path}: the shard of {shown(other['id'])} is no shard: {shown(other['shard'])}", AGAIN)
    return rows


def read_arrays(folder: Path) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Every item that has features, in the order of the table. ConfigError on a shard that is missing or torn."""
    import numpy as np
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    loaded: tuple[str, Mapping[str, Any]] = ("", {})
    for row in read_table(folder):
        if not row["shard"]:
            continue
        if row["shard"] != loaded[0]:
            try:
                loaded = row["shard"], load_file(folder / row["shard"])
            except (OSError, ValueError, SafetensorError) as error:
                raise ConfigError(f"{folder / row['shard']}: {error}", AGAIN) from error
        if row["id"] not in loaded[1]:
            raise ConfigError(f"{folder / row['shard']} holds nothing of {shown(row['id'])}", AGAIN)
        yield row["id"], np.asarray(loaded[1][row["id"]], dtype=np.float32)


def _row(item: str, shard: str, shape: Sequence[int]) -> dict[str, str]:
    return {"id": item, "shard": shard, "rows": str(shape[0] if len(shape) == 2 else 1), "problem": ""}


def _csv_line(cells: Sequence[str]) -> str:
    quoted = ('"' + cell.replace('"', '""') + '"' if any(c in cell for c in ',"\r\n') else cell for cell in cells)
    return ",".join(quoted)
