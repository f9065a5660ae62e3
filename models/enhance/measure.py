"""A face's pictures as they are and enhanced, each measured with the nets of the face stage."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.records.enhanced import FIGURES, Change, EnhancedFace
from harness.records.types import FaceTrack, Frame, Media
from models.enhance.methods import Method, noise

if TYPE_CHECKING:
    from models.face.mesh import FaceMesh
    from models.face.reader import ExpressionReader

Box = tuple[float, float, float, float]
Array = NDArray[np.float64]
MARGIN = 0.35
"""Of a box's longer side, enhanced around it: what the landmark net and the expression crop see."""
MOST = 9
"""Pictures that are compared, one after another in the clip: half a second and more at the usual rate."""
LEAST = 3
"""Fewer have no second difference."""
SHOWN_PX, QUALITY = 144, 80
SIDE = 112


def around(box: Box, shape: Sequence[int]) -> tuple[slice, slice]:
    """Rows and columns of a box with its margin, within a picture of that shape."""
    left, top, right, bottom = box
    margin = MARGIN * max(right - left, bottom - top)
    rows = slice(max(0, int(top - margin)), min(shape[0], int(bottom + margin) + 1))
    return rows, slice(max(0, int(left - margin)), min(shape[1], int(right + margin) + 1))


def enhanced(frame: Frame, box: Box | None, method: Method) -> Frame:
    """The frame with the face's surroundings enhanced; itself where there is no face."""
    if box is None:
        return frame
    rows, columns = around(box, frame.rgb.shape)
    if rows.stop - rows.start < SIDE // 8 or columns.stop - columns.start < SIDE // 8:
        return frame
    rgb = frame.rgb.copy()
    rgb[rows, columns] = method(np.ascontiguousarray(rgb[rows, columns]))
    return Frame(frame.time, rgb)


def enhanced_media(media: Media, face: FaceTrack, method: Method) -> Media:
    """The clip with every picture of the followed face enhanced."""
    pairs = zip(media.frames, face.boxes, strict=True)
    return replace(media, frames=tuple(enhanced(frame, box, method) for frame, box in pairs))


def stretch(face: FaceTrack) -> range:
    """The up to `MOST` pictures in a row around the one in which the face is seen best; empty with fewer than `LEAST`.

    Best: least turned away among those that are at least as sharp as usual.
    """
    yaws, sharp = face.tracks.get("yaw", ()), face.tracks.get("sharpness", ())
    seen = [k for k, box in enumerate(face.boxes) if box is not None and k < len(yaws) and yaws[k] is not None]
    if not seen:
        return range(0)

    def badness(k: int) -> tuple[bool, float]:
        return (sharp[k] or 0.0) < 1.0, abs(yaws[k] or 0.0)

    best = min(seen, key=badness)
    first, last = best, best
    known = set(seen)
    while last - first + 1 < MOST and (first - 1 in known or last + 1 in known):
        if last + 1 in known:
            last += 1
        if last - first + 1 < MOST and first - 1 in known:
            first -= 1
    return range(first, last + 1) if last - first + 1 >= LEAST else range(0)


class Comparison:
    """Measures a stretch of pictures twice.

    Args:
        mesh: the landmark net.
        reader: the expression head, None without one.
        method: what enhances a picture.
    """

    def __init__(self, mesh: FaceMesh, reader: ExpressionReader | None, method: Method) -> None:
        import cv2

        self._cv2, self._mesh, self._reader, self._method = cv2, mesh, reader, method

    def of(self, media: Media, face: FaceTrack, names: tuple[str, str]) -> EnhancedFace | None:
        """What changes over `stretch(face)`; None where the face is not seen in pictures enough.

        `names` are those of the method and of what evidence is measured on.
        """
        rows = stretch(face)
        if not rows:
            return None
        frames = [media.frames[k] for k in rows]
        boxes = [box for k in rows if (box := face.boxes[k]) is not None]
        made = [enhanced(frame, box, self._method) for frame, box in zip(frames, boxes, strict=True)]
        before, after = (self._points(part, boxes[0]) for part in (frames, made))
        span = float(np.median(np.linalg.norm(before[:, 263, :2] - before[:, 33, :2], axis=1)))
        moved = float(np.median(np.linalg.norm(after[..., :2] - before[..., :2], axis=2))) / span
        figures = [
            [_mean(self._sharpness(f.rgb, box) for f, box in zip(part, boxes, strict=True)) for part in (frames, made)],
            [_mean(self._noise(f.rgb, box) for f, box in zip(part, boxes, strict=True)) for part in (frames, made)],
            [jitter(before) / span, jitter(after) / span],
            [0.0, moved],
        ]
        middle = len(rows) // 2
        told = [self._expression(part, points) for part, points in ((frames, before), (made, after))]
        return EnhancedFace(
            *names,
            times=tuple(round(frame.time, 4) for frame in frames),
            changes=tuple(Change(n, round(a, 5), round(b, 5)) for n, (a, b) in zip(FIGURES, figures, strict=True)),
            labels=self._reader.facts.labels if self._reader is not None else (),
            before=told[0],
            after=told[1],
            pictures=tuple(self._picture(part[middle].rgb, boxes[middle]) for part in (frames, made)),
        )

    def _points(self, frames: Sequence[Frame], box: Box) -> Array:
        """Landmarks (frames, 468, 3), followed from a box in the first frame."""
        from models.face.mesh import MARGIN as WIDER
        from models.face.mesh import Region, region_of_points

        left, top, right, bottom = box
        region = Region((left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) * WIDER, 0.0)
        region = region_of_points(self._mesh.landmarks(frames[0].rgb, region).points)
        found = []
        for frame in frames:
            found.append(self._mesh.landmarks(frame.rgb, region).points)
            region = region_of_points(found[-1])
        return np.stack(found)

    def _grey(self, rgb: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
        left, top = max(int(box[0]), 0), max(int(box[1]), 0)
        face = rgb[top : int(box[3]) + 1, left : int(box[2]) + 1]
        return np.asarray(self._cv2.cvtColor(face, self._cv2.COLOR_RGB2GRAY), np.uint8)

    def _sharpness(self, rgb: NDArray[np.uint8], box: Box) -> float:
        grey = self._cv2.resize(self._grey(rgb, box), (SIDE, SIDE), interpolation=self._cv2.INTER_AREA)
        return float(self._cv2.Laplacian(grey, self._cv2.CV_64F).var())

    def _noise(self, rgb: NDArray[np.uint8], box: Box) -> float:
        return noise(self._grey(rgb, box).astype(np.float64))

    def _expression(self, frames: Sequence[Frame], points: Array) -> tuple[float, ...]:
        from models.face.expression import crop

        if self._reader is None:
            return ()
        greys = [np.asarray(self._cv2.cvtColor(f.rgb, self._cv2.COLOR_RGB2GRAY), np.uint8) for f in frames]
        crops = np.stack([crop(self._cv2, grey, one) for grey, one in zip(greys, points, strict=True)])
        return self._reader.read(crops, np.ones(len(crops)))

    def _picture(self, rgb: NDArray[np.uint8], box: Box) -> str:
        rows, columns = around(box, rgb.shape)
        shown = self._cv2.cvtColor(rgb[rows, columns], self._cv2.COLOR_RGB2BGR)
        scale = min(1.0, SHOWN_PX / shown.shape[1])
        size = (max(1, round(shown.shape[1] * scale)), max(1, round(shown.shape[0] * scale)))
        small = self._cv2.resize(shown, size, interpolation=self._cv2.INTER_AREA)
        written, jpeg = self._cv2.imencode(".jpg", small, [self._cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        if not written:
            raise ValueError("the picture could not be written as JPEG")
        return base64.b64encode(jpeg.tobytes()).decode("ascii")


def jitter(points: Array) -> float:
    """Median length of the landmarks' second difference from picture to picture, px: what is no steady movement."""
    return float(np.median(np.linalg.norm(np.diff(points[..., :2], n=2, axis=0), axis=2)))


def _mean(values: Any) -> float:
    found = list(values)
    return float(sum(found) / len(found))
