"""The four folders that make an R1-Omni, each known by its own config.json and not by its name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.faults import ConfigError
from models.folders import unfinished_or_old
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
    """The folder and those directly below it, but for those that are being made or were replaced."""
    if not folder.is_dir():
        return []
    return [folder, *sorted(path for path in folder.iterdir() if path.is_dir() and not unfinished_or_old(path))]


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
        what = "; ".join(map(described, gone))
        raise ConfigError(f"R1-Omni lacks below {places}: {what}", FETCH)
    lacks = [line for part, folder in found.items() for line in missing(part, folder, weights)]
    if lacks:
        raise ConfigError("R1-Omni: " + "; ".join(lacks), FETCH)
    return Parts(**found, weights=(weights,) if weights else weight_files(found["model"]))


def missing(part: str, folder: Path, weights: Path | None = None) -> list[str]:
    """What the folder of a part lacks, as one sentence; empty when it is whole.

    Args:
        part: which one.
        folder: where it lies.
        weights: a file in place of the weights in the folder of the part `model`.
    """
    names = [name for name in SMALL[part] if not (folder / name).is_file()]
    either = VOCABULARY.get(part, ())
    if either and not any((folder / name).is_file() for name in either):
        names.append(" or ".join(either))
    if part != "bert" and not (part == "model" and weights):
        listed = named_weights(folder)
        names += [name for name in listed if not (folder / name).is_file()] or ([] if listed else ["*.safetensors"])
    return [f"{described(part)}: {folder} lacks {', '.join(names)}"] if names else []


def described(part: str) -> str:
    """A part with its repository and its size."""
    return f"{part} ({ORIGINS[part]}, about {GIGABYTES[part]:g} GB)"


def named_weights(folder: Path) -> list[str]:
    """Names of the safetensors files of a folder: those of its index where there is one, else those that are there.

    Raises:
        ConfigError: the index cannot be read.
    """
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return sorted(path.name for path in folder.glob("*.safetensors"))
    try:
        return sorted({str(name) for name in json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()})
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"{index} cannot be read: {error}", FETCH) from error


def weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors files of a folder that is whole (see `missing`)."""
    return tuple(folder / name for name in named_weights(folder))
