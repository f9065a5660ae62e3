"""A decoded clip → what is sent of it: JPEG pictures and a WAV file."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from harness.faults import ClipError
from harness.records.types import SAMPLE_RATE, Frame, Media
from models.omni.protocol.types import EncodedMedia

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SILENT_PEAK = 10 ** (-60 / 20)
"""A track whose loudest sample lies below −60 dB of full scale is silence: nobody speaks in it."""


@dataclass(frozen=True)
class MediaSettings:
    """What is sent of a clip.

    Attributes:
        frames: at most so many pictures, evenly spread over those that were decoded.
        frame_side: longer pictures are scaled down to this many pixels on their longest side.
        max_audio_seconds: what lies after this is not sent.
        jpeg_quality: 1 to 100.
    """

    frames: int
    frame_side: int
    max_audio_seconds: float
    jpeg_quality: int


def encode(media: Media, settings: MediaSettings) -> EncodedMedia:
    """The pictures and the sound of a clip as they are sent.

    A clip without sound, or with silence only, has `audio` None; of a longer sound the end is cut and
    `audio_dropped` says how many seconds.

    Raises:
        ClipError: a picture cannot be written as JPEG.
    """
    chosen = spread(media.frames, settings.frames)
    audio, seconds, dropped = _sound(media.audio, settings.max_audio_seconds)
    return EncodedMedia(
        tuple(_jpeg(frame, settings) for frame in chosen),
        tuple(round(frame.time, 3) for frame in chosen),
        audio,
        seconds,
        dropped,
    )


def spread(frames: tuple[Frame, ...], most: int) -> tuple[Frame, ...]:
    """At most `most` of the frames: the one in the middle of each of `most` equal stretches."""
    if len(frames) <= most:
        return frames
    return tuple(frames[(2 * index + 1) * len(frames) // (2 * most)] for index in range(most))


def lighter(media: EncodedMedia) -> EncodedMedia:
    """Every second picture and the first half of the sound, for a server that finds the whole too long."""
    half = media.audio_seconds / 2
    audio, dropped = media.audio, media.audio_dropped
    if audio is not None:
        with wave.open(io.BytesIO(audio)) as whole:
            audio = _wav(whole.readframes(whole.getnframes() // 2))
        dropped += media.audio_seconds - half
    return replace(
        media,
        frames=media.frames[::2],
        frame_times=media.frame_times[::2],
        audio=audio,
        audio_seconds=half if audio is not None else 0.0,
        audio_dropped=dropped,
    )


def size(media: EncodedMedia) -> int:
    """Bytes of the pictures and the sound, before base64 makes them a third longer."""
    return sum(map(len, media.frames)) + len(media.audio or b"")


def _jpeg(frame: Frame, settings: MediaSettings) -> bytes:
    import cv2

    height, width = frame.rgb.shape[:2]
    scale = settings.frame_side / max(height, width)
    picture: Any = frame.rgb
    if scale < 1:
        wanted = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = cv2.resize(picture, wanted, interpolation=cv2.INTER_AREA)
    picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    done, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, settings.jpeg_quality])
    if not done:
        raise ClipError(
            f"the picture at {frame.time:.2f} s ({width}x{height}) cannot be written as JPEG",
            "export the clip again with smaller pictures",
        )
    return encoded.tobytes()


def _sound(audio: NDArray[np.float32] | None, most: float) -> tuple[bytes | None, float, float]:
    """WAV file, its seconds, and the seconds that were left out."""
    if audio is None or not len(audio) or float(abs(audio).max()) < SILENT_PEAK:
        return None, 0.0, 0.0
    sent = audio[: int(most * SAMPLE_RATE)]
    samples = (sent.clip(-1.0, 1.0) * 32767).round().astype("<i2")
    return _wav(samples.tobytes()), len(sent) / SAMPLE_RATE, (len(audio) - len(sent)) / SAMPLE_RATE


def _wav(samples: bytes) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples)
    return buffer.getvalue()
