"""A head from its folder, whatever its kind, checked against the features that it will be given."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.faults import ConfigError

KINDS: Mapping[str, tuple[str, str]] = {
    "linear-head/1": ("models.heads.linear", "LinearHead"),
    "bilstm-head/1": ("models.heads.bilstm", "BiLstmHead"),
    "attention-head/1": ("models.heads.attention", "AttentionHead"),
}
"""Schema in head.json → where its class is."""
FILES = ("head.json", "head.safetensors")


def head_files(folder: Path, remedy: str) -> dict[str, Path]:
    """Role → file of a head. ConfigError names what is missing."""
    files = {f"head/{name}": folder / name for name in FILES}
    missing = [str(path) for path in files.values() if not path.is_file()]
    if missing:
        raise ConfigError(f"no head in {folder}: {', '.join(missing)} not found", remedy)
    return files


def load_head(folder: Path, feature_key: str, width: int) -> Any:
    """The head in `folder`.

    Args:
        folder: what a trainer wrote.
        feature_key: fingerprint of the model whose features it will be given.
        width: how many features those are.

    Raises:
        ConfigError: the folder holds no head, or one that was trained on other features.
    """
    remedy = "train it on features of the model in use: python -m models extract speech, then python -m models train"
    try:
        config = json.loads((folder / "head.json").read_text(encoding="utf-8"))
        module, name = KINDS[config["schema"]]
        head = getattr(importlib.import_module(module), name).load(folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"the head in {folder} cannot be read: {type(error).__name__}: {error}", remedy) from error
    if head.feature_key != feature_key:
        raise ConfigError(
            f"the head in {folder} was trained on features of another model "
            f"({head.feature_key[:12] or 'none named'}, not {feature_key[:12]})",
            remedy,
        )
    found = len(head.feature_names) if hasattr(head, "feature_names") else head.width
    if found != width:
        raise ConfigError(f"the head in {folder} takes {found} features, not {width}", remedy)
    return head
