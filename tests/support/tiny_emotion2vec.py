"""A random emotion2vec in FunASR's own format, built on the spot: for wiring and timing, its scores mean nothing."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Geometry:
    """Sizes of a network; the defaults are tiny."""

    width: int = 48
    depth: int = 2
    prenet: int = 1
    heads: int = 4
    mlp: float = 2.0
    channels: int = 32
    positions: tuple[int, int, int] = (15, 4, 2)


TINY = Geometry()
BASE = Geometry(768, 8, 4, 12, 4.0, 512, (95, 16, 5))
"""As FunASR's template says."""
LARGE = Geometry(1024, 16, 8, 16, 4.0, 512, (95, 16, 5))
"""Assumed: it has the 300 million parameters that are published; its config.yaml was not seen."""


def conf(g: Geometry = TINY, decoder: bool = True) -> dict[str, Any]:
    """`model_conf` with every key that FunASR's class reads."""
    c, (pos_width, pos_groups, pos_depth) = g.channels, g.positions
    audio = {
        "type": "AUDIO",
        "prenet_depth": g.prenet,
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
        "num_alibi_heads": g.heads,
        "model_depth": g.depth,
        "decoder": None,
        "extractor_mode": "layer_norm",
        "feature_encoder_spec": f"[({c}, 10, 5)] + [({c}, 3, 2)] * 4 + [({c},2,2)] + [({c},2,2)]",
        "conv_pos_width": pos_width,
        "conv_pos_groups": pos_groups,
        "conv_pos_depth": pos_depth,
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
        "depth": g.depth,
        "start_drop_path_rate": 0.0,
        "end_drop_path_rate": 0.0,
        "num_heads": g.heads,
        "norm_eps": 1e-05,
        "norm_affine": True,
        "encoder_dropout": 0.1,
        "post_mlp_drop": 0.1,
        "attention_dropout": 0.1,
        "activation_dropout": 0.0,
        "dropout_input": 0.0,
        "layerdrop": 0.05,
        "embed_dim": g.width,
        "mlp_ratio": g.mlp,
        "layer_norm_first": False,
        "average_top_k_layers": g.depth,
        "end_of_block_targets": False,
        "clone_batch": 1,
        "normalize": True,
        "modalities": {"audio": audio},
    }


def build(folder: Path, tokens: tuple[str, ...] = TOKENS, seed: int = 0, geometry: Geometry = TINY) -> Path:
    """A folder as ModelScope ships one: config.yaml, model.pt (without the decoder's weights), tokens.txt.

    Args:
        folder: where to write.
        tokens: lines of tokens.txt; none means a checkpoint without a head.
        seed: of the random weights.
        geometry: sizes of the network.
    """
    import torch
    from funasr.models.emotion2vec.model import Emotion2vec

    folder.mkdir(parents=True, exist_ok=True)
    settings: dict[str, Any] = {"model": "Emotion2vec", "model_conf": conf(geometry)}
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
