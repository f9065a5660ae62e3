"""How the camera moved between two pictures, from what lies beside the person: shift, zoom and roll."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Box = tuple[float, float, float, float]

WIDTH = 320
LEAST_POINTS = 8
LEAST_AGREE = 0.5
LEAST_CELLS = 3
"""Cells of a 4 × 3 grid in which points have to agree: a station's logo alone is no background."""
RETURNS = 1.0
REPROJECTED = 1.5
WINDOW = (31, 31)


@dataclass(frozen=True)
class Step:
    """The similarity (2, 3) that takes the later picture's points to the earlier one's, px; None where not known."""

    matrix: Array | None


IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


class Camera:
    """Estimates camera movement by points followed with optical flow (Lucas & Kanade, 1981; Bouguet, 2000)."""

    def __init__(self) -> None:
        import cv2

        self._cv2 = cv2

    def small(self, rgb: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], float]:
        """The picture in grey, `WIDTH` wide at most, and its scale."""
        scale = min(1.0, WIDTH / rgb.shape[1])
        grey = self._cv2.cvtColor(rgb, self._cv2.COLOR_RGB2GRAY)
        return np.asarray(self._cv2.resize(grey, None, fx=scale, fy=scale, interpolation=3), np.uint8), scale

    def step(self, before: NDArray[np.uint8], after: NDArray[np.uint8], scale: float, face: Box) -> Step:
        """The camera's movement from one small picture to the next; `face` is its box in the first, px unscaled."""
        cv = self._cv2
        mask = background(before.shape, tuple(scale * v for v in face))  # type: ignore[arg-type]
        points = cv.goodFeaturesToTrack(before, 150, 0.01, 7, mask=mask)
        if points is None or len(points) < LEAST_POINTS:
            return Step(None)
        moved, found, _ = cv.calcOpticalFlowPyrLK(before, after, points, None, winSize=WINDOW)
        back, found_back, _ = cv.calcOpticalFlowPyrLK(after, before, moved, None, winSize=WINDOW)
        good = (found & found_back).ravel().astype(bool)
        good &= np.linalg.norm((back - points).reshape(-1, 2), axis=1) < RETURNS
        first, second = points.reshape(-1, 2)[good], moved.reshape(-1, 2)[good]
        if len(first) < LEAST_POINTS:
            return Step(None)
        matrix, agree = cv.estimateAffinePartial2D(second, first, method=cv.RANSAC, ransacReprojThreshold=REPROJECTED)
        if matrix is None:
            return Step(None)
        agreed = first[agree.ravel().astype(bool)]
        if len(agreed) < max(LEAST_POINTS, LEAST_AGREE * len(first)) or _cells(agreed, before.shape) < LEAST_CELLS:
            return Step(None)
        matrix[:, 2] /= scale
        return Step(np.asarray(matrix, np.float64))


def background(shape: tuple[int, ...], face: Box) -> NDArray[np.uint8]:
    """255 where the picture is taken for background: not the head with its hair, and nothing below it."""
    height, width = shape[:2]
    left, top, right, bottom = face
    size = bottom - top
    mask = np.full((height, width), 255, np.uint8)
    middle = (left + right) / 2
    _blank(mask, middle - 1.2 * size, top - 0.8 * size, middle + 1.2 * size, bottom)
    _blank(mask, middle - 1.6 * size, bottom - 0.1 * size, middle + 1.6 * size, float(height))
    return mask


def _blank(mask: NDArray[np.uint8], left: float, top: float, right: float, bottom: float) -> None:
    height, width = mask.shape
    rows = slice(int(np.clip(top, 0, height)), int(np.clip(bottom, 0, height)))
    mask[rows, int(np.clip(left, 0, width)) : int(np.clip(right, 0, width))] = 0


def _cells(points: NDArray[np.float32], shape: tuple[int, ...]) -> int:
    columns = np.clip(points[:, 0] * 4 / shape[1], 0, 3).astype(int)
    rows = np.clip(points[:, 1] * 3 / shape[0], 0, 2).astype(int)
    return len(set(zip(columns.tolist(), rows.tolist(), strict=True)))


def chained(steps: list[Step]) -> tuple[Array, NDArray[np.bool_]]:
    """From steps between neighbours: matrices (n, 2, 3) that take each picture's points to those of the first.

    Also (n,) whether every step up to there was known; beyond an unknown one nothing is.
    """
    matrices, known = [IDENTITY], [True]
    for step in steps:
        ok = known[-1] and step.matrix is not None
        known.append(ok)
        matrices.append(_after(matrices[-1], step.matrix) if ok and step.matrix is not None else matrices[-1])
    return np.stack(matrices), np.array(known)


def _after(outer: Array, inner: Array) -> Array:
    return np.column_stack([outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2] + outer[:, 2]])
