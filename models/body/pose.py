"""The body's landmarks (Bazarevsky et al., 2020) in a region found from the face, and a hand told from what is none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.face.mesh import Region, warp
from models.face.tflite import Net, shares

Array = NDArray[np.float64]
Box = tuple[float, float, float, float]

INPUT, HAND_INPUT = 256, 224
POINTS = 39
"""33 of the body, then six that say where the body is looked for in the next picture; the first two are used."""
NOSE, SHOULDERS, ELBOWS, WRISTS = 0, (11, 12), (13, 14), (15, 16)
FINGERS = ((17, 19), (18, 20))
CENTRE, REACH = 33, 34
MARGIN = 1.25
SIDE_BY_FACE, BELOW_FACE = 11.5, 3.9
"""Side of the region, and distance of its centre below that of the face, in heights of the face's landmarks."""
PRESENT = 0.5
VISIBLE = 0.5
HAND = 0.8
"""Score of the hand net from which it is a hand: a chair's arm was followed with a visibility above .5."""


@dataclass(frozen=True)
class Body:
    """`points` (39, 2) px; `visible` (39,) 0..1: seen and within the picture; `score` 0..1: is it a body at all."""

    points: Array
    visible: Array
    score: float

    @property
    def region(self) -> Region:
        """Where the body is looked for in the next picture: around the hips, the head up."""
        away = self.points[REACH] - self.points[CENTRE]
        x, y = self.points[CENTRE]
        return Region(float(x), float(y), 2 * MARGIN * float(np.hypot(*away)), float(np.arctan2(away[0], -away[1])))


def region_of_face(box: Box) -> Region:
    """Where the body below a face is looked for: upright, the hips in the middle."""
    left, top, right, bottom = box
    height = bottom - top
    return Region((left + right) / 2, (top + bottom) / 2 + BELOW_FACE * height, SIDE_BY_FACE * height, 0.0)


class PoseNet:
    """The body's landmark net of one .tflite file."""

    def __init__(self, path: Path) -> None:
        import cv2

        self._cv2 = cv2
        self._net = Net(path)

    def look(self, rgb: NDArray[np.uint8], region: Region) -> Body:
        """The body in a region of a picture (height, width, 3)."""
        back = region.to_picture(INPUT)
        view = warp(self._cv2, rgb, back, INPUT)
        found = self._net.run(shares(view))
        outputs = {a.size: a.ravel().astype(np.float64) for a in found}
        raw = outputs[POINTS * 5].reshape(POINTS, 5)
        points = raw[:, :2] @ back[:, :2].T + back[:, 2]
        height, width = rgb.shape[:2]
        inside = (points >= 0).all(axis=1) & (points < [width, height]).all(axis=1)
        seen = _sigmoid(np.minimum(raw[:, 3], raw[:, 4]))
        return Body(points, np.where(inside, seen, 0.0), float(outputs[1][0]))


class HandNet:
    """The hand net of one .tflite file, asked one thing: is there a hand?"""

    def __init__(self, path: Path) -> None:
        import cv2

        self._cv2 = cv2
        self._net = Net(path)

    def score(self, rgb: NDArray[np.uint8], wrist: Array, fingers: Array, least: float) -> float:
        """0..1 for the hand from a wrist (2,) to the middle of its knuckles (2,); the view is at least `least` px."""
        away = fingers - wrist
        side = max(5.0 * float(np.hypot(*away)), least)
        middle = wrist + away
        region = Region(float(middle[0]), float(middle[1]), side, float(np.arctan2(away[0], -away[1])))
        view = warp(self._cv2, rgb, region.to_picture(HAND_INPUT), HAND_INPUT)
        # Of the two single numbers the first by name is whether it is a hand, the second which one.
        found = [a.ravel() for a in self._net.run(shares(view)) if a.size == 1]
        return float(found[0][0])


def _sigmoid(values: Array) -> Array:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(values, -80, 80))))
