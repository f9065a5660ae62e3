"""A converted Whisper folder and what it needs of the machine, checked without loading it."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path

from harness.faults import ConfigError

INSTALL = "pip install faster-whisper==1.2.1"
COMPUTE = ("int8", "float32", "float16", "int8_float16")
DEVICES = ("auto", "cpu", "cuda")
# Of Whisper's sizes only large-v3 and its turbo know a hundredth language (Cantonese); they hear 128 mel bands.
_LANGUAGES_OF_128_MELS = 100
PREPROCESSOR = "preprocessor_config.json"
COPY = "copy the whole folder of the converted model, as published for faster-whisper"


def check_folder(folder: Path) -> Mapping[str, Path]:
    """Role → file of a converted Whisper model, without loading it.

    Raises:
        ConfigError: naming the file that is missing, and what goes wrong without it.
    """
    if not folder.is_dir():
        size = f"python -m models fetch whisper --size {folder.name}, or " if folder.parent.name == "whisper" else ""
        raise ConfigError(f"the Whisper folder {folder} is not there", f"{size}--set transcribe.whisper_model=DIR")
    needed = {
        "model.bin": "the weights",
        "config.json": "the converter's settings",
        "tokenizer.json": "without it faster-whisper would ask the hub",
    }
    files = {name: folder / name for name in needed}
    for name, why in needed.items():
        if not files[name].is_file():
            raise ConfigError(f"the Whisper folder {folder} lacks {name} ({why})", COPY)
    vocabulary = [folder / name for name in ("vocabulary.json", "vocabulary.txt") if (folder / name).is_file()]
    if not vocabulary:
        raise ConfigError(f"the Whisper folder {folder} lacks vocabulary.json or vocabulary.txt", COPY)
    files["vocabulary"] = vocabulary[0]
    if (folder / PREPROCESSOR).is_file():
        files[PREPROCESSOR] = folder / PREPROCESSOR
    languages = _languages(files["config.json"])
    if not languages:
        raise ConfigError(
            f"{files['config.json']} names no language: an English-only model?", "name a multilingual one"
        )
    if languages >= _LANGUAGES_OF_128_MELS and PREPROCESSOR not in files:
        raise ConfigError(f"the Whisper folder {folder} lacks {PREPROCESSOR}: large-v3 hears 128 mel bands", COPY)
    return files


def check_compute(compute: str) -> None:
    """ConfigError for a compute type that is not known."""
    if compute not in COMPUTE:
        raise ConfigError(f"transcribe.whisper_compute is {compute!r}", f"known: {', '.join(COMPUTE)}")


def check_device(device: str, compute: str) -> None:
    """ConfigError when the device is unknown or not there, or does not offer the compute type.

    CTranslate2 itself would fall back to another type without a word.
    """
    if device not in DEVICES:
        raise ConfigError(f"transcribe.whisper_device is {device!r}", f"known: {', '.join(DEVICES)}")
    import ctranslate2

    gpus = int(ctranslate2.get_cuda_device_count())
    if device == "cuda" and not gpus:
        raise ConfigError("transcribe.whisper_device is cuda, but CTranslate2 sees no GPU", "whisper_device=cpu")
    kind = "cuda" if gpus and device != "cpu" else "cpu"
    offered = ctranslate2.get_supported_compute_types(kind)
    if compute not in offered:
        raise ConfigError(
            f"transcribe.whisper_compute {compute} is not offered on this {'GPU' if kind == 'cuda' else 'CPU'}",
            f"offered: {', '.join(name for name in COMPUTE if name in offered)}",
        )


def check_simplified() -> None:
    """ConfigError when OpenCC is not installed."""
    if importlib.util.find_spec("opencc") is None:
        raise ConfigError(
            "transcribe.simplified needs OpenCC, which is not installed",
            "pip install opencc==1.4.2, or --set transcribe.simplified=false to keep characters as recognised",
        )


def check_installed() -> None:
    """ConfigError when faster-whisper is not installed."""
    if importlib.util.find_spec("faster_whisper") is None:
        raise ConfigError("transcribe.whisper_model needs faster-whisper, which is not installed", INSTALL)


def _languages(config: Path) -> int:
    """How many languages a converted model knows, by its config.json."""
    try:
        read = json.loads(config.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ConfigError(f"{config} cannot be read: {error}", COPY) from error
    return len(read.get("lang_ids") or ()) if isinstance(read, dict) else 0
