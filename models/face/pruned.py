"""A .tflite net without the layers of outputs that nobody reads.

The file is a FlatBuffer (flatbuffers.dev/internals) of TensorFlow Lite's schema, version 3: the list of layers is
shortened in place, and nothing that is left changes.
"""

from __future__ import annotations

import struct

_MODEL_SUBGRAPHS, _TENSORS, _OUTPUTS, _LAYERS, _TENSOR_NAME = 2, 0, 2, 3, 3
_LAYER_INPUTS, _LAYER_OUTPUTS = 1, 2


def pruned(content: bytes, output: str) -> bytes:
    """The net with only what its output named `output` needs.

    Raises:
        ValueError: the net has no such output, or the bytes are no such file.
    """
    data = bytearray(content)
    try:
        return bytes(_prune(data, output))
    except struct.error as fault:
        raise ValueError(f"no .tflite net: {fault}") from None


def _prune(data: bytearray, output: str) -> bytearray:
    graph = _item(data, _list(data, _target(data, 0), _MODEL_SUBGRAPHS), 0)
    layers, outputs = _list(data, graph, _LAYERS), _list(data, graph, _OUTPUTS)
    tensors = _list(data, graph, _TENSORS)
    named = [
        i for i in _numbers(data, outputs) if _text(data, _list(data, _item(data, tensors, i), _TENSOR_NAME)) == output
    ]
    if len(named) != 1:
        raise ValueError(f"the net has no output {output!r}")
    needed, kept = set(named), []
    # Layers stand in the order of computation: from the last to the first, each that makes something needed.
    for layer in reversed([_item(data, layers, k) for k in range(_number(data, layers))]):
        if needed & set(_numbers(data, _list(data, layer, _LAYER_OUTPUTS))):
            needed |= set(_numbers(data, _list(data, layer, _LAYER_INPUTS)))
            kept.append(layer)
    for k, layer in enumerate(reversed(kept)):
        place = layers + 4 + 4 * k
        struct.pack_into("<I", data, place, layer - place)
    struct.pack_into("<I", data, layers, len(kept))
    struct.pack_into("<Ii", data, outputs, 1, named[0])
    return data


def _number(data: bytearray, place: int) -> int:
    return int(struct.unpack_from("<I", data, place)[0])


def _target(data: bytearray, place: int) -> int:
    """Where the offset that stands at `place` leads."""
    return place + _number(data, place)


def _list(data: bytearray, table: int, field: int) -> int:
    """Where the list (or text) begins that is a table's field by this number: its length, then its items."""
    fields = table - struct.unpack_from("<i", data, table)[0]
    length = struct.unpack_from("<H", data, fields)[0]
    offset = struct.unpack_from("<H", data, fields + 4 + 2 * field)[0] if 4 + 2 * field < length else 0
    if not offset:
        raise ValueError(f"no .tflite net: field {field} is not there")
    return _target(data, table + offset)


def _item(data: bytearray, items: int, k: int) -> int:
    """Where the k-th table of a list begins."""
    return _target(data, items + 4 + 4 * k)


def _numbers(data: bytearray, items: int) -> tuple[int, ...]:
    return struct.unpack_from(f"<{_number(data, items)}i", data, items + 4)


def _text(data: bytearray, place: int) -> str:
    return bytes(data[place + 4 : place + 4 + _number(data, place)]).decode("utf-8", "replace")
