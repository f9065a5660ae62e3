"""STSTNet in numpy: each step against a plain loop, and files that are none of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from models.brief.ststnet import EPSILON, SIZES, StstNet, shapes


def weights(labels: int = 3, seed: int = 0) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    made = {name: random.normal(0, 0.3, shape).astype(np.float32) for name, shape in shapes(labels).items()}
    return made | {k: np.abs(v) + 0.5 for k, v in made.items() if k.endswith("running_var")}


def slowly(w: dict[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """The published forward pass, one number at a time."""
    joined = []
    for k, size in enumerate(SIZES, 1):
        padded = np.pad(x.astype(float), ((0, 0), (2, 2), (2, 2)))
        for o in range(size):
            made = np.array(
                [
                    [float((padded[:, i : i + 3, j : j + 3] * w[f"conv{k}.weight"][o]).sum()) for j in range(30)]
                    for i in range(30)
                ]
            )
            made = np.maximum(made + w[f"conv{k}.bias"][o], 0)
            made = (made - w[f"bn{k}.running_mean"][o]) / np.sqrt(w[f"bn{k}.running_var"][o] + EPSILON)
            made = made * w[f"bn{k}.weight"][o] + w[f"bn{k}.bias"][o]
            pooled = [
                [made[max(3 * i - 1, 0) : 3 * i + 2, max(3 * j - 1, 0) : 3 * j + 2].max() for j in range(10)]
                for i in range(10)
            ]
            joined.append(pooled)
    maps = np.array(joined)
    means = [[[m[2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean() for j in range(5)] for i in range(5)] for m in maps]
    logits = w["fc.weight"] @ np.array(means).ravel() + w["fc.bias"]
    grown = np.exp(logits - logits.max())
    return np.asarray(grown / grown.sum())


def test_it_computes_what_is_published(tmp_path: Path) -> None:
    made = weights()
    assert sum(v.size for k, v in made.items() if "running" not in k) == 1683, "the published count of parameters"
    save_file(made, tmp_path / "net.safetensors")
    x = np.random.default_rng(1).normal(0, 1, (3, 28, 28)).astype(np.float32)
    found = StstNet(tmp_path / "net.safetensors", normalise="none").probabilities(x)
    assert found == pytest.approx(slowly(made, x), abs=1e-4)
    stretched = np.stack([255 * (p - p.min()) / (p.max() - p.min()) for p in x])
    assert StstNet(tmp_path / "net.safetensors").probabilities(x) == pytest.approx(slowly(made, stretched), abs=1e-4)


def test_other_files_are_refused(tmp_path: Path) -> None:
    save_file({"conv1.weight": np.zeros((3, 3, 3, 3), np.float32)}, tmp_path / "part.safetensors")
    with pytest.raises(ValueError, match="weights do not fit"):
        StstNet(tmp_path / "part.safetensors")
    (tmp_path / "no.safetensors").write_bytes(b"no tensors")
    with pytest.raises(ValueError, match=r"no\.safetensors"):
        StstNet(tmp_path / "no.safetensors")
