"""Media: damaged and broken files give what is left in them, or a ClipError that names the file."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from harness.faults import ClipError
from harness.media.decode import MediaSettings, decode
from tests.support.media_clips import grey_at, hertz, times_at, tone, two_tones, write_clip

DECORD = MediaSettings(backend="decord")


def test_truncated_file_gives_what_is_there(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "a.mp4", times_at(25, 4), [tone(4.0)], size=(320, 240), container_options={"movflags": "faststart"}
    )
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    media = decode(path, DECORD)
    assert media.info.video is not None and media.audio is not None
    assert media.info.video.backend == "pyav"
    assert "decord" in media.info.video.fallback_reason and str(tmp_path) not in media.info.video.fallback_reason
    assert 0.5 < media.info.video.seconds < 3.5
    assert 0.5 < media.audio.size / 16_000 < 3.5
    assert any(fact.startswith("The container states 4.0") for fact in media.info.facts)
    for frame in media.frames:
        assert abs(frame.rgb[120:, 160:].mean() - grey_at(frame.time)) < 3


def test_damaged_middle_keeps_the_rest_on_time(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", times_at(25, 4), [two_tones(4.0)])
    data = bytearray(path.read_bytes())
    start, end = data.index(b"mdat"), data.index(b"moov")
    noise = random.Random(5)
    first = start + (end - start) * 55 // 100
    for at in range(first, first + (end - start) // 12):
        data[at] = noise.randrange(256)
    path.write_bytes(data)
    media = decode(path, DECORD)
    assert media.info.audio is not None and media.audio is not None
    assert media.info.audio.damaged_packets > 0
    assert any("damaged audio packet" in fact for fact in media.info.facts)
    assert media.audio.size == pytest.approx(64_000, abs=1600)
    assert hertz(media.audio, 0.2, 1.8) == pytest.approx(440, abs=1)
    assert hertz(media.audio, 3.0, 3.9) == pytest.approx(880, abs=1)


@pytest.mark.parametrize("content", ["empty", "text", "playlist", "srt", "random", "no moov", "missing"])
def test_no_media_at_all(tmp_path: Path, content: str) -> None:
    good = write_clip(tmp_path / "good.mp4", times_at(25, 1), [tone(1.0)])
    data = {
        "empty": b"",
        "text": b"just some words\n" * 200,
        "playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{good}\n#EXT-X-ENDLIST\n".encode(),
        "srt": b"1\n00:00:00,000 --> 00:00:01,000\nhello\n\n" * 20,
        "random": random.Random(1).randbytes(50_000),
        "no moov": good.read_bytes()[: good.read_bytes().index(b"moov") - 8],
        "missing": None,
    }[content]
    path = tmp_path / "坏 clip.mp4"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(ClipError) as fault:
        decode(path, DECORD)
    assert "clip.mp4" in fault.value.message
    assert fault.value.remedy
