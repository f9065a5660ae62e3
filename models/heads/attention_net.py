"""The layers of the attention head: tokens of all modalities in one sequence, and the weights that were used on them.

A transformer with its norms in front (Xiong et al., 2020). The attention is written out, so that the weights a caller
reads are the very ones that mixed the tokens.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, LAYERS, HEADS, INNER = 128, 2, 4, 256
DROPOUT = 0.2
PERIODS = (0.2, 200.0)
"""Seconds of the quickest and the slowest wave by which a token's time is told."""


def build_net(widths: Mapping[str, int], classes: int) -> Any:
    """The layers with fresh random weights. `widths`: modality → features per row, in the order of the tokens."""
    from torch import nn

    def layer() -> Any:
        return nn.ModuleDict(
            {
                "norm": nn.LayerNorm(WIDTH),
                "qkv": nn.Linear(WIDTH, 3 * WIDTH),
                "mix": nn.Linear(WIDTH, WIDTH),
                "inner_norm": nn.LayerNorm(WIDTH),
                "widen": nn.Linear(WIDTH, INNER),
                "narrow": nn.Linear(INNER, WIDTH),
                "dropout": nn.Dropout(DROPOUT),
            }
        )

    return nn.ModuleDict(
        {
            "project": nn.ModuleDict({name: nn.Linear(width, WIDTH) for name, width in widths.items()}),
            "kind": nn.Embedding(1 + len(widths), WIDTH),  # the answer's own token, then one for each modality
            "layers": nn.ModuleList([layer() for _ in range(LAYERS)]),
            "norm": nn.LayerNorm(WIDTH),
            "out": nn.Linear(WIDTH, classes),
        }
    )


def collate(clips: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
    """Clips as (lengths (clips, modalities), then for each modality a tensor (clips, longest, width + 1)).

    A clip holds one array (tokens, width + 1) per modality, without rows where it lacks it; the last column is time.
    """
    import numpy as np
    import torch

    lengths = np.array([[len(rows) for rows in clip] for clip in clips])
    padded = []
    for place, longest in enumerate(lengths.max(axis=0)):
        rows = np.zeros((len(clips), longest, clips[0][place].shape[1]), dtype=np.float32)
        for row, clip in zip(rows, clips, strict=True):
            row[: len(clip[place])] = clip[place]
        padded.append(torch.from_numpy(rows))
    return torch.from_numpy(lengths), *padded


def forward(net: Any, lengths: Any, *rows: Any, timed: Sequence[bool], drop: float) -> Any:
    """Scores (clips, classes) of what `collate` made.

    Args:
        net: made by `build_net`.
        lengths: tokens of each clip and modality.
        rows: the modalities' padded tokens.
        timed: whether a modality's tokens have a time.
        drop: in training, probability of withholding a modality; one is always left.
    """
    return attend(net, lengths, rows, timed, drop)[0]


def attend(
    net: Any, lengths: Any, rows: Sequence[Any], timed: Sequence[bool], drop: float = 0.0
) -> tuple[Any, list[Any], Any]:
    """Scores, each layer's attention weights (clips, heads, tokens, tokens), and which tokens are real.

    The first token is the answer's own; the modalities' follow in order, each padded to its longest clip.
    """
    import torch

    kept = _kept(lengths, drop) if net.training and drop else lengths > 0
    clips = len(lengths)
    tokens = [net["kind"].weight[0].expand(clips, 1, -1)]
    real = [torch.ones(clips, 1, dtype=torch.bool)]
    for place, (project, x) in enumerate(zip(net["project"].values(), rows, strict=True)):
        embedded = project(x[..., :-1]) + net["kind"].weight[place + 1]
        tokens.append(embedded + _clock(x[..., -1:]) if timed[place] else embedded)
        real.append((torch.arange(x.shape[1])[None, :] < lengths[:, place, None]) & kept[:, place, None])
    x, mask = torch.cat(tokens, dim=1), torch.cat(real, dim=1)
    weights = []
    for layer in net["layers"]:
        x, used = _mixed(layer, x, mask)
        weights.append(used)
    return net["out"](net["norm"](x[:, 0])), weights, mask


def rollout(weights: Sequence[Any]) -> Any:
    """Share of each token in the answer's own, shape (clips, tokens): attention rollout (Abnar & Zuidema, 2020).

    The layers' weights, averaged over heads and with the residual path as an equal part, are multiplied.
    """
    import torch

    flow = None
    for used in weights:
        step = (used.mean(dim=1) + torch.eye(used.shape[-1])) / 2
        flow = step if flow is None else step @ flow
    if flow is None:
        raise ValueError("no layer's weights")
    return flow[:, 0]


def _mixed(layer: Any, x: Any, mask: Any) -> tuple[Any, Any]:
    """One layer: tokens after it, and the attention weights it used."""
    import torch

    clips, count, _ = x.shape
    parts = layer["qkv"](layer["norm"](x)).view(clips, count, 3, HEADS, WIDTH // HEADS)
    query, key, value = parts.permute(2, 0, 3, 1, 4)
    scores = query @ key.transpose(-2, -1) / math.sqrt(WIDTH // HEADS)
    used = scores.masked_fill(~mask[:, None, None, :], -torch.inf).softmax(dim=-1)
    mixed = (used @ value).transpose(1, 2).reshape(clips, count, WIDTH)
    x = x + layer["dropout"](layer["mix"](mixed))
    inner = torch.nn.functional.gelu(layer["widen"](layer["inner_norm"](x)))
    return x + layer["dropout"](layer["narrow"](inner)), used


def _kept(lengths: Any, drop: float) -> Any:
    """Which modalities of which clips are shown in this training step."""
    import torch

    there = lengths > 0
    kept = there & (torch.rand(lengths.shape) >= drop)
    return torch.where(kept.any(dim=1, keepdim=True), kept, there)


def _clock(seconds: Any) -> Any:
    """Sines and cosines of a time (…, 1) at periods spread evenly in the logarithm, (…, WIDTH)."""
    import torch

    steps = torch.linspace(0, 1, WIDTH // 2)
    periods = PERIODS[0] * (PERIODS[1] / PERIODS[0]) ** steps
    angle = 2 * math.pi * seconds / periods
    return torch.cat([angle.sin(), angle.cos()], dim=-1)
