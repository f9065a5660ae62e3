"""The four folders that make an R1-Omni, each known by its own config.json and not by its name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.faults import ConfigError
from models.r1omni.checkpoint.config import FETCH, KINDS

ORIGINS: Mapping[str, str] = {
    "model": "StarJiaxing/R1-Omni-0.5B",
    "vision": "google/siglip-base-patch16-224",
    "audio": "openai/whisper-large-v3",
    "bert": "google-bert/bert-base-uncased",
}
"""Part → repository on Hugging Face. (HumanOmni-0.5B, which R1-Omni is trained from, is StarJiaxing/HumanOmni-0.5B.)"""
FOLDERS: Mapping[str, str] = {"model": "model", "vision": "siglip", "audio": "whisper", "bert": "bert"}
"""Part → its folder below the model's, as `fetch` writes it."""
SMALL: Mapping[str, tuple[str, ...]] = {
    "model": ("config.json", "tokenizer_config.json"),
    "vision": ("config.json", "preprocessor_config.json"),
    "audio": ("config.json", "preprocessor_config.json"),
    "bert": ("config.json",),
}
"""What each part needs beside weights and vocabulary."""
VOCABULARY: Mapping[str, tuple[str, ...]] = {
    "model": ("tokenizer.json", "vocab.json"),
    "bert": ("tokenizer.json", "vocab.txt"),
}
"""One of these has to be there. (BERT's weights come from the checkpoint; its folder gives words and shape alone.)"""
GIGABYTES: Mapping[str, float] = {"model": 2.8, "vision": 0.8, "audio": 3.1, "bert": 0.001}
"""About what each part takes on the disk, by its published geometry."""


@dataclass(frozen=True)
class Parts:
    """Where the parts lie; `weights` are the checkpoint's own safetensors files."""

    model: Path
    vision: Path
    audio: Path
    bert: Path
    weights: tuple[Path, ...]

    def folders(self) -> dict[str, Path]:
        """Part → folder."""
        return {name: getattr(self, name) for name in FOLDERS}


def kind_of(folder: Path) -> str | None:
    """Which part a folder is, by the `model_type` of its config.json; None for none."""
    try:
        told = json.loads((folder / "config.json").read_text(encoding="utf-8-sig"))
        return KINDS.get(str(told["model_type"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def candidates(folder: Path) -> list[Path]:
    """The folder and those directly below it."""
    return [folder, *sorted(path for path in folder.iterdir() if path.is_dir())] if folder.is_dir() else []


def find(folders: Iterable[Path], weights: Path | None = None) -> Parts:
    """The four parts among folders and what lies directly below them.

    Args:
        folders: in the order of precedence.
        weights: a safetensors file to take instead of those in the checkpoint's folder.

    Raises:
        ConfigError: a part is missing, there twice below one folder, or incomplete.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        here: dict[str, Path] = {}
        for path in candidates(folder):
            kind = kind_of(path)
            if kind in here:
                raise ConfigError(f"{here[kind]} and {path} are both the {kind} part of an R1-Omni", "keep one")
            if kind:
                here[kind] = path
        found = {**here, **found}
    gone = [name for name in FOLDERS if name not in found]
    if gone:
        places = ", ".join(map(str, folders))
        what = "; ".join(f"{name} ({ORIGINS[name]}, about {GIGABYTES[name]:g} GB)" for name in gone)
        raise ConfigError(f"R1-Omni lacks below {places}: {what}", FETCH)
    lacks = missing(found)
    if lacks:
        raise ConfigError("R1-Omni: " + "; ".join(lacks), FETCH)
    own = (weights,) if weights else weight_files(found["model"])
    tower_files = {name: weight_files(found[name]) for name in ("vision", "audio")}
    for name, files in {"model": own, **tower_files}.items():
        if not files:
            raise ConfigError(f"{found[name]} holds no *.safetensors", FETCH)
    return Parts(**found, weights=own)


def missing(found: Mapping[str, Path]) -> list[str]:
    """What the folders of the parts lack, as sentences."""
    lacks = []
    for part, folder in found.items():
        names = [name for name in SMALL[part] if not (folder / name).is_file()]
        either = VOCABULARY.get(part, ())
        if either and not any((folder / name).is_file() for name in either):
            names.append(" or ".join(either))
        if names:
            lacks.append(f"{folder} lacks {', '.join(names)}")
    return lacks


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a folder: those of its index where there is one, else all.

    Raises:
        ConfigError: a file that the index names is not there.
    """
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return tuple(sorted(folder.glob("*.safetensors")))
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ConfigError(f"{index} cannot be read: {error}", FETCH) from error
    gone = [name for name in names if not (folder / name).is_file()]
    if gone:
        raise ConfigError(f"{folder} lacks {', '.join(gone)}", FETCH)
    return tuple(folder / name for name in names)
