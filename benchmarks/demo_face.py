"""A drawn, softly lit head that speaks: the pictures of the demo clips. It shows nobody.

The head is a height field in head units (u to the right, v down, the face about ±0.7 wide and ±1 high): an ellipsoid
with a nose, sockets, cheeks and lips on it, shaded by its own slope. Everything is numpy; the same pose gives the
same picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[Any]
LIGHT = np.array([-0.34, -0.36, 0.87], np.float32)
SHADOW = np.array([0.80, 0.57, 0.51], np.float32)
"""What the skin's colour is multiplied with where no light falls: warm, not grey."""


@dataclass(frozen=True)
class LoadMedia:
    """Colours (RGB 0..255) and hair of one drawn person; `hair_length` is how far down the sides it reaches."""

    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    shirt: tuple[int, int, int]
    wall: tuple[int, int, int]
    iris: tuple[int, int, int]
    hair_length: float
    seed: int


@dataclass(frozen=True)
class Pose:
    """One moment of the face. All but angles are in head units; 0 everywhere is a neutral face.

    Attributes:
        mouth: opening, 0 closed to about 0.16 wide.
        smile: mouth corners up (1) or down (-1).
        brows: brows up (1) or down (-1).
        frown: inner ends of the brows down and together (1) or up (-1).
        lids: how far the eyes are open, 0 shut to 1.
        gaze: shift of the irises to the right.
        tilt: head tilt in degrees, clockwise.
        shift: (right, down) of the head.
    """

    mouth: float = 0.0
    smile: float = 0.0
    brows: float = 0.0
    frown: float = 0.0
    lids: float = 1.0
    gaze: float = 0.0
    tilt: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)


class Painter:
    """Draws one `LoadMedia` at `size` × `size` pixels."""

    def __init__(self, look: LoadMedia, size: int = 320) -> None:
        self.look = look
        self.size = size
        self.scale = size * 0.285
        rows, columns = np.mgrid[0:size, 0:size].astype(np.float32)
        self.x = (columns + 0.5 - size * 0.5) / self.scale
        self.y = (rows + 0.5 - size * 0.47) / self.scale
        self.noise = self._noise()

    def draw(self, pose: Pose) -> NDArray[np.uint8]:
        """The picture, (size, size, 3) uint8 RGB."""
        cos, sin = math.cos(math.radians(pose.tilt)), math.sin(math.radians(pose.tilt))
        du, dv = self.x - pose.shift[0], self.y - pose.shift[1] - 1.1
        u = du * cos + dv * sin
        v = dv * cos - du * sin + 1.1
        picture = self._wall()
        picture = self._hair_behind(picture, u, v)
        picture = self._body(picture, pose)
        picture = self._head(picture, u, v, pose)
        picture = self._hair_front(picture, u, v)
        return np.clip(picture + 2.0 * self.noise[..., None], 0, 255).astype(np.uint8)

    def _edge(self, distance: Field) -> Field:
        """Coverage 0..1 of what lies where `distance` (head units) is positive, one pixel soft."""
        return np.clip(distance * self.scale + 0.5, 0.0, 1.0)

    def _noise(self) -> Field:
        """Smooth texture of unit variance."""
        values = np.random.default_rng(self.look.seed).standard_normal((self.size, self.size)).astype(np.float32)
        for axis in (0, 1):
            values = np.mean([np.roll(values, k, axis) for k in range(-2, 3)], axis=0, dtype=np.float32)
        return np.asarray(values / values.std(), dtype=np.float32)

    def _wall(self) -> Field:
        light = 1.0 - 0.16 * np.hypot(self.x + 0.7, self.y + 0.8) ** 1.3 / 2
        return np.asarray(light[..., None] * np.array(self.look.wall, np.float32))

    def _body(self, picture: Field, pose: Pose) -> Field:
        x, y = self.x - 0.6 * pose.shift[0], self.y
        shoulder = 1.30 + 0.34 * (np.abs(x) / 1.15) ** 2.2
        neck = self._edge(0.33 + 0.12 * np.clip(y - 0.95, 0, 1) ** 2 - np.abs(x)) * self._edge(y - 0.55)
        shade = 0.10 + 0.35 * np.clip(1 - (x + 0.10) ** 2 / 0.14, 0, 1) + 0.40 * _rise(y, 0.95, 1.4)
        tint = SHADOW + (1.0 - SHADOW) * shade[..., None]
        picture = _mix(picture, np.array(self.look.skin, np.float32) * tint, neck)
        collar = 0.20 * np.clip(1 - (x / 0.46) ** 2, 0, 1)
        cloth = self._edge(y - shoulder - collar)
        fold = 0.86 - 0.22 * x * x - 0.10 * x + 0.05 * np.sin(7 * x + 3 * y)
        return _mix(picture, np.array(self.look.shirt, np.float32) * fold[..., None], cloth)

    def _outline(self, u: Field, v: Field) -> Field:
        """Inside-ness of the face: 1 at the centre, 0 on the outline."""
        wide = u / (1.0 - 0.17 * _rise(v, 0.10, 1.05))
        return 1.0 - (wide / 0.73) ** 2 - ((v + 0.03) / 1.03) ** 2

    def _height(self, u: Field, v: Field, pose: Pose) -> Field:
        side = np.abs(u)
        z = 0.80 * np.sqrt(np.clip(self._outline(u, v), 0.0, 1.0) + 0.02)
        z += 0.15 * np.exp(-((u / 0.085) ** 2)) * _rise(v, -0.30, 0.20) * (1 - _rise(v, 0.20, 0.32))
        z += 0.10 * _bump(u, v, 0.0, 0.21, 0.10, 0.085) + 0.055 * _bump(side, v, 0.115, 0.245, 0.05, 0.05)
        z -= 0.085 * _bump(side, v, 0.29, -0.13, 0.15, 0.10)
        z += 0.045 * _bump(side, v, 0.29, -0.30, 0.24, 0.07)
        z += (0.05 + 0.035 * max(pose.smile, 0.0)) * _bump(side, v, 0.36, 0.17 - 0.04 * pose.smile, 0.17, 0.15)
        z += 0.045 * _bump(u, v, 0.0, 0.52, 0.20, 0.10) - 0.03 * _bump(u, v, 0.0, 0.37, 0.035, 0.06)
        z -= 0.05 * _bump(u, v, 0.0, 0.68, 0.16, 0.045)
        z += 0.06 * _bump(u, v, 0.0, 0.84, 0.16, 0.11)
        crease = side - 0.20 - 0.22 * (v - 0.28) - 0.03 * pose.smile
        depth = 0.008 + 0.016 * max(pose.smile, 0.0)
        z -= depth * np.exp(-((crease / 0.025) ** 2)) * _bump(v, v, 0.40, 0.40, 0.13, 9.0)
        return np.asarray(z, dtype=np.float32)

    def _head(self, picture: Field, u: Field, v: Field, pose: Pose) -> Field:
        skin = np.array(self.look.skin, np.float32)
        ear = self._edge(0.12 - np.hypot(np.abs(u) - 0.725, 0.5 * v))
        picture = _mix(
            picture, skin * (SHADOW + (0.9 - SHADOW) * _bump(np.abs(u), v, 0.78, 0.0, 0.06, 0.16)[..., None]), ear
        )
        # The jaw follows the mouth: below it the face is stretched by the opening.
        low = v - 0.55 * pose.mouth * _rise(v, 0.52, 0.80)
        z = self._height(u, low, pose)
        slope_v, slope_u = np.gradient(z, 1 / self.scale)
        steep = np.sqrt(slope_u**2 + slope_v**2 + 1.0)
        lit = np.clip((-slope_u * LIGHT[0] - slope_v * LIGHT[1] + LIGHT[2]) / steep, 0.0, 1.0)
        lit = _rise(lit, -0.25, 1.05) + 0.008 * self.noise
        glow = 22.0 * np.clip(lit, 0, 1) ** 24
        blush = 0.30 * _bump(np.abs(u), v, 0.40, 0.20, 0.16, 0.13) + 0.22 * _bump(u, v, 0.0, 0.22, 0.10, 0.08)
        colour = skin * (1.0 - blush[..., None] * np.array([0.02, 0.20, 0.18], np.float32))
        face = colour * (SHADOW + (1.06 - SHADOW) * lit[..., None]) + glow[..., None]
        nostril = 0.62 * _bump(np.abs(u), v, 0.065, 0.285, 0.035, 0.018)
        face *= 1.0 - nostril[..., None]
        face = self._mouth(face, u, v, pose)
        face = self._eyes(face, u, v, pose)
        face = self._brows(face, u, v, pose)
        # Distance to the outline in head units, so that its edge is one pixel soft everywhere.
        inside = self._outline(u, low)
        across, along = np.gradient(inside, 1 / self.scale)
        return _mix(picture, face, self._edge(inside / np.maximum(np.hypot(across, along), 0.2)))

    def _eyes(self, face: Field, u: Field, v: Field, pose: Pose) -> Field:
        for side in (-1, 1):
            x = u - side * 0.29
            bow = np.clip(1.0 - (x / 0.135) ** 2, 0.0, None)
            outer = 0.012 * side * x / 0.135
            top = -0.125 - outer - 0.078 * (pose.lids * 1.1 - 0.1) * bow**0.8
            bottom = -0.125 - outer + (0.040 - 0.012 * max(pose.smile, 0.0)) * bow
            inside = np.where(bow > 0, np.minimum(v - top, bottom - v), np.float32(-1))
            white = 232 - 70 * np.exp(-(((v - top) / 0.022) ** 2)) - 50 * (1 - bow)
            eye = white[..., None] * np.array([1.0, 0.975, 0.95], np.float32)
            away = np.hypot(x - pose.gaze, v + 0.137)
            ring = np.array(self.look.iris, np.float32) * (0.75 + 5.0 * np.clip(away, 0, 0.07))[..., None]
            eye = _mix(eye, ring, self._edge(0.064 - away))
            eye = _mix(eye, np.full(3, 12.0, np.float32), self._edge(0.030 - away))
            spark = self._edge(0.013 - np.hypot(x - pose.gaze + 0.022, v + 0.160))
            eye = _mix(eye, np.full(3, 250.0, np.float32), spark)
            face = _mix(face, eye, self._edge(inside))
            lash = np.exp(-(((v - top) / 0.013) ** 2)) * _soft(0.142 - np.abs(x), 0.03)
            crease = 0.35 * np.exp(-(((v - top + 0.045) / 0.012) ** 2)) * _soft(0.13 - np.abs(x), 0.05)
            under = 0.22 * np.exp(-(((v - bottom - 0.006) / 0.010) ** 2)) * _soft(0.13 - np.abs(x), 0.05)
            face = face * (1.0 - np.clip(0.85 * lash + crease + under, 0, 0.9))[..., None]
        return face

    def _brows(self, face: Field, u: Field, v: Field, pose: Pose) -> Field:
        hair = np.array(self.look.hair, np.float32) * 0.8
        for side in (-1, 1):
            x = side * u - 0.30 + 0.02 * pose.frown
            arch = -0.330 - 0.040 * (1 - ((x - 0.05) / 0.20) ** 2) - 0.055 * pose.brows
            arch = arch - 0.22 * pose.frown * (x - 0.02) + 0.02 * pose.frown
            thick = 0.036 * np.clip(1.15 - ((x + 0.05) / 0.22) ** 2, 0.0, 1.0)
            cover = _soft(thick - np.abs(v - arch), 0.022) * _soft(0.20 - np.abs(x), 0.05)
            cover = cover * (0.93 + 0.07 * np.sin(150 * x + 70 * v))
            face = _mix(face, np.broadcast_to(hair, face.shape), np.clip(0.88 * cover, 0, 1))
        return face

    def _mouth(self, face: Field, u: Field, v: Field, pose: Pose) -> Field:
        half = 0.235 + 0.055 * pose.smile - 0.25 * pose.mouth
        across = np.clip(1.0 - (u / half) ** 2, 0.0, None)
        line = 0.525 - (0.012 + 0.075 * pose.smile) * (u / half) ** 2 + 0.02 * pose.smile
        upper = line - 0.30 * pose.mouth * across
        lower = line + 0.95 * pose.mouth * across
        cupid = 0.012 * np.exp(-((u / 0.035) ** 2))
        top = upper - (0.058 * across**0.7 - cupid)
        bottom = lower + 0.075 * across**0.8
        inside = (np.abs(u) < half).astype(np.float32)
        lips = self._edge(np.minimum(v - top, bottom - v)) * inside
        brightness = np.where(v < (upper + lower) / 2, 0.74, 0.92 + 0.25 * _bump(u, v - lower, 0.0, 0.035, 0.10, 0.018))
        rose = np.array(self.look.skin, np.float32) * np.array([0.92, 0.54, 0.54], np.float32)
        face = _mix(face, rose * brightness[..., None], 0.85 * lips)
        gap = self._edge(np.minimum(v - upper, lower - v)) * inside * _rise(np.float32(pose.mouth), 0.004, 0.02)
        hollow = np.broadcast_to(np.array([66.0, 22.0, 24.0], np.float32), face.shape)
        teeth = self._edge(upper + 0.055 - v) * _soft(half * 0.72 - np.abs(u), 0.05)
        hollow = _mix(hollow, np.array([222.0, 214.0, 204.0], np.float32), 0.92 * teeth)
        face = _mix(face, hollow, gap)
        seam = np.exp(-(((v - line) / 0.011) ** 2)) * _soft(half + 0.015 - np.abs(u), 0.04)
        return face * (1.0 - 0.62 * seam * (1.0 - gap))[..., None]

    def _strands(self, u: Field, v: Field) -> Field:
        """Hair colour with strands and a sheen that runs across them."""
        wave = np.sin(34 * np.arctan2(u, v + 1.9) + 1.5 * self.noise) * 0.10
        sheen = 0.55 * np.exp(-(((np.hypot(u + 0.25, v + 0.05) - 0.98) / 0.10) ** 2))
        return np.array(self.look.hair, np.float32) * (0.85 + wave + sheen)[..., None]

    def _hair_behind(self, picture: Field, u: Field, v: Field) -> Field:
        cap = 1.0 - (u / 0.86) ** 2 - ((v + 0.22) / 0.98) ** 2
        fall = np.where(v > -0.25, 0.84 - np.abs(u) - 0.05 * np.sin(5 * v), np.float32(-1))
        round_end = self.look.hair_length - v - 0.9 * np.clip(np.abs(u) - 0.62, 0, 1) ** 1.2
        cover = np.maximum(self._edge(0.5 * cap), self._edge(fall))
        return _mix(picture, 0.75 * self._strands(u, v), cover * _soft(round_end, 0.05))

    def _hair_front(self, picture: Field, u: Field, v: Field) -> Field:
        cap = 1.0 - (u / 0.84) ** 2 - ((v + 0.24) / 0.98) ** 2
        hairline = -0.60 + 0.62 * np.abs(u + 0.08) ** 2.2 + 0.05 * np.sin(9 * u)
        cover = self._edge(0.5 * cap) * _soft(hairline - v, 0.06)
        return _mix(picture, self._strands(u, v), cover)


def _mix(below: Field, above: Field, cover: Field) -> Field:
    return np.asarray(below + (above - below) * cover[..., None], dtype=np.float32)


def _bump(u: Field, v: Field, at_u: float, at_v: float, wide: float, high: float) -> Field:
    return np.exp(-(((u - at_u) / wide) ** 2) - ((v - at_v) / high) ** 2)


def _rise(value: Field | np.float32, low: float, high: float) -> Field:
    """Smooth step from 0 at `low` to 1 at `high`."""
    t: Field = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3 - 2 * t), dtype=np.float32)


def _soft(distance: Field, width: float) -> Field:
    return _rise(distance, -width / 2, width / 2)
