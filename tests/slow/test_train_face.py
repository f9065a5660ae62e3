"""Training of the expression net: repeatable, resumable, and OpenCV reads what torch wrote."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training only: pip install -r requirements/train.txt")
pytest.importorskip("onnx", reason="training only: pip install -r requirements/train.txt")
cv2 = pytest.importorskip("cv2")

from models.face.expression import inputs  # noqa: E402
from models.training.face_net import Plan, Training, export, logits_of, train  # noqa: E402

pytestmark = pytest.mark.slow
PLAN = Plan(epochs=3, batch=32, rate=0.05, average=0.9)


def stripes(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of stripes in two directions with noise, and which direction."""
    random = np.random.default_rng(0)
    target = np.arange(count) % 2
    wave = np.sin(np.arange(48) * 0.8 + random.uniform(0, 6, (count, 1))) * 80 + 128
    flat = np.where(target[:, None, None] == 0, wave[:, :, None], wave[:, None, :])
    return np.clip(flat + random.normal(0, 20, (count, 48, 48)), 0, 255).astype(np.uint8), target.astype(np.intp)


def test_repeatable_resumable_and_equal_in_opencv(tmp_path: Path) -> None:
    crops, target = stripes(256)
    views, held = np.stack([crops, crops]), (crops[:64], target[:64])
    first = train(views, target, held, 2, PLAN, tmp_path / "one.pt")
    broken = Training(2, PLAN)
    broken.epoch(views, target)
    broken.save(tmp_path / "two.pt")
    second = train(views, target, held, 2, PLAN, tmp_path / "two.pt")
    expected = logits_of(first, crops)
    assert np.array_equal(expected, logits_of(second, crops)), "a resumed run ends where an unbroken one does"
    assert np.mean(expected.argmax(axis=1) == target) > 0.9

    assert export(first, tmp_path / "net.onnx") < 1e-4
    assert (tmp_path / "net.onnx").stat().st_size < 4_000_000
    net = cv2.dnn.readNetFromONNX(str(tmp_path / "net.onnx"))
    both = []
    for pictures in (crops, crops[:, :, ::-1]):
        net.setInput(inputs(pictures))
        both.append(net.forward().copy())
    assert np.abs((both[0] + both[1]) / 2 - expected).max() < 1e-3


def test_another_plan_starts_anew(tmp_path: Path) -> None:
    Training(2, PLAN).save(tmp_path / "net.pt")
    other = Training(2, Plan(epochs=3, batch=32, rate=0.02, average=0.9))
    other.done = 0
    state = torch.load(tmp_path / "net.pt", weights_only=True)
    state["epoch"] = 2
    torch.save(state, tmp_path / "net.pt")
    other.resume(tmp_path / "net.pt")
    same = Training(2, PLAN)
    same.resume(tmp_path / "net.pt")
    assert (other.done, same.done) == (0, 2)
