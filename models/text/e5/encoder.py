"""multilingual-e5-small (Wang et al., 2024): texts → the mean hidden state after some of its layers.

ONNX Runtime computes the layers where it is installed, numpy otherwise, about four times slower and equal but for the
last digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.text.e5.graph import INPUT, session
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
        layers: whose states are wanted (0 is the embedding); what lies above them is not computed.
        runtime: whether ONNX Runtime may be used.

    Raises:
        ValueError: the file is not of the known layout.
        KeyError: it lacks a tensor.
    """

    def __init__(self, path: Path, layers: Sequence[int], runtime: bool = True) -> None:
        from importlib.util import find_spec

        self._packed, self.layers = Packed(path), tuple(layers)
        self.width = self._packed.shape.width
        self._norm = (self._packed.vector("emb.ln.w"), self._packed.vector("emb.ln.b"))
        place = self._packed.vector("emb.pos").reshape(-1, self.width)
        self._place = place + self._packed.vector("emb.type").reshape(-1, self.width)[0]
        self._session: Any = None
        self._layers: list[_Layer] = []
        if runtime and find_spec("onnxruntime") is not None:
            self._session = session(self._packed, self.layers)
        else:
            self._layers = [self._layer(i) for i in range(max(layers))]

    def means(self, texts: Sequence[str]) -> Floats:
        """Mean over a text's pieces of the states after `layers`; shape (texts, len(layers), width).

        Texts are computed one by one, so what stands beside a text moves nothing.
        """
        return np.stack([np.stack([state.mean(axis=0) for state in self._states(text)]) for text in texts])

    def _states(self, text: str) -> list[Floats]:
        """States after `layers`, each of shape (pieces, width)."""
        ids = np.array(encode(PREFIX + text, self._packed.vocabulary, MOST_PIECES), dtype=np.intp)
        embedded = self._packed.rows("emb.word", self.width, ids) + self._place[: len(ids)]
        state = self._normed(np.asarray(embedded, np.float32), self._norm)
        if self._session is not None:
            return list(self._session.run(None, {INPUT: state}))
        states = [state]
        for layer in self._layers:
            states.append(self._through(layer, states[-1]))
        return [states[k] for k in self.layers]

    def _through(self, layer: _Layer, state: Floats) -> Floats:
        from scipy.special import erf

        mixed = self._attended(state @ layer.attend + layer.attend_bias)
        state = self._normed(state + mixed @ layer.join + layer.join_bias, layer.join_norm)
        inner = state @ layer.widen + layer.widen_bias
        inner *= 0.5 * (1 + erf(inner * np.float32(np.sqrt(0.5))))
        return self._normed(state + inner @ layer.narrow + layer.narrow_bias, layer.narrow_norm)

    def _attended(self, asked: Floats) -> Floats:
        """Scaled dot-product attention; `asked` is (pieces, 3 · width)."""
        heads = self._packed.shape.heads
        size = self.width // heads
        query, key, value = asked.reshape(-1, 3, heads, size).transpose(1, 2, 0, 3)
        score = query @ key.transpose(0, 2, 1) * np.float32(size**-0.5)
        score = np.exp(score - score.max(axis=-1, keepdims=True))
        score /= score.sum(axis=-1, keepdims=True)
        return np.asarray((score @ value).transpose(1, 0, 2).reshape(len(asked), self.width))

    def _normed(self, state: NDArray[Any], by: tuple[Floats, Floats]) -> Floats:
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
