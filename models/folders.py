"""Where models lie."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).resolve().parent / "weights"
"""The small heads that ship with the project."""

LEFT_OUT = "none"
"""The value of a stage's `weights` by which a profile leaves its head out."""
WHY_LEFT_OUT = "left out by the profile (weights: none): the shipped head was made from non-commercial data"
OWN_WEIGHTS = "train one on data of your own: python -m models train {stage}, then --set {stage}.weights=DIR"


def default_models_dir() -> Path:
    """Where fetched models live: $HARNESS_MODELS, else `checkpoints/` in the project."""
    return Path(os.environ.get("HARNESS_MODELS") or Path(__file__).resolve().parents[1] / "checkpoints")


def locate(named: str, models_dir: Any) -> Path:
    """The folder meant by a setting: under `models_dir` if it is there, otherwise as written."""
    path = Path(named).expanduser()
    if models_dir and not path.is_absolute() and ((Path(models_dir) / path).is_dir() or not path.is_dir()):
        path = Path(models_dir) / path
    return path.resolve()
