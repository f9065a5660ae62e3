"""Face detection: BlazeFace short-range (Bazarevsky et al., 2019) with a tile pyramid for small faces.

The net sees 128 × 128 pixels and loses faces narrower than about an eighth of its view, so a picture is searched
whole and in three square tiles, then, if no face was found, in half-height tiles that overlap by half.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.face.tflite import Net

INPUT = 128
MIN_SCORE = 0.5
MAX_OVERLAP = 0.3
KEYPOINTS = 6  # right eye, left eye, nose tip, mouth, right ear, left ear

Tile = tuple[int, int, int]
"""Left, top and side of a square view in pixels; it may reach beyond the picture, which is padded with black."""


@dataclass(frozen=True)
class Detection:
    """A face: `box` is (left, top, right, bottom) and `keypoints` (6, 2), both in pixels; `score` in 0..1."""

    box: tuple[float, float, float, float]
    keypoints: NDArray[np.float64]
    score: float

    @property
    def side(self) -> float:
        """Geometric mean of the box's sides, pixels."""
        left, top, right, bottom = self.box
        return float(np.sqrt(max(right - left, 0.0) * max(bottom - top, 0.0)))


class FaceDetector:
    """The detector net of one .tflite file."""

    def __init__(self, path: Path) -> None:
        import cv2

        self._cv2 = cv2
        self._net = Net(path)
        self._anchors = anchors()

    def search(self, rgb: NDArray[np.uint8], tiles: list[Tile]) -> list[Detection]:
        """Faces seen in any of the tiles, duplicates removed, largest first."""
        found = [face for tile in tiles for face in self._in_tile(rgb, tile)]
        return sorted(suppress(found), key=lambda face: -face.side)

    def _in_tile(self, rgb: NDArray[np.uint8], tile: Tile) -> list[Detection]:
        left, top, side = tile
        scale = INPUT / side
        # Area averaging before a strong reduction: plain bilinear sampling of every 7th pixel shows the net noise.
        view = self._cv2.resize(_cut(rgb, tile), (INPUT, INPUT), interpolation=self._cv2.INTER_AREA)
        found = self._net.run(view.astype(np.float32) / np.float32(127.5) - np.float32(1))
        outputs = {a.shape[-1]: a[0] for a in found}
        faces = decode(outputs[1][:, 0], outputs[4 + 2 * KEYPOINTS], self._anchors)
        shift = np.array([left, top], dtype=np.float64)
        moved = []
        for face in faces:
            x0, y0, x1, y1 = (v / scale for v in face.box)
            box = (x0 + left, y0 + top, x1 + left, y1 + top)
            moved.append(Detection(box, face.keypoints / scale + shift, face.score))
        return moved


def anchors() -> NDArray[np.float64]:
    """Centres of the 896 prior boxes in input pixels: 2 per cell of the 16 × 16 grid, then 6 per cell of 8 × 8."""
    grids = []
    for stride, repeats in ((8, 2), (16, 6)):
        ticks = (np.arange(INPUT // stride) + 0.5) * stride
        y, x = np.meshgrid(ticks, ticks, indexing="ij")
        grids.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), repeats, axis=0))
    return np.concatenate(grids)


def decode(
    logits: NDArray[np.float32], boxes: NDArray[np.float32], centres: NDArray[np.float64], least: float = MIN_SCORE
) -> list[Detection]:
    """Raw net output → detections in input pixels.

    Args:
        logits: (896,) face logits.
        boxes: (896, 16): offset of the centre, width and height, then the six key points, all relative to the prior.
        centres: what `anchors` returns.
        least: smallest score that is kept.
    """
    scores = 1.0 / (1.0 + np.exp(-np.clip(logits.astype(np.float64), -80, 80)))
    kept = np.flatnonzero(scores >= least)
    faces = []
    for i in kept:
        raw = boxes[i].astype(np.float64).reshape(-1, 2)
        centre, size = raw[0] + centres[i], raw[1]
        (x0, y0), (x1, y1) = centre - size / 2, centre + size / 2
        faces.append(Detection((float(x0), float(y0), float(x1), float(y1)), raw[2:] + centres[i], float(scores[i])))
    return suppress(faces)


def suppress(faces: list[Detection]) -> list[Detection]:
    """Weighted non-maximum suppression: overlapping detections become one, the mean weighted by score."""
    rest = sorted(faces, key=lambda face: -face.score)
    kept = []
    while rest:
        best = rest[0]
        same = [face for face in rest if overlap(best.box, face.box) > MAX_OVERLAP]
        rest = [face for face in rest if overlap(best.box, face.box) <= MAX_OVERLAP]
        weights = np.array([face.score for face in same])
        x0, y0, x1, y1 = (float(v) for v in np.average([face.box for face in same], axis=0, weights=weights))
        points = np.average([face.keypoints for face in same], axis=0, weights=weights)
        kept.append(Detection((x0, y0, x1, y1), points, best.score))
    return kept


def overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Intersection over union; 1 when one box lies within the other by nine tenths of its area."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    common = width * height
    areas = [(x[2] - x[0]) * (x[3] - x[1]) for x in (a, b)]
    if common > 0.9 * min(areas):
        return 1.0
    return float(common / (sum(areas) - common))


def whole(width: int, height: int) -> Tile:
    """The square that holds the whole picture, padded evenly."""
    side = max(width, height)
    return (width - side) // 2, (height - side) // 2, side


def square_tiles(width: int, height: int) -> list[Tile]:
    """Three squares of the short side, spread along the long side; none for a nearly square picture."""
    side = min(width, height)
    rest = max(width, height) - side
    if rest < side // 8:
        return []
    steps = (0, rest // 2, rest)
    return [(step, 0, side) if width >= height else (0, step, side) for step in steps]


def half_tiles(width: int, height: int) -> list[Tile]:
    """Squares of half the short side that overlap by half and cover the picture."""
    side = max(min(width, height) // 2, 16)

    def starts(length: int) -> list[int]:
        count = max(int(np.ceil((length - side) / (side / 2))), 0) + 1
        return [round(s) for s in np.linspace(0, max(length - side, 0), count)]

    return [(x, y, side) for y in starts(height) for x in starts(width)]


def _cut(rgb: NDArray[np.uint8], tile: Tile) -> NDArray[np.uint8]:
    left, top, side = tile
    height, width = rgb.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    if (x1 - x0, y1 - y0) == (side, side):
        return rgb[y0:y1, x0:x1]
    view = np.zeros((side, side, 3), dtype=np.uint8)
    view[y0 - top : y1 - top, x0 - left : x1 - left] = rgb[y0:y1, x0:x1]
    return view
