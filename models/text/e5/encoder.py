"""multilingual-e5-small's forward pass in numpy (Wang et al., 2024): the mean hidden state after each layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.text.e5.packed import Packed
from models.text.e5.pieces import encode

Floats = NDArray[np.float32]
PREFIX = "query: "
"""What the model was trained to see before a text that is no passage."""
MOST_PIECES = 256
"""An utterance's pieces beyond these are not read."""


@dataclass(frozen=True)
class _Layer:
    """Weights are transposed, shape (inputs, outputs); query, key and value side by side."""

    attend: Floats
    attend_bias: Floats
    join: Floats
    join_bias: Floats
    join_norm: tuple[Floats, Floats]
    widen: Floats
    widen_bias: Floats
    narrow: Floats
    narrow_bias: Floats
    narrow_norm: tuple[Floats, Floats]


class Encoder:
    """Hidden states of texts.

    Args:
        path: the packed file.
        layers: how many layers are kept and run.

    Raises:
        ValueError: the file is not of the known layout.
        KeyError: it lacks a tensor.
    """

    def __init__(self, path: Path, layers: int = 12) -> None:
        self._packed = Packed(path)
        self.width = self._packed.shape.width
        self._norm = (self._packed.vector("emb.ln.w"), self._packed.vector("emb.ln.b"))
        place = self._packed.vector("emb.pos").reshape(-1, self.width)
        self._place = place + self._packed.vector("emb.type").reshape(-1, self.width)[0]
        self._layers = [self._layer(i) for i in range(layers)]

    def means(self, texts: Sequence[str], layers: Sequence[int]) -> Floats:
        """Mean over a text's pieces of the hidden states after `layers` (0 is the embedding).

        Texts share the matrix products and nothing else. Shape (texts, len(layers), width).
        """
        ids = [encode(PREFIX + text, self._packed.vocabulary, MOST_PIECES) for text in texts]
        bounds = np.cumsum([0, *map(len, ids)])
        flat = np.array([one for text in ids for one in text], dtype=np.intp)
        place = np.concatenate([np.arange(len(text)) for text in ids])
        state = self._packed.rows("emb.word", self.width, flat) + self._place[place]
        state = self._normed(state, self._norm)
        states = [state]
        for layer in self._layers[: max(layers)]:
            states.append(state := self._through(layer, state, bounds))
        counts = np.diff(bounds)[:, None].astype(np.float32)
        return np.stack([np.add.reduceat(states[i], bounds[:-1], axis=0) / counts for i in layers], axis=1)

    def _through(self, layer: _Layer, state: Floats, bounds: NDArray[np.intp]) -> Floats:
        from scipy.special import erf

        mixed = self._attended(state @ layer.attend + layer.attend_bias, bounds)
        state = self._normed(state + mixed @ layer.join + layer.join_bias, layer.join_norm)
        inner = state @ layer.widen + layer.widen_bias
        inner *= 0.5 * (1 + erf(inner * np.float32(np.sqrt(0.5))))
        return self._normed(state + inner @ layer.narrow + layer.narrow_bias, layer.narrow_norm)

    def _attended(self, asked: Floats, bounds: NDArray[np.intp]) -> Floats:
        """Scaled dot-product attention of each text with itself; `asked` is (pieces, 3 · width)."""
        heads = self._packed.shape.heads
        size = self.width // heads
        result = np.empty((len(asked), self.width), np.float32)
        for start, stop in zip(bounds[:-1], bounds[1:], strict=True):
            query, key, value = asked[start:stop].reshape(-1, 3, heads, size).transpose(1, 2, 0, 3)
            score = query @ key.transpose(0, 2, 1) * np.float32(size**-0.5)
            score = np.exp(score - score.max(axis=-1, keepdims=True))
            score /= score.sum(axis=-1, keepdims=True)
            result[start:stop] = (score @ value).transpose(1, 0, 2).reshape(stop - start, self.width)
        return result

    def _normed(self, state: Floats, by: tuple[Floats, Floats]) -> Floats:
        centred = state - state.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.mean(centred * centred, axis=-1, keepdims=True) + np.float32(self._packed.epsilon))
        return np.asarray(centred / spread * by[0] + by[1], np.float32)

    def _layer(self, number: int) -> _Layer:
        width, inner = self._packed.shape.width, self._packed.shape.inner

        def matrix(*names: str, inputs: int = width) -> Floats:
            rows = [self._packed.matrix(f"l{number}.{name}.w", inputs) for name in names]
            return np.ascontiguousarray(np.concatenate(rows).T)

        def vector(*names: str) -> Floats:
            return np.concatenate([self._packed.vector(f"l{number}.{name}") for name in names])

        return _Layer(
            matrix("q", "k", "v"),
            vector("q.b", "k.b", "v.b"),
            matrix("ao"),
            vector("ao.b"),
            (vector("aln.w"), vector("aln.b")),
            matrix("fi"),
            vector("fi.b"),
            matrix("fo", inputs=inner),
            vector("fo.b"),
            (vector("oln.w"), vector("oln.b")),
        )
