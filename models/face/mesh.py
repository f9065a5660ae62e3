"""The 468 face landmarks (Kartynnik et al., 2019) in a region aligned with the head's roll, followed frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.face.detector import Detection
from models.face.tflite import Net, shares

INPUT = 192
LANDMARKS = 468
MARGIN = 1.5
EYE_OUTER_RIGHT, EYE_OUTER_LEFT = 33, 263  # of the person; the right eye is on the left of the picture


@dataclass(frozen=True)
class Region:
    """A square of the picture: centre and side in pixels, `angle` in radians of its x axis (clockwise on screen)."""

    x: float
    y: float
    side: float
    angle: float

    def to_picture(self, size: int) -> NDArray[np.float64]:
        """The affine map (2, 3) from the pixels of the region drawn `size` × `size` to those of the picture."""
        step = self.side / size
        c, s = np.cos(self.angle) * step, np.sin(self.angle) * step
        half = size / 2
        return np.array([[c, -s, self.x - c * half + s * half], [s, c, self.y - s * half - c * half]])


@dataclass(frozen=True)
class Mesh:
    """`points` (468, 3): x, y in pixels of the picture, z in the same scale; `score` in 0..1: is it a face at all."""

    points: NDArray[np.float64]
    score: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of the landmarks, pixels."""
        low, high = self.points[:, :2].min(axis=0), self.points[:, :2].max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def region_of_detection(face: Detection) -> Region:
    """The region around a detection: rotated so that the eyes are level, a margin of half the box."""
    left, top, right, bottom = face.box
    dx, dy = face.keypoints[1] - face.keypoints[0]
    side = max(right - left, bottom - top) * MARGIN
    return Region((left + right) / 2, (top + bottom) / 2, side, float(np.arctan2(dy, dx)))


def region_of_points(points: NDArray[np.float64]) -> Region:
    """The region around landmarks (468, 3), for the next frame: level eyes, the same margin."""
    dx, dy = points[EYE_OUTER_LEFT, :2] - points[EYE_OUTER_RIGHT, :2]
    angle = float(np.arctan2(dy, dx))
    axes = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = points[:, :2] @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    centre = axes.T @ ((low + high) / 2)
    return Region(float(centre[0]), float(centre[1]), float((high - low).max()) * MARGIN, angle)


class FaceMesh:
    """The landmark net of one .tflite file."""

    def __init__(self, path: Path) -> None:
        import cv2

        self._cv2 = cv2
        self._net = Net(path)

    def landmarks(self, rgb: NDArray[np.uint8], region: Region) -> Mesh:
        """Landmarks of the face in `region` of a picture (height, width, 3)."""
        back = region.to_picture(INPUT)
        view = warp(self._cv2, rgb, back, INPUT)
        found = self._net.run(shares(view))
        outputs = {a.size: a.ravel().astype(np.float64) for a in found}
        raw = outputs[LANDMARKS * 3].reshape(LANDMARKS, 3)
        points = np.empty_like(raw)
        points[:, :2] = raw[:, :2] @ back[:, :2].T + back[:, 2]
        points[:, 2] = raw[:, 2] * (region.side / INPUT)
        return Mesh(points, float(1.0 / (1.0 + np.exp(-np.clip(outputs[1][0], -80, 80)))))


def warp(cv2: object, rgb: NDArray[np.uint8], back: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    """`rgb` drawn on `size` × `size` pixels, `back` (2, 3) mapping those to the picture; black beyond its border."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP  # type: ignore[attr-defined]
    return np.asarray(cv2.warpAffine(rgb, back, (size, size), flags=flags), dtype=np.uint8)  # type: ignore[attr-defined]
