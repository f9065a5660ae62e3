"""ONNX models as bytes, written field by field: the few parts of onnx.proto (IR version 8) that a plain graph needs.

A protobuf message is a row of fields: key (number · 8 + kind), then a varint (kind 0), four bytes (kind 5), or a length
and that many bytes (kind 2).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

FLOAT, UINT8, INT64 = 1, 2, 7
_TYPES = {"float32": FLOAT, "uint8": UINT8, "int64": INT64}
_ATTRIBUTE = {float: (2, 1), int: (3, 2), tuple: (8, 7)}
"""Python type → (field, AttributeProto.type)."""
Attribute = float | int | tuple[int, ...]


def tensor(name: str, values: NDArray[np.generic]) -> bytes:
    """TensorProto of float32, uint8 or int64 values."""
    dims = b"".join(_number(1, size) for size in values.shape)
    kind = _number(2, _TYPES[values.dtype.name])
    return dims + kind + _text(8, name) + _part(9, np.ascontiguousarray(values).tobytes())


def node(
    kind: str, inputs: Sequence[str], outputs: Sequence[str], domain: str = "", attributes: Mapping[str, Attribute] = {}
) -> bytes:
    """NodeProto of the operator `kind`."""
    ends = b"".join(_text(1, name) for name in inputs) + b"".join(_text(2, name) for name in outputs)
    told = b"".join(_part(5, _attribute(name, value)) for name, value in attributes.items())
    return ends + _text(4, kind) + told + _text(7, domain)


def value(name: str, shape: Sequence[int | str]) -> bytes:
    """ValueInfoProto of float32 values; a dimension is a size or a name."""
    dims = b"".join(_part(1, _text(2, d) if isinstance(d, str) else _number(1, d)) for d in shape)
    return _text(1, name) + _part(2, _part(1, _number(1, FLOAT) + _part(2, dims)))


def model(
    nodes: Sequence[bytes],
    tensors: Sequence[bytes],
    inputs: Sequence[bytes],
    outputs: Sequence[bytes],
    opsets: Mapping[str, int],
) -> bytes:
    """ModelProto around one graph; `opsets` is domain → version."""
    fields = ((1, nodes), (5, tensors), (11, inputs), (12, outputs))
    graph = b"".join(_part(number, part) for number, parts in fields for part in parts) + _text(2, "graph")
    sets = b"".join(_part(8, _text(1, domain) + _number(2, version)) for domain, version in opsets.items())
    return _number(1, 8) + _part(7, graph) + sets


def _attribute(name: str, given: Attribute) -> bytes:
    field, kind = _ATTRIBUTE[type(given)]
    if isinstance(given, tuple):
        body = b"".join(_number(field, item) for item in given)
    elif isinstance(given, float):
        body = _key(field, 5) + struct.pack("<f", given)
    else:
        body = _number(field, given)
    return _text(1, name) + body + _number(20, kind)


def _varint(number: int) -> bytes:
    number &= (1 << 64) - 1  # negative numbers are written as their two's complement
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def _key(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _number(field: int, number: int) -> bytes:
    return _key(field, 0) + _varint(number)


def _part(field: int, content: bytes) -> bytes:
    return _key(field, 2) + _varint(len(content)) + content


def _text(field: int, text: str) -> bytes:
    return _part(field, text.encode())
