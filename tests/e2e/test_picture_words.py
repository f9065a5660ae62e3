"""Subtitles in the picture, read by the real nets, and told from a ticker, a logo and a caption that never changes."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.media.decode import MediaSettings, decode
from harness.records.types import Clip, Frame
from models.fingerprint import mismatches
from models.folders import default_models_dir
from models.transcription import files
from models.transcription.combined import HeardAndSeen
from models.transcription.picture import files as picture
from models.transcription.picture.reader import PictureReader
from tests.support.needs import needs

cv2 = pytest.importorskip("cv2")
needs("onnxruntime")
FOLDER = default_models_dir() / picture.FOLDER
pytestmark = pytest.mark.skipif(
    bool(mismatches(FOLDER, picture.SHA256)), reason=f"no nets in {FOLDER}: run `{files.COMMAND}`"
)
WIDTH, HEIGHT, RATE = 640, 360, 12.5


@pytest.fixture(scope="module")
def reader() -> PictureReader:
    return PictureReader(FOLDER)


def written(rgb: NDArray[np.uint8], text: str, x: int | None, y: int) -> None:
    """White letters with a dark edge; in the middle where `x` is None."""
    (across, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.8, 2)
    place = ((WIDTH - across) // 2 if x is None else x, y)
    cv2.putText(rgb, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (0, 0, 0), 5, cv2.LINE_AA)
    cv2.putText(rgb, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, (255, 255, 255), 2, cv2.LINE_AA)


def frames(seconds: float) -> list[Frame]:
    """A moving background with two subtitles, a ticker below them, a logo and a caption that stays."""
    random, made = np.random.default_rng(0), []
    ground = cv2.resize(random.integers(40, 160, (24, 60, 3), dtype=np.uint8), (900, HEIGHT))
    for i in range(int(seconds * RATE)):
        now = i / RATE
        rgb = np.ascontiguousarray(ground[:, i : i + WIDTH])
        if 1.0 <= now < 2.6:
            written(rgb, "I never said that", None, 320)
        if 3.4 <= now < 5.0:
            written(rgb, "You did, yesterday", None, 320)
        written(rgb, "breaking news from the harbour and more", 600 - int(90 * now), 352)
        written(rgb, "CH5", 560, 240)
        made.append(Frame(now, rgb))
    return made


def test_subtitles_are_read_and_the_rest_is_not(reader: PictureReader) -> None:
    found = reader.read(frames(6.0))
    assert [sight.text.replace(" ", "").replace("，", ",") for sight in found] == ["Ineversaidthat", "Youdid,yesterday"]
    assert [(round(sight.start, 1), round(sight.end, 1)) for sight in found] == [(1.0, 2.6), (3.4, 5.0)]
    assert all(sight.certainty > 0.8 for sight in found)


def test_pictures_without_text_and_too_few_pictures_give_none(reader: PictureReader) -> None:
    plain = [Frame(i / RATE, np.full((HEIGHT, WIDTH, 3), 90, np.uint8)) for i in range(40)]
    assert reader.read(plain) == []
    assert reader.read([]) == []
    assert reader.read(plain[:1]) == []
    sparse = [Frame(3.0 * i, frame.rgb) for i, frame in enumerate(frames(4.0)[:20])]
    assert reader.read(sparse) == [], "lines between pictures three seconds apart would be missed"


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("sample_00000727.mp4", ["对不起", "我对不起您", "对不起大强", "对不起方登方达"]),
        ("sample_00004735.mp4", ["可是多美多烂的记忆", "都不会改变的"]),
        ("sample_00005854.mp4", ["那么多混蛋老大你不选", "偏选Dark哥？"]),
    ],
)
def test_real_clips(reader: PictureReader, shared: Path, name: str, lines: list[str]) -> None:
    media = decode(shared / "clips" / "mer" / name, MediaSettings())
    started = time.process_time()
    found = HeardAndSeen(None, reader).transcribe(Clip(name, name, "0" * 64, 1), media)
    spent = time.process_time() - started
    assert [segment.text for segment in found.segments] == lines
    assert (found.language, found.certainty is not None and found.certainty > 0.9) == ("zh", True)
    assert spent < 0.3 * media.info.seconds, "twice what was measured"
