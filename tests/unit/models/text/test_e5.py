"""The encoder's file, tokeniser and layers, on a small file of the same layout that is made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.text.e5 import files, wire
from models.text.e5.encoder import Encoder
from models.text.e5.graph import build
from models.text.e5.packed import Packed
from models.text.e5.pieces import encode
from tests.support.tiny_e5 import HEADS, PIECES, WIDTH, tiny_e5


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_e5(tmp_path_factory.mktemp("e5"))


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
