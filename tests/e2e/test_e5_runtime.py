"""ONNX Runtime computes the encoder's states as numpy does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from models.text.e5.encoder import Encoder
from tests.support.needs import needs
from tests.support.tiny_e5 import tiny_e5

needs("onnxruntime")
TEXTS = ["ab c", "c", "abab ab c x"]


def test_onnx_runtime_and_numpy_agree(tmp_path: Path) -> None:
    small = tiny_e5(tmp_path)
    with_runtime, plain = (Encoder(small, (0, 1, 2), runtime) for runtime in (True, False))
    assert with_runtime._session is not None and plain._session is None
    assert with_runtime.means(TEXTS) == pytest.approx(plain.means(TEXTS), abs=1e-5)


SESSION = """
import sys
import os
import subprocess
import sys
from pathlib import Path
from models.text.e5.encoder import Encoder
from tests.support.needs import needs
assert Encoder(Path(sys.argv[1]), (0, 1), True).means(["ab c"]).size
"""


def test_onnx_runtime_reports_nothing_to_its_maker(root: Path, tmp_path: Path) -> None:
    """Left alone it writes a device's identifier and a queue of events into the user's cache, and sends them."""
    small, home = tiny_e5(tmp_path), tmp_path / "home"
    home.mkdir()
    places = {name: str(home) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    command = [sys.executable, "-c", SESSION, str(small)]
    subprocess.run(command, cwd=root, env={**os.environ, **places}, check=True)
    assert list(home.rglob("*")) == []
