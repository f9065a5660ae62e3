"""What a face's still picture is for the expression net: an upright crop, its grey levels, and its fine detail."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SIDE = 48
FULL_RANGE = (5.0, 254.0)
MEAN, SPREAD = 0.5, 0.25
"""Grey levels 0..1 enter the net as (grey − mean) / spread."""
TEMPLATE = np.array([[14.0, 17.0], [34.0, 17.0], [24.0, 37.5]])
"""Where right eye, left eye and mouth lie on the crop: a little closer than FER2013's medians (15, 18), (33, 18),
(24, 36)."""
FULL_SIZE_PX = 60.0
ZOOMS = (0.9, 1.1)
"""Sizes at which the net is shown a crop, each with its mirror image. Of nine sets of one to three sizes these were the
best on the held-out training pictures."""
SCORE_EDGE = 1e-9
COVERED = (4.0, 10.0)
"""Falls of the face's logit between which it goes from seen to covered. Of 190 uncovered faces 7 fall by more than the
first and none by more than the second; of 939 with 15 % and more covered 84 % and 58 % (docs/occlusion.md)."""
TURNED_AWAY = 45.0
"""Degrees of yaw from which nothing is read."""
_EYES = ((33, 133, 159, 145), (362, 263, 386, 374))
_MOUTH = (61, 291, 0, 17)


def anchors_of(points: Array) -> Array:
    """Right eye, left eye and mouth (3, 2) of landmarks (468, 3), px."""
    return np.stack([points[list(group), :2].mean(axis=0) for group in (*_EYES, _MOUTH)])


def similarity(source: Array, target: Array) -> Array:
    """The rotation, scale and shift (2, 3) that best take points (k, 2) to others in least squares."""
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    norm = max(float((a**2).sum()), 1e-12)
    c = float((a * b).sum()) / norm
    s = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / norm
    linear = np.array([[c, -s], [s, c]])
    return np.column_stack([linear, target.mean(axis=0) - linear @ source.mean(axis=0)])


def crop(cv2: Any, grey: NDArray[np.uint8], points: Array) -> NDArray[np.uint8]:
    """The face on 48 × 48 grey pixels, eyes and mouth where `TEMPLATE` has them.

    Reduced in steps of two first, so that a large face is averaged and not sampled.
    """
    matrix = similarity(anchors_of(points), TEMPLATE)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    while scale < 0.5 and min(grey.shape) >= 2:
        grey = cv2.resize(grey, (max(grey.shape[1] // 2, 1), max(grey.shape[0] // 2, 1)), interpolation=cv2.INTER_AREA)
        matrix[:, :2] *= 2
        scale *= 2
    return np.asarray(
        cv2.warpAffine(grey, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE),
        dtype=np.uint8,
    )


def stretched(crops: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Crops (n, 48, 48) with their 1 % and 99 % grey levels moved to those that FER2013's pictures have.

    Those pictures use the whole range; a crop of a film frame often uses a fifth of it, and its weak edges would be
    taken for noise.
    """
    low, high = np.percentile(crops, [1, 99], axis=(1, 2), keepdims=True)
    scaled = (crops - low) / np.maximum(high - low, 8.0) * (FULL_RANGE[1] - FULL_RANGE[0]) + FULL_RANGE[0]
    return np.asarray(np.clip(np.round(scaled), 0, 255), dtype=np.uint8)


def zoomed(crops: NDArray[np.uint8], size: float) -> NDArray[np.uint8]:
    """Crops (n, 48, 48) enlarged by `size` around their middle, or reduced with their border drawn out."""
    import cv2

    if size == 1.0:
        return crops
    shift = (SIDE - 1) / 2 * (1 - size)
    matrix = np.array([[size, 0.0, shift], [0.0, size, shift]])
    views = [
        cv2.warpAffine(crop, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for crop in crops
    ]
    return np.stack(views).astype(np.uint8)


def inputs(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the net sees of stretched crops (n, 48, 48): (n, 1, 48, 48), around 0."""
    grey = crops[:, None].astype(np.float32) / np.float32(255.0)
    return np.asarray((grey - np.float32(MEAN)) / np.float32(SPREAD), dtype=np.float32)


def detail(crops: NDArray[np.uint8]) -> Array:
    """Fine detail of crops (n, 48, 48): variance of the 4-neighbour Laplacian over the variance of grey, shape (n,).

    Falls with blur and with enlargement whatever the contrast; noise raises it, so it can only count against a crop.
    """
    grey = crops.astype(np.float64)
    inner = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return np.asarray((around - 4 * inner).var(axis=(1, 2)) / (grey.var(axis=(1, 2)) + 1.0))


def facing(yaw: Array) -> Array:
    """1 for a face towards the camera, 0 from 45° of yaw (degrees, any shape) on and where yaw is unknown."""
    return np.asarray(np.nan_to_num(np.clip(1.0 - np.abs(yaw) / TURNED_AWAY, 0.0, 1.0)))


def size_trust(eye_distance: float | Array) -> Array:
    """1 from an outer-eye distance of 60 px on, below it its share of that."""
    return np.asarray(np.minimum(np.asarray(eye_distance) / FULL_SIZE_PX, 1.0))


def presence(scores: Array) -> Array:
    """How much less like a face it looks than it usually does, logits ≤ 0, from the landmark net's scores (frames,).

    The scores of one face in one shot: a face that is covered throughout cannot be told so.
    """
    inside = np.clip(np.asarray(scores, dtype=np.float64), SCORE_EDGE, 1 - SCORE_EDGE)
    logits = np.log(inside / (1 - inside))
    return np.asarray(np.minimum(logits - np.median(logits), 0.0))


def uncovered(fallen: Array) -> Array:
    """1 down to a fall of `COVERED[0]` logits, 0 from one of `COVERED[1]` on, and where it is unknown."""
    least, most = COVERED
    return np.asarray(np.nan_to_num(np.clip((most + np.asarray(fallen)) / (most - least), 0.0, 1.0)))
