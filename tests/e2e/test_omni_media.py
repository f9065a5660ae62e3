from __future__ import annotations

import numpy as np

from harness.records.types import Frame, Media, MediaInfo
from models.omni.media import MediaSettings, encode, size

SETTINGS = MediaSettings(frames=3, frame_side=64, max_audio_seconds=30, jpeg_quality=90)


def clip(*shapes: tuple[int, int]) -> Media:
    frames = []
    for number, (height, width) in enumerate(shapes):
        rgb = np.zeros((height, width, 3), np.uint8)
        rgb[..., 0] = 200
        rgb[: height // 2, :, 2] = 40 * number
        frames.append(Frame(number / 2, rgb))
    return Media(MediaInfo("mp4", 2.0, None, None), None, tuple(frames))


def test_pictures_keep_their_colours_and_their_shape() -> None:
    import cv2

    encoded = encode(clip((120, 240), (240, 120), (30, 40)), SETTINGS)
    pictures = [cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR_RGB) for jpeg in encoded.frames]
    assert [picture.shape for picture in pictures] == [(32, 64, 3), (64, 32, 3), (30, 40, 3)]
    assert encoded.frame_times == (0.0, 0.5, 1.0) and encoded.audio is None
    for number, picture in enumerate(pictures):
        top, bottom = picture[5, 5].astype(int), picture[-5, -5].astype(int)
        assert np.abs(top - (200, 0, 40 * number)).max() < 12
        assert np.abs(bottom - (200, 0, 0)).max() < 12
    assert size(encoded) == sum(map(len, encoded.frames))


def test_quality_is_paid_for_in_bytes() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
    media = Media(MediaInfo("mp4", 1.0, None, None), None, (Frame(0.0, noise),))
    sizes = [size(encode(media, MediaSettings(1, 64, 1, quality))) for quality in (30, 60, 95)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[-1] / 2
