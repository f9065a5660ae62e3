"""What a face's still picture is described by for the expression head: an aligned crop, HOG, and landmark shape."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

SIDE = 48
CELL = 6
BINS = 9
FULL_RANGE = (5.0, 254.0)
TEMPLATE = np.array([[14.0, 17.0], [34.0, 17.0], [24.0, 37.5]])
"""Where right eye, left eye and mouth lie on the crop: a little closer than FER2013's medians (15, 18), (33, 18),
(24, 36)."""
_EYES = ((33, 133, 159, 145), (362, 263, 386, 374))
_MOUTH = (61, 291, 0, 17)
SHAPE_POINTS = np.array(
    # brows, eyes, nose base, lips
    [70, 63, 105, 66, 107, 336, 296, 334, 293, 300]
    + [33, 160, 159, 158, 133, 153, 145, 144, 362, 385, 386, 387, 263, 373, 374, 380]
    + [2, 98, 327, 1, 48, 278]
    + [61, 40, 37, 0, 267, 270, 291, 321, 314, 17, 84, 91, 78, 81, 13, 311, 308, 402, 14, 178, 152, 205, 425]
)


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


def hog(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Histograms of oriented gradients (Dalal & Triggs, 2005) of crops (n, 48, 48), shape (n, 1764).

    8 × 8 cells of 6 pixels, 9 unsigned orientations with votes split between neighbours, 7 × 7 blocks of 2 × 2 cells
    under the clipped L2 norm. Brightness and contrast drop out.
    """
    image = np.sqrt(crops.astype(np.float32))
    dx, dy = np.zeros_like(image), np.zeros_like(image)
    dx[:, :, 1:-1] = image[:, :, 2:] - image[:, :, :-2]
    dy[:, 1:-1] = image[:, 2:] - image[:, :-2]
    strength = np.hypot(dx, dy)
    position = np.mod(np.arctan2(dy, dx), np.pi) / np.pi * BINS - 0.5
    low = np.floor(position)
    part = position - low
    cells = SIDE // CELL
    histogram = np.zeros((len(crops), cells, cells, BINS), dtype=np.float32)
    for b in range(BINS):
        vote = strength * (
            np.where(np.mod(low, BINS) == b, 1 - part, 0) + np.where(np.mod(low + 1, BINS) == b, part, 0)
        )
        histogram[..., b] = vote.reshape(len(crops), cells, CELL, cells, CELL).sum(axis=(2, 4))
    blocks = np.concatenate(
        [histogram[:, :-1, :-1], histogram[:, 1:, :-1], histogram[:, :-1, 1:], histogram[:, 1:, 1:]], axis=-1
    )
    blocks /= np.linalg.norm(blocks, axis=-1, keepdims=True) + 0.5
    np.minimum(blocks, 0.2, out=blocks)
    blocks /= np.linalg.norm(blocks, axis=-1, keepdims=True) + 1e-3
    return np.asarray(blocks.reshape(len(crops), -1), dtype=np.float32)


def shape(points: Array) -> NDArray[np.float32]:
    """Places of brow, eye, nose and lip landmarks on the crop, as a vector (165,).

    x and y after the crop's own alignment and the depth, in eye distances, of the 55 `SHAPE_POINTS`.
    """
    matrix = similarity(anchors_of(points), TEMPLATE)
    unit = TEMPLATE[1, 0] - TEMPLATE[0, 0]
    chosen = points[SHAPE_POINTS]
    flat = (chosen[:, :2] @ matrix[:, :2].T + matrix[:, 2] - TEMPLATE.mean(axis=0)) / unit
    depth = (chosen[:, 2:] - chosen[:, 2:].mean()) * float(np.hypot(matrix[0, 0], matrix[1, 0])) / unit
    return np.asarray(np.concatenate([flat, depth], axis=1).ravel(), dtype=np.float32)


def detail(crops: NDArray[np.uint8]) -> Array:
    """Fine detail of crops (n, 48, 48): variance of the 4-neighbour Laplacian over the variance of grey, shape (n,).

    Falls with blur and with enlargement whatever the contrast; noise raises it, so it can only count against a crop.
    """
    grey = crops.astype(np.float64)
    inner = grey[:, 1:-1, 1:-1]
    around = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    return np.asarray((around - 4 * inner).var(axis=(1, 2)) / (grey.var(axis=(1, 2)) + 1.0))
