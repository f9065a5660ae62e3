"""The two files of a small head, head.json and head.safetensors, and what a head says of its input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.records.atomic import write_atomic
from harness.records.clean import shown
from harness.records.numbers import Number

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIG, TENSORS = "head.json", "head.safetensors"
DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, RecursionError)
"""What reading a head raises over files that somebody damaged: whoever reads one names its folder then."""
TEMPERATURE = Number(1e-3, 1e3)
GRANULARITIES = ("frame", "utterance")


@dataclass(frozen=True)
class Input:
    """Features that a head reads.

    Attributes:
        modality: `text`, `audio` or `video`; empty for a head that reads one kind of features, whichever it is.
        feature_key: fingerprint of what made them; empty where the names of the features say all.
        width: features per row.
        granularity: `utterance` (one row per clip) or `frame`.
        rate: rows per second; None for utterances.
    """

    modality: str
    feature_key: str
    width: int
    granularity: str = "utterance"
    rate: float | None = None

    def __post_init__(self) -> None:
        if self.granularity not in GRANULARITIES:
            raise ValueError(f"granularity is {self.granularity!r}, not {' or '.join(GRANULARITIES)}")


def write_head(folder: Path, config: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]) -> None:
    """Write both files, each whole or not at all; the settings last, since a head is known by them."""
    from safetensors.numpy import save

    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(folder / TENSORS, save(dict(tensors)))
    write_atomic(folder / CONFIG, (json.dumps(config, indent=1) + "\n").encode())


def read_head(folder: Path, schema: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Settings and tensors of a head.

    Raises:
        OSError: a file is missing.
        ValueError, RecursionError: the settings are none or of another schema, or the tensors cannot be read.
    """
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    found = config.get("schema") if isinstance(config, dict) else type(config).__name__
    if found != schema:
        raise ValueError(f"{folder}/{CONFIG} is {shown(found)}, expected {schema!r}")
    check_said(config, f"{folder}/{CONFIG}")
    return config, read_tensors(folder / TENSORS)


def check_said(config: Mapping[str, Any], where: str) -> None:
    """ValueError where labels, space or temperature, which are used long after the reading, are of no use."""
    labels, told = config.get("labels", []), config.get("temperature", 1.0)
    if (
        not isinstance(labels, list)
        or not all(isinstance(one, str) for one in labels)
        or len(labels) > len(set(labels))
    ):
        raise ValueError(f"{where}: labels are not a list of different names")
    if not isinstance(config.get("space", ""), str):
        raise ValueError(f"{where}: space is no name")
    temperatures = told.values() if isinstance(told, dict) else [told]
    if not all(TEMPERATURE.holds(value) for value in temperatures):
        raise ValueError(f"{where}: temperature is not {TEMPERATURE.allowed}")


def read_tensors(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a file. OSError when it is missing, ValueError when it is damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path}: {error}") from error


def check_shapes(found: Mapping[str, NDArray[Any]], expected: Mapping[str, tuple[int, ...]]) -> None:
    """ValueError naming the first tensors that are missing, left over, or of another shape."""
    shapes = {key: tuple(value.shape) for key, value in found.items()}
    wrong = sorted(key for key in expected.keys() | shapes.keys() if expected.get(key) != shapes.get(key))
    if wrong:
        told = ", ".join(f"{key} {shapes.get(key)} instead of {expected.get(key)}" for key in wrong[:3])
        raise ValueError(f"weights do not fit the head: {told}")


def trained_on(weights: Path) -> set[str]:
    """SHA-256 of the files that a head was trained on, as far as its folder says."""
    path = weights / "data.json"
    return set(json.loads(path.read_text(encoding="utf-8")).values()) if path.is_file() else set()
