"""Small clips with known content, written by PyAV: a grey level that tells the time, and tones that do."""

from __future__ import annotations

import wave
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

RATE = 48_000
GREY_START, GREY_STEP = 40, 50
"""A frame at time t has grey level GREY_START + GREY_STEP · t."""
ASS_HEADER = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,16

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def tone(seconds: float, hertz: float = 440.0, amplitude: float = 0.5, rate: int = RATE) -> NDArray[np.float32]:
    """Mono sine, shape (samples,)."""
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def two_tones(seconds: float) -> NDArray[np.float32]:
    """440 Hz for the first half, 880 Hz for the second."""
    return np.concatenate([tone(seconds / 2), tone(seconds / 2, 880.0)])


def grey_at(time: float) -> int:
    return round(GREY_START + GREY_STEP * time)


def grey_picture(time: float, width: int, height: int) -> NDArray[np.uint8]:
    """Grey by time, with a bright red block in the upper left corner."""
    picture = np.full((height, width, 3), grey_at(time), np.uint8)
    picture[: height // 4, : width // 4] = (250, 10, 10)
    return picture


def times_at(fps: float, seconds: float) -> list[float]:
    return [k / fps for k in range(round(fps * seconds))]


def write_clip(
    path: Path,
    times: Sequence[float] = (),
    sounds: Sequence[NDArray[np.float32]] = (),
    *,
    codec: str = "libx264",
    sound_codec: str = "aac",
    size: tuple[int, int] = (160, 96),
    sound_start: float = 0.0,
    subtitles: Sequence[tuple[float, float, str]] = (),
    subtitle_codec: str = "mov_text",
    cover: bool = False,
    picture: Callable[[float, int, int], NDArray[np.uint8]] = grey_picture,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write a clip: one frame per entry of `times`, one mono track per entry of `sounds`, and subtitle lines."""
    packets: list[tuple[float, Any]] = []
    with av.open(str(path), "w", container_options=container_options or {}) as container:
        video = container.add_stream(codec, rate=25, options=options or {}) if times or cover else None
        if video is not None:
            video.width, video.height = size
            video.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            video.codec_context.time_base = Fraction(1, 1000) if codec not in ("mpeg4", "mjpeg") else Fraction(1, 25)
            video.codec_context.thread_count = 1
            if cover:
                video.disposition = av.stream.Disposition.attached_pic
        tracks = [container.add_stream(sound_codec, rate=RATE, layout="mono") for _ in sounds]
        lines = container.add_stream(subtitle_codec) if subtitles else None
        if lines is not None:
            lines.codec_context.subtitle_header = ASS_HEADER
            lines.time_base = Fraction(1, 1000)
        if video is not None:
            packets += _pictures(video, times or (0.0,), picture)
        for track, samples in zip(tracks, sounds, strict=True):
            packets += _sound(track, samples, sound_start)
        for start, length, text in subtitles:
            packets.append((start, _line(lines, start, length, text)))
        for _, packet in sorted(packets, key=lambda item: item[0]):
            container.mux(packet)
    return path


def _pictures(video: Any, times: Sequence[float], picture: Any) -> list[tuple[float, Any]]:
    found = []
    base = video.codec_context.time_base
    for time in times:
        frame = av.VideoFrame.from_ndarray(picture(time, video.width, video.height), format="rgb24")
        frame.pts = round(time / base)
        frame.time_base = base
        found += video.encode(frame)
    found += video.encode(None)
    return [(float(packet.dts * packet.time_base), packet) for packet in found]


def _sound(track: Any, samples: NDArray[np.float32], start: float) -> list[tuple[float, Any]]:
    found = []
    for begin in range(0, samples.size, 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, begin : begin + 1024], format="fltp", layout="mono")
        frame.sample_rate = RATE
        frame.time_base = Fraction(1, RATE)
        frame.pts = begin + round(start * RATE)
        found += track.encode(frame)
    found += track.encode(None)
    return [(float(packet.dts * packet.time_base), packet) for packet in found]


def _line(stream: Any, start: float, length: float, text: str) -> Any:
    data = text.encode()
    if stream.codec_context.name == "mov_text":
        data = len(data).to_bytes(2, "big") + data
    packet = av.Packet(data)
    packet.stream = stream
    packet.time_base = Fraction(1, 1000)
    packet.pts = packet.dts = round(1000 * start)
    packet.duration = round(1000 * length)
    return packet


def turn(path: Path, clockwise: int) -> Path:
    """Store a rotation in an mp4's track header."""
    return set_matrix(path, {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[clockwise])


def set_matrix(path: Path, signs: tuple[int, int, int, int]) -> Path:
    """Store a display matrix in an mp4's track header (`tkhd`, ISO 14496-12 section 8.3.2): a, b, c and d."""
    data = bytearray(path.read_bytes())
    a, b, c, d = (sign << 16 for sign in signs)
    matrix = b"".join(v.to_bytes(4, "big", signed=True) for v in (a, b, 0, c, d, 0, 0, 0, 1 << 30))
    at = data.index(b"tkhd") + 4 + 40
    data[at : at + 36] = matrix
    path.write_bytes(data)
    return path


def claim_samples(path: Path, count: int) -> Path:
    """Let the first track of a small mov claim `count` samples of one byte in one chunk (ISO 14496-12, section 8.7)."""
    data = bytearray(path.read_bytes())
    for box, words in ((b"stsz", (1, count)), (b"stts", (1, count, 1)), (b"stsc", (1, 1, count, 1))):
        at = data.index(box) + 8
        data[at : at + 4 * len(words)] = b"".join(word.to_bytes(4, "big") for word in words)
    path.write_bytes(data)
    return path


def write_wav(path: Path, samples: NDArray[Any], rate: int = 16_000) -> Path:
    """Mono 16-bit wav from floats; float32 data is written as it is when it holds non-finite values."""
    if np.isfinite(samples).all():
        with wave.open(str(path), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes((samples * 32767).astype("<i2").tobytes())
        return path
    body = samples.astype("<f4").tobytes()
    head = b"fmt " + (16).to_bytes(4, "little") + (3).to_bytes(2, "little") + (1).to_bytes(2, "little")
    head += rate.to_bytes(4, "little") + (4 * rate).to_bytes(4, "little") + b"\x04\x00\x20\x00"
    chunks = b"WAVE" + head + b"data" + len(body).to_bytes(4, "little") + body
    path.write_bytes(b"RIFF" + len(chunks).to_bytes(4, "little") + chunks)
    return path


def hertz(samples: NDArray[np.float32], start: float, end: float) -> float:
    """Strongest frequency of 16 kHz audio between two times."""
    part = samples[round(start * 16_000) : round(end * 16_000)]
    spectrum = np.abs(np.fft.rfft(part * np.hanning(part.size), 1 << 17))
    return float(np.argmax(spectrum) * 16_000 / (1 << 17))


def red_corner(rgb: Any) -> tuple[str, str]:
    red = (rgb[..., 0].astype(int) - rgb[..., 1]) > 80
    rows, columns = np.nonzero(red)
    vertical = "top" if rows.mean() < rgb.shape[0] / 2 else "bottom"
    return vertical, "left" if columns.mean() < rgb.shape[1] / 2 else "right"
