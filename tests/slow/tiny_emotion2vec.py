"""A tiny random emotion2vec in FunASR's own format, built on the spot: for wiring only, its scores mean nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

TOKENS = (
    "生气/angry",
    "厌恶/disgusted",
    "恐惧/fearful",
    "开心/happy",
    "中立/neutral",
    "其他/other",
    "难过/sad",
    "吃惊/surprised",
    "<unk>",
)


def conf(width: int = 48, depth: int = 2, decoder: bool = True) -> dict[str, Any]:
    """`model_conf` with every key that FunASR's class reads, small."""
    audio = {
        "type": "AUDIO",
        "prenet_depth": 1,
        "prenet_layerdrop": 0.05,
        "prenet_dropout": 0.1,
        "start_drop_path_rate": 0.0,
        "end_drop_path_rate": 0.0,
        "num_extra_tokens": 10,
        "init_extra_token_zero": True,
        "mask_noise_std": 0.01,
        "mask_prob_min": None,
        "mask_prob": 0.5,
        "inverse_mask": False,
        "mask_prob_adjust": 0.05,
        "keep_masked_pct": 0.0,
        "mask_length": 5,
        "add_masks": False,
        "remove_masks": False,
        "mask_dropout": 0.0,
        "encoder_zero_mask": True,
        "mask_channel_prob": 0.0,
        "mask_channel_length": 64,
        "ema_local_encoder": False,
        "local_grad_mult": 1.0,
        "use_alibi_encoder": True,
        "alibi_scale": 1.0,
        "learned_alibi": False,
        "alibi_max_pos": None,
        "learned_alibi_scale": True,
        "learned_alibi_scale_per_head": True,
        "learned_alibi_scale_per_layer": False,
        "num_alibi_heads": 4,
        "model_depth": depth,
        "decoder": None,
        "extractor_mode": "layer_norm",
        "feature_encoder_spec": "[(32, 10, 5)] + [(32, 3, 2)] * 4 + [(32,2,2)] + [(32,2,2)]",
        "conv_pos_width": 15,
        "conv_pos_groups": 4,
        "conv_pos_depth": 2,
        "conv_pos_pre_ln": False,
    }
    if decoder:
        audio["decoder"] = {
            "decoder_dim": 32,
            "decoder_groups": 4,
            "decoder_kernel": 7,
            "decoder_layers": 2,
            "input_dropout": 0.1,
            "add_positions_masked": False,
            "add_positions_all": False,
            "decoder_residual": True,
            "projection_layers": 1,
            "projection_ratio": 2.0,
        }
    return {
        "loss_beta": 0.0,
        "loss_scale": None,
        "depth": depth,
        "start_drop_path_rate": 0.0,
        "end_drop_path_rate": 0.0,
        "num_heads": 4,
        "norm_eps": 1e-05,
        "norm_affine": True,
        "encoder_dropout": 0.1,
        "post_mlp_drop": 0.1,
        "attention_dropout": 0.1,
        "activation_dropout": 0.0,
        "dropout_input": 0.0,
        "layerdrop": 0.05,
        "embed_dim": width,
        "mlp_ratio": 2.0,
        "layer_norm_first": False,
        "average_top_k_layers": depth,
        "end_of_block_targets": False,
        "clone_batch": 1,
        "normalize": True,
        "modalities": {"audio": audio},
    }


def build(folder: Path, tokens: tuple[str, ...] = TOKENS, width: int = 48, seed: int = 0) -> Path:
    """A folder as ModelScope ships one: config.yaml, model.pt (without the decoder's weights), tokens.txt.

    Args:
        folder: where to write.
        tokens: lines of tokens.txt; none means a checkpoint without a head.
        width: of the embedding.
        seed: of the random weights.
    """
    import torch
    from funasr.models.emotion2vec.model import Emotion2vec

    folder.mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {"model": "Emotion2vec", "model_conf": conf(width)}
    if tokens:
        settings |= {"tokenizer": "CharTokenizer", "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True}}
        (folder / "tokens.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    (folder / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = Emotion2vec(model_conf=settings["model_conf"], vocab_size=len(tokens) or -1)
    state = {key: value for key, value in net.state_dict().items() if ".decoder." not in key}
    assert len(state) < len(net.state_dict())
    torch.save({"model": state}, folder / "model.pt")
    return folder
