"""`python -m models convert r1-omni`: the checkpoint's Qwen2 part as a folder that stock vLLM serves, written once."""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from models.fingerprint import file_sha256
from models.folders import PARTIAL, default_models_dir, locate, put_in_place
from models.r1omni.checkpoint.config import read_json
from models.r1omni.checkpoint.keys import split
from models.r1omni.checkpoint.network import language_fields
from models.r1omni.checkpoint.parts import Parts, find
from models.r1omni.words import tokenizer_files

COMMAND = "python -m models convert r1-omni"
STAMP = "converted.json"


def configure(parser: argparse.ArgumentParser) -> None:
    """The flags."""
    parser.add_argument("--model", default="r1-omni", metavar="NAME|DIR", help="folder of the four parts")
    parser.add_argument("--models-dir", type=Path, default=None, help="where models lie (default: checkpoints/)")
    parser.add_argument("--fresh", action="store_true", help="write it even if it is there")


def run(flags: argparse.Namespace) -> int:
    """Write `language/` beside the parts; 0 when it is there."""
    folder = locate(flags.model, flags.models_dir or default_models_dir())
    parts = find([folder])
    target = language_folder(folder)
    if target.is_dir() and not flags.fresh:
        check_converted(target, parts)
        print(f"{target}: already there")
        return 0
    count = convert(parts, target)
    print(f"{target}: {count} tensors of the language model, for vllm serve --enable-prompt-embeds")
    return 0


def language_folder(folder: Path) -> Path:
    """Where the Qwen2 part lies, below the folder of the parts."""
    return folder / "language"


def convert(parts: Parts, target: Path) -> int:
    """Write the language model's tensors, config and tokeniser; returns how many tensors.

    It is written beside and then put in place, so that a folder called `target` is always whole.

    Raises:
        ConfigError: the checkpoint cannot be read.
    """
    from safetensors.torch import save_file

    from models.r1omni.checkpoint.weights import Files

    told = read_json(parts.model / "config.json")
    partial = target.with_name(target.name + PARTIAL)
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    with Files(parts.weights) as files:
        names = split(files.names).parts["language"]
        tied = bool(told.get("tie_word_embeddings"))
        tensors = {n: files.read(s).contiguous() for n, s in names.items() if not (tied and n.startswith("lm_head."))}
        save_file(tensors, str(partial / "model.safetensors"), metadata={"format": "pt"})
    config: dict[str, Any] = {
        **language_fields(told),
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "torch_dtype": told.get("torch_dtype") or told.get("dtype") or "float32",
    }
    _write(partial / "config.json", config)
    for path in tokenizer_files(parts.model):
        shutil.copy2(path, partial / path.name)
    _write(partial / STAMP, stamp(parts))
    aside = put_in_place(partial, target)
    if aside is not None:  # made here, and to be made again at any time
        shutil.rmtree(aside)
    return len(tensors)


def stamp(parts: Parts) -> dict[str, Any]:
    """What the conversion was made from: names and sizes of the checkpoint's weights, and the sums kept beside them.

    R1-Omni and HumanOmni-0.5B are equal in every size; what `fetch` wrote down (`source.json`) tells them apart.
    """
    source = parts.model / "source.json"
    kept = file_sha256(source) if source.is_file() else ""
    return {"weights": {path.name: path.stat().st_size for path in parts.weights}, "source": kept}


def check_converted(target: Path, parts: Parts) -> None:
    """ConfigError when the Qwen2 part is not there, or was made from other weights."""
    if not (target / STAMP).is_file():
        raise ConfigError(f"{target} is not there: vLLM serves the checkpoint's Qwen2 part from it", COMMAND)
    if read_json(target / STAMP) != stamp(parts):
        raise ConfigError(f"{target} was made from another checkpoint", f"{COMMAND} --fresh")


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
