"""Optical flow between onset and apex, on crops that the head's own movement has been taken out of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.brief.motion import BROWS, CORNERS
from models.face.expression import similarity
from models.face.geometry import EYE_CORNERS

Array = NDArray[np.float64]

SIDE = 128
EYES = 64.0
"""Side of the crop, and of the outer-eye distance on it, px."""
STEADY = (*EYE_CORNERS, 168, 6, 197, 195)
"""Landmarks that expressions hardly move: they hold the crops upon each other, and what flow they show is error."""
REACH = {"brow": 5, "corner": 8}
"""Px around a brow's landmarks, and around the corner of a mouth, that are asked for their flow."""
NEAR = 6
FEATURE_SIDE = 28


@dataclass(frozen=True)
class Flow:
    """Displacement from onset to apex on the crop, px: `u` to the right and `v` down, (side, side).

    `places` (468, 2) are the onset's landmarks on the crop.
    """

    u: Array
    v: Array
    places: Array

    def share(self, track: str, delta: float) -> float:
        """How much of a departure `delta` (eye distances, up is positive) the track's own region shows, 0..1."""
        rows = BROWS.get(track) or (CORNERS[track],)
        here = self._around(rows, REACH[track.partition("_")[0]])
        rest = self._around(STEADY, NEAR) & ~here
        lift = float(np.median(self.v[rest]) - np.median(self.v[here]))
        return float(np.clip(lift / (delta * EYES), 0.0, 1.0))

    def strain(self) -> Array:
        """Magnitude of the optical strain (side, side): √(u_x² + v_y² + ½ (u_y + v_x)²), Liong et al., 2019."""
        u_y, u_x = np.gradient(self.u)
        v_y, v_x = np.gradient(self.v)
        return np.asarray(np.sqrt(u_x**2 + v_y**2 + 0.5 * (u_y + v_x) ** 2))

    def features(self) -> NDArray[np.float32]:
        """u, v and strain on 28 × 28 pixels (3, 28, 28): what STSTNet reads."""
        import cv2

        planes = (self.u, self.v, self.strain())
        size = (FEATURE_SIDE, FEATURE_SIDE)
        return np.stack([cv2.resize(p, size, interpolation=cv2.INTER_AREA) for p in planes]).astype(np.float32)

    def _around(self, rows: tuple[int, ...], reach: int) -> NDArray[np.bool_]:
        y, x = np.mgrid[0 : self.u.shape[0], 0 : self.u.shape[1]]
        away = [(x - self.places[row, 0]) ** 2 + (y - self.places[row, 1]) ** 2 for row in rows]
        return np.asarray(np.min(away, axis=0) <= reach**2)


class FlowEstimator:
    """DIS optical flow (Kroeger et al., 2016) of OpenCV between two pictures of one face."""

    def __init__(self) -> None:
        import cv2

        self._cv2 = cv2
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)

    def between(self, onset: tuple[NDArray[np.uint8], Array], apex: tuple[NDArray[np.uint8], Array]) -> Flow:
        """The flow from one (picture (height, width, 3), landmarks (468, 3) px) to another."""
        first, places = self._crop(*onset)
        second, _ = self._crop(*apex)
        empty = np.zeros((SIDE, SIDE, 2), np.float32)
        flow = np.asarray(self._dis.calc(first, second, empty), np.float64)
        return Flow(flow[..., 0], flow[..., 1], places)

    def _crop(self, rgb: NDArray[np.uint8], points: Array) -> tuple[NDArray[np.uint8], Array]:
        grey = self._cv2.cvtColor(rgb, self._cv2.COLOR_RGB2GRAY)
        matrix = onto_crop(points)
        shown = self._cv2.warpAffine(grey, matrix, (SIDE, SIDE), flags=self._cv2.INTER_LINEAR, borderMode=1)
        return np.asarray(shown, np.uint8), points[:, :2] @ matrix[:, :2].T + matrix[:, 2]


def onto_crop(points: Array) -> Array:
    """The rotation, scale and shift (2, 3) that take landmarks (468, 3) to the crop: eyes level, at one place."""
    source = points[list(STEADY), :2]
    right, left = points[EYE_CORNERS[0], :2], points[EYE_CORNERS[3], :2]
    across = left - right
    along = across / max(float(np.hypot(*across)), 1e-6)
    down = np.array([-along[1], along[0]])
    away = source - (right + left) / 2
    scale = EYES / max(float(np.hypot(*across)), 1e-6)
    target = np.column_stack([away @ along, away @ down]) * scale + [SIDE / 2, 0.4 * SIDE]
    return similarity(source, target)
