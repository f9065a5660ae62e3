"""The brief-motion stage: candidates of the coarse tracks, decoded at full rate, measured twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import Absent, ConfigError, StageUnavailable
from harness.records.brief import BriefMotion, BriefTrack
from harness.records.types import FaceTrack, Frame, Span
from models.base import DecodeStretches, ProviderSpec
from models.face.files import COMMAND, SHA256, problems
from models.fingerprint import digests, file_sha256, fingerprint
from models.folders import default_models_dir

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.brief.motion import Found

LANDMARKS, STSTNET = "landmarks", "ststnet"
VERSION = 1
MESH = "face_landmark.tflite"
LEAST_RATE = 23.9
"""Frames a second: film's 23.976 is meant to pass for 24."""
LEAST_FLOW = 0.35
"""Share of a landmark's movement that optical flow has to see."""
FULL_Z = 8.0
NO_WEIGHTS = "no STSTNet weights: none are published under a licence that lets them be shipped"
REMEDY = "--set brief.weights=FILE.safetensors (docs/brief.md), or brief.provider=landmarks"


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The `landmarks` provider, or `ststnet`: the same, whose candidates a net of the user's is asked about.

    Args:
        settings: `provider`, `models_dir` (holds `face/`), and of ststnet `weights`, `labels`, `normalise`.
    """
    from models.brief.ststnet import LABELS, NORMALISE

    nets = Path(settings.get("models_dir") or default_models_dir()) / "face"
    wrong = problems(nets)
    if wrong:
        raise ConfigError(f"face nets in {nets}: {', '.join(wrong)}", COMMAND)
    files = {name: nets / name for name in SHA256 if name == MESH}
    name = str(settings.get("provider") or LANDMARKS)
    if name == LANDMARKS:
        mark = fingerprint(name, VERSION, {}, files)
        return ProviderSpec("brief", name, mark, partial(BriefMotionFinder, nets), digests(files))
    labels = tuple(str(label) for label in settings.get("labels") or LABELS)
    normalise = str(settings.get("normalise") or NORMALISE[0])
    if normalise not in NORMALISE:
        raise ConfigError(f"brief.normalise is {normalise!r}", " or ".join(NORMALISE))
    given = settings.get("weights")
    weights = Path(given) if given else None
    if weights is not None:
        if not weights.is_file():
            raise ConfigError(f"brief.weights: no file {weights}", REMEDY)
        files["ststnet"] = weights
    sums = {"weights": file_sha256(weights) if weights else "none", "labels": list(labels), "normalise": normalise}
    mark = fingerprint(name, VERSION, sums, files)
    build = partial(BriefMotionFinder, nets, (weights, labels, normalise))
    return ProviderSpec("brief", name, mark, build, digests(files), lacks="" if weights else f"{NO_WEIGHTS}; {REMEDY}")


class BriefMotionFinder:
    """Finds brief motions of the followed face. Built in the process that uses it.

    Args:
        nets: folder of the face nets.
        ststnet: weights, labels and normalisation of a user's STSTNet; None to measure alone.

    Raises:
        StageUnavailable: STSTNet is asked for and has no weights.
        ConfigError: its weights are none of this net.
    """

    def __init__(self, nets: Path, ststnet: tuple[Path | None, tuple[str, ...], str] | None = None) -> None:
        import cv2

        from models.brief.flow import FlowEstimator
        from models.brief.ststnet import StstNet
        from models.face.mesh import FaceMesh

        self._net = None
        if ststnet is not None:
            weights, labels, normalise = ststnet
            if weights is None:
                raise StageUnavailable(NO_WEIGHTS, REMEDY)
            try:
                self._net = StstNet(weights, labels, normalise)
            except (OSError, ValueError) as error:
                raise ConfigError(f"brief.weights: {error}", "docs/brief.md says which tensors are read") from error
        cv2.setNumThreads(1)
        self._mesh, self._flow = FaceMesh(nets / MESH), FlowEstimator()

    def find(self, face: FaceTrack, speech: Sequence[Span], frame_rate: float, decode: DecodeStretches) -> BriefTrack:
        """The candidates of a clip.

        Raises:
            Absent: the clip has too few frames a second, or its face is too small.
        """
        import numpy as np

        from models.brief.motion import coarse

        if frame_rate < LEAST_RATE:
            raise Absent(f"brief motions need 24 frames a second, and the clip has {frame_rate:.3g}")
        if face.low_resolution or not face.tracks:
            raise Absent("the face is too small for its movements to be measured")
        tracks = {
            name: np.array([np.nan if value is None else value for value in values])
            for name, values in face.tracks.items()
        }
        spoken = [(span.start, span.end) for span in speech]
        stretches = coarse(np.array(face.times), tracks, spoken)
        found: list[BriefMotion] = []
        refused: dict[str, int] = {}
        for frames in decode(stretches) if stretches else ():
            for run in self._followed(frames, face):
                motions, reasons = self._of_run(*run, spoken)
                found += motions
                for reason in reasons:
                    refused[reason] = refused.get(reason, 0) + 1
        return BriefTrack(
            frame_rate=round(frame_rate, 3),
            looked=tuple((round(a, 3), round(b, 3)) for a, b in stretches),
            movements=tuple(sorted(found, key=lambda one: (one.start, one.kind))),
            refused=refused,
            labels=self._net.labels if self._net is not None else (),
        )

    def _followed(
        self, frames: Sequence[Frame], face: FaceTrack
    ) -> list[tuple[list[Frame], list[NDArray[np.float64]]]]:
        """Runs of neighbouring pictures of one shot with the followed face's landmarks."""
        import numpy as np

        from models.face.follow import STILL_PRESENT, find_shots
        from models.face.mesh import Mesh, region_of_points

        times = np.array(face.times)
        runs: list[tuple[list[Frame], list[NDArray[np.float64]]]] = []
        for start, end in find_shots(frames):
            kept: list[Frame] = []
            points: list[NDArray[np.float64]] = []
            last: Mesh | None = None
            for frame in frames[start:end]:
                box = face.boxes[int(np.argmin(np.abs(times - frame.time)))]
                if box is None:
                    last = None
                elif last is None:  # the box says where it is but not how the head leans: look twice
                    first = self._mesh.landmarks(frame.rgb, _region(box))
                    last = self._mesh.landmarks(frame.rgb, region_of_points(first.points))
                else:
                    last = self._mesh.landmarks(frame.rgb, region_of_points(last.points))
                if last is None or box is None or last.score < STILL_PRESENT or not _same(last.box, box):
                    last = None
                    runs.append((kept, points))
                    kept, points = [], []
                    continue
                kept.append(frame)
                points.append(last.points)
            runs.append((kept, points))
        return [run for run in runs if run[0]]

    def _of_run(
        self,
        frames: Sequence[Frame],
        points: Sequence[NDArray[np.float64]],
        speech: Sequence[tuple[float, float]],
    ) -> tuple[list[BriefMotion], list[str]]:
        import numpy as np

        from models.brief.motion import find, joined, measure

        times = np.array([frame.time for frame in frames])
        found, refused = find(times, measure(np.stack(points)), speech)
        kept: list[BriefMotion] = []
        for one, side in joined(found):
            flow = self._flow.between(*((frames[k].rgb, points[k]) for k in (one.first, one.apex)))
            share = flow.share(one.track, one.delta)
            if share < LEAST_FLOW:
                refused.append("optical flow does not see it")
                continue
            scores = self._net.probabilities(flow.features()) if self._net is not None else ()
            kept.append(_candidate(one, side, times, share, scores))
        return kept, refused


def _candidate(
    one: Found, side: str, times: NDArray[np.float64], share: float, scores: tuple[float, ...]
) -> BriefMotion:
    from models.brief.motion import UNIT

    start, apex, end = (round(float(times[k]), 3) for k in (one.first, one.apex, one.last))
    sure = round(min(1.0, abs(one.z) / FULL_Z) * share, 2)
    return BriefMotion(
        one.kind, start, apex, end, round(one.delta, 4), UNIT, round(one.z, 1), round(share, 2), sure, side, scores
    )


def _region(box: tuple[float, float, float, float]) -> Any:
    from models.face.mesh import MARGIN, Region

    left, top, right, bottom = box
    return Region((left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) * MARGIN, 0.0)


def _same(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    from models.face.detector import overlap

    return overlap(one, other) >= 0.3
