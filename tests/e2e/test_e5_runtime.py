"""ONNX Runtime computes the encoder's states as numpy does."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.text.e5.encoder import Encoder
from tests.support.tiny_e5 import tiny_e5

pytest.importorskip("onnxruntime")
TEXTS = ["ab c", "c", "abab ab c x"]


def test_onnx_runtime_and_numpy_agree(tmp_path: Path) -> None:
    small = tiny_e5(tmp_path)
    with_runtime, plain = (Encoder(small, (0, 1, 2), runtime) for runtime in (True, False))
    assert with_runtime._session is not None and plain._session is None
    assert with_runtime.means(TEXTS) == pytest.approx(plain.means(TEXTS), abs=1e-5)
