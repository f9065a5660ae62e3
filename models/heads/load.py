"""A head from its folder, whatever its kind, checked against the features that it will be given."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from models.heads.files import CONFIG, DAMAGED, TENSORS

KINDS: Mapping[str, tuple[str, str]] = {
    "linear-head/1": ("models.heads.linear", "LinearHead"),
    "bilstm-head/1": ("models.heads.bilstm", "BiLstmHead"),
    "lstm-head/1": ("models.heads.sequence", "LstmHead"),
    "cnn-head/1": ("models.heads.sequence", "CnnHead"),
    "attention-head/1": ("models.heads.attention", "AttentionHead"),
}
"""Schema in head.json → where its class is."""
LANGUAGES = ("zh", "en")
_REMEDY = "train it on features of the model in use: python -m models extract speech, then python -m models train"


def head_folders(folder: Path, remedy: str) -> dict[str, Path]:
    """Language → folder of its head, or `any` → the folder itself where one head serves both languages.

    Raises:
        ConfigError: the folder holds neither a head nor a folder `zh` or `en` with one; or both kinds at once.
    """
    by_language = {code: folder / code for code in LANGUAGES if (folder / code / CONFIG).is_file()}
    single = (folder / CONFIG).is_file()
    if single and by_language:
        raise ConfigError(f"{folder} holds one head for all languages and also {', '.join(by_language)}", "keep one")
    if not single and not by_language:
        raise ConfigError(f"no head in {folder}: no {CONFIG}, nor zh/{CONFIG} or en/{CONFIG}", remedy)
    return by_language or {"any": folder}


def head_files(folder: Path, remedy: str) -> dict[str, Path]:
    """Role → file of the head or heads in `folder`. ConfigError names what is missing."""
    files: dict[str, Path] = {}
    for language, place in head_folders(folder, remedy).items():
        prefix = "head" if language == "any" else f"head/{language}"
        files |= {f"{prefix}/{name}": place / name for name in (CONFIG, TENSORS)}
    if missing := [str(path) for path in files.values() if not path.is_file()]:
        raise ConfigError(f"no head in {folder}: {', '.join(missing)} not found", remedy)
    return files


def open_head(folder: Path) -> Any:
    """The head in `folder`. ConfigError when it holds none, or one whose two files do not fit each other."""
    if not (folder / CONFIG).is_file():
        raise ConfigError(f"there is no head in {folder}: no {CONFIG}", _REMEDY)
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        module, name = KINDS[config["schema"]]
        return getattr(importlib.import_module(module), name).load(folder)
    except DAMAGED as error:
        raise ConfigError(f"the head in {folder} cannot be read: {type(error).__name__}: {error}", _REMEDY) from error


def load_head(folder: Path, feature_key: str, width: int) -> Any:
    """The head in `folder`, for features of one kind.

    Args:
        folder: what a trainer wrote.
        feature_key: fingerprint of the model whose features it will be given.
        width: how many features those are.

    Raises:
        ConfigError: the folder holds no head, or one that was trained on other features.
    """
    head = open_head(folder)
    if len(head.inputs) != 1:
        told = ", ".join(source.modality for source in head.inputs)
        raise ConfigError(f"the head in {folder} reads {told} together", "one that reads a single modality")
    (source,) = head.inputs
    if source.feature_key != feature_key:
        raise ConfigError(
            f"the head in {folder} was trained on features of another model "
            f"({source.feature_key[:12] or 'none named'}, not {feature_key[:12]})",
            _REMEDY,
        )
    if source.width != width:
        raise ConfigError(f"the head in {folder} takes {source.width} features, not {width}", _REMEDY)
    return head
