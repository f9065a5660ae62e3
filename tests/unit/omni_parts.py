"""A profile's section `omni`, a request and a clip, for the tests of the omni reasoner."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.types import Media, MediaInfo
from harness.verdicts import ReasonRequest

SETTINGS: dict[str, Any] = {
    "provider": "server",
    "prompt": "clmer-en",
    "url": "http://127.0.0.1:8000/v1",
    "api_key_env": None,
    "model": None,
    "python": None,
    "tensor_parallel": 1,
    "gpu_memory": 0.9,
    "max_model_len": 4096,
    "max_num_seqs": 16,
    "dtype": "bfloat16",
    "extra_flags": [],
    "start_seconds": 5,
    "restarts": 2,
    "canary": True,
    "dialect": "auto",
    "frames": 4,
    "frame_side": 64,
    "max_audio_seconds": 30,
    "jpeg_quality": 85,
    "temperature": 0.0,
    "samples": 1,
    "max_tokens": 256,
    "structured": "auto",
    "label_probabilities": False,
    "timeout": 5.0,
    "attempts": 2,
    "concurrency": 4,
    "seed": None,
    "models_dir": "",
}
REQUEST = ReasonRequest(
    "a.mp4", "en", ({"role": "system", "content": "S"}, {"role": "user", "content": "U"}), "f" * 64, {}, (), "NEUT"
)
SINE = (0.5 * np.sin(np.arange(32_000) * 0.05)).astype(np.float32)


def media(audio: np.ndarray | None = SINE) -> Media:
    """Sound without pictures: JPEG needs a package that unit tests do without."""
    return Media(MediaInfo("mp4", 2.0, None, None), audio, ())
