"""Brief motions on pixels: brows that are raised by a warp are found; stillness, noise and a moving camera are not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from harness.faults import Absent, ConfigError, StageUnavailable
from harness.media.decode import MediaSettings, decode, decode_stretches
from harness.records.brief import BriefTrack
from harness.records.types import Frame, Media, MediaInfo
from models.brief.motion import BROWS
from models.brief.tracker import BriefMotionFinder, spec
from models.face.follow import follow
from models.face.tracker import CvMeshTracker
from models.face.tracker import spec as face_spec
from tests.unit.models.brief.test_ststnet import weights

cv2 = pytest.importorskip("cv2")
pytestmark = pytest.mark.shared
RATE, COUNT, START, SECONDS = 25, 44, 0.8, 0.36
CLIP = "sample_00000669.mp4"


@pytest.fixture(scope="module")
def nets(models: Path) -> tuple[CvMeshTracker, BriefMotionFinder]:
    settings = {"models_dir": str(models), "weights": "none"}
    return face_spec(settings).build(), spec(settings).build()


@pytest.fixture(scope="module")
def picture(shared: Path) -> np.ndarray:
    return decode(shared / "clips" / "mer" / CLIP, MediaSettings()).frames[45].rgb


def raised(face: CvMeshTracker, picture: np.ndarray, size: float) -> Iterator[np.ndarray]:
    """The picture with noise, in which both brows go up by `size` eye distances and come back."""
    frames = tuple(Frame(k * 0.08, picture) for k in range(3))
    points = follow(frames, face._detector, face._mesh).strands[0].points[-1]
    eyes = float(np.linalg.norm(points[33, :2] - points[263, :2]))
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = np.min([(x - points[r, 0]) ** 2 + (y - points[r, 1]) ** 2 for rows in BROWS.values() for r in rows], axis=0)
    shape = np.exp(-away / (2 * (0.12 * eyes) ** 2))
    for k in range(COUNT):
        part = (k / RATE - START) / SECONDS
        lift = size * eyes * (0.5 - 0.5 * np.cos(2 * np.pi * part)) if 0 <= part <= 1 else 0.0
        yield cv2.remap(picture, x, (y + lift * shape).astype(np.float32), cv2.INTER_LINEAR)


def panned(picture: np.ndarray) -> Iterator[np.ndarray]:
    """What a camera sees that pans, sinks, zooms, and shakes for a moment."""
    height, width = picture.shape[:2]
    for k in range(COUNT):
        part, shake = k / COUNT, 6.0 * (20 <= k < 26)
        zoom = 1.05 + 0.15 * part
        matrix = np.array([[zoom, 0, -0.1 * width * part], [0, zoom, -10 - 20 * part + shake]])
        yield cv2.warpAffine(picture, matrix, (width, height))


def looked(nets: tuple[CvMeshTracker, BriefMotionFinder], pictures: Iterator[np.ndarray]) -> BriefTrack:
    random = np.random.default_rng(0)
    noisy = (np.clip(p + random.normal(0, 3, p.shape), 0, 255).astype(np.uint8) for p in pictures)
    frames = tuple(Frame(round(k / RATE, 4), p) for k, p in enumerate(noisy))
    face = nets[0].track(Media(MediaInfo("test", COUNT / RATE, None, None), None, frames[::2]))

    def closely(stretches: Sequence[tuple[float, float]]) -> Iterator[tuple[Frame, ...]]:
        return (tuple(f for f in frames if a <= f.time <= b) for a, b in stretches)

    return nets[1].find(face, (), RATE, closely)


def test_raised_brows_are_found_with_their_times(
    nets: tuple[CvMeshTracker, BriefMotionFinder], picture: np.ndarray
) -> None:
    (one,) = looked(nets, raised(nets[0], picture, 0.08)).movements
    assert (one.kind, one.side) == ("brief_brows_up", "both")
    assert one.start == pytest.approx(START, abs=1.5 / RATE) and one.end == pytest.approx(START + SECONDS, abs=2 / RATE)
    assert one.apex == pytest.approx(START + SECONDS / 2, abs=1.5 / RATE)
    assert 0.03 <= one.delta <= 0.08 and one.flow >= 0.5 and 0 < one.certainty <= 1


def test_noise_and_a_camera_that_moves_are_no_motion(
    nets: tuple[CvMeshTracker, BriefMotionFinder], picture: np.ndarray
) -> None:
    assert looked(nets, iter([picture] * COUNT)).movements == ()
    assert looked(nets, panned(picture)).movements == ()


def test_few_frames_a_second_are_refused(nets: tuple[CvMeshTracker, BriefMotionFinder], shared: Path) -> None:
    face = nets[0].track(decode(shared / "clips" / "mer" / CLIP, MediaSettings(max_seconds=0.5)))
    with pytest.raises(Absent, match="need 24 frames a second, and the clip has 15"):
        nets[1].find(face, (), 15.0, lambda stretches: ())


def test_stretches_hold_every_picture_of_the_clip(shared: Path) -> None:
    path = shared / "clips" / "mer" / CLIP
    usual = {frame.time: frame.rgb for frame in decode(path, MediaSettings(max_seconds=1.2)).frames}
    first, second = decode_stretches(path, MediaSettings(), [(0.2, 0.6), (0.5, 1.0)])
    assert [len(first), len(second)] == [11, 13] and first[-1].time == 0.6 and second[0].time == 0.52
    both = [frame for frame in (*first, *second) if frame.time in usual]
    assert len(both) > 8 and all((frame.rgb == usual[frame.time]).all() for frame in both)


def test_ststnet_needs_weights_of_the_user(models: Path, tmp_path: Path) -> None:
    settings = {"models_dir": str(models), "provider": "ststnet"}
    bare = spec(settings)
    assert "brief.weights" in bare.lacks
    with pytest.raises(StageUnavailable, match="no STSTNet weights"):
        bare.build()
    with pytest.raises(ConfigError, match="no file"):
        spec(settings | {"weights": str(tmp_path / "none.safetensors")})
    save_file(weights(), tmp_path / "net.safetensors")
    made = spec(settings | {"weights": str(tmp_path / "net.safetensors")})
    assert made.fingerprint != bare.fingerprint and made.build()._net.labels == ("negative", "positive", "surprise")
