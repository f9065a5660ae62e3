"""What a reasoner is shown of a clip: decoded in another process, when asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.faults import ClipError
from harness.media.decode import MediaSettings
from harness.media.loader import EVERY_FRAME, MediaLoader
from harness.processes import ProcessLimits
from harness.records.types import Clip
from tests.support.media_clips import claim_samples, grey_picture, times_at, write_clip


@pytest.fixture(scope="module")
def loader() -> Iterator[MediaLoader]:
    settings = MediaSettings(fps=EVERY_FRAME, max_frames=5, max_side=160)
    loader = MediaLoader(settings, ProcessLimits(1, 60.0, 100, 4_000_000_000))
    yield loader
    loader.close()


def clip_of(path: Path, problem: str = "") -> Clip:
    return Clip(path.name, str(path), hashlib.sha256(path.read_bytes()).hexdigest(), 1, problem=problem)


def test_evenly_spaced_small_pictures_and_the_whole_sound(root: Path, loader: MediaLoader) -> None:
    media = loader.loader(clip_of(root / "Test_Data" / "demo_en_happy.mp4"))()
    assert len(media.frames) == 5
    assert max(media.frames[0].rgb.shape) == 160
    gaps = [b.time - a.time for a, b in zip(media.frames, media.frames[1:], strict=False)]
    assert max(gaps) - min(gaps) < 0.1
    assert media.audio is not None
    assert abs(media.audio.size / 16000 - media.info.seconds) < 0.2


def test_pictures_at_wanted_times(root: Path, loader: MediaLoader) -> None:
    media = loader.loader(clip_of(root / "Test_Data" / "demo_en_happy.mp4"), (0.4, 0.52, 1.1))()
    assert [frame.time for frame in media.frames] == pytest.approx([0.4, 0.52, 1.1], abs=0.03)
    assert max(media.frames[0].rgb.shape) == 160 and media.audio is not None


def test_a_clip_is_decoded_once(root: Path, loader: MediaLoader) -> None:
    load = loader.loader(clip_of(root / "Test_Data" / "demo_zh_mute.mp4"))
    assert load() is load()
    assert load().audio is None


def test_a_broken_clip_is_a_clip_error(tmp_path: Path, loader: MediaLoader) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"nothing of the kind")
    with pytest.raises(ClipError, match=r"broken\.mp4"):
        loader.loader(clip_of(broken))()
    assert loader.loader(clip_of(broken, "zero bytes"))().frames == ()


def test_a_clip_that_claims_sixty_million_samples_costs_itself(root: Path, tmp_path: Path) -> None:
    """A decoder makes a list of all samples when it opens a file, 1.4 GB for these; the file has 5 kB."""
    liar = claim_samples(write_clip(tmp_path / "liar.mov", times_at(25, 2), codec="mpeg4"), 60_000_000)
    modest = MediaLoader(MediaSettings(), ProcessLimits(1, 60.0, 100, 400_000_000))
    try:
        with pytest.raises(ClipError, match=r"liar\.mov: .*took more than 0\.4 GB of memory"):
            modest.loader(clip_of(liar))()
        assert modest.loader(clip_of(root / "Test_Data" / "demo_zh_mute.mp4"))().frames
    finally:
        modest.close()


def test_a_clip_that_takes_too_long_costs_itself(tmp_path: Path) -> None:
    long = write_clip(
        tmp_path / "long.mp4", times_at(25, 20), size=(640, 360), picture=lambda t, w, h: grey_picture(t % 2, w, h)
    )
    hasty = MediaLoader(MediaSettings(fps=25), ProcessLimits(1, 0.01, 100, 4_000_000_000))
    try:
        with pytest.raises(ClipError, match=r"long\.mp4: .*took longer than 0\.01 s"):
            hasty.loader(clip_of(long))()
    finally:
        hasty.close()
