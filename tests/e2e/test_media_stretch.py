"""A stretch of a clip: pictures and sound of the same seconds, in the harness's reader and in R1-Omni's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.needs import needs

needs("cv2")

from harness.faults import ClipError  # noqa: E402
from harness.inputs.sampling import Stretch  # noqa: E402
from harness.media.decode import MediaSettings, decode  # noqa: E402
from harness.media.loader import EVERY_FRAME  # noqa: E402
from models.r1omni.take import take  # noqa: E402
from tests.support.media_clips import hertz, times_at, two_tones, write_clip  # noqa: E402

SECOND = Stretch(1.2, 1.8)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds at 25 pictures a second; 440 Hz, then from the middle on 880 Hz."""
    return write_clip(tmp_path_factory.mktemp("stretch") / "a.mp4", times_at(25, 2), [two_tones(2.0)])


@pytest.mark.parametrize("backend", ["decord", "pyav"])
def test_pictures_and_sound_of_the_same_seconds(clip: Path, backend: str) -> None:
    settings = MediaSettings(fps=EVERY_FRAME, max_frames=5, backend=backend, stretch=SECOND)  # type: ignore[arg-type]
    media = decode(clip, settings)
    assert [frame.time for frame in media.frames] == pytest.approx([1.2, 1.32, 1.44, 1.56, 1.68])
    assert media.audio is not None and media.audio.size == pytest.approx(9_600, abs=1)
    assert hertz(media.audio, 0.0, 0.6) == pytest.approx(880, abs=3), "channels are not what is cropped"
    assert "Only the stretch from 1.2 s to 1.8 s is used." in media.info.facts
    whole = decode(clip, MediaSettings(fps=EVERY_FRAME, max_frames=5, backend=backend))  # type: ignore[arg-type]
    assert whole.audio is not None and not any("stretch" in fact for fact in whole.info.facts)


def test_both_readers_take_the_same_pictures_and_sound(clip: Path) -> None:
    taken = take(clip, 8, SECOND)
    media = decode(clip, MediaSettings(fps=EVERY_FRAME, max_frames=8, sampling="middle", stretch=SECOND))
    assert [frame.time for frame in media.frames] == pytest.approx(list(taken.times))
    for frame, picture in zip(media.frames, taken.pictures, strict=True):
        assert np.array_equal(frame.rgb, picture)
    assert taken.wave is not None and media.audio is not None
    assert abs(len(taken.wave) - media.audio.size) <= 1


def test_a_stretch_outside_the_clip_is_one_line_with_what_mends_it(clip: Path) -> None:
    with pytest.raises(ClipError, match=r"a\.mp4 holds neither .*is over before 9 s.*omni\.start"):
        decode(clip, MediaSettings(stretch=Stretch(9.0, 10.0)))
