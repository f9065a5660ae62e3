"""How the expression net fares on blurred, small and turned faces: what its confidence is measured against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.face.expression import SIDE, detail, facing, size_trust
from models.face.reader import ExpressionReader
from models.heads.figures import accuracy, ece, majority
from models.training.face_data import Faces, aligned

Array = NDArray[np.float64]

BLURS = (0.7, 1.0, 1.5, 2.0, 3.0)
"""Standard deviations of the blur, in pixels of a 48 × 48 picture."""
SIZES = (32, 24, 16, 12, 8)
"""Sides to which a 48 × 48 picture is reduced before it is enlarged again."""
TURNS = (0.0, 10.0, 20.0, 30.0, 45.0)
SHARE = 3
"""Every third picture is degraded for the curve: the landmarks take their time."""
BINS = 10


def blurred(pictures: NDArray[np.uint8], width: float) -> NDArray[np.uint8]:
    """Pictures (n, h, w) under a Gaussian of standard deviation `width`, px."""
    import cv2

    return np.stack([cv2.GaussianBlur(p, (0, 0), width, borderType=cv2.BORDER_REPLICATE) for p in pictures])


def reduced(pictures: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Pictures (n, 48, 48) reduced to `side` × `side` and enlarged again."""
    import cv2

    small = [cv2.resize(p, (side, side), interpolation=cv2.INTER_AREA) for p in pictures]
    return np.stack([cv2.resize(p, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR) for p in small])


def probabilities(reader: ExpressionReader, crops: NDArray[np.uint8]) -> Array:
    """Probabilities (n, 7) of crops (n, 48, 48), part by part."""
    return np.concatenate([reader.probabilities(crops[s : s + 500]) for s in range(0, len(crops), 500)])


def reliability(
    reader: ExpressionReader, crops: NDArray[np.uint8], target: NDArray[np.intp]
) -> tuple[tuple[float, float], ...]:
    """Knots (detail / usual detail, share of the accuracy above the majority that is left), from degraded crops."""
    versions = [crops, *(blurred(crops, w) for w in BLURS), *(reduced(crops, s) for s in SIZES)]
    ratio = np.concatenate([detail(v) for v in versions]) / reader.facts.usual_detail
    hit = np.concatenate([probabilities(reader, v).argmax(axis=1) == target for v in versions])
    return knots_of(ratio, hit, majority(target))


def knots_of(ratio: Array, hit: NDArray[np.bool_], base: float) -> tuple[tuple[float, float], ...]:
    """Rising knots of (accuracy − base) over its value at full detail, by detail ratio.

    Equal counts per bin below 1, one bin from 1 on, made monotone by pooling neighbours (Ayer et al., 1955).

    Args:
        ratio: detail over the usual one (n,).
        hit: whether the answer was right (n,).
        base: accuracy that needs no picture.
    """
    from sklearn.isotonic import isotonic_regression

    low = ratio < 1
    edges = np.unique(np.quantile(ratio[low], np.linspace(0, 1, BINS + 1)))
    index = np.where(low, np.clip(np.searchsorted(edges, ratio, side="right") - 1, 0, len(edges) - 2), len(edges) - 1)
    rows = [index == b for b in np.unique(index)]
    counts = np.array([row.sum() for row in rows], dtype=np.float64)
    right = isotonic_regression(np.array([hit[row].mean() for row in rows]), sample_weight=counts)
    factors = np.clip((right - base) / max(right[-1] - base, 1e-6), 0, 1)
    places = [float(ratio[row].mean()) for row in rows[:-1]] + [1.0]
    return tuple((round(x, 4), round(float(y), 4)) for x, y in zip(places, factors, strict=True))


def degraded(reader: ExpressionReader, valid: Faces, nets: Path) -> dict[str, dict[str, Any]]:
    """Rows of the card: validation pictures blurred or reduced before the face is aligned, those with a face found."""
    images, target = valid.images[::SHARE], valid.target[::SHARE]
    levels: list[tuple[str, NDArray[np.uint8], float]] = [("as they are", images, 1.0)]
    levels += [(f"blurred by {w} px", blurred(images, w), 1.0) for w in BLURS]
    levels += [(f"reduced to {s} px", reduced(images, s), s / SIDE) for s in SIZES]
    rows = {}
    for name, pictures, shrunk in levels:
        faces = aligned(pictures, target, nets)
        row = _row(reader, faces, faces.found, shrunk)
        rows[name] = {"face found": float(faces.found.mean()), **row}
    return rows


def turned(reader: ExpressionReader, valid: Faces) -> dict[str, dict[str, Any]]:
    """Rows of the card: validation pictures by the head's yaw."""
    rows = {}
    for low, high in zip(TURNS, TURNS[1:], strict=False):
        chosen = (np.abs(valid.yaw) >= low) & (np.abs(valid.yaw) < high)
        if chosen.any():
            rows[f"turned by {low:.0f}–{high:.0f}°"] = _row(reader, valid, chosen, 1.0)
    return rows


def confidence(reader: ExpressionReader, faces: Faces, shrunk: float) -> Array:
    """What one picture's size, yaw and sharpness allow, 0..1, (n,); `shrunk`: true pixels per pixel."""
    sharp = reader.facts.sharpness_trust(faces.crops)
    return np.asarray(size_trust(faces.span * shrunk) * facing(faces.yaw) * sharp)


def _row(reader: ExpressionReader, faces: Faces, chosen: NDArray[np.bool_], shrunk: float) -> dict[str, Any]:
    if not chosen.any():
        return {"accuracy": "–", "mean probability of the answer": "–", "ECE": "–", "mean confidence": "–", "n": 0}
    p, truth = probabilities(reader, faces.crops[chosen]), faces.target[chosen]
    return {
        "accuracy": accuracy(truth, p.argmax(axis=1)),
        "mean probability of the answer": float(p.max(axis=1).mean()),
        "ECE": ece(p, truth),
        "mean confidence": float(confidence(reader, faces, shrunk)[chosen].mean()),
        "n": int(chosen.sum()),
    }
