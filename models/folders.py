"""Where models lie."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

WEIGHTS = Path(__file__).resolve().parent / "weights"
"""The small heads that ship with the project."""

LEFT_OUT = "none"
"""The value of a stage's `weights` by which a profile leaves its head out."""
PARTIAL = ".partial"
"""The end of a folder's name while it is being made."""
_ASIDE = re.compile(r"\.old-\d+$")
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


def put_in_place(made: Path, target: Path) -> Path | None:
    """Give the folder `made`, which is whole, the name `target`; where an earlier one of that name now lies.

    An earlier folder is renamed and not removed: whatever happens, old or new stands whole under some name.
    """
    aside = None
    if target.exists():
        aside = _free(target)
        os.rename(target, aside)
    os.replace(made, target)
    return aside


def unfinished_or_old(folder: Path) -> bool:
    """Whether a folder is one that is still being made, or one that a later took the place of."""
    return folder.name.endswith(PARTIAL) or _ASIDE.search(folder.name) is not None


def _free(target: Path) -> Path:
    serial = 1
    while (aside := target.with_name(f"{target.name}.old-{serial}")).exists():
        serial += 1
    return aside
