"""Measurements on landmarks: head rotation and the shape of mouth, brows and eyes, free of the head's pose and size.

All lengths are fractions of the outer-eye distance. The head's pose comes from 22 landmarks that expressions hardly
move, rotated onto the face's own mean shape (Kabsch, 1976; scale after Umeyama, 1991), so that no canonical head is
needed and a smile does not look like a nod. The chin is left out on purpose: speech moves it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

EYE_CORNERS = (33, 133, 362, 263)
RIGID = np.array(
    [*EYE_CORNERS, 168, 6, 197, 195, 5, 4, 10, 151, 109, 338, 67, 297, 127, 356, 162, 389, 21, 251],
)
OUTER = (33, 263)
MOUTH_CORNERS = (61, 291)
INNER_LIPS = (13, 14)
NOSE_BASE = (2, 98, 327)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
LIDS = ((159, 145), (386, 374))
EYES = ((33, 133), (362, 263))
EYE_OPEN = 0.055
"""Lid opening below which an eye counts as shut, so that its gaze is not read."""


@dataclass(frozen=True)
class Pose:
    """Per frame: `rotation` (n, 3, 3) from face axes to picture axes, `eye_distance` (n,) px, `centre` (n, 3) px.

    Face axes: x along the eyes to the picture's right, y down the face, z into the head. A face that looks straight
    into the camera has about the identity as its rotation.
    """

    rotation: Array
    eye_distance: Array
    centre: Array


def kabsch(shapes: Array, reference: Array) -> tuple[Array, Array]:
    """Rotations (n, 3, 3) and scales (n,) that best take the centred `reference` (k, 3) to `shapes` (n, k, 3)."""
    centred = shapes - shapes.mean(axis=1, keepdims=True)
    covariance = np.einsum("nki,kj->nij", centred, reference)
    u, singular, vt = np.linalg.svd(covariance)
    sign = np.sign(np.linalg.det(u @ vt))
    u[:, :, 2] *= sign[:, None]
    singular[:, 2] *= sign
    return u @ vt, singular.sum(axis=1) / (reference**2).sum()


def reference_shape(points: Array) -> Array:
    """The face's mean rigid shape (22, 3) in face axes, outer-eye distance 1, from its landmarks (n, 468, 3)."""
    rigid = points[:, RIGID]
    spans = np.linalg.norm(points[:, OUTER[1]] - points[:, OUTER[0]], axis=1)
    first = rigid[int(np.argsort(spans)[len(spans) // 2])]
    reference = first - first.mean(axis=0)
    for _ in range(2):
        rotation, scale = kabsch(rigid, reference)
        centred = rigid - rigid.mean(axis=1, keepdims=True)
        turned = np.einsum("nji,nkj->nki", rotation, centred) / scale[:, None, None]
        reference = np.median(turned, axis=0)
        reference -= reference.mean(axis=0)
    place = {int(index): row for row, index in enumerate(RIGID)}
    across = reference[place[OUTER[1]]] - reference[place[OUTER[0]]]
    x = across / np.linalg.norm(across)
    down = reference[[place[4], place[5], place[195]]].mean(axis=0) - reference[[place[10], place[151]]].mean(axis=0)
    y = down - x * (down @ x)
    y /= np.linalg.norm(y)
    axes = np.stack([x, y, np.cross(x, y)])
    return np.asarray(reference @ axes.T / np.linalg.norm(across))


def pose_of(points: Array, reference: Array) -> Pose:
    """Pose of the landmarks (n, 468, 3) against what `reference_shape` gave."""
    rotation, scale = kabsch(points[:, RIGID], reference)
    return Pose(rotation, scale, points[:, RIGID].mean(axis=1))


def angles(rotation: Array) -> tuple[Array, Array, Array]:
    """Yaw, pitch, roll in degrees, each (n,), of rotations Rz·Ry·Rx.

    Positive: the nose to the right of the picture, the nose down, the head leaning clockwise on the picture.
    """
    yaw = np.degrees(np.arcsin(np.clip(rotation[:, 2, 0], -1.0, 1.0)))
    pitch = np.degrees(np.arctan2(rotation[:, 2, 1], rotation[:, 2, 2]))
    roll = np.degrees(np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0]))
    return yaw, pitch, roll


def measure(points: Array) -> dict[str, Array]:
    """Measurements of one face over n frames of landmarks (n, 468, 3), each (n,).

    Keys: yaw, pitch, roll (degrees against the camera), mouth_width, mouth_opening, corner_lift, brow_height,
    eye_opening (fractions of the outer-eye distance), eye_distance (px, in three dimensions).
    """
    pose = pose_of(points, reference_shape(points))
    centred = points - pose.centre[:, None]
    face = np.einsum("nji,nkj->nki", pose.rotation, centred) / pose.eye_distance[:, None, None]
    yaw, pitch, roll = angles(pose.rotation)

    def gap(a: int, b: int) -> Array:
        return np.asarray(np.linalg.norm(face[:, a] - face[:, b], axis=1))

    # Brows are counted from the eye corners, as lids move in every blink; mouth corners from the base of the nose, as
    # the error of the pitch grows with the distance and the middle of the lips moves with the jaw.
    eyes_y = face[:, list(EYE_CORNERS), 1].mean(axis=1)
    nose_y = face[:, list(NOSE_BASE), 1].mean(axis=1)
    return {
        "yaw": yaw,
        "pitch": pitch,
        "roll": roll,
        "mouth_width": gap(*MOUTH_CORNERS),
        "mouth_opening": gap(*INNER_LIPS),
        "corner_lift": nose_y - face[:, list(MOUTH_CORNERS), 1].mean(axis=1),
        "brow_height": eyes_y - face[:, list(BROWS), 1].mean(axis=1),
        "eye_opening": (gap(*LIDS[0]) + gap(*LIDS[1])) / 2,
        "eye_distance": pose.eye_distance,
    }


def gaze(points: Array, irises: Array) -> tuple[Array, Array]:
    """Where the irises lie within the eyes: (across, down), each (n,), NaN where not measured or the eyes are shut.

    Args:
        points: landmarks (n, 468, 3).
        irises: iris centres (n, 2, 2), px, NaN where not measured.

    Returns:
        Distance of the iris from the middle between the eye's corners, in eye widths, mean of both eyes; positive to
        the right of the picture, and down.
    """
    across, down = [], []
    for eye, (start, end) in enumerate(EYES):
        line = points[:, end, :2] - points[:, start, :2]
        width = np.linalg.norm(line, axis=1)
        along = line / width[:, None]
        offset = irises[:, eye] - (points[:, start, :2] + points[:, end, :2]) / 2
        across.append((offset * along).sum(axis=1) / width)
        down.append((offset[:, 1] * along[:, 0] - offset[:, 0] * along[:, 1]) / width)
    closed = shut(points)
    return tuple(np.where(closed, np.nan, (a[0] + a[1]) / 2) for a in (across, down))  # type: ignore[return-value]


def shut(points: Array) -> NDArray[np.bool_]:
    """Whether an eye is too far closed to tell where it looks, (n,), of landmarks (n, 468, 3)."""
    span = np.linalg.norm(points[:, OUTER[1]] - points[:, OUTER[0]], axis=1)
    lids = [np.linalg.norm(points[:, a] - points[:, b], axis=1) / span for a, b in LIDS]
    return np.asarray(np.minimum(lids[0], lids[1]) < EYE_OPEN)
