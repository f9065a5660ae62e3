"""What the enhancement of a face's pictures changed in what is measured on them. Frozen and JSON-able."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """One measurement before and after; `name` is of `FIGURES`."""

    name: str
    before: float
    after: float


FIGURES = ("sharpness", "noise", "jitter", "landmark_shift")
"""Variance of the Laplacian on 112 × 112 grey pixels; noise in grey levels (0..255); the landmarks' second difference
from picture to picture, and how far the enhancement moves them (before: 0), both in outer-eye distances."""


@dataclass(frozen=True)
class EnhancedFace:
    """A short stretch of a clip's face, measured as it is and enhanced.

    Attributes:
        method: `denoise` or `deblur`.
        evidence: what the clip's evidence was measured on: `original` or `enhanced`.
        times: of the pictures that were compared, s.
        changes: of the measurements.
        labels: of the expression head; empty without one.
        before, after: its probabilities over `labels`, from these pictures alone.
        pictures: the face in the middle one, before and after, as base64 of a JPEG.
    """

    method: str
    evidence: str
    times: tuple[float, ...]
    changes: tuple[Change, ...]
    labels: tuple[str, ...] = ()
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()
    pictures: tuple[str, ...] = ()
