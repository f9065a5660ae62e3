"""Layers trained further than the fetched file has them, laid over it: eight bits a weight, one scale a row."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.records.atomic import write_atomic

Floats = NDArray[np.float32]
NAME = "upper.safetensors"
"""Beside the head that was trained with them."""
_MOST = 127


def rounded(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """Whole numbers −127..127 of the matrix' shape (outputs, inputs) and the scale of each row (outputs,)."""
    scale = (np.maximum(np.abs(matrix).max(axis=1), 1e-12) / _MOST).astype(np.float32)
    return np.rint(matrix / scale[:, None]).astype(np.int8), scale


def write(path: Path, tensors: Mapping[str, Floats]) -> None:
    """Write matrices in eight bits and vectors as they are, by the names of the fetched file."""
    from safetensors.numpy import save

    kept: dict[str, NDArray[np.generic]] = {}
    for name, values in tensors.items():
        if values.ndim == 1:
            kept[name] = values.astype(np.float32)
        else:
            kept[name], kept[f"{name}.scale"] = rounded(values)
    write_atomic(path, save(kept))


def read(path: Path) -> dict[str, Floats]:
    """What `write` wrote, as float32: matrices (outputs, inputs) and vectors.

    Raises:
        OSError: there is no file.
        ValueError: it cannot be read, or a matrix has no scale.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        kept = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path.name}: {error}") from error
    found: dict[str, Floats] = {}
    for name, values in kept.items():
        if values.dtype == np.int8:
            if f"{name}.scale" not in kept:
                raise ValueError(f"{path.name}: {name} has no scale")
            found[name] = values.astype(np.float32) * kept[f"{name}.scale"][:, None]
        elif not name.endswith(".scale"):
            found[name] = values
    return found
