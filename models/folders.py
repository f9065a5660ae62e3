"""Where models lie."""

from __future__ import annotations

import os
from pathlib import Path

WEIGHTS = Path(__file__).resolve().parent / "weights"
"""The small heads that ship with the project."""


def default_models_dir() -> Path:
    """Where fetched models live: $HARNESS_MODELS, else `checkpoints/` in the project."""
    return Path(os.environ.get("HARNESS_MODELS") or Path(__file__).resolve().parents[1] / "checkpoints")
