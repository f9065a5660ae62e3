"""The body stage on pixels: stillness, noise and a moving camera are no movement; shoulders that are raised are."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.report.thumbnails import thumbnails
from eval.stories.read import Story
from harness.media.decode import MediaSettings, decode
from harness.records.body import BodyTrack
from harness.records.types import FaceTrack, Frame, Media, MediaInfo
from models.body import files
from models.body.tracker import PoseTracker, spec
from models.face.tracker import CvMeshTracker
from models.face.tracker import spec as face_spec
from models.folders import default_models_dir
from tests.e2e.test_thumbnails import decoded
from tests.support.run_command import predictions, run

cv2 = pytest.importorskip("cv2")
NETS = default_models_dir() / files.FOLDER
pytestmark = [
    pytest.mark.skipif(bool(files.problems(NETS)), reason=f"no body nets in {NETS}: run `{files.COMMAND}`"),
    pytest.mark.shared,
]
STEP, COUNT = 0.24, 20


@pytest.fixture(scope="module")
def nets(models: Path) -> tuple[CvMeshTracker, PoseTracker]:
    settings = {"models_dir": str(NETS.parent), "weights": "none"}
    return face_spec(settings).build(), spec(settings).build()


@pytest.fixture(scope="module")
def picture(shared: Path) -> np.ndarray:
    """A man from the chest up before an office."""
    return decode(shared / "clips" / "mer" / "sample_00000669.mp4", MediaSettings()).frames[45].rgb


def seen(nets: tuple[CvMeshTracker, PoseTracker], pictures: list[np.ndarray]) -> tuple[FaceTrack, BodyTrack]:
    frames = tuple(Frame(round(i * STEP, 4), picture) for i, picture in enumerate(pictures))
    media = Media(MediaInfo("test", len(frames) * STEP, None, None), None, frames)
    face = nets[0].track(media)
    return face, nets[1].track(media, face)


def noisy(picture: np.ndarray, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.clip(picture + random.normal(0, 4, picture.shape), 0, 255).astype(np.uint8)


def panned(picture: np.ndarray, part: float) -> np.ndarray:
    """What a camera sees that pans, sinks and zooms in: `part` 0..1 of its way."""
    height, width = picture.shape[:2]
    zoom = 1.05 + 0.1 * part
    matrix = np.array([[zoom, 0, -0.14 * width * part], [0, zoom, -10 - 30 * part]], float)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height)))


def raised(picture: np.ndarray, shoulders: np.ndarray, pixels: float) -> np.ndarray:
    """The picture with both shoulders drawn up: what lies there moves by `pixels`, the head and the room do not."""
    height, width = picture.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    reach = 0.28 * float(np.linalg.norm(shoulders[0] - shoulders[1]))
    shift = np.zeros_like(x)
    for sx, sy in shoulders:
        shift = np.maximum(shift, np.exp(-(((x - sx) / reach) ** 2 + ((y - sy) / (2.5 * reach)) ** 2)))
    return np.asarray(
        cv2.remap(
            picture, x, (y + pixels * shift).astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    )


def kinds(track: BodyTrack) -> set[str]:
    return {m.kind for m in track.movements}


def test_a_still_picture_with_noise_holds_no_movement(
    nets: tuple[CvMeshTracker, PoseTracker], picture: np.ndarray
) -> None:
    _, body = seen(nets, [noisy(picture, k) for k in range(COUNT)])
    assert body.seen_share == 1.0 and kinds(body) == {"body_still"}
    assert len(body.times) == len(body.joints) == COUNT and body.shoulder_width_px is not None


def test_a_camera_that_moves_is_no_movement(nets: tuple[CvMeshTracker, PoseTracker], picture: np.ndarray) -> None:
    _, body = seen(nets, [noisy(panned(picture, k / (COUNT - 1)), k) for k in range(COUNT)])
    assert kinds(body) <= {"body_still"}
    assert max(value or 0.0 for value in body.tracks["camera"]) > 0.03, "the camera did move"


def test_raised_shoulders_are_found_with_their_onset(
    nets: tuple[CvMeshTracker, PoseTracker], picture: np.ndarray
) -> None:
    _, still = seen(nets, [picture] * 6)
    joints = still.joints[0]
    assert joints is not None and still.shoulder_width_px is not None
    shoulders = np.array(joints[:4]).reshape(2, 2)
    lift = 0.25 * still.shoulder_width_px
    pictures = [noisy(raised(picture, shoulders, lift if 8 <= k < 14 else 0.0), k) for k in range(COUNT)]
    _, body = seen(nets, pictures)
    (shrug,) = [m for m in body.movements if m.kind == "shoulders_up"]
    assert shrug.start == pytest.approx(8 * STEP, abs=2 * STEP) and shrug.end == pytest.approx(13 * STEP, abs=2 * STEP)
    assert 0.09 <= shrug.delta <= 0.35


def test_noise_has_no_shoulders(nets: tuple[CvMeshTracker, PoseTracker], picture: np.ndarray) -> None:
    face, _ = seen(nets, [picture] * 6)
    random = np.random.default_rng(0)
    frames = tuple(Frame(k * STEP, random.integers(0, 256, picture.shape, dtype=np.uint8)) for k in range(6))
    media = Media(MediaInfo("test", 6 * STEP, None, None), None, frames)
    body = nets[1].track(media, replace(face, times=tuple(f.time for f in frames)))
    assert (body.seen_share, body.movements, body.shoulder_width_px) == (0.0, (), None)


def test_a_run_with_the_body_decides_the_same(root: Path, models: Path, shared: Path, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    shutil.copy(shared / "clips" / "mer" / "sample_00000167.mp4", tmp_path / "clips")
    folders = [models / "face", models / files.FOLDER]
    (tmp_path / "models").mkdir()
    for folder in folders:
        (tmp_path / "models" / folder.name).symlink_to(folder.resolve())
    without = run(root, tmp_path / "clips", tmp_path / "out", "--models-dir", str(tmp_path / "models"))
    assert without.returncode == 0, without.stderr
    assert "fetch body" in (tmp_path / "out" / "supplements" / "run.log").read_text(encoding="utf-8")
    before = predictions(tmp_path / "out")["sample_00000167.mp4"]
    flags = ["--models-dir", str(tmp_path / "models"), "--set", "body.provider=pose"]
    done = run(root, tmp_path / "clips", tmp_path / "out", *flags)
    assert done.returncode == 0, done.stderr
    after = predictions(tmp_path / "out")["sample_00000167.mp4"]
    assert {k: v for k, v in after.items() if k != "seconds"} == {k: v for k, v in before.items() if k != "seconds"}
    (path,) = (tmp_path / "out" / "supplements" / "video_emotion_results").glob("*.json")
    story = json.loads(path.read_text(encoding="utf-8"))
    bare = Story(path, {**story, "stages": {}})
    payload = {"seconds": 2.0, "timeline": {"events": []}}
    plain, with_bones = (decoded(thumbnails(one, payload)[0][0]["src"]) for one in (bare, Story(path, story)))
    changed = np.argwhere(np.abs(plain.astype(int) - with_bones).max(axis=2) > 60)
    assert len(changed) > 30 and changed[:, 0].min() > plain.shape[0] / 2, "the shoulders' line, low in the picture"
    assert story["stages"]["body"]["outcome"] == "ok"
    assert "head and shoulders kept still" in story["evidence"]["sections"]["en"]["video"]
