"""The published recipe over emotion2vec (scaler → Linear 512 → BiLSTM 256 → tanh → dropout → 256 → classes).

Over frames the LSTM's outputs are averaged over the clip's own frames; over an utterance embedding the sequence has
one step, as published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from harness.records.types import Reason
from models.heads.files import Input, check_shapes, read_head, write_head
from models.heads.linear import softmax

if TYPE_CHECKING:
    from models.heads.fit_network import Design, Recipe

PROJECTED, HIDDEN, INNER = 512, 256, 256
DROPOUT = 0.5
BATCH = 64


class BiLstmHead:
    """A BiLSTM classifier.

    `x` is a sequence of clips: arrays of shape (frames, width) for `granularity` frame, (width,) for utterance.

    Args:
        space: name of the label space.
        labels: its labels, in the order of the columns of `predict_proba`.
        width: features per row.
        granularity: `frame` or `utterance`.
        feature_key: fingerprint of what made the features.
    """

    SCHEMA = "bilstm-head/1"

    def __init__(
        self, space: str, labels: Sequence[str], width: int, granularity: str = "frame", feature_key: str = ""
    ) -> None:
        self.space, self.labels, self.width = space, tuple(labels), width
        self.granularity, self.feature_key = granularity, feature_key
        self.inputs = (Input("", feature_key, width, granularity),)
        self.temperature = 1.0
        self._mean: NDArray[np.float32] = np.zeros(width, np.float32)
        self._scale: NDArray[np.float32] = np.ones(width, np.float32)
        self._net: Any = None

    def fit(self, x: Any, y: Sequence[str], groups: Sequence[str] | None = None, recipe: Recipe | None = None) -> Self:
        """Fit scaler, weights and temperature; `groups` (speakers, videos) are never split by the early stopping."""
        from models.heads.fit_network import Recipe, fit_network, scaler

        clips = self._clips(x)
        self._mean, self._scale = scaler(np.concatenate(clips))
        made = fit_network(
            self._design(),
            [(self._scaled(clip),) for clip in clips],
            np.array([self.labels.index(label) for label in y]),
            list(groups) if groups is not None else [str(i) for i in range(len(clips))],
            recipe or Recipe(),
        )
        self._net, self.temperature = made.net, made.temperature
        return self

    def predict_proba(self, x: Any) -> NDArray[np.float64]:
        """Probabilities, shape (clips, labels)."""
        return softmax(self.logits(x) / self.temperature)

    def logits(self, x: Any) -> NDArray[np.float64]:
        """Scores before the softmax, shape (clips, labels)."""
        from models.heads.fit_network import run_network

        if self._net is None:
            raise ValueError("the head has not been fitted")
        return run_network(self._net, self._design(), [(self._scaled(clip),) for clip in self._clips(x)], BATCH)

    def _design(self) -> Design:
        from models.heads.fit_network import Design, padded

        def collate(clips: Sequence[Sequence[NDArray[np.float32]]]) -> tuple[Any, ...]:
            return padded([rows for (rows,) in clips])

        return Design(self.build, collate, self.forward)

    def build(self) -> Any:
        """The layers, with fresh random weights."""
        return build_net(self.width, len(self.labels))

    def forward(self, net: Any, x: Any, lengths: Any) -> Any:
        """Scores (clips, classes) of padded clips (clips, rows, width) with `lengths` (clips,)."""
        return forward(net, x, lengths)

    def contributions(self, x: Any, label: str, top: int = 5) -> list[tuple[Reason, ...]]:
        """Nothing: the dimensions of an embedding have no names that would explain anything."""
        return [() for _ in x]

    def save(self, folder: Path) -> None:
        """Write head.json and head.safetensors into `folder`."""
        tensors = {f"net.{key}": value.cpu().numpy() for key, value in self._net.state_dict().items()}
        config = {
            "schema": self.SCHEMA,
            "space": self.space,
            "labels": self.labels,
            "width": self.width,
            "granularity": self.granularity,
            "feature_key": self.feature_key,
            "temperature": self.temperature,
        }
        write_head(folder, config, {"mean": self._mean, "scale": self._scale, **tensors})

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. ValueError when the two files do not belong together."""
        config, tensors = read_head(folder, cls.SCHEMA)
        head = cls(config["space"], config["labels"], config["width"], config["granularity"], config["feature_key"])
        head.temperature = float(config["temperature"])
        weights = {key.removeprefix("net."): value for key, value in tensors.items() if key.startswith("net.")}
        head.set_weights(weights, tensors["mean"], tensors["scale"])
        return head

    def set_weights(
        self, weights: Mapping[str, NDArray[Any]], mean: NDArray[Any] | None = None, scale: NDArray[Any] | None = None
    ) -> None:
        """Take weights by their names in `build_net`, and the scaler's. ValueError when names or shapes differ."""
        import torch

        net = self.build()
        check_shapes(weights, {key: tuple(value.shape) for key, value in net.state_dict().items()})
        net.load_state_dict({key: torch.from_numpy(np.ascontiguousarray(value)) for key, value in weights.items()})
        self._net = net.eval()
        for name, values in (("mean", mean), ("scale", scale)):
            if values is not None and values.shape != (self.width,):
                raise ValueError(f"the scaler's {name} has shape {values.shape}, not ({self.width},)")
        if mean is not None and scale is not None:
            self._mean, self._scale = mean.astype(np.float32), scale.astype(np.float32)

    def _clips(self, x: Any) -> list[NDArray[np.float32]]:
        """Every clip as (rows, width). ValueError on another width, or on no rows."""
        clips = [np.atleast_2d(np.asarray(clip, dtype=np.float32)) for clip in x]
        for clip in clips:
            if clip.ndim != 2 or clip.shape[1] != self.width or not len(clip):
                raise ValueError(f"features of shape {clip.shape}, expected (rows, {self.width})")
        return clips

    def _scaled(self, clip: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardised; what could not be measured (NaN) counts as the mean."""
        return np.nan_to_num(np.asarray((clip - self._mean) / self._scale, dtype=np.float32))


def build_net(width: int, classes: int) -> Any:
    """The layers, with fresh random weights."""
    from torch import nn

    return nn.ModuleDict(
        {
            "project": nn.Linear(width, PROJECTED),
            "lstm": nn.LSTM(PROJECTED, HIDDEN, batch_first=True, bidirectional=True),
            "dropout": nn.Dropout(DROPOUT),
            "inner": nn.Linear(2 * HIDDEN, INNER),
            "out": nn.Linear(INNER, classes),
        }
    )


def forward(net: Any, x: Any, lengths: Any) -> Any:
    """Scores (clips, classes) of padded clips x (clips, rows, width) with `lengths` (clips,) on the CPU.

    Packed, so that padding reaches neither direction of the LSTM, and left out of the mean.
    """
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    packed = pack_padded_sequence(net["project"](x), lengths, batch_first=True, enforce_sorted=False)
    heard, _ = pad_packed_sequence(net["lstm"](packed)[0], batch_first=True)
    lengths = lengths.to(heard.device)
    mask = (torch.arange(heard.shape[1], device=heard.device)[None, :] < lengths[:, None]).unsqueeze(-1)
    pooled = (heard * mask).sum(dim=1) / lengths[:, None]
    return net["out"](torch.relu(net["inner"](net["dropout"](torch.tanh(pooled)))))
