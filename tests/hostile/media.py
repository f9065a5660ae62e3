"""Media files that are damaged, lie about what they hold, or are something else; each by its name in one folder."""

from __future__ import annotations

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tests.support.media_clips import claim_samples, set_matrix, times_at, tone, turn, write_clip, write_wav

RATE = 16_000
NOISE = random.Random(20)
SPARSE = 256 << 20
"""Bytes of the file that is nothing but a hole: it takes no room on the disk, and all of it is read."""


def box(kind: bytes, body: bytes = b"") -> bytes:
    """A box of an mp4 (ISO 14496-12, section 4.2)."""
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def wav(
    rate: int = RATE, channels: int = 1, bits: int = 16, kind: int = 1, data: bytes = b"\0\1" * 800, size: int = -1
) -> bytes:
    """A wav whose header says what is asked for, true or not."""
    block = channels * bits // 8
    head = struct.pack("<HHIIHH", kind, channels % 65536, rate, rate * block % 2**32, block % 65536, bits)
    stated = len(data) if size < 0 else size
    chunks = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", stated) + data
    return b"RIFF" + struct.pack("<I", min(len(chunks), 2**32 - 1)) + chunks


def png(width: int, height: int) -> bytes:
    """A black picture of one bit a pixel; of any size it is a small file."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    row = b"\0" * (1 + (width + 7) // 8)
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def packed(kind: str) -> bytes:
    """An archive."""
    if kind == "gz":
        return gzip.compress(b"words" * 100, mtime=0)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("bomb.mp4"), b"\0" * 1_000_000)
    return stream.getvalue()


def not_media(target: str) -> dict[str, bytes]:
    """Files that hold no media, or another kind than their name says; `target` is a file that none may open."""
    return {
        "empty.mp4": b"",
        "one-byte.mp4": b"\0",
        "zeros.mp4": bytes(65_536),
        "random.mp4": NOISE.randbytes(65_536),
        "random.wav": NOISE.randbytes(65_536),
        "random.mkv": NOISE.randbytes(65_536),
        "random.mp3": NOISE.randbytes(65_536),
        "random.ts": b"".join(b"\x47" + NOISE.randbytes(187) for _ in range(300)),
        "random.h264": b"".join(b"\0\0\0\1" + NOISE.randbytes(500) for _ in range(100)),
        "random.hevc": b"".join(b"\0\0\0\1" + NOISE.randbytes(500) for _ in range(100)),
        "random.aac": b"".join(b"\xff\xf1\x50\x80\x2e\x7f\xfc" + NOISE.randbytes(362) for _ in range(100)),
        "broken.mjpeg": b"".join(b"\xff\xd8\xff\xe0" + NOISE.randbytes(300) + b"\xff\xd9" for _ in range(50)),
        "text.mp4": "这不是视频 not a video\n".encode() * 500,
        "page.mp4": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "lfs-pointer.mp4": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 123\n",
        "archive.mp4": packed("zip"),
        "archive.mkv": packed("gz"),
        "picture.mp4": png(32, 32),
        "picture-bomb.mp4": png(30_000, 30_000),
        "gif.mp4": b"GIF89a\1\0\1\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\4\1\0\0\0\0,\0\0\0\0\1\0\1\0\0\2\2D\1\0;",
        "playlist.mp4": f"#EXTM3U\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n".encode(),
        "concat.mp4": f"ffconcat version 1.0\nfile '{target}'\n".encode(),
        "session.mp4": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=audio 9 RTP/AVP 0\n",
        "drawing.mp4": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="file://{target}"/></svg>'.encode(),
        "program.mp4": b"\x7fELF" + bytes(2000),
        "script.wav": b"#!/bin/sh\ntouch /tmp/hostile\n",
        "sidecar.mp4": b"1\n00:00:00,000 --> 00:00:01,000\nhello\n\n" * 20,
        "pickle.mp4": b"\x80\4cos\nsystem\n(S'true'\ntR.",
    }


def boxes(good: bytes) -> dict[str, bytes]:
    """An mp4 that is cut, damaged, or whose boxes lie. `good` has its moov behind the mdat."""
    moov, mdat = good.index(b"moov") - 4, good.index(b"mdat") - 4
    noise = bytearray(good)
    noise[mdat + 100 : moov - 100 : 7] = NOISE.randbytes(len(noise[mdat + 100 : moov - 100 : 7]))

    def patched(kind: bytes, offset: int, words: bytes) -> bytes:
        data = bytearray(good)
        at = data.index(kind) + 4 + offset
        data[at : at + len(words)] = words
        return bytes(data)

    nested = b""
    for _ in range(2000):
        nested = box(b"moov", nested)
    return {
        "no-moov.mp4": good[:moov],
        "half.mp4": good[: len(good) // 2],
        "all-but-one.mp4": good[:-1],
        "only-ftyp.mp4": good[:mdat],
        "moov-without-mdat.mp4": good[:mdat] + good[moov:],
        "noise-in-packets.mp4": bytes(noise),
        "twice.mp4": good + good,
        "rubbish-behind.mp4": good + NOISE.randbytes(10_000),
        "rubbish-before.mp4": NOISE.randbytes(100) + good,
        "box-of-no-size.mp4": good[:moov] + b"\0\0\0\0moov" + good[moov + 8 :],
        "box-of-one-byte.mp4": good[:moov] + b"\0\0\0\1moov" + b"\xff" * 8 + good[moov + 8 :],
        "box-beyond-the-end.mp4": good[:moov] + b"\xff\xff\xff\xffmoov" + good[moov + 8 :],
        "nested-2000-deep.mp4": good[:mdat] + nested,
        "a-million-boxes.mp4": good[:mdat] + box(b"free") * 1_000_000,
        "no-timescale.mp4": patched(b"mvhd", 12, bytes(4)),
        "no-media-timescale.mp4": patched(b"mdhd", 12, bytes(4)),
        "endless-duration.mp4": patched(b"mdhd", 16, b"\xff\xff\xff\xff"),
        "no-width.mp4": patched(b"tkhd", 76, bytes(8)),
        "wide-as-can-be.mp4": patched(b"avc1", 24, b"\xff\xff\xff\xff"),
        "samples-beyond-the-file.mp4": patched(b"stco", 8, b"\x7f\xff\xff\xff"),
        "chunks-without-end.mp4": patched(b"stco", 4, b"\x7f\xff\xff\xff"),
        "samples-of-4-GB.mp4": patched(b"stsz", 4, b"\xff\xff\xff\xf0\0\0\xff\xff"),
        "times-that-stand-still.mp4": patched(b"stts", 12, bytes(4)),
        "times-that-leap.mp4": patched(b"stts", 12, b"\x7f\xff\xff\xff"),
        "unknown-codec.mp4": good.replace(b"avc1", b"zzzz"),
        "no-codec-header.mp4": good.replace(b"avcC", b"zzzZ"),
        "other-file.mp4": good.replace(b"url ", b"alis"),
        "mp4-called.webm": good,
        "mp4-called.wav": good,
        "mp4-called.mp3": good,
    }


def sounds() -> dict[str, bytes]:
    """Sound files whose headers lie."""
    floats = np.array([np.nan, np.inf, -np.inf, 1e30] * 800, "<f4").tobytes()
    return {
        "rate-0.wav": wav(rate=0),
        "rate-1.wav": wav(rate=1),
        "rate-4-billion.wav": wav(rate=2**32 - 1),
        "channels-0.wav": wav(channels=0),
        "channels-65535.wav": wav(channels=65_535),
        "channels-255.wav": wav(channels=255, data=bytes(51_000)),
        "bits-0.wav": wav(bits=0),
        "bits-65535.wav": wav(bits=65_535),
        "codec-unknown.wav": wav(kind=0x7FFF),
        "no-samples.wav": wav(data=b""),
        "one-sample.wav": wav(data=b"\0\1"),
        "half-a-sample.wav": wav(data=b"\1"),
        "more-than-there-is.wav": wav(size=2**32 - 1),
        "less-than-there-is.wav": wav(size=10),
        "no-numbers.wav": wav(kind=3, bits=32, data=floats),
        "no-data.wav": b"RIFF\x24\0\0\0WAVEfmt " + wav()[16:36],
        "only-RIFF.wav": b"RIFF",
        "tag-of-256-MB.mp3": b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(1000),
        "flac-without-frames.flac": b"fLaC\x80\0\0\x22" + b"\x10\0\x10\0" + bytes(6) + b"\x0f\xff\xf0\xff" + bytes(20),
        "ogg-without-codec.ogg": b"OggS\0\2" + bytes(20) + b"\1\x10" + bytes(16),
        "matroska-unknown-size.mkv": b"\x1a\x45\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(100),
        "avi-without-rate.avi": b"RIFF\xff\0\0\0AVI LIST\xc0\0\0\0hdrlavih\x38\0\0\0" + bytes(400),
        "flv-header-alone.flv": b"FLV\1\5\0\0\0\x09\0\0\0\0",
        "asf-header-alone.wmv": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c") + b"\xff" * 100,
    }


def unusual(folder: Path) -> list[Path]:
    """Files that are in order, and of a kind that is easily forgotten; written straight into the folder."""
    half = tone(0.4)
    times = times_at(25, 0.4)
    written = [
        write_clip(folder / "no-sound.mp4", times),
        write_clip(folder / "one-frame.mp4", [0.0]),
        write_clip(folder / "sound-alone.mp4", (), [half]),
        write_clip(folder / "cover-alone.mp4", (), [half], codec="mjpeg", cover=True),
        write_clip(folder / "two-voices.mp4", times, [half, half]),
        write_clip(folder / "thirty-voices.mkv", times, [tone(0.05)] * 30),
        write_clip(folder / "tiny-picture.mp4", times, size=(16, 16)),
        write_clip(folder / "tower.mp4", times, size=(16, 2048)),
        write_clip(
            folder / "times-far-off.mkv", [0.0, 0.04, 80_000.0], picture=lambda _, w, h: np.zeros((h, w, 3), np.uint8)
        ),
        write_clip(folder / "sound-much-later.mp4", times, [half], sound_start=3_000.0),
        write_clip(folder / "words-inside.mp4", times, [half], subtitles=[(0.0, 0.4, "<script>alert(1)</script>\0")]),
        turn(write_clip(folder / "turned.mp4", times), 90),
        set_matrix(write_clip(folder / "no-matrix.mp4", times), (0, 0, 0, 0)),
        claim_samples(write_clip(folder / "claims-samples.mov", [0.0], codec="mjpeg"), 100_000_000),
        write_wav(folder / "silence.wav", np.zeros(RATE // 2, np.float32)),
        write_wav(folder / "square.wav", np.sign(tone(0.5, rate=RATE))),
        write_wav(folder / "8-kHz.wav", tone(0.3, rate=8_000), 8_000),
        write_wav(folder / "a-hundredth.wav", tone(0.01, rate=RATE)),
    ]
    hole = folder / "hole.mp4"
    with hole.open("wb") as stream:
        stream.truncate(SPARSE)
    return [*written, hole]


def write_media(folder: Path, good: Path) -> list[Path]:
    """Write every kind into the folder; returns their paths. `good` is a clip with pictures and sound.

    Raises:
        OSError: one cannot be written.
    """
    target = folder.parents[1] / "secret.wav"
    write_wav(target, tone(1.0, rate=RATE))
    content: Mapping[str, bytes] = {**not_media(str(target)), **boxes(good.read_bytes()), **sounds()}
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return [*(folder / name for name in content), *unusual(folder)]
