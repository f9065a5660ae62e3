"""The three projectors of the picture, and the gate that weighs them by the question.

Source: Zhao et al., HumanOmni (2025), 3.1 (face, body and interaction branches, weights from the instruction); layout
of the published `all_in_one_small`. "Video" is the paper's interaction branch. Body and video are spatial-temporal
convolutions of the same build, after Cheng et al., VideoLLaMA 2 (2024), 2.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.r1omni.checkpoint.config import GATE_HIDDEN
from models.r1omni.checkpoint.regstage import reg_stage

if TYPE_CHECKING:
    from torch import Tensor, nn

DEPTH = 2
"""Blocks of each stage in `all_in_one_small`."""
POOLED_FRAMES = 3
"""Neighbouring rows of Whisper that are averaged into one."""


def mlp(channels_in: int, channels_out: int) -> nn.Sequential:
    """Linear, GELU, linear: modules `0` and `2`."""
    from torch import nn

    return nn.Sequential(nn.Linear(channels_in, channels_out), nn.GELU(), nn.Linear(channels_out, channels_out))


def gate(channels_in: int) -> nn.Sequential:
    """BERT's first token → three scores, for video, body and face in this order."""
    from torch import nn

    return nn.Sequential(nn.Linear(channels_in, GATE_HIDDEN), nn.GELU(), nn.Linear(GATE_HIDDEN, 3))


def projectors(channels_in: int, channels_out: int) -> nn.Module:
    """The three branches.

    Its `forward` takes (pictures, patches, channels_in), patches a square grid of even side, and gives three tensors:
    video and body (1, pictures · patches / 4, channels_out), and face before its pooling (pictures, patches,
    channels_out). `pool_face` brings the last to the shape of the others.
    """
    from torch import nn

    class Projectors(nn.Module):  # type: ignore[misc]
        """`s1`, `sampler`, `s2`, `readout` of video and body; `mlp_2xgelu_face`."""

        def __init__(self) -> None:
            super().__init__()
            for branch in ("video", "body"):
                self.add_module(f"s1_{branch}", reg_stage(DEPTH, channels_in, channels_out))
                self.add_module(f"sampler_{branch}", _sampler(channels_out))
                self.add_module(f"s2_{branch}", reg_stage(DEPTH, channels_out, channels_out))
                self.add_module(f"readout_{branch}", mlp(channels_out, channels_out))
            self.mlp_2xgelu_face = mlp(channels_in, channels_out)

        def branch(self, name: str, x: Tensor) -> Tensor:
            pictures, patches, channels = x.shape
            side = int(patches**0.5)
            y = x.transpose(1, 2).reshape(pictures, channels, side, side)
            y = self.get_submodule(f"s1_{name}")(y)
            # Time becomes the first of the three axes; padding in front and behind makes one step too many.
            y = self.get_submodule(f"sampler_{name}")(y.transpose(0, 1)[None])[:, :, :-1]
            y = self.get_submodule(f"s2_{name}")(y[0].transpose(0, 1))
            tokens = y.permute(0, 2, 3, 1).reshape(1, -1, y.shape[1])
            read: Tensor = self.get_submodule(f"readout_{name}")(tokens)
            return read

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
            return self.branch("video", x), self.branch("body", x), self.mlp_2xgelu_face(x)

    return Projectors()


def _sampler(channels: int) -> nn.Sequential:
    from torch import nn

    return nn.Sequential(nn.Conv3d(channels, channels, 2, stride=(1, 2, 2), padding=(1, 0, 0)), nn.SiLU())


def pool_face(x: Tensor) -> Tensor:
    """(pictures, patches, channels) → (1, pictures · patches / 4, channels), bilinear over the grid of each picture."""
    from torch.nn import functional

    pictures, patches, channels = x.shape
    side = int(patches**0.5)
    grid = x.transpose(1, 2).reshape(pictures, channels, side, side)
    half = functional.interpolate(grid, size=(-(-side // 2), -(-side // 2)), mode="bilinear")
    return half.flatten(2).transpose(1, 2).reshape(1, -1, channels)


def weigh(branches: tuple[Tensor, Tensor, Tensor], weights: Tensor) -> Tensor:
    """Video, body and unpooled face, weighed by `weights` (1, 3) → (tokens, channels)."""
    video, body, face = branches
    mixed = video * weights[0, 0] + body * weights[0, 1] + pool_face(face) * weights[0, 2]
    return mixed[0]


def pool_sound(x: Tensor) -> Tensor:
    """Whisper's rows (1, rows, channels) → (1, rows / 3, channels): means of three neighbours."""
    from torch.nn import functional

    return functional.avg_pool1d(x.transpose(1, 2), POOLED_FRAMES, POOLED_FRAMES).transpose(1, 2)
