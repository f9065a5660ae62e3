"""A small transformer over the tokens of one or more modalities, which says what it attended to.

Every modality of a clip becomes at most `MOST_TOKENS` tokens, means of equal stretches of its rows; a token knows its
modality and its time. A modality that a clip lacks has no tokens, and training withholds modalities at random, so that
an answer without one is an answer the head was trained to give.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from harness.records.types import MODALITIES, Reason
from models.heads.attention_net import attend, build_net, collate, forward, rollout
from models.heads.files import Input, check_shapes, read_head, write_head
from models.heads.linear import softmax

if TYPE_CHECKING:
    from models.heads.fit_network import Design, Recipe

Rows = NDArray[np.float32]
MOST_TOKENS = 64
BATCH = 64
MODALITY_DROPOUT = 0.2


class AttentionHead:
    """A transformer classifier over one or more modalities.

    `x` is a sequence of clips: mappings modality → array (rows, width), or (width,) for an utterance; a modality may
    be absent, not all of them. A head of one modality also takes the arrays themselves.

    Args:
        space: name of the label space.
        labels: its labels, in the order of the columns of `predict_proba`.
        inputs: what it reads, one entry for each modality.
        modality_dropout: in training, probability of withholding a modality.
    """

    SCHEMA = "attention-head/1"

    def __init__(
        self,
        space: str,
        labels: Sequence[str],
        inputs: Sequence[Input],
        modality_dropout: float = MODALITY_DROPOUT,
    ) -> None:
        self.space, self.labels, self.inputs = space, tuple(labels), tuple(inputs)
        names = [source.modality for source in self.inputs]
        if not names or len(set(names)) != len(names) or not set(names) <= set(MODALITIES):
            raise ValueError(f"modalities {names}: each of {', '.join(MODALITIES)} at most once, and at least one")
        self.modality_dropout = modality_dropout
        self.temperature = 1.0
        self._scalers = {s.modality: (np.zeros(s.width, np.float32), np.ones(s.width, np.float32)) for s in self.inputs}
        self._net: Any = None

    def fit(self, x: Any, y: Sequence[str], groups: Sequence[str] | None = None, recipe: Recipe | None = None) -> Self:
        """Fit scalers, weights and temperature; `groups` (speakers, videos) are never split by the early stopping."""
        from models.heads.fit_network import Recipe, fit_network, scaler

        clips = self._clips(x)
        for source in self.inputs:
            found = [clip[source.modality] for clip in clips if source.modality in clip]
            if not found:
                raise ValueError(f"no clip has {source.modality}")
            self._scalers[source.modality] = scaler(np.concatenate(found))
        made = fit_network(
            self._design(),
            [self._tokens(clip) for clip in clips],
            np.array([self.labels.index(label) for label in y]),
            list(groups) if groups is not None else [str(i) for i in range(len(clips))],
            recipe or Recipe(focal=2.0),
        )
        self._net, self.temperature = made.net, made.temperature
        return self

    def predict_proba(self, x: Any) -> NDArray[np.float64]:
        """Probabilities, shape (clips, labels)."""
        return self._probabilities(self._clips(x))

    def ablation(self, x: Any) -> list[dict[str, NDArray[np.float64]]]:
        """For each clip: modality → probabilities (labels,) without it. Empty for a clip of a single modality."""
        results = []
        for clip in self._clips(x):
            names = list(clip) if len(clip) > 1 else []
            without = [{name: rows for name, rows in clip.items() if name != gone} for gone in names]
            found = self._probabilities(without) if without else ()
            results.append(dict(zip(names, found, strict=True)))
        return results

    def attention(self, x: Any) -> list[dict[str, NDArray[np.float64]]]:
        """For each clip: modality → share of each of its tokens, in time order; all shares of a clip sum to 1.

        The shares are those of `attention_net.rollout`, the answer's own token left out. They say where the head
        looked, not what moved it: that is what `ablation` measures.
        """
        import torch

        results = []
        for clip in self._clips(x):
            tokens = self._tokens(clip)
            with torch.inference_mode():
                lengths, *rows = collate([tokens])
                _, weights, _ = attend(self._trained(), lengths, rows, self._timed())
                shares = rollout(weights)[0, 1:].double().numpy()
            shares = shares / shares.sum()
            ends = np.cumsum([len(part) for part in tokens])
            parts = np.split(shares, ends[:-1])
            results.append({s.modality: part for s, part in zip(self.inputs, parts, strict=True) if len(part)})
        return results

    def contributions(self, x: Any, label: str, top: int = 5) -> list[tuple[Reason, ...]]:
        """Nothing: tokens are no named features; see `ablation` and `attention`."""
        return [() for _ in x]

    def save(self, folder: Path) -> None:
        """Write head.json and head.safetensors into `folder`."""
        tensors = {f"net.{key}": value.cpu().numpy() for key, value in self._trained().state_dict().items()}
        for name, (mean, scale) in self._scalers.items():
            tensors |= {f"mean.{name}": mean, f"scale.{name}": scale}
        config = {
            "schema": self.SCHEMA,
            "space": self.space,
            "labels": self.labels,
            "inputs": [vars(source) for source in self.inputs],
            "modality_dropout": self.modality_dropout,
            "temperature": self.temperature,
        }
        write_head(folder, config, tensors)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. ValueError when the two files do not belong together."""
        import torch

        config, tensors = read_head(folder, cls.SCHEMA)
        inputs = [Input(**source) for source in config["inputs"]]
        head = cls(config["space"], config["labels"], inputs, config["modality_dropout"])
        net = head._design().build()
        shapes = {f"net.{key}": tuple(value.shape) for key, value in net.state_dict().items()}
        shapes |= {f"{part}.{s.modality}": (s.width,) for s in inputs for part in ("mean", "scale")}
        check_shapes(tensors, shapes)
        net.load_state_dict({key: torch.from_numpy(tensors[f"net.{key}"]) for key in net.state_dict()})
        head._net = net.eval()
        head._scalers = {s.modality: (tensors[f"mean.{s.modality}"], tensors[f"scale.{s.modality}"]) for s in inputs}
        head.temperature = float(config["temperature"])
        return head

    def _trained(self) -> Any:
        if self._net is None:
            raise ValueError("the head has not been fitted")
        return self._net

    def _design(self) -> Design:
        from models.heads.fit_network import Design

        widths = {source.modality: source.width for source in self.inputs}
        told = partial(forward, timed=self._timed(), drop=self.modality_dropout)
        return Design(lambda: build_net(widths, len(self.labels)), collate, told)

    def _timed(self) -> list[bool]:
        return [source.rate is not None for source in self.inputs]

    def _probabilities(self, clips: Sequence[Mapping[str, Rows]]) -> NDArray[np.float64]:
        from models.heads.fit_network import run_network

        scores = run_network(self._trained(), self._design(), [self._tokens(clip) for clip in clips], BATCH)
        return softmax(scores / self.temperature)

    def _clips(self, x: Any) -> list[dict[str, Rows]]:
        """Every clip as modality → (rows, width), in the order of `inputs`. ValueError on what the head cannot read."""
        clips = []
        for given in x:
            named = given if isinstance(given, Mapping) else {self.inputs[0].modality: given}
            if not isinstance(given, Mapping) and len(self.inputs) > 1:
                raise ValueError("a head of several modalities takes mappings modality → rows")
            clip = {s.modality: _rows(named[s.modality], s) for s in self.inputs if named.get(s.modality) is not None}
            if not clip:
                raise ValueError(f"a clip without {' or '.join(s.modality for s in self.inputs)}")
            clips.append(clip)
        return clips

    def _tokens(self, clip: Mapping[str, Rows]) -> tuple[Rows, ...]:
        """The clip's tokens for `collate`: standardised means, and the time of each in seconds."""
        return tuple(
            self._timed_tokens(clip[s.modality], s) if s.modality in clip else np.zeros((0, s.width + 1), np.float32)
            for s in self.inputs
        )

    def _timed_tokens(self, rows: Rows, source: Input) -> Rows:
        mean, scale = self._scalers[source.modality]
        pooled, middles = pool((rows - mean) / scale, MOST_TOKENS)
        return np.column_stack([pooled, middles / (source.rate or 1.0)]).astype(np.float32)


def pool(rows: NDArray[Any], most: int) -> tuple[Rows, Rows]:
    """At most `most` means of equal stretches of rows (NaN counts as 0, the mean), and each stretch's middle row."""
    edges = np.linspace(0, len(rows), min(most, len(rows)) + 1).round().astype(int)
    sums = np.add.reduceat(np.nan_to_num(rows).astype(np.float64), edges[:-1], axis=0)
    return (sums / np.diff(edges)[:, None]).astype(np.float32), ((edges[:-1] + edges[1:]) / 2).astype(np.float32)


def _rows(values: Any, source: Input) -> Rows:
    rows = np.atleast_2d(np.asarray(values, dtype=np.float32))
    if rows.ndim != 2 or rows.shape[1] != source.width or not len(rows):
        raise ValueError(f"{source.modality} of shape {rows.shape}, expected (rows, {source.width})")
    return rows
