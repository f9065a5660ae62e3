"""Faces over time: found, followed by their landmarks, kept apart, and never carried over a cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness.records.types import Frame
from models.face.detector import Detection, FaceDetector, half_tiles, overlap, square_tiles, whole
from models.face.mesh import EYE_OUTER_LEFT, EYE_OUTER_RIGHT, FaceMesh, Mesh, region_of_detection, region_of_points

PRESENT = 0.5
"""Face score of the landmark net below which a detection is no face; false detections score near 0."""
STILL_PRESENT = 0.3
"""The same for a face that is being followed already."""
MOST_FACES = 3
SURVEY_STEP = 12
"""Frames between two looks for faces that are not followed yet."""
RETRY_STEP = 3
THOROUGH_STEP = 15
CUT_LEVEL = 0.10
CUT_RATIO = 4.0
REJOIN_SECONDS = 3.0


@dataclass
class Strand:
    """One face in one shot, while it is being followed: frame numbers, landmarks (468, 3) in pixels, face scores."""

    shot: int
    frames: list[int] = field(default_factory=list)
    points: list[NDArray[np.float64]] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    def add(self, frame: int, found: Mesh) -> None:
        """Follow the face into a further frame."""
        self.frames.append(frame)
        self.points.append(found.points)
        self.scores.append(found.score)

    @property
    def last(self) -> Mesh:
        """The newest landmarks."""
        return Mesh(self.points[-1], 1.0)

    @property
    def boxes(self) -> list[tuple[float, float, float, float]]:
        """Left, top, right, bottom of the landmarks in each frame, px."""
        return [Mesh(points, 1.0).box for points in self.points]

    @property
    def eye_distances(self) -> list[float]:
        """Outer-eye distance on the picture in each frame, px."""
        points = np.stack(self.points)[:, :, :2]
        return [float(d) for d in np.linalg.norm(points[:, EYE_OUTER_LEFT] - points[:, EYE_OUTER_RIGHT], axis=1)]

    @property
    def eye_distance(self) -> float:
        """Their median, px."""
        return float(np.median(self.eye_distances))


@dataclass(frozen=True)
class Following:
    """All faces of a clip. `shots` are (first, last + 1) frame numbers; `faces_max` faces were seen at once."""

    strands: tuple[Strand, ...]
    shots: tuple[tuple[int, int], ...]
    faces_max: int


def follow(frames: Sequence[Frame], detector: FaceDetector, mesh: FaceMesh) -> Following:
    """Follow up to `MOST_FACES` faces through frames in time order.

    A shot's first frame is searched, then, while no face is followed, every `RETRY_STEP`-th (with half-height tiles
    at most every `THOROUGH_STEP`-th), and every `SURVEY_STEP`-th for newcomers. What the detector proposes is a face
    only if the landmark net agrees: in a dark clip the detector alone preferred a mirror to the speaker beside it.
    """
    shots = find_shots(frames)
    strands: list[Strand] = []
    for shot, (start, end) in enumerate(shots):
        mine: list[Strand] = []
        active: list[Strand] = []
        lost_at = thorough_at = start
        for i in range(start, end):
            rgb = frames[i].rgb
            before = len(active)
            active = _apart([strand for strand in active if _advance(strand, i, rgb, mesh)])
            if before and not active:
                lost_at = i
            missing = not active and (i - lost_at) % RETRY_STEP == 0
            if missing or (i - start) % SURVEY_STEP == 0:
                thorough = not active and i >= thorough_at
                if thorough:
                    thorough_at = i + THOROUGH_STEP
                for found in _look(rgb, detector, mesh, active, thorough)[: MOST_FACES - len(active)]:
                    strand = _rejoin(found, [s for s in mine if s not in active], frames, i)
                    if strand is None:
                        strand = Strand(shot)
                        mine.append(strand)
                    strand.add(i, found)
                    active.append(strand)
        least = min(3, (end - start + 1) // 2)
        strands += [strand for strand in mine if len(strand.frames) >= least]
    present = np.zeros(len(frames), dtype=int)
    for strand in strands:
        present[strand.frames] += 1
    return Following(tuple(strands), tuple(shots), int(present.max(initial=0)))


def find_shots(frames: Sequence[Frame]) -> list[tuple[int, int]]:
    """Split at cuts: the picture changes by more than a tenth of full scale and four times the usual change."""
    small = [_thumbnail(frame.rgb) for frame in frames]
    change = np.array([float(np.abs(a - b).mean()) for a, b in zip(small, small[1:], strict=False)])
    if not len(change):
        return [(0, len(frames))] if frames else []
    usual = float(np.median(change))
    cuts = [i + 1 for i, c in enumerate(change) if c > CUT_LEVEL and c > CUT_RATIO * usual]
    edges = [0, *cuts, len(frames)]
    return list(zip(edges, edges[1:], strict=False))


def _thumbnail(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Grey means of an 18 × 32 grid of spots, 0..1."""
    rows = np.linspace(0, rgb.shape[0] - 1, 54).astype(int)
    columns = np.linspace(0, rgb.shape[1] - 1, 96).astype(int)
    grey = rgb[rows[:, None], columns].mean(axis=2) / 255.0
    return np.asarray(grey.reshape(18, 3, 32, 3).mean(axis=(1, 3)))


def _advance(strand: Strand, i: int, rgb: NDArray[np.uint8], mesh: FaceMesh) -> bool:
    last = strand.last
    found = mesh.landmarks(rgb, region_of_points(last.points))
    if found.score < STILL_PRESENT or not _plausible(found, rgb):
        return False
    ratio = _side(found) / max(_side(last), 1e-6)
    if not 0.5 < ratio < 2.0 or overlap(found.box, last.box) < 0.1:
        return False
    strand.add(i, found)
    return True


def _look(
    rgb: NDArray[np.uint8], detector: FaceDetector, mesh: FaceMesh, active: Sequence[Strand], thorough: bool
) -> list[Mesh]:
    """Faces that are not followed yet, confirmed by the landmark net, largest first."""
    height, width = rgb.shape[:2]
    tiles = [whole(width, height), *square_tiles(width, height)]
    found = _confirm(rgb, mesh, detector.search(rgb, tiles), active)
    if not found and thorough:
        found = _confirm(rgb, mesh, detector.search(rgb, half_tiles(width, height)), active)
    return found


def _confirm(
    rgb: NDArray[np.uint8], mesh: FaceMesh, faces: Sequence[Detection], active: Sequence[Strand]
) -> list[Mesh]:
    kept: list[Mesh] = []
    for face in faces:
        if any(overlap(face.box, strand.last.box) > 0.3 for strand in active):
            continue
        first = mesh.landmarks(rgb, region_of_detection(face))
        if first.score < PRESENT / 2:
            continue
        found = mesh.landmarks(rgb, region_of_points(first.points))
        others = [strand.last.box for strand in active] + [other.box for other in kept]
        if found.score >= PRESENT and _plausible(found, rgb) and all(overlap(found.box, b) < 0.3 for b in others):
            kept.append(found)
    return sorted(kept, key=lambda found: -_side(found))


def _plausible(found: Mesh, rgb: NDArray[np.uint8]) -> bool:
    """The face's middle lies on the picture and the face is more than a dot."""
    left, top, right, bottom = found.box
    x, y = (left + right) / 2, (top + bottom) / 2
    return 0 <= x < rgb.shape[1] and 0 <= y < rgb.shape[0] and _side(found) > 8


def _side(found: Mesh) -> float:
    left, top, right, bottom = found.box
    return float(np.sqrt(max(right - left, 0.0) * max(bottom - top, 0.0)))


def _apart(active: list[Strand]) -> list[Strand]:
    """Without those that have slid onto a longer-followed face."""
    kept: list[Strand] = []
    for strand in sorted(active, key=lambda s: -len(s.frames)):
        if all(overlap(strand.last.box, other.last.box) < 0.5 for other in kept):
            kept.append(strand)
        else:
            strand.frames.pop()
            strand.points.pop()
            strand.scores.pop()
    return kept


def _rejoin(found: Mesh, lost: Sequence[Strand], frames: Sequence[Frame], i: int) -> Strand | None:
    """The strand of this shot that was lost near here, with a face of about this size, or None."""
    left, top, right, bottom = found.box
    centre = np.array([(left + right) / 2, (top + bottom) / 2])
    best: tuple[float, Strand] | None = None
    for strand in lost:
        if frames[i].time - frames[strand.frames[-1]].time > REJOIN_SECONDS:
            continue
        box = strand.last.box
        away = float(np.hypot(*(centre - [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]))) / _side(found)
        if away < 1.0 and 0.6 < _side(strand.last) / _side(found) < 1.6 and (best is None or away < best[0]):
            best = (away, strand)
    return None if best is None else best[1]
