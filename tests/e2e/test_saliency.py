"""`models saliency face` on stored pictures, on a clip and on what cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.records.types import Media, MediaInfo
from models.__main__ import main
from models.evaluation.overlay import overlay
from models.face.expression import SIDE
from models.face.readings import pooled
from models.face.tracker import spec
from models.features.pictures import pictures

cv2 = pytest.importorskip("cv2")


def test_an_overlay_colours_the_cells_that_were_hidden() -> None:
    effects = np.zeros((6, 6))
    effects[0, 0], effects[5, 5] = 0.4, -0.4
    png = overlay(np.full((SIDE, SIDE), 128, dtype=np.uint8), effects, "happy 0.90")
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    left, right = picture[:384, :384], picture[:384, 384:]
    assert (left == 128).all() and (right[64:320, 64:320] == 128).all()
    blue, _, red = right[20, 20].astype(int)
    assert red > 150 > 100 > blue
    blue, _, red = right[370, 370].astype(int)
    assert blue > 150 > 100 > red


@pytest.mark.shared
def test_pictures_a_clip_and_a_file_that_is_none(
    shared: Path, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The third stored picture is even grey: nothing in it decides, so nothing is shown, and an old overlay goes."""
    with np.load(shared / "data" / "faces" / "fer2013_valid.npz") as arrays:
        images = arrays["images"][[282, 1317, 0]]
    images[2] = 128
    np.savez(tmp_path / "faces.npz", images=images)
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    out, clip = tmp_path / "out", shared / "clips" / "mer" / "sample_00000727.mp4"
    out.mkdir()
    (out / "faces.npz-00002.png").write_bytes(b"of an earlier run")
    data = [str(path) for path in (tmp_path / "notes.txt", tmp_path / "faces.npz", clip)]
    flags = ["--models-dir", str(models), "--out", str(out)]
    assert main(["saliency", "face", *flags, "--json", "--data", *data]) == 0
    printed = capsys.readouterr()
    result = json.loads((out / "saliency.json").read_text(encoding="utf-8"))
    assert json.loads(printed.out) == result and "notes.txt: not shown" in printed.err
    assert list(result["unread"]) == ["notes.txt"]
    items = {item["id"]: item for item in result["items"]}
    assert list(items) == ["faces.npz-00000", "faces.npz-00001", "faces.npz-00002", clip.name]
    grey = items["faces.npz-00002"]
    assert not grey["shown"] and not np.any(grey["effects"])
    assert grey["why_not"] == "deletion and insertion no better than random rankings"
    for item in items.values():
        assert (out / f"{item['id']}.png").is_file() == item["shown"] == (item["overlay"] is not None)
        assert item["shown"] == (max(item["deletion"]["p"], item["insertion"]["p"]) <= 0.05)
    assert items["faces.npz-00001"]["label"] == "happy" and items["faces.npz-00001"]["shown"]
    assert np.argmax(np.array(items["faces.npz-00001"]["effects"]).max(axis=1)) == 4  # the row of the mouth
    assert items[clip.name]["time"] in {round(frame.time, 4) for frame in pictures(clip)}
    assert result["summary"]["n"] == 4 and result["summary"]["shown"] == sum(item["shown"] for item in items.values())


@pytest.mark.shared
def test_nothing_that_can_be_read(shared: Path, models: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    flags = ["--models-dir", str(models), "--out", str(tmp_path / "out")]
    assert main(["saliency", "face", *flags, "--data", str(tmp_path / "notes.txt")]) == 2
    assert main(["saliency", "face", *flags, "--data", *[str(tmp_path / "notes.txt")] * 2]) == 2


@pytest.mark.shared
def test_the_best_crop_is_one_that_the_opinion_rests_on(shared: Path, models: Path) -> None:
    tracker = spec({"models_dir": str(models)}).build()
    frames = pictures(shared / "clips" / "mer" / "sample_00000669.mp4")[:20]
    best = tracker.best_crop(Media(MediaInfo("", 0.0, None, None), None, frames))
    assert best is not None and best[1].shape == (SIDE, SIDE) and best[0] in {frame.time for frame in frames}
    blank = [type(frame)(frame.time, np.zeros_like(frame.rgb)) for frame in frames[:3]]
    assert tracker.best_crop(Media(MediaInfo("", 0.0, None, None), None, tuple(blank))) is None


@pytest.mark.shared
def test_all_pictures_together_say_what_the_opinion_on_the_clip_says(shared: Path, models: Path) -> None:
    tracker = spec({"models_dir": str(models)}).build()
    frames = pictures(shared / "clips" / "mer" / "sample_00000669.mp4")[:24]
    media = Media(MediaInfo("", 0.0, None, None), None, frames)
    read, track = tracker.readings(media), tracker.track(media)
    assert read is not None and track.opinion is not None and len(read.times) == round(24 * track.found_share)
    whole = pooled(read, np.ones(len(read.times), dtype=bool), read.movements)
    assert whole == pytest.approx(track.opinion.probabilities, abs=1e-4) and read.movements == track.movements


def test_when_a_face_is_read_and_what_is_no_clip(root: Path, models: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.mp4").write_text("no clip", encoding="utf-8")
    clip, out = root / "Test_Data" / "demo_zh_mute.mp4", tmp_path / "saliency"
    flags = ["--models-dir", str(models), "--out", str(out), "--heads", "face"]
    assert main(["saliency", "time", *flags, "--data", str(clip), str(tmp_path / "notes.mp4")]) == 0
    (path,) = out.iterdir()
    found = json.loads(path.read_text(encoding="utf-8"))
    face, parts = found["heads"]["face"], found["intervals"]
    assert path.name == "demo_zh_mute.mp4.json" and len(face["effects"]) == len(parts) and parts[0][0] == 0
    assert face["shown"] == (max(face["deletion"]["p"], face["insertion"]["p"]) <= 0.05)
    assert face["probability_hidden"] == pytest.approx(1 / 7, abs=1e-4) and face["probability"] > 1 / 7
    assert main(["saliency", "time", *flags, "--data", str(tmp_path / "notes.mp4")]) == 2
