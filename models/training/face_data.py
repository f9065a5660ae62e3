"""Labelled face pictures for the face head: read, aligned as in a clip, and parted with near-duplicates on one side."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from models.face.expression import SIDE, crop

LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
ALIGNED = 0.3
"""Face score of the landmark net below which a picture is used as it is, without alignment."""
NEAR = 6
"""Picture hashes (112 bits) that differ in at most so many bits count as one picture."""


@dataclass(frozen=True)
class Faces:
    """Pictures as they are and aligned.

    Attributes:
        images: (n, 48, 48); crops: (n, 48, 48), the picture itself where no face was found.
        yaw: (n,) degrees, NaN where no face was found; span: (n,) outer-eye distance in px, likewise.
        target: (n,) indices of `LABELS`.
    """

    images: NDArray[np.uint8]
    crops: NDArray[np.uint8]
    yaw: NDArray[np.float64]
    span: NDArray[np.float64]
    target: NDArray[np.intp]

    @property
    def found(self) -> NDArray[np.bool_]:
        """In which pictures a face was found, (n,)."""
        return np.isfinite(self.yaw)

    def save(self, path: Path) -> None:
        """Write an npz, whole or not at all."""
        new = path.with_name(path.stem + ".new.npz")
        np.savez(new, **{field.name: getattr(self, field.name) for field in fields(self)})
        os.replace(new, path)

    @classmethod
    def load(cls, path: Path) -> Faces:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            return cls(**{field.name: data[field.name] for field in fields(cls)})


def aligned(images: NDArray[np.uint8], target: NDArray[np.intp], nets: Path) -> Faces:
    """Align every picture (n, 48, 48) as a clip's frames are; `nets`: folder of the face nets."""
    import cv2

    from models.face.geometry import measure
    from models.face.mesh import EYE_OUTER_LEFT, EYE_OUTER_RIGHT, FaceMesh, Region, region_of_points

    cv2.setNumThreads(1)
    mesh = FaceMesh(nets / "face_landmark.tflite")
    crops, yaw, span = images.copy(), np.full(len(images), np.nan), np.full(len(images), np.nan)
    for i, image in enumerate(images):
        rgb = np.repeat(image[:, :, None], 3, axis=2)
        # The pictures are cut around a face already: the whole picture with a margin is its region.
        face = mesh.landmarks(rgb, Region(SIDE / 2, SIDE / 2, SIDE * 7 / 6, 0.0))
        if face.score >= ALIGNED:
            face = mesh.landmarks(rgb, region_of_points(face.points))
        if face.score >= ALIGNED:
            crops[i] = crop(cv2, image, face.points)
            yaw[i] = measure(face.points[None])["yaw"][0]
            span[i] = np.hypot(*(face.points[EYE_OUTER_LEFT, :2] - face.points[EYE_OUTER_RIGHT, :2]))
    return Faces(images, crops, yaw, span, target)


def read_pictures(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Pictures (n, 48, 48) and indices of `LABELS` (n,) of an npz. ConfigError when it is not such a file."""
    try:
        with np.load(path, allow_pickle=False) as data:
            absent = {"images", "labels", "classes"} - set(data.files)
            if absent:
                raise ConfigError(f"{path} lacks {', '.join(sorted(absent))}", "export the pictures with these arrays")
            images, labels, classes = data["images"], data["labels"], [str(name) for name in data["classes"]]
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as npz: {error}", "check the path; it is a numpy archive") from error
    if sorted(classes) != sorted(LABELS) or images.shape[1:] != (SIDE, SIDE):
        raise ConfigError(
            f"{path}: classes {classes} and pictures {images.shape}, expected {LABELS}, 48 × 48",
            "export the pictures as FER2013's are",
        )
    return images, np.array([LABELS.index(classes[label]) for label in labels], dtype=np.intp)


def picture_bits(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Difference hash of pictures (n, 48, 48), (n, 112) of −1 and 1.

    Is a mean over 6 × 6 pixels brighter than its right, or than its lower neighbour?
    """
    step = SIDE // 8
    means = images.astype(np.float32).reshape(len(images), 8, step, 8, step).mean(axis=(2, 4))
    across = (means[:, :, 1:] > means[:, :, :-1]).reshape(len(images), -1)
    down = (means[:, 1:] > means[:, :-1]).reshape(len(images), -1)
    return np.where(np.concatenate([across, down], axis=1), np.float32(1), np.float32(-1))


def near_pairs(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.intp]:
    """Pairs (k, 2) of rows of two sets of `picture_bits` that differ in at most `NEAR` bits."""
    least = one.shape[1] - 2 * NEAR
    found = [np.argwhere(one[s : s + 1000] @ other.T >= least) + (s, 0) for s in range(0, len(one), 1000)]
    return np.concatenate(found) if found else np.zeros((0, 2), dtype=np.intp)


def picture_groups(images: NDArray[np.uint8]) -> NDArray[np.intp]:
    """A number per picture (n,): equal for pictures that are one another's near-duplicate or mirror image."""
    bits, mirrored = picture_bits(images), picture_bits(images[:, :, ::-1])
    group = np.arange(len(images), dtype=np.intp)
    pairs = np.concatenate([near_pairs(bits, bits), near_pairs(bits, mirrored)])
    pairs = pairs[pairs[:, 0] < pairs[:, 1]]
    changed = True
    while changed:
        low = np.minimum(group[pairs[:, 0]], group[pairs[:, 1]])
        before = group.copy()
        np.minimum.at(group, pairs[:, 0], low)
        np.minimum.at(group, pairs[:, 1], low)
        changed = not np.array_equal(before, group)
    return group


def held_out_rows(groups: NDArray[np.intp], share: float, seed: int) -> NDArray[np.bool_]:
    """Which pictures (n,) are held out: whole groups, drawn at random until `share` of the pictures is reached."""
    names, counts = np.unique(groups, return_counts=True)
    order = np.random.default_rng(seed).permutation(len(names))
    chosen = order[np.cumsum(counts[order]) <= share * len(groups)]
    return np.isin(groups, names[chosen])
