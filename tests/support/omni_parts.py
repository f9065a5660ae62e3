"""A profile's section `omni`, a request and a clip, for the tests of the omni reasoner."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from harness.records.types import Media, MediaInfo
from harness.records.verdicts import ReasonRequest
from models.omni.answer import LABELS

SETTINGS: dict[str, Any] = {
    "provider": "server",
    "prompt": "clmer-en",
    "url": "http://127.0.0.1:8000/v1",
    "api_key_env": None,
    "model": None,
    "python": sys.executable,
    "runner": "auto",
    "tensor_parallel": 1,
    "gpu_memory": 0.9,
    "max_model_len": 4096,
    "max_num_seqs": 16,
    "dtype": "bfloat16",
    "extra_flags": [],
    "start_seconds": 5,
    "restarts": 2,
    "canary": False,
    "dialect": "auto",
    "frames": 4,
    "frame_side": 64,
    "sampling": "even",
    "start": 0,
    "end": None,
    "max_audio_seconds": 30,
    "jpeg_quality": 85,
    "temperature": 0.0,
    "samples": 1,
    "max_tokens": 256,
    "structured": "auto",
    "label_probabilities": False,
    "timeout": 5.0,
    "attempts": 2,
    "pause": 0.0,
    "concurrency": 4,
    "seed": None,
    "models_dir": "",
}
REQUEST = ReasonRequest(
    "a.mp4",
    "en",
    ({"role": "system", "content": "S"}, {"role": "user", "content": "U"}),
    "f" * 64,
    {},
    {},
    "NEUT",
    answers=LABELS,
)
SINE = (0.5 * np.sin(np.arange(32_000) * 0.05)).astype(np.float32)


def media(audio: np.ndarray | None = SINE) -> Media:
    """Sound without pictures: JPEG needs a package that unit tests do without."""
    return Media(MediaInfo("mp4", 2.0, None, None), audio, ())


def weights(count: int) -> bytes:
    """A whole safetensors file of so many bytes of weights."""
    header = json.dumps({"w": {"dtype": "U8", "shape": [count], "data_offsets": [0, count]}}).encode()
    return len(header).to_bytes(8, "little") + header + bytes(count)


def write_checkpoint(folder: Path) -> None:
    """A folder that has all the files of an omni checkpoint."""
    folder.mkdir(parents=True)
    for name in ("tokenizer_config.json", "tokenizer.json", "preprocessor_config.json"):
        (folder / name).write_text("{}", encoding="utf-8")
    (folder / "config.json").write_text('{"architectures": ["A"]}', encoding="utf-8")
    (folder / "model.safetensors").write_bytes(weights(8))
