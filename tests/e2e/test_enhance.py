"""Enhancement on pixels: noise goes, a net of DeblurGAN-v2's form is asked, and the page shows before and after."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from harness.faults import ConfigError, StageUnavailable
from models.enhance.methods import Deblurrer, Denoiser, noise
from models.enhance.provider import spec
from models.text.e5 import wire
from tests.support.needs import needs
from tests.support.run_command import run

cv2 = pytest.importorskip("cv2")
needs("onnxruntime")


def generator(path: Path, sides: tuple[int | str, int | str] = ("height", "width"), gain: float = 1.5) -> Path:
    """A net of the published form: clip(x · gain, −1, 1) of (1, 3, height, width)."""
    ends = [wire.value(name, (1, 3, *sides)) for name in ("input", "output")]
    tensors = [wire.tensor(n, np.array(v, np.float32)) for n, v in (("gain", gain), ("low", -1), ("high", 1))]
    nodes = [wire.node("Mul", ["input", "gain"], ["y"]), wire.node("Clip", ["y", "low", "high"], ["output"])]
    path.write_bytes(wire.model(nodes, tensors, ends[:1], ends[1:], {"": 13}))
    return path


def test_noise_goes_and_a_clean_picture_stays() -> None:
    y, x = np.mgrid[0:80, 0:90]
    clean = np.stack([90 + x, 90 + y, 100 + 40 * (x > 45)], axis=-1).astype(np.uint8)
    noisy = np.clip(clean + np.random.default_rng(0).normal(0, 10, clean.shape), 0, 255).astype(np.uint8)
    made = Denoiser()(noisy)
    assert noise(made.mean(axis=2)) < 0.3 * noise(noisy.mean(axis=2))
    assert np.abs(made.astype(int) - clean).mean() < 0.5 * np.abs(noisy.astype(int) - clean).mean()
    assert Denoiser()(clean) is clean


def test_a_net_is_given_what_the_published_prediction_gives_it(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (45, 64, 3), np.uint8)
    found = Deblurrer(generator(tmp_path / "net.onnx"))(picture)
    expected = (np.clip((picture / 127.5 - 1) * 1.5, -1, 1) + 1) * 127.5
    assert found.shape == picture.shape and np.abs(found - expected).max() < 0.51
    with pytest.raises(ValueError, match="256 × 256 pixels alone"):
        Deblurrer(generator(tmp_path / "fixed.onnx", (256, 256)))
    (tmp_path / "no.onnx").write_bytes(b"no net")
    with pytest.raises(ValueError, match="no ONNX net"):
        Deblurrer(tmp_path / "no.onnx")


def test_without_a_net_it_is_unavailable_and_says_what_mends_it(models: Path, tmp_path: Path) -> None:
    settings = {"models_dir": str(models), "enhance": "deblur"}
    assert "media.enhance_weights=FILE.onnx" in spec(settings).lacks
    with pytest.raises(StageUnavailable, match="none can be shipped"):
        spec(settings).build()
    with pytest.raises(ConfigError, match="no file"):
        spec({**settings, "enhance_weights": str(tmp_path / "none.onnx")})
    fixed = generator(tmp_path / "fixed.onnx", (256, 256))
    verify = spec({**settings, "enhance_weights": str(fixed)}).verify
    assert verify is not None
    with pytest.raises(ConfigError, match="export it with free height and width"):
        verify()  # before any clip


def test_the_page_shows_before_and_after(root: Path, models: Path, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    shutil.copy(root / "Test_Data" / "demo_zh_mute.mp4", tmp_path / "clips")
    net = generator(tmp_path / "net.onnx")
    flags = ["media.enhance=deblur", f"media.enhance_weights={net}", "media.enhance_evidence=enhanced"]
    done = run(root, tmp_path / "clips", tmp_path / "out", "--set", *flags, "transcribe.provider=written", "workers=1")
    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "out/supplements/records/enhance").glob("[!.]*.json")
    found = json.loads(path.read_text(encoding="utf-8"))["data"]
    changes = {one["name"]: (one["before"], one["after"]) for one in found["changes"]}
    assert (found["method"], found["evidence"], len(found["pictures"])) == ("deblur", "enhanced", 2)
    assert changes["sharpness"][1] > 1.3 * changes["sharpness"][0] and 0 < changes["landmark_shift"][1] < 0.1
    assert sum(found["before"]) == pytest.approx(1) and found["before"] != found["after"]
