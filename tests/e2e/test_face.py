"""The face stage on pixels: what has no face says so, what has one is followed, and twice the same is the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.faults import ConfigError
from harness.media.decode import MediaSettings, decode
from harness.records.types import Frame, Media, MediaInfo
from models.face import files
from models.face.iris import OUTPUT
from models.face.pruned import pruned
from models.face.reader import ExpressionReader
from models.face.tracker import HEAD, CvMeshTracker, spec
from models.folders import default_models_dir
from models.training.face_data import aligned, read_pictures

cv2 = pytest.importorskip("cv2")

NETS = default_models_dir() / "face"
pytestmark = pytest.mark.skipif(bool(files.problems(NETS)), reason=f"no face nets in {NETS}: run `{files.COMMAND}`")
TALKER = "sample_00000669.mp4"


@pytest.fixture(scope="module")
def tracker() -> CvMeshTracker:
    built = spec({"models_dir": str(NETS.parent)}).build()
    assert isinstance(built, CvMeshTracker)
    return built


def media_of(pictures: list[np.ndarray], step: float = 0.08) -> Media:
    frames = tuple(Frame(round(i * step, 4), picture) for i, picture in enumerate(pictures))
    return Media(MediaInfo("test", len(frames) * step, None, None), None, frames)


def clip(shared: Path, name: str) -> Media:
    return decode(shared / "clips" / "mer" / name, MediaSettings())


def test_noise_and_grey_hold_no_face(tracker: CvMeshTracker) -> None:
    random = np.random.default_rng(0)
    noise = tracker.track(media_of([random.integers(0, 256, (240, 426, 3), dtype=np.uint8) for _ in range(12)]))
    grey = tracker.track(media_of([np.full((240, 426, 3), 128, np.uint8)] * 12))
    for found in (noise, grey):
        assert (found.found_share, found.faces_max, found.opinion, found.movements) == (0.0, 0, None, ())
        assert len(found.times) == len(found.boxes) == 12 and set(found.boxes) == {None}
        assert found.eye_distance_px is None and found.followed == "no face found"


def test_the_iris_net_is_the_same_without_the_eyes_outline() -> None:
    content = (NETS / "iris_landmark.tflite").read_bytes()
    whole, part = (cv2.dnn.readNetFromTFLite(np.frombuffer(c, np.uint8)) for c in (content, pruned(content, OUTPUT)))
    assert len(part.getLayerNames()) < 0.75 * len(whole.getLayerNames())
    random = np.random.default_rng(0)
    for _ in range(5):
        view = random.random((1, 3, 64, 64), dtype=np.float32)
        whole.setInput(view)
        part.setInput(view)
        np.testing.assert_array_equal(part.forward(), whole.forward([OUTPUT])[0])
    for wrong in (b"", b"TFL3" * 40, content[:2000]):
        with pytest.raises(ValueError, match="no .tflite net"):
            pruned(wrong, OUTPUT)
    with pytest.raises(ValueError, match="no output 'contour'"):
        pruned(content, "contour")


def test_one_small_frame_is_enough_not_to_fail(tracker: CvMeshTracker) -> None:
    assert tracker.track(media_of([np.zeros((9, 16, 3), np.uint8)])).found_share == 0.0


@pytest.mark.shared
def test_a_real_face_is_followed_and_measured(tracker: CvMeshTracker, shared: Path) -> None:
    media = clip(shared, TALKER)
    found = tracker.track(media)
    assert found.found_share > 0.95 and found.faces_max == 1 and not found.low_resolution
    assert found.opinion is not None and sum(found.opinion.probabilities) == pytest.approx(1.0, abs=1e-4)
    assert found.opinion.space == "fer7" and 0.0 < found.opinion.confidence <= 1.0
    assert all(len(values) == len(found.times) for values in found.tracks.values())
    # By eye: he starts with his mouth open, then looks to his right, to his left and to his right again.
    turns = [m for m in found.movements if m.kind == "head_turn"]
    assert [np.sign(m.delta) for m in turns] == [-1, 1, -1]
    for turn, middle in zip(turns, (0.8, 2.4, 4.3), strict=True):
        assert turn.start < middle < turn.end
    assert any(m.kind == "mouth_open" and m.start < 0.2 for m in found.movements)


@pytest.mark.shared
def test_pictures_in_which_the_face_is_covered_do_not_count(tracker: CvMeshTracker, shared: Path) -> None:
    pictures = [frame.rgb.copy() for frame in clip(shared, "sample_00000694.mp4").frames[:12]]
    left, top, right, bottom = (int(v) for v in tracker.track(media_of(pictures)).boxes[0] or ())
    for picture in pictures[3:6]:
        picture[(top + bottom) // 2 :, left:right] = 90  # a mask, to the picture's lower edge
    found = tracker.track(media_of(pictures))
    fallen = [value or 0.0 for value in found.tracks["presence"]]
    assert max(fallen[3:6]) < -8 and min(fallen[:3] + fallen[6:]) > -2
    best = tracker.best_crop(media_of(pictures))
    assert best is not None and not 0.2 < best[0] < 0.45


@pytest.mark.shared
def test_a_late_smile_in_a_dark_corner(tracker: CvMeshTracker, shared: Path) -> None:
    # The detector alone prefers the mirror in the middle of this picture to the woman on its left.
    found = tracker.track(clip(shared, "sample_00004735.mp4"))
    assert found.found_share > 0.9
    assert all(box is None or box[2] < 480 for box in found.boxes)
    smiles = [m for m in found.movements if m.kind == "mouth_corners_up"]
    assert any(3.0 < m.start < 4.2 and m.end > 4.8 for m in smiles)


@pytest.mark.shared
def test_a_cut_is_not_crossed(tracker: CvMeshTracker, shared: Path) -> None:
    found = tracker.track(clip(shared, "samplenew_00051251.mp4"))
    assert "; " in found.followed
    assert not any(m.start < 1.5 < m.end for m in found.movements)


@pytest.mark.shared
def test_a_far_face_gives_no_movements(tracker: CvMeshTracker, shared: Path) -> None:
    media = clip(shared, TALKER)
    small = [cv2.resize(frame.rgb, None, fx=0.24, fy=0.24, interpolation=cv2.INTER_AREA) for frame in media.frames[:40]]
    found = tracker.track(media_of(small))
    assert found.found_share > 0.5 and found.eye_distance_px is not None and found.eye_distance_px < 24
    assert found.low_resolution and found.movements == () and found.opinion is None


@pytest.mark.shared
def test_of_two_faces_the_one_that_talks(tracker: CvMeshTracker, shared: Path) -> None:
    # The same face twice, the larger one frozen: only the smaller moves its mouth with the sound.
    media = clip(shared, "sample_00000694.mp4")
    frames = []
    for frame in media.frames[:110]:
        left = cv2.resize(media.frames[0].rgb, (672, 378))
        right = np.zeros_like(left)
        right[40:340, 60:593] = cv2.resize(frame.rgb, (533, 300), interpolation=cv2.INTER_AREA)
        frames.append(Frame(frame.time, np.concatenate([left, right], axis=1)))
    found = tracker.track(replace(media, frames=tuple(frames)))
    assert found.faces_max == 2
    assert found.followed.startswith("of 2 faces, the one whose mouth moves with the voice")
    assert all(box is None or box[0] > 672 for box in found.boxes)


def test_the_head_sees_no_left_and_right() -> None:
    reader = ExpressionReader(HEAD)
    crops = np.random.default_rng(0).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    found = reader.probabilities(crops)
    assert np.allclose(found.sum(axis=1), 1.0) and found.shape == (3, len(reader.facts.labels))
    assert np.allclose(found, reader.probabilities(crops[:, :, ::-1]), atol=1e-5)
    alone = np.concatenate([reader.probabilities(crops[i : i + 1]) for i in range(3)])
    assert np.allclose(found, alone, atol=1e-5), "a frame's answer does not depend on its neighbours"


def test_the_verdict_is_the_mean_over_the_sizes_of_the_crop() -> None:
    reader = ExpressionReader(HEAD)
    crops = np.random.default_rng(1).integers(0, 256, (2, 48, 48), dtype=np.uint8)
    found, sizes, single = reader.logits(crops), reader.facts.zooms, []
    assert len(sizes) > 1
    for size in sizes:
        reader.facts = replace(reader.facts, zooms=(size,))
        single.append(reader.logits(crops))
    assert np.allclose(found, np.mean(single, axis=0), atol=1e-4)
    assert not np.allclose(single[0], single[1], atol=0.1)


@pytest.mark.shared
def test_what_is_said_of_the_face_adds_up(tracker: CvMeshTracker, shared: Path) -> None:
    opinion = tracker.track(clip(shared, "sample_00004735.mp4")).opinion
    assert opinion is not None
    logs = np.log(opinion.probabilities)
    assert sum(reason.contribution for reason in opinion.reasons) == pytest.approx(logs.max() - logs.mean(), abs=1e-6)
    assert "mouth_corners_up" in {reason.feature for reason in opinion.reasons}


@pytest.mark.shared
def test_without_the_head_the_face_is_followed_all_the_same(tracker: CvMeshTracker, shared: Path) -> None:
    media = clip(shared, "sample_00000167.mp4")
    bare, usual = spec({"models_dir": str(NETS.parent), "weights": "none"}).build().track(media), tracker.track(media)
    assert bare.opinion is None and usual.opinion is not None
    assert "non-commercial" in bare.no_opinion and usual.no_opinion == ""
    assert replace(bare, no_opinion="") == replace(usual, opinion=None)


def test_a_net_of_another_head_is_refused(tmp_path: Path) -> None:
    shutil.copytree(HEAD, tmp_path / "face")
    with (tmp_path / "face" / "net.onnx").open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(ConfigError, match="is not the one"):
        spec({"models_dir": str(NETS.parent), "weights": str(tmp_path / "face")}).build()


@pytest.mark.shared
def test_the_head_knows_expressions(shared: Path) -> None:
    images, target = read_pictures(shared / "data" / "faces" / "fer2013_valid.npz")
    faces = aligned(images[::8], target[::8], NETS)
    hit = ExpressionReader(HEAD).probabilities(faces.crops).argmax(axis=1) == faces.target
    assert len(hit) > 400 and hit.mean() > 0.58  # the card's figure less two standard errors


@pytest.mark.shared
def test_blur_lowers_the_confidence(tracker: CvMeshTracker, shared: Path) -> None:
    media = clip(shared, TALKER)
    confidences = []
    for width in (0.0, 6.0, 12.0):
        pictures = [f.rgb if not width else cv2.GaussianBlur(f.rgb, (0, 0), width) for f in media.frames[:60:3]]
        opinion = tracker.track(media_of(pictures, 0.24)).opinion
        confidences.append(opinion.confidence if opinion else 0.0)
    assert confidences[0] > 1.3 * confidences[1] > 1.3 * confidences[2]


@pytest.mark.shared
def test_equal_in_two_processes(shared: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from harness.media.decode import decode, MediaSettings\n"
        "from models.face.tracker import spec\n"
        "print(repr(spec({'models_dir': sys.argv[1]}).build().track(decode(Path(sys.argv[2]), MediaSettings()))))"
    )
    path = shared / "clips" / "mer" / "sample_00000167.mp4"
    command = [sys.executable, "-c", script, str(NETS.parent), str(path)]
    root = Path(__file__).resolve().parents[2]
    first, second = (
        subprocess.run(command, cwd=root, capture_output=True, text=True, encoding="utf-8", check=True).stdout
        for _ in range(2)
    )
    assert first == second and "found_share=1.0" in first
