"""STSTNet (Liong et al., 2019) in numpy, for weights of a user's own: three shallow convolutions on onset-to-apex flow.

Nothing is shipped: the corpora it is trained on (CASME II, SAMM, SMIC) are given out on signed forms. The file is the
state_dict of the published PyTorch module, saved as safetensors; the names and shapes are checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.heads.files import check_shapes
from models.heads.linear import softmax

Tensor = NDArray[np.float32]

SIZES = (3, 5, 8)
SIDE, POOLED = 28, 5
EPSILON = 1e-5
LABELS = ("negative", "positive", "surprise")
"""Order of the published outputs."""
NORMALISE = ("minmax", "none")


def shapes(labels: int) -> dict[str, tuple[int, ...]]:
    """Name → shape of every tensor of the net with `labels` outputs."""
    found: dict[str, tuple[int, ...]] = {}
    for k, size in enumerate(SIZES, 1):
        found |= {f"conv{k}.weight": (size, 3, 3, 3), f"conv{k}.bias": (size,)}
        found |= {f"bn{k}.{part}": (size,) for part in ("weight", "bias", "running_mean", "running_var")}
    return found | {"fc.weight": (labels, POOLED * POOLED * sum(SIZES)), "fc.bias": (labels,)}


class StstNet:
    """The net of one file.

    Args:
        path: of the safetensors file.
        labels: of its outputs, in their order.
        normalise: `minmax` brings each of u, v and strain to 0..255, as the published pictures of flow are; `none`
            leaves pixels of displacement.

    Raises:
        OSError, ValueError: no such file, or not these tensors.
    """

    def __init__(self, path: Path, labels: Sequence[str] = LABELS, normalise: str = NORMALISE[0]) -> None:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        try:
            found = {k: v for k, v in load_file(path).items() if not k.endswith("num_batches_tracked")}
        except SafetensorError as error:
            raise ValueError(f"{path}: {error}") from error
        check_shapes(found, shapes(len(labels)))
        self._weights: Mapping[str, Tensor] = {k: v.astype(np.float32) for k, v in found.items()}
        self.labels = tuple(labels)
        self._normalise = normalise

    def probabilities(self, features: Tensor) -> tuple[float, ...]:
        """Probabilities over the labels of u, v and strain (3, 28, 28), px."""
        x = _stretched(features) if self._normalise == "minmax" else features
        streams = [self._stream(x, k) for k in range(1, len(SIZES) + 1)]
        joined = np.concatenate(streams)
        pooled = joined.reshape(len(joined), POOLED, 2, POOLED, 2).mean(axis=(2, 4))
        logits = self._weights["fc.weight"] @ pooled.ravel() + self._weights["fc.bias"]
        return tuple(round(float(p), 6) for p in softmax(logits.astype(np.float64)[None])[0])

    def _stream(self, x: Tensor, k: int) -> Tensor:
        """Convolution with a border of two, ReLU, normalisation, and the largest of 3 × 3: (size, 10, 10)."""
        w = self._weights
        padded = np.pad(x, ((0, 0), (2, 2), (2, 2)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))  # type: ignore[call-overload]
        made = np.einsum("cyxij,ocij->oyx", windows, w[f"conv{k}.weight"]) + w[f"conv{k}.bias"][:, None, None]
        made = np.maximum(made, 0.0)
        scale = w[f"bn{k}.weight"] / np.sqrt(w[f"bn{k}.running_var"] + EPSILON)
        shift = w[f"bn{k}.bias"] - w[f"bn{k}.running_mean"] * scale
        made = made * scale[:, None, None] + shift[:, None, None]
        bordered = np.pad(made, ((0, 0), (1, 1), (1, 1)), constant_values=-np.inf)[:, :30, :30]
        return np.asarray(bordered.reshape(len(made), 10, 3, 10, 3).max(axis=(2, 4)), np.float32)


def _stretched(features: Tensor) -> Tensor:
    low = features.min(axis=(1, 2), keepdims=True)
    span = features.max(axis=(1, 2), keepdims=True) - low
    return np.asarray(255.0 * (features - low) / np.maximum(span, 1e-6), np.float32)
