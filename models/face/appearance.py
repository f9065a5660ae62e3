"""Seven expression scores of an aligned face crop: learned patches, HOG and landmark shape under a ridge regression.

Patches after Coates, Ng & Lee (2011): whitened 8 × 8 patches against a dictionary learned without labels, rectified,
averaged over a grid. Plain numpy, a few milliseconds a crop.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from models.face.expression import SHAPE_POINTS, SIDE, hog

Floats = NDArray[np.float32]

SCHEMA = "face-appearance/1"
PATCH, STRIDE, GRID = 8, 2, 5
THRESHOLD = 0.5
BATCH = 200
_PAIRS = (
    *((70, 300), (63, 293), (105, 334), (66, 296), (107, 336)),
    *((33, 263), (160, 387), (159, 386), (158, 385), (133, 362), (153, 380), (145, 374), (144, 373)),
    *((98, 327), (48, 278), (61, 291), (40, 270), (37, 267), (321, 91), (314, 84)),
    *((78, 308), (81, 311), (402, 178), (205, 425)),
)


@dataclass(frozen=True)
class Appearance:
    """What training learned.

    Attributes:
        filters: (64, k) whitened dictionary; offset: (64,) mean patch.
        mean, scale: of the features (d,).
        weights: ridge weights (d, labels); bias: (labels,).
        usual_detail: median `detail` of the training crops.
    """

    filters: Floats
    offset: Floats
    mean: Floats
    scale: Floats
    weights: Floats
    bias: Floats
    usual_detail: float

    def scores(self, crops: NDArray[np.uint8], shapes: Floats) -> NDArray[np.float64]:
        """Scores (n, labels) of crops (n, 48, 48) with shapes (n, 165), mean over the picture and its mirror image."""
        both = [(crops, shapes), (crops[:, :, ::-1], mirrored_shapes(shapes))]
        found = [standardise(features(c, s, self.filters, self.offset), self.mean, self.scale) for c, s in both]
        return np.asarray(((found[0] + found[1]) / 2 @ self.weights + self.bias), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write features.json and features.safetensors."""
        from safetensors.numpy import save_file

        folder.mkdir(parents=True, exist_ok=True)
        names = ("filters", "offset", "mean", "scale", "weights", "bias")
        save_file({name: np.ascontiguousarray(getattr(self, name)) for name in names}, folder / "features.safetensors")
        config = {
            "schema": SCHEMA,
            "patch": PATCH,
            "stride": STRIDE,
            "grid": GRID,
            "threshold": THRESHOLD,
            "usual_detail": self.usual_detail,
        }
        (folder / "features.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Appearance:
        """Read what `save` wrote. ValueError when it was made by other code than this."""
        from safetensors.numpy import load_file

        config = json.loads((folder / "features.json").read_text(encoding="utf-8"))
        found = [config.get(name) for name in ("schema", "patch", "stride", "grid", "threshold")]
        if found != [SCHEMA, PATCH, STRIDE, GRID, THRESHOLD]:
            raise ValueError(f"{folder}/features.json was written for other features: {found}")
        return cls(**load_file(folder / "features.safetensors"), usual_detail=float(config["usual_detail"]))


def features(crops: NDArray[np.uint8], shapes: Floats, filters: Floats, offset: Floats) -> Floats:
    """Features (n, d): pooled patch responses (square root), HOG, shape (NaN where there are no landmarks)."""
    parts = []
    for start in range(0, len(crops), BATCH):
        batch = crops[start : start + BATCH]
        responses = np.sqrt(_pooled(batch, filters, offset))
        parts.append(np.concatenate([responses, hog(batch), shapes[start : start + BATCH]], axis=1))
    return np.asarray(np.concatenate(parts), dtype=np.float32)


def standardise(x: Floats, mean: Floats, scale: Floats) -> Floats:
    """(x − mean) / scale; what was not measured counts as the mean."""
    return np.asarray(np.nan_to_num((x - mean) / scale, copy=False), dtype=np.float32)


def patches(crops: NDArray[np.uint8]) -> Floats:
    """Patches (n, rows, columns, 64), each without its mean and of about unit contrast."""
    windows: Floats = sliding_window_view(crops.astype(np.float32), (PATCH, PATCH), axis=(1, 2))  # type: ignore[call-overload]
    flat = windows[:, ::STRIDE, ::STRIDE].reshape(len(crops), -1, PATCH * PATCH)
    flat = flat - flat.mean(axis=2, keepdims=True)
    flat /= np.sqrt(flat.var(axis=2, keepdims=True) + 30.0)
    rows = (SIDE - PATCH) // STRIDE + 1
    return np.asarray(flat.reshape(len(crops), rows, rows, -1), dtype=np.float32)


def learn_filters(crops: NDArray[np.uint8], count: int, seed: int) -> tuple[Floats, Floats]:
    """Dictionary of `count` whitened patches by spherical k-means (Coates & Ng, 2012): (filters, offset)."""
    random = np.random.default_rng(seed)
    chosen = crops[random.choice(len(crops), min(3000, len(crops)), replace=False)]
    sample = patches(chosen).reshape(-1, PATCH * PATCH)
    sample = sample[random.choice(len(sample), min(200_000, len(sample)), replace=False)]
    offset = sample.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(sample.T))
    whiten = ((vectors / np.sqrt(values + 0.1)) @ vectors.T).astype(np.float32)
    sample = (sample - offset) @ whiten
    words = random.standard_normal((count, PATCH * PATCH)).astype(np.float32)
    words /= np.linalg.norm(words, axis=1, keepdims=True)
    for _ in range(10):
        match = sample @ words.T
        best = np.abs(match).argmax(axis=1)
        total = np.zeros_like(words)
        np.add.at(total, best, sample * match[np.arange(len(sample)), best][:, None])
        norm = np.linalg.norm(total, axis=1, keepdims=True)
        words = np.where(norm > 1e-6, total / np.maximum(norm, 1e-6), words)
    return np.asarray(whiten @ words.T, dtype=np.float32), np.asarray(offset, dtype=np.float32)


def mirrored_shapes(shapes: Floats) -> Floats:
    """Shapes (n, 165) of the faces in a mirror."""
    place = {int(index): row for row, index in enumerate(SHAPE_POINTS)}
    order = np.arange(len(SHAPE_POINTS))
    for a, b in _PAIRS:
        order[place[a]], order[place[b]] = place[b], place[a]
    points = shapes.reshape(len(shapes), -1, 3)[:, order] * np.array([-1, 1, 1], dtype=np.float32)
    return np.asarray(points.reshape(len(shapes), -1), dtype=np.float32)


def _pooled(crops: NDArray[np.uint8], filters: Floats, offset: Floats) -> Floats:
    """Rectified responses of both signs, averaged over a grid of `GRID` × `GRID`, shape (n, grid² · 2k)."""
    response = (patches(crops) - offset) @ filters
    both = np.concatenate([np.maximum(response - THRESHOLD, 0), np.maximum(-response - THRESHOLD, 0)], axis=-1)
    edges = np.linspace(0, both.shape[1], GRID + 1).astype(int)
    sizes = np.diff(edges).astype(np.float32)
    sums = np.add.reduceat(np.add.reduceat(both, edges[:-1], axis=1), edges[:-1], axis=2)
    return np.asarray((sums / (sizes[:, None, None] * sizes[None, :, None])).reshape(len(crops), -1), dtype=np.float32)
