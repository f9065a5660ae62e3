"""The encoder's layers as an ONNX graph whose matrices stay in four bits: a quarter of the time of float32 in numpy.

ONNX Runtime's MatMulNBits takes Q4_0 blocks as they are, but for the order of the halves in a byte, and computes in
float32, so that the hidden states are those of numpy to the last digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.telemetry import onnx_runtime
from models.text.e5 import wire
from models.text.e5.packed import BLOCK, Packed

OURS = "com.microsoft"
OPSETS = {"": 17, OURS: 1}
INPUT = "embedded"


def session(packed: Packed, layers: Sequence[int]) -> Any:
    """An ONNX Runtime session from embedded pieces (pieces, width) to the states after `layers`, on one thread.

    Raises:
        ImportError: ONNX Runtime is not installed.
    """
    onnxruntime = onnx_runtime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(build(packed, layers), options, providers=["CPUExecutionProvider"])


def build(packed: Packed, layers: Sequence[int]) -> bytes:
    """The graph's bytes."""
    return _Graph(packed, layers).content()


class _Graph:
    """Nodes and tensors as they come."""

    def __init__(self, packed: Packed, layers: Sequence[int]) -> None:
        self._packed, self._nodes, self._tensors = packed, list[bytes](), list[bytes]()
        width, heads = packed.shape.width, packed.shape.heads
        size = width // heads
        self._hold("apart", np.array([-1, heads, size], np.int64))
        self._hold("joined", np.array([-1, width], np.int64))
        self._hold("thirds", np.array([width] * 3, np.int64))
        self._hold("scale", np.array(size**-0.5, np.float32))
        state, states = INPUT, [INPUT]
        for number in range(max(layers)):
            states.append(state := self._layer(number, state))
        self._outputs = [wire.value(states[k], ("pieces", width)) for k in layers]

    def content(self) -> bytes:
        given = [wire.value(INPUT, ("pieces", self._packed.shape.width))]
        return wire.model(self._nodes, self._tensors, given, self._outputs, OPSETS)

    def _layer(self, number: int, state: str) -> str:
        at, width, inner = f"l{number}", self._packed.shape.width, self._packed.shape.inner
        asked = self._matrix(state, [f"{at}.q", f"{at}.k", f"{at}.v"], width)
        parts = [f"{asked}.{k}" for k in range(3)]
        self._do("Split", [asked, "thirds"], parts, axis=1)
        query, key, value = (
            self._do("Transpose", [self._do("Reshape", [part, "apart"])], perm=order)
            for part, order in zip(parts, ((1, 0, 2), (1, 2, 0), (1, 0, 2)), strict=True)
        )
        score = self._do("Softmax", [self._do("Mul", [self._do("MatMul", [query, key]), "scale"])], axis=-1)
        mixed = self._do("Transpose", [self._do("MatMul", [score, value])], perm=(1, 0, 2))
        mixed = self._matrix(self._do("Reshape", [mixed, "joined"]), [f"{at}.ao"], width)
        state = self._normed(self._do("Add", [state, mixed]), f"{at}.aln")
        wide = self._do("Gelu", [self._matrix(state, [f"{at}.fi"], width)], domain=OURS)
        return self._normed(self._do("Add", [state, self._matrix(wide, [f"{at}.fo"], inner)]), f"{at}.oln")

    def _matrix(self, state: str, names: Sequence[str], inputs: int) -> str:
        """The state · matrixᵀ + bias; several matrices of equal input stand side by side."""
        blocks = np.concatenate([self._packed.blocks(f"{name}.w") for name in names])
        outputs, name = len(blocks) * BLOCK // inputs, "+".join(names)
        # Q4_0 has weight j and j + 16 in one byte; the operator wants neighbours, the first in the low half.
        single = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], axis=1)
        pairs = single[:, 0::2] | single[:, 1::2] << 4
        self._hold(f"{name}.w", pairs.reshape(outputs, inputs // BLOCK, BLOCK // 2))
        self._hold(f"{name}.s", blocks["scale"].astype(np.float32))
        self._hold(f"{name}.b", np.concatenate([self._packed.vector(f"{one}.b") for one in names]))
        packed = [state, f"{name}.w", f"{name}.s"]
        product = self._do("MatMulNBits", packed, domain=OURS, K=inputs, N=outputs, bits=4, block_size=BLOCK)
        return self._do("Add", [product, f"{name}.b"])

    def _normed(self, state: str, name: str) -> str:
        for part in ("w", "b"):
            self._hold(f"{name}.{part}", self._packed.vector(f"{name}.{part}"))
        epsilon = self._packed.epsilon
        return self._do("LayerNormalization", [state, f"{name}.w", f"{name}.b"], axis=-1, epsilon=epsilon)

    def _hold(self, name: str, values: NDArray[np.generic]) -> None:
        self._tensors.append(wire.tensor(name, values))

    def _do(
        self,
        kind: str,
        inputs: Sequence[str],
        outputs: Sequence[str] | None = None,
        domain: str = "",
        **attributes: wire.Attribute,
    ) -> str:
        """Add a node; the name of its first output."""
        named = list(outputs or [f"n{len(self._nodes)}"])
        self._nodes.append(wire.node(kind, inputs, named, domain, attributes))
        return named[0]
