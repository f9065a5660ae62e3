"""The face of a clip, followed by three small nets: movements in time and an opinion on expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ConfigError
from harness.records.types import FaceTrack, Media, Movement, Opinion
from models.base import ProviderSpec
from models.face.files import COMMAND, SHA256, problems
from models.fingerprint import digests, fingerprint
from models.folders import LEFT_OUT, WEIGHTS, WHY_LEFT_OUT, default_models_dir
from models.heads.files import DAMAGED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.face.follow import Strand
    from models.face.readings import Readings

NAME = "cvmesh"
VERSION = 5
HEAD = WEIGHTS / "face"
WEIGHT_FILES = ("head.json", "net.onnx")
IMPORTS = (
    "cv2",
    "ai_edge_litert.interpreter",
    "models.face.reader",
    "models.face.iris",
    "models.face.speaker",
    "models.face.movements",
)
LOW_RESOLUTION_PX = 24.0
"""Outer-eye distance below which landmarks lose half of a movement's size."""
GAZE_PX = 64.0
"""Outer-eye distance below which an iris spans fewer than about eight pixels and gaze is not read."""
IRIS_STEP = 2
SHAPE_TRACKS = ("mouth_width", "mouth_opening", "corner_lift", "brow_height", "eye_opening")
POSE_TRACKS = ("yaw", "pitch", "roll")


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The `cvmesh` provider of the face stage.

    Args:
        settings: `models_dir` (folder that holds `face/`), `weights` (the expression head's folder, None the one that
            ships, `none` to follow faces without asking it).
    """
    nets = Path(settings.get("models_dir") or default_models_dir()) / "face"
    wrong = problems(nets)
    if wrong:
        raise ConfigError(f"face nets in {nets}: {', '.join(wrong)}", COMMAND)
    net_files = {name: nets / name for name in SHA256}
    if settings.get("weights") == LEFT_OUT:
        mark = fingerprint(NAME, VERSION, {"weights": LEFT_OUT}, net_files)
        return ProviderSpec("face", NAME, mark, partial(CvMeshTracker, nets, None), digests(net_files), imports=IMPORTS)
    weights = Path(settings.get("weights") or HEAD)
    files = {name: weights / name for name in WEIGHT_FILES}
    missing = [str(path) for path in files.values() if not path.is_file()]
    if missing:
        raise ConfigError(
            f"face head not found: {', '.join(missing)}",
            f"python -m models train face --data TRAIN.npz --valid VALID.npz --out {weights}",
        )
    files |= net_files
    mark = fingerprint(NAME, VERSION, {}, files)
    return ProviderSpec("face", NAME, mark, partial(CvMeshTracker, nets, weights), digests(files), imports=IMPORTS)


class CvMeshTracker:
    """Follows faces, measures the one that talks, and asks the expression head about its best frames.

    Args:
        nets: folder of the three .tflite files.
        weights: folder of the expression head, None for movements alone.

    Raises:
        ConfigError: the head cannot be read.
    """

    def __init__(self, nets: Path, weights: Path | None = HEAD) -> None:
        import cv2

        from models.face.detector import FaceDetector
        from models.face.iris import IrisNet
        from models.face.mesh import FaceMesh
        from models.face.reader import ExpressionReader

        cv2.setNumThreads(1)  # equal results on every machine, and the workers share the cores already
        try:
            self._reader = ExpressionReader(weights) if weights else None
        except DAMAGED as error:
            raise ConfigError(
                f"face head in {weights} cannot be read: {error}",
                f"python -m models train face --data TRAIN.npz --valid VALID.npz --out {weights}",
            ) from error
        self._cv2 = cv2
        self._detector = FaceDetector(nets / "face_detection_short_range.tflite")
        self._mesh = FaceMesh(nets / "face_landmark.tflite")
        self._iris = IrisNet(nets / "iris_landmark.tflite")

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the expression head, in the order of its probabilities; none without one."""
        return self._reader.facts.labels if self._reader is not None else ()

    def track(self, media: Media) -> FaceTrack:
        """Follow the talking face through the frames of a clip."""
        import numpy as np

        from models.face.follow import follow
        from models.face.speaker import choose

        times = np.array([frame.time for frame in media.frames], dtype=np.float64)
        following = follow(media.frames, self._detector, self._mesh)
        choice = choose(following, times, media.audio)
        count = len(times)
        seen = sum(len(strand.frames) for strand in choice.strands)
        spans = [span for strand in choice.strands for span in strand.eye_distances]
        eye_distance = float(np.median(spans)) if spans else None
        low = eye_distance is not None and eye_distance < LOW_RESOLUTION_PX
        boxes: list[tuple[float, float, float, float] | None] = [None] * count
        for strand in choice.strands:
            for i, box in zip(strand.frames, strand.boxes, strict=True):
                boxes[i] = (round(box[0], 1), round(box[1], 1), round(box[2], 1), round(box[3], 1))
        tracks: dict[str, tuple[float | None, ...]] = {}
        movements: tuple[Movement, ...] = ()
        opinion = None
        if choice.strands and not low:
            raw, movements = self._measure(media, times, choice.strands, following.shots)
            opinion = self._opinion(media, choice.strands, raw, seen / count, movements)
            tracks = {name: _rounded(values) for name, values in raw.items() if name not in ("pitch", "roll")}
        return FaceTrack(
            times=tuple(round(float(t), 4) for t in times),
            boxes=tuple(boxes),
            tracks=tracks,
            faces_max=following.faces_max,
            found_share=round(seen / count, 4) if count else 0.0,
            eye_distance_px=None if eye_distance is None else round(eye_distance, 1),
            low_resolution=low,
            followed=choice.words,
            movements=movements,
            opinion=opinion,
            no_opinion="" if self._reader else WHY_LEFT_OUT,
        )

    def best_crop(self, media: Media) -> tuple[float, NDArray[np.uint8]] | None:
        """Time, s, and crop (48, 48) of the frame that weighs most in the opinion; None where there is no opinion."""
        seen = self._seen(media)
        if seen is None:
            return None
        frames, quality, _ = seen
        best, points = max(frames, key=lambda row: quality[row[0]])
        return (media.frames[best].time, self._crop(media, best, points)) if quality[best] > 0 else None

    def readings(self, media: Media) -> Readings | None:
        """What the head reads in each picture of the followed face; None where there is no opinion."""
        import numpy as np

        from models.face.readings import Readings

        seen = self._seen(media)
        if seen is None or self._reader is None:
            return None
        frames, quality, movements = seen
        logs = np.full((len(frames), len(self.labels)), np.nan)
        for k, (i, points) in enumerate(frames):
            if quality[i] > 0:
                found = self._reader.probabilities(self._crop(media, i, points)[None])[0]
                logs[k] = np.log(np.maximum(found, 1e-9))
        rows = [i for i, _ in frames]
        times = np.array([media.frames[i].time for i in rows], dtype=np.float64)
        return Readings(self.labels, times, logs, quality[rows], movements) if (quality[rows] > 0).any() else None

    def _seen(self, media: Media) -> tuple[list[tuple[int, Any]], NDArray[np.float64], tuple[Movement, ...]] | None:
        """(frame, landmarks) of the followed face, quality by frame, movements; None where it is none or too small."""
        import numpy as np

        from models.face.follow import follow
        from models.face.speaker import choose

        times = np.array([frame.time for frame in media.frames], dtype=np.float64)
        following = follow(media.frames, self._detector, self._mesh)
        strands = choose(following, times, media.audio).strands
        spans = [span for strand in strands for span in strand.eye_distances]
        if not spans or float(np.median(spans)) < LOW_RESOLUTION_PX:
            return None
        tracks, movements = self._measure(media, times, strands, following.shots)
        frames = [(i, points) for strand in strands for i, points in zip(strand.frames, strand.points, strict=True)]
        return frames, _quality(tracks), movements

    def _crop(self, media: Media, frame: int, points: NDArray[np.float64]) -> NDArray[np.uint8]:
        import numpy as np

        from models.face.expression import crop

        grey = np.asarray(self._cv2.cvtColor(media.frames[frame].rgb, self._cv2.COLOR_RGB2GRAY), np.uint8)
        return crop(self._cv2, grey, points)

    def _measure(
        self,
        media: Media,
        times: NDArray[np.float64],
        strands: Sequence[Strand],
        shots: Sequence[tuple[int, int]],
    ) -> tuple[dict[str, NDArray[np.float64]], tuple[Movement, ...]]:
        """Tracks over all frames (NaN where there is no face) and the movements, shot by shot."""
        import numpy as np

        from models.face.expression import presence, uncovered
        from models.face.geometry import gaze, measure, shut
        from models.face.movements import find_movements, resting

        names = (*SHAPE_TRACKS, *POSE_TRACKS, "gaze_across", "gaze_down", "sharpness", "presence")
        tracks = {name: np.full(len(times), np.nan) for name in names}
        movements: list[Movement] = []
        for strand in strands:
            points, rows = np.stack(strand.points), np.array(strand.frames)
            measured = measure(points)
            irises = np.full((len(rows), 2, 2), np.nan)
            closed = shut(points)
            for k in range(0, len(rows) if strand.eye_distance >= GAZE_PX else 0, IRIS_STEP):
                if closed[k]:
                    continue  # its gaze would not be told
                irises[k] = self._iris.centres(media.frames[rows[k]].rgb, points[k])
            measured["gaze_across"], measured["gaze_down"] = gaze(points, irises)
            measured["sharpness"] = np.array(
                [self._sharpness(media.frames[i].rgb, box) for i, box in zip(rows, strand.boxes, strict=True)]
            )
            fallen = presence(np.array(strand.scores))
            for name in (*SHAPE_TRACKS, "gaze_across", "gaze_down"):
                measured[name][uncovered(fallen) == 0] = np.nan  # landmarks behind a hand are guesses, and would move
            measured["presence"] = fallen
            start, end = shots[strand.shot]
            for name in names:
                tracks[name][rows] = measured[name]
            here = {name: tracks[name][start:end] for name in names}
            here |= {name: _bridged(here[name], IRIS_STEP) for name in ("gaze_across", "gaze_down")}
            movements += find_movements(times[start:end], here)
            for name in POSE_TRACKS:
                # Told against the shot's own resting pose: the zero of a face without a model of its head is a guess.
                tracks[f"{name}_change"] = tracks.get(f"{name}_change", np.full(len(times), np.nan))
                tracks[f"{name}_change"][rows] = measured[name] - resting(measured[name])
        middle = float(np.nanmedian(tracks["sharpness"]))
        tracks["sharpness"] = tracks["sharpness"] / max(middle, 1e-9)
        return tracks, tuple(movements)

    def _sharpness(self, rgb: NDArray[np.uint8], box: tuple[float, float, float, float]) -> float:
        """Variance of the Laplacian of the face on 112 × 112 pixels: comparable within one clip only."""
        left, top = max(int(box[0]), 0), max(int(box[1]), 0)
        face = rgb[top : int(box[3]) + 1, left : int(box[2]) + 1]
        if not face.size:
            return 0.0
        grey = self._cv2.cvtColor(face, self._cv2.COLOR_RGB2GRAY)
        grey = self._cv2.resize(grey, (112, 112), interpolation=self._cv2.INTER_AREA)
        return float(self._cv2.Laplacian(grey, self._cv2.CV_64F).var())

    def _opinion(
        self,
        media: Media,
        strands: Sequence[Strand],
        tracks: Mapping[str, NDArray[np.float64]],
        found_share: float,
        movements: Sequence[Movement],
    ) -> Opinion | None:
        """Mean log-probabilities over the best frames, by frontality × relative sharpness, moved by the movements.

        At most 16 frames, the best of as many equal stretches of the found frames, with the head turned by no more
        than 45°. Confidence = min(1, eye distance / 60 px) · mean frontality · mean sharpness of the crops as the
        head's training measured it · found share · min(1, frames / 6).
        """
        import numpy as np

        from models.face.expression import crop, facing, size_trust
        from models.face.readings import OPINION_FRAMES, parts
        from models.face.temporal import fuse_movements

        frames = [(i, points) for strand in strands for i, points in zip(strand.frames, strand.points, strict=True)]
        frontal, quality = facing(tracks["yaw"]), _quality(tracks)
        best = [max(part, key=lambda row: quality[row[0]]) for part in parts(frames, OPINION_FRAMES)]
        best = [(i, points) for i, points in best if quality[i] > 0]
        if not best or self._reader is None:
            return None
        greys = [self._cv2.cvtColor(media.frames[i].rgb, self._cv2.COLOR_RGB2GRAY) for i, _ in best]
        crops = np.stack([crop(self._cv2, grey, points) for grey, (_, points) in zip(greys, best, strict=True)])
        facts = self._reader.facts
        pictures = self._reader.read(crops, np.array([quality[i] for i, _ in best]))
        probabilities, reasons = fuse_movements(facts.labels, pictures, movements)
        size = float(size_trust(float(np.median([d for strand in strands for d in strand.eye_distances]))))
        straight = float(np.mean([frontal[i] for i, _ in best]))
        sharp = float(np.mean(facts.sharpness_trust(crops)))
        confidence = size * straight * sharp * found_share * min(1.0, len(best) / 6)
        return Opinion(facts.space, facts.labels, probabilities, round(confidence, 3), reasons)


def _quality(tracks: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Frontality × relative sharpness × uncovered share of the frames, (frames,); 0 where there is no face."""
    import numpy as np

    from models.face.expression import facing, uncovered

    seen = facing(tracks["yaw"]) * np.minimum(tracks["sharpness"], 1.0)
    return np.asarray(np.nan_to_num(seen * uncovered(tracks["presence"])))


def _bridged(values: NDArray[np.float64], step: int) -> NDArray[np.float64]:
    """`values` with gaps of less than `step` frames filled in a straight line."""
    import numpy as np

    filled = values.copy()
    known = np.flatnonzero(np.isfinite(values))
    for a, b in zip(known, known[1:], strict=False):
        if 1 < b - a <= step:
            filled[a : b + 1] = np.linspace(values[a], values[b], b - a + 1)
    return filled


def _rounded(values: NDArray[np.float64]) -> tuple[float | None, ...]:
    return tuple(round(float(v), 4) if v == v else None for v in values)
