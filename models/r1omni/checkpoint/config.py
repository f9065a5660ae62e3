"""What a checkpoint says of itself: `config.json` of R1-Omni and of its two towers, read and held against each other.

Source: the published `config.json` of R1-Omni-0.5B and HumanOmni-0.5B; `docs/r1-omni.md` lists the fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.faults import ConfigError

FETCH = "python -m models fetch r1-omni"
MODEL_TYPE = "HumanOmni_qwen2"
KINDS: Mapping[str, str] = {
    MODEL_TYPE: "model",
    "siglip": "vision",
    "siglip_vision_model": "vision",
    "whisper": "audio",
    "bert": "bert",
}
"""`model_type` of a folder's config.json → the part that it is."""
PROJECTOR, AUDIO_PROJECTOR = "all_in_one_small", "mlp2x_gelu"
GATE_HIDDEN = 3584
"""Width of the gate's hidden layer; fixed in the published code, not part of any config."""
TURBO_DECODER_LAYERS = 4
"""Whisper large-v3-turbo is large-v3 with 4 decoder layers of 32, and another encoder of the same shape."""


@dataclass(frozen=True)
class R1Config:
    """The fields that decide what is computed.

    Attributes:
        hidden: width of the language model.
        vision_hidden: width of the vision tower.
        audio_hidden: width of the audio tower.
        frames: pictures a clip.
        select_layer: which of the vision tower's hidden states is taken, counted from the end.
        start_end: whether media stand between `<vi_start>` and `<vi_end>`, and so on.
        eos: token that ends a reply.
        dtype: of the published weights.
        language: the whole of config.json, for the language model.
    """

    hidden: int
    vision_hidden: int
    audio_hidden: int
    frames: int
    select_layer: int
    start_end: bool
    eos: int
    dtype: str
    language: Mapping[str, Any]


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises ConfigError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", FETCH) from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path} holds no JSON object", FETCH)
    return content


def read_config(folder: Path) -> R1Config:
    """The configuration of R1-Omni or HumanOmni-0.5B. Raises ConfigError for what is not computed here."""
    path = folder / "config.json"
    told = read_json(path)
    wanted = {
        "model_type": MODEL_TYPE,
        "mm_projector_type": PROJECTOR,
        "mm_audio_projector_type": AUDIO_PROJECTOR,
        "mm_vision_select_feature": "patch",
    }
    wrong = [f"{key} is {told.get(key)!r}, not {value!r}" for key, value in wanted.items() if told.get(key) != value]
    if wrong:
        raise ConfigError(f"{path}: {'; '.join(wrong)}", "R1-Omni-0.5B or HumanOmni-0.5B; the 7B has other projectors")
    try:
        return R1Config(
            hidden=int(told["hidden_size"]),
            vision_hidden=int(told["mm_hidden_size"]),
            audio_hidden=int(told["audio_hidden_size"]),
            frames=int(told["num_frames"]),
            select_layer=int(told["mm_vision_select_layer"]),
            start_end=bool(told["mm_use_x_start_end"]),
            eos=int(told["eos_token_id"]),
            dtype=str(told.get("torch_dtype") or told.get("dtype") or "float32"),
            language=told,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: {type(error).__name__} {error}", FETCH) from error


def vision_config(folder: Path, config: R1Config) -> dict[str, Any]:
    """SigLIP's vision part. ConfigError when it does not fit the checkpoint."""
    told = read_json(folder / "config.json")
    vision: dict[str, Any] = told["vision_config"] if isinstance(told.get("vision_config"), dict) else told
    # A published full SigLIP config leaves out what is the class's own default.
    vision = {"hidden_size": 768, "image_size": 224, "patch_size": 16, **vision}
    if vision["hidden_size"] != config.vision_hidden:
        raise ConfigError(
            f"{folder}: hidden_size {vision['hidden_size']}, but the checkpoint's mm_hidden_size is "
            f"{config.vision_hidden}",
            "the vision tower is google/siglip-base-patch16-224",
        )
    if (vision["image_size"] // vision["patch_size"]) % 2:
        raise ConfigError(f"{folder}: an odd grid of patches", "the three projectors agree on even grids only")
    return vision


def audio_config(folder: Path, config: R1Config) -> dict[str, Any]:
    """Whisper's. ConfigError when it does not fit, or is that of large-v3-turbo, whose encoder is another one."""
    told = read_json(folder / "config.json")
    if told.get("d_model") != config.audio_hidden:
        raise ConfigError(
            f"{folder}: d_model {told.get('d_model')}, but the checkpoint's audio_hidden_size is {config.audio_hidden}",
            "the audio tower is openai/whisper-large-v3",
        )
    layers = int(told.get("encoder_layers", 0))
    if told.get("decoder_layers") == TURBO_DECODER_LAYERS and layers > TURBO_DECODER_LAYERS:
        raise ConfigError(
            f"{folder} is Whisper large-v3-turbo ({TURBO_DECODER_LAYERS} decoder layers beside {layers} of the "
            "encoder): it would load, but the projector was trained on the encoder of large-v3",
            "python -m models fetch r1-omni, or name a folder of openai/whisper-large-v3",
        )
    if int(told.get("max_source_positions", 0)) % 3:
        raise ConfigError(
            f"{folder}: max_source_positions is no multiple of 3, by which sound is pooled",
            "python -m models fetch r1-omni",
        )
    return told
