"""Pictures of a clip for the page: which moments, that they are the clip's own, upright, and only of real clips."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from eval.errors import EvalError
from eval.report import report
from eval.report.clip_media import clip_file
from eval.report.pack import unpacked
from eval.report.thumbnails import APART, MOST, moments, thumbnails
from eval.stories.read import Story
from tests.support.media_clips import red_corner, times_at, turn, write_clip

CLIP = "demo_en_happy.mp4"


def made(path: str) -> tuple[Story, dict[str, Any]]:
    story = Story(Path("/run/video_emotion_results/a.json"), {"clip": {"id": "a.mp4", "path": path}})
    return story, {"seconds": 2.0}


def decoded(src: str) -> Any:
    import cv2
    import numpy as np

    data = base64.b64decode(src.removeprefix("data:image/jpeg;base64,"))
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)


def test_moments_are_those_of_the_evidence() -> None:
    event = {"start": 1.0, "end": 1.4, "modality": "video", "value": 0.1}
    far = {"start": 3.0, "end": 3.2, "modality": "video", "value": -0.4}
    near = {"start": 1.2, "end": 1.4, "modality": "video", "value": 0.3}
    loud = {"start": 0.2, "end": 0.4, "modality": "audio", "value": 9.0}
    clip = {
        "seconds": 5.0,
        "claims": {"checked": [{"evidence": [event]}, {}]},
        "timeline": {"events": [event, far, near, loud]},
    }
    assert moments(clip) == [1.2, 2.5, 3.1]
    many = {"seconds": 60.0, "timeline": {"events": [{**event, "start": s, "end": s + 0.1} for s in range(50)]}}
    assert len(moments(many)) == MOST
    assert all(b - a >= APART for a, b in zip(moments(many), moments(many)[1:], strict=False))
    assert moments({"seconds": None}) == [0.0]


def test_pictures_are_of_the_clip_at_those_times(root: Path) -> None:
    story, clip = made(str(root / "Test_Data" / CLIP))
    clip["timeline"] = {"events": [{"start": s, "end": s, "modality": "video", "value": 1.0} for s in (0.0, 1.9)]}
    pictures, fault = thumbnails(story, clip)
    assert fault == "" and [one["at"] for one in pictures] == [0.0, 1.0, 1.9]
    first, last = decoded(pictures[0]["src"]), decoded(pictures[-1]["src"])
    assert first.shape == last.shape and first.shape[1] == 168 and first.std() > 5
    assert (abs(first.astype(int) - last.astype(int)) > 12).mean() > 0.001


def test_only_real_clips_are_decoded(tmp_path: Path, root: Path) -> None:
    (tmp_path / "torn.mp4").write_bytes(b"no video at all" * 100)
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    (tmp_path / "link.mp4").symlink_to(secret)
    pictures, fault = thumbnails(*made(str(tmp_path / "torn.mp4")))
    assert pictures == [] and fault.startswith("no thumbnails: ")
    assert clip_file(made(str(tmp_path / "link.mp4"))[0]) is None
    assert thumbnails(*made(str(secret))) == ([], f"no thumbnails: no clip at {secret}")
    assert thumbnails(*made(str(root / "Test_Data/demo_en_voice.m4a"))) == ([], "")
    assert thumbnails(*made("")) == ([], "")


def test_the_page_carries_them_and_a_redacted_one_refuses(tmp_path: Path, root: Path) -> None:
    folder = tmp_path / "video_emotion_results"
    folder.mkdir()
    story = {
        "schema": "story/1",
        "clip": {"id": CLIP, "path": str(root / "Test_Data" / CLIP)},
        "media": {"seconds": 3.0},
    }
    (folder / "a.json").write_text(json.dumps(story), encoding="utf-8")
    (folder / "b.json").write_text(json.dumps(story | {"clip": {"id": "b.mp4", "path": "b.mp4"}}), encoding="utf-8")
    page = report.write_report(tmp_path, tmp_path / "r.html", embed_thumbnails=True).read_text(encoding="utf-8")
    (block,) = re.findall('class="details" type="text/plain">([^<]+)<', page)
    second, first = unpacked(block)  # by name
    assert first["thumbnails"][0]["src"].startswith("data:image/jpeg;base64,") and second["thumbnails"] == []
    assert "no thumbnails: no clip at b.mp4" in page
    assert "img-src data:" in page
    parser = report.argparse.ArgumentParser()
    report.configure(parser)
    with pytest.raises(EvalError, match="--embed-thumbnails shows who speaks"):
        report.run(parser.parse_args([str(tmp_path), "--redact", "--embed-thumbnails"]))


@pytest.mark.parametrize(
    ("clockwise", "corner"), [(90, ("top", "right")), (180, ("bottom", "right")), (270, ("bottom", "left"))]
)
def test_a_rotated_clip_stands_upright(tmp_path: Path, clockwise: int, corner: tuple[str, str]) -> None:
    path = turn(write_clip(tmp_path / "a.mp4", times_at(25, 1)), clockwise)
    (picture, *_), fault = thumbnails(*made(str(path)))
    assert fault == "" and red_corner(decoded(picture["src"])[:, :, ::-1]) == corner
