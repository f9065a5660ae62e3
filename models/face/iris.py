"""Where the irises are (Ablavatski et al., 2020): five points per eye from a 64 × 64 view of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.face.mesh import Region, warp
from models.face.pruned import pruned
from models.face.tflite import Net, shares

INPUT = 64
OUTPUT = "output_iris"
MARGIN = 2.3
RIGHT_EYE, LEFT_EYE = (33, 133), (362, 263)  # corners from left to right on the picture; the right eye of the person


class IrisNet:
    """The iris net of one .tflite file. It was made for the person's right eye; the other is shown to it mirrored."""

    def __init__(self, path: Path) -> None:
        import cv2

        self._cv2 = cv2
        # The file's other output, 71 points around the eye, is a third of its layers and not read.
        self._net = Net(pruned(path.read_bytes(), OUTPUT))

    def centres(self, rgb: NDArray[np.uint8], points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Iris centres (2, 2) in pixels, the person's right eye first, given the landmarks (468, 3)."""
        return np.stack(
            [self._centre(rgb, points, RIGHT_EYE, mirrored=False), self._centre(rgb, points, LEFT_EYE, mirrored=True)]
        )

    def _centre(
        self, rgb: NDArray[np.uint8], points: NDArray[np.float64], corners: tuple[int, int], mirrored: bool
    ) -> NDArray[np.float64]:
        start, end = points[corners[0], :2], points[corners[1], :2]
        middle, across = (start + end) / 2, end - start
        side = max(float(np.hypot(*across)) * MARGIN, 2.0)
        back = Region(float(middle[0]), float(middle[1]), side, float(np.arctan2(across[1], across[0]))).to_picture(
            INPUT
        )
        view = warp(self._cv2, rgb, back, INPUT)
        if mirrored:
            view = view[:, ::-1]
        (found,) = self._net.run(shares(view))
        x, y = found.astype(np.float64).reshape(5, 3)[0, :2]
        if mirrored:
            x = INPUT - x
        return np.asarray(back[:, :2] @ np.array([x, y]) + back[:, 2])
