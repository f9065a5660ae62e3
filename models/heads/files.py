"""The two files of a small head, head.json and head.safetensors, and what a head says of its input."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.records.atomic import write_atomic

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONFIG, TENSORS = "head.json", "head.safetensors"
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
        ValueError: the settings are of another schema, or the tensors cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    if config.get("schema") != schema:
        raise ValueError(f"{folder}/{CONFIG} is {config.get('schema')!r}, expected {schema!r}")
    try:
        return config, load_file(folder / TENSORS)
    except SafetensorError as error:
        raise ValueError(f"{folder}/{TENSORS}: {error}") from error


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
