"""The files of an omni checkpoint, looked through without loading it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.faults import ConfigError

FETCH = "python -m models fetch omni, or --set omni.model=DIR"
ARCHITECTURES = ("Qwen2_5OmniModel", "Qwen2_5OmniForConditionalGeneration", "Qwen3OmniMoeForConditionalGeneration")
"""Of which it is known that they see and hear. Any other one is up to vLLM, and to the canary."""
NEEDED = ("config.json", "tokenizer_config.json")
_INDEX = "model.safetensors.index.json"


def check_folder(folder: Path) -> None:
    """ConfigError naming what a checkpoint folder lacks: settings, tokeniser, processor, any file of its weights."""
    if not folder.is_dir():
        raise ConfigError(f"the omni model {folder} is not there", FETCH)
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.json")):
        missing.append("tokenizer.json or vocab.json")
    if not any((folder / name).is_file() for name in ("preprocessor_config.json", "processor_config.json")):
        missing.append("preprocessor_config.json")
    missing += _missing_weights(folder)
    if missing:
        raise ConfigError(f"the omni model {folder} lacks {', '.join(missing)}", FETCH)
    if not _json(folder / "config.json").get("architectures"):
        raise ConfigError(f"{folder / 'config.json'} names no architecture", FETCH)


def _missing_weights(folder: Path) -> list[str]:
    """Names of weight files that the index wants and that are not there, or cut short."""
    index = folder / _INDEX
    if index.is_file():
        named = _json(index).get("weight_map", {})
        wanted = sorted(set(named.values())) if isinstance(named, dict) else []
    else:
        wanted = sorted(path.name for path in folder.glob("*.safetensors"))
    if not wanted:
        return ["*.safetensors"]
    missing = [name for name in wanted if not _whole(folder / name)]
    return [f"{name} (it is cut short)" if (folder / name).is_file() else name for name in missing]


def _whole(path: Path) -> bool:
    """Whether a safetensors file is as long as its own header says."""
    try:
        with path.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            if size > 2**28:
                return False
            header = json.loads(stream.read(size))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        return path.stat().st_size == 8 + size + max(ends, default=0)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return False


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", FETCH) from error
    return value if isinstance(value, dict) else {}
