from __future__ import annotations

import io
import wave
from dataclasses import replace

import numpy as np

from models.omni.media import MediaSettings, encode, lighter, spread
from models.omni.protocol.types import EncodedMedia
from tests.support.omni_parts import SINE, media

SENT = MediaSettings(4, 64, 1.5, 85)


def heard(wav: bytes | None) -> np.ndarray:
    assert wav is not None
    with wave.open(io.BytesIO(wav)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 16_000)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def test_sound_is_cut_and_says_so() -> None:
    encoded = encode(media(), SENT)
    assert (encoded.audio_seconds, encoded.audio_dropped) == (1.5, 0.5)
    assert np.abs(heard(encoded.audio) / 32767 - SINE[:24_000]).max() < 1 / 32767


def test_sound_beyond_full_scale_is_clipped_not_wrapped() -> None:
    samples = heard(encode(media(np.array([2.0, -2.0, 0.0], np.float32)), SENT).audio)
    assert samples.tolist() == [32767, -32767, 0]


def test_half_the_media() -> None:
    whole = replace(encode(media(), SENT), frames=(b"0", b"1", b"2"), frame_times=(0.0, 1.0, 2.0))
    half = lighter(whole)
    assert half.frames == (b"0", b"2") and half.frame_times == (0.0, 2.0)
    assert (half.audio_seconds, half.audio_dropped) == (0.75, 1.25)
    assert heard(half.audio).tolist() == heard(whole.audio)[:12_000].tolist()
    assert lighter(EncodedMedia()) == EncodedMedia()


def test_frames_are_spread_evenly() -> None:
    frames = tuple(range(10))
    assert spread(frames, 4) == (1, 3, 6, 8)  # type: ignore[arg-type,comparison-overlap]
    assert spread(frames, 10) == frames  # type: ignore[arg-type,comparison-overlap]
    assert spread(frames, 1) == (5,)  # type: ignore[arg-type,comparison-overlap]
    assert spread(frames, 0) == ()  # type: ignore[arg-type]
