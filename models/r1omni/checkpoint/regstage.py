"""The convolutional stage of the projectors: RegNet-Y blocks with layer normalisation, written anew.

Source: Radosavovic et al., Designing Network Design Spaces (2020), 4 (the Y block: squeeze and excitation after the
3×3 convolution, reduced by a quarter of the block's input); Hu et al., Squeeze-and-Excitation Networks (2018), 3. The
published projectors use it with bottleneck ratio 1, groups of one channel, SiLU, and LayerNorm over channels in place
of batch normalisation; modules are named as in its checkpoints (`b1.conv1.conv`, `b1.conv1.bn`, `b1.se.fc1` …).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

EPSILON = 1e-5
REDUCTION = 0.25


def reg_stage(depth: int, channels_in: int, channels_out: int) -> nn.Module:
    """`depth` blocks, `b1` … : (pictures, channels_in, height, width) → (pictures, channels_out, height, width)."""
    from torch import nn

    stage = nn.Sequential()
    for number in range(1, depth + 1):
        stage.add_module(f"b{number}", _block(channels_in if number == 1 else channels_out, channels_out))
    return stage


def _block(channels_in: int, channels_out: int) -> nn.Module:
    import torch
    from torch import nn

    class Block(nn.Module):  # type: ignore[misc]
        """1×1, depthwise 3×3, squeeze and excitation, 1×1; the input is added, through a 1×1 where channels change."""

        def __init__(self) -> None:
            super().__init__()
            self.conv1 = _conv_norm(channels_in, channels_out, 1, 1, act=True)
            self.conv2 = _conv_norm(channels_out, channels_out, 3, channels_out, act=True)
            # Python's round, ties to even, as the published block rounds.
            self.se = _squeeze_excite(channels_out, int(round(channels_in * REDUCTION)))
            self.conv3 = _conv_norm(channels_out, channels_out, 1, 1, act=False)
            self.downsample = (
                _conv_norm(channels_in, channels_out, 1, 1, act=False) if channels_in != channels_out else nn.Identity()
            )

        def forward(self, x: Tensor) -> Tensor:
            y = self.conv3(self.se(self.conv2(self.conv1(x))))
            added: Tensor = torch.nn.functional.silu(y + self.downsample(x))
            return added

    return Block()


def _squeeze_excite(channels: int, reduced: int) -> nn.Module:
    import torch
    from torch import nn

    class SqueezeExcite(nn.Module):  # type: ignore[misc]
        """Scales each channel by a gate computed from the means of all."""

        def __init__(self) -> None:
            super().__init__()
            self.fc1 = nn.Conv2d(channels, reduced, 1)
            self.fc2 = nn.Conv2d(reduced, channels, 1)

        def forward(self, x: Tensor) -> Tensor:
            means = x.mean((2, 3), keepdim=True)
            return x * torch.sigmoid(self.fc2(torch.nn.functional.silu(self.fc1(means))))

    return SqueezeExcite()


def _conv_norm(channels_in: int, channels_out: int, size: int, groups: int, *, act: bool) -> nn.Module:
    import torch
    from torch import nn

    class ChannelNorm(nn.LayerNorm):  # type: ignore[misc]
        """Layer normalisation over the channels of each place."""

        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    class ConvNorm(nn.Module):  # type: ignore[misc]
        """A convolution without bias, normalised, with SiLU where wanted."""

        def __init__(self) -> None:
            super().__init__()
            settings: dict[str, Any] = {"padding": size // 2, "groups": groups, "bias": False}
            self.conv = nn.Conv2d(channels_in, channels_out, size, **settings)
            self.bn = ChannelNorm(channels_out, eps=EPSILON)

        def forward(self, x: Tensor) -> Tensor:
            y: Tensor = self.bn(self.conv(x))
            return torch.nn.functional.silu(y) if act else y

    return ConvNorm()
