"""The modules of an R1-Omni by part, from the configurations alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.faults import ConfigError
from models.r1omni.checkpoint.config import R1Config
from models.r1omni.checkpoint.projector import gate, mlp, projectors

if TYPE_CHECKING:
    from torch import nn

_OWN_FIELDS = ("mm_", "audio_hidden_size", "use_mm_proj", "tune_mm", "tokenizer_", "num_frames", "hyper_layers",
               "image_aspect_ratio", "architectures", "model_type", "torch_dtype", "dtype", "transformers_version",
               "auto_map")  # fmt: skip
"""Beginnings of the fields that are HumanOmni's own, or say how the file was written."""


def language_fields(told: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of config.json that describe the plain Qwen2."""
    return {name: value for name, value in told.items() if not name.startswith(_OWN_FIELDS)}


def build(
    config: R1Config, vision: Mapping[str, Any], audio: Mapping[str, Any], bert: Mapping[str, Any]
) -> dict[str, nn.Module]:
    """Part → module, with arbitrary weights. Under `torch.device("meta")` it takes no memory."""
    from transformers import (
        BertConfig,
        BertModel,
        Qwen2Config,
        Qwen2ForCausalLM,
        SiglipVisionConfig,
        SiglipVisionModel,
        WhisperConfig,
    )
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    bert_settings = BertConfig.from_dict(dict(bert))
    return {
        "language": Qwen2ForCausalLM(Qwen2Config.from_dict(language_fields(config.language))).eval(),
        "vision": SiglipVisionModel(SiglipVisionConfig.from_dict(dict(vision))).eval(),
        "audio": WhisperEncoder(WhisperConfig.from_dict(dict(audio))).eval(),
        "bert": BertModel(bert_settings).eval(),
        "projector": projectors(config.vision_hidden, config.hidden).eval(),
        "gate": gate(bert_settings.hidden_size).eval(),
        "audio projector": mlp(config.audio_hidden, config.hidden).eval(),
    }


def parameters(modules: Mapping[str, nn.Module]) -> dict[str, int]:
    """Part → number of parameters, shared ones once."""
    return {part: sum(weight.numel() for weight in module.parameters()) for part, module in modules.items()}


def device_of(wanted: str) -> str:
    """`auto` is a GPU where there is one. ConfigError for a GPU that is not there."""
    import torch

    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(f"the device {wanted} is not there", "--set omni.device=auto")
    return wanted
