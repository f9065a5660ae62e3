"""ONNX Runtime computes the encoder's states as numpy does."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.text.e5 import tuned
from models.text.e5.encoder import Encoder
from tests.support.tiny_e5 import tiny_e5, trained_further

pytest.importorskip("onnxruntime")
TEXTS = ["ab c", "c", "abab ab c x"]


@pytest.mark.parametrize("further", [False, True])
def test_onnx_runtime_and_numpy_agree(tmp_path: Path, further: bool) -> None:
    small = tiny_e5(tmp_path)
    upper = tmp_path / tuned.NAME if further else None
    if upper is not None:
        tuned.write(upper, trained_further(small))
    with_runtime, plain = (Encoder(small, (0, 1, 2), runtime, upper) for runtime in (True, False))
    assert with_runtime._session is not None and plain._session is None
    assert with_runtime.means(TEXTS) == pytest.approx(plain.means(TEXTS), abs=1e-5)
