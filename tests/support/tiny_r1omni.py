"""A tiny random R1-Omni in the published layout: four folders, tensors named as published. Run with torch at hand."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

FRAMES = 4
SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
TEMPLATE = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
LANGUAGE: Mapping[str, Any] = {
    "architectures": ["HumanOmniQwen2ForCausalLM"],
    "model_type": "HumanOmni_qwen2",
    "hidden_size": 128,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 259,
    "max_position_embeddings": 4096,
    "rms_norm_eps": 1e-6,
    "rope_theta": 1000000.0,
    "tie_word_embeddings": True,
    "hidden_act": "silu",
    "use_sliding_window": False,
    "bos_token_id": 256,
    "eos_token_id": 258,
    "torch_dtype": "float32",
    "audio_hidden_size": 32,
    "mm_hidden_size": 32,
    "mm_projector_type": "all_in_one_small",
    "mm_audio_projector_type": "mlp2x_gelu",
    "mm_vision_tower": "somewhere/of/the/authors",
    "mm_audio_tower": "somewhere/else",
    "mm_vision_select_layer": -2,
    "mm_vision_select_feature": "patch",
    "mm_use_x_start_end": True,
    "num_frames": FRAMES,
    "image_aspect_ratio": "pad",
    "use_mm_proj": True,
}
VISION: Mapping[str, Any] = {
    "model_type": "siglip_vision_model",
    "hidden_size": 32,
    "image_size": 64,
    "patch_size": 16,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 3,
    "num_channels": 3,
    "hidden_act": "gelu_pytorch_tanh",
}
AUDIO: Mapping[str, Any] = {
    "model_type": "whisper",
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "max_source_positions": 150,
    "num_mel_bins": 128,
    "vocab_size": 64,
    "activation_function": "gelu",
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 1,
}
BERT: Mapping[str, Any] = {
    "model_type": "bert",
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_attention_heads": 4,
    "num_hidden_layers": 2,
    "max_position_embeddings": 64,
    "vocab_size": 90,
}
PICTURES: Mapping[str, Any] = {
    "do_resize": True,
    "size": {"height": 64, "width": 64},
    "resample": 3,
    "rescale_factor": 1 / 255,
    "image_mean": [0.5] * 3,
    "image_std": [0.5] * 3,
    "image_processor_type": "SiglipImageProcessor",
}
SOUND: Mapping[str, Any] = {
    "feature_extractor_type": "WhisperFeatureExtractor",
    "feature_size": 128,
    "chunk_length": 3,
    "n_samples": 48000,
    "nb_max_frames": 300,
    "hop_length": 160,
    "n_fft": 400,
    "sampling_rate": 16000,
    "padding_value": 0.0,
    "padding_side": "right",
}


def write_small(folder: Path, **changes: Mapping[str, Any]) -> Path:
    """Everything but the weights; `changes`: part → fields of its config that are set otherwise. No torch."""
    parts: dict[str, tuple[str, Mapping[str, Any]]] = {
        "model": ("R1-Omni-tiny", LANGUAGE),
        "vision": ("eyes", VISION),
        "audio": ("ears", AUDIO),
        "bert": ("words", BERT),
    }
    for part, (name, config) in parts.items():
        _write(folder / name / "config.json", {**config, **changes.get(part, {})})
    _write(folder / "eyes" / "preprocessor_config.json", PICTURES)
    _write(folder / "ears" / "preprocessor_config.json", SOUND)
    model = folder / "R1-Omni-tiny"
    _write(model / "vocab.json", {character: number for number, character in enumerate(_bytes())})
    (model / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    special = {str(256 + n): {"content": token, "special": True} for n, token in enumerate(SPECIALS)}
    tokenizer = {
        "tokenizer_class": "Qwen2Tokenizer",
        "chat_template": TEMPLATE,
        "eos_token": "<|im_end|>",
        "pad_token": "<|endoftext|>",
        "added_tokens_decoder": special,
        "additional_special_tokens": ["<|im_start|>", "<|im_end|>"],
        "model_max_length": 2048,
    }
    _write(model / "tokenizer_config.json", tokenizer)
    letters = "abcdefghijklmnopqrstuvwxyz.,;?<>/"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    (folder / "words" / "vocab.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    _write(folder / "words" / "tokenizer_config.json", {"do_lower_case": True, "tokenizer_class": "BertTokenizer"})
    return folder


def build(folder: Path, seed: int = 0, **changes: Mapping[str, Any]) -> Path:
    """The whole checkpoint with random weights, large enough that every input moves the output."""
    import torch
    from safetensors.torch import save_file

    from models.r1omni.checkpoint.config import read_config
    from models.r1omni.checkpoint.network import build as modules_of

    write_small(folder, **changes)
    config = read_config(folder / "R1-Omni-tiny")
    vision, audio = {**VISION, **changes.get("vision", {})}, {**AUDIO, **changes.get("audio", {})}
    modules = modules_of(config, vision, audio, BERT)
    draw = torch.Generator().manual_seed(seed)
    state: dict[str, Any] = {}
    prefixes = {
        "language": "",
        "projector": "model.mm_projector.",
        "bert": "model.bert_model.",
        "gate": "model.bert_gate.",
        "audio projector": "model.audio_projector.",
        "vision": "model.vision_tower.vision_tower.vision_model.",
        "audio": "model.audio_tower.audio_tower.encoder.",
    }
    for part, prefix in prefixes.items():
        for name, tensor in modules[part].state_dict().items():
            spread = 0.3 if tensor.dim() > 1 else 0.1
            if part == "gate" and name == "2.weight":
                spread = 0.02  # of 3584 channels; more, and one branch alone would weigh
            drawn = spread * torch.randn(tensor.shape, generator=draw)
            state[prefix + name.removeprefix("vision_model.")] = drawn + (tensor if tensor.dim() == 1 else 0)
    state["lm_head.weight"] = state["model.embed_tokens.weight"].clone()
    save_file(state, str(folder / "R1-Omni-tiny" / "model.safetensors"))
    for part, place, inner in (("vision", "eyes", "vision_model."), ("audio", "ears", "model.encoder.")):
        own = {inner + n.removeprefix(prefixes[part]): t for n, t in state.items() if n.startswith(prefixes[part])}
        save_file(own, str(folder / place / "model.safetensors"))
    return folder


def _bytes() -> list[str]:
    """A printable character for each byte, as byte-level BPE has them."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = iter(range(256, 512))
    return [chr(number) if number in kept else chr(next(spare)) for number in range(256)]


def _write(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
