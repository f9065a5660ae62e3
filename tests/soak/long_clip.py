"""A clip of any length out of a short one: made small once, and its packets written again and again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

FPS = 5
SIDE = (256, 144)
RATE = 16_000


def write_long_clip(source: Path, path: Path, seconds: float) -> float:
    """Repeat the pictures and the sound of `source`, reduced, for at least `seconds`; returns how long the clip is."""
    import av

    short = path.with_name(f"short-{path.name}")
    length = _reduced(source, short)
    times = int(seconds // length) + 1
    with av.open(str(short)) as reader, av.open(str(path), "w") as writer:
        streams = {stream.index: writer.add_stream_from_template(stream) for stream in reader.streams}
        packets = [packet for packet in reader.demux() if packet.dts is not None]
        held = [(bytes(packet), packet.dts, packet.pts, packet.is_keyframe, packet.stream) for packet in packets]
        for number in range(times):
            for content, dts, pts, key, stream in held:
                again = av.Packet(content)
                shift = round(number * length / stream.time_base)
                again.dts, again.pts, again.time_base = dts + shift, pts + shift, stream.time_base
                again.is_keyframe, again.stream = key, streams[stream.index]
                writer.mux(again)
    short.unlink()
    return times * length


def _reduced(source: Path, path: Path) -> float:
    """Write few small pictures and sound of one channel; returns the seconds, a whole number of pictures."""
    import av

    with av.open(str(source)) as reader:
        pictures = [frame.reformat(*SIDE, format="yuv420p") for frame in reader.decode(video=0)]
        every = max(1, round(float(reader.streams.video[0].average_rate or FPS) / FPS))
    kept = pictures[::every]
    length = len(kept) / FPS
    with av.open(str(path), "w") as writer:
        video = writer.add_stream("mpeg4", rate=FPS)
        video.width, video.height = SIDE
        sound = writer.add_stream("aac", rate=RATE, layout="mono")
        packets: list[Any] = []
        for number, picture in enumerate(kept):
            picture.pts, picture.time_base = number, 1 / video.codec_context.framerate
            packets += video.encode(picture)
        packets += video.encode(None)
        packets += _sound(source, sound, length)
        for packet in sorted(packets, key=lambda one: one.dts * one.time_base):
            writer.mux(packet)
    return length


def _sound(source: Path, sound: Any, seconds: float) -> list[Any]:
    import av

    resampler = av.AudioResampler("fltp", "mono", RATE, 1024)
    packets, written = [], 0
    with av.open(str(source)) as reader:
        for frame in reader.decode(audio=0):
            for piece in resampler.resample(frame):
                if written + piece.samples <= seconds * RATE:
                    piece.pts, written = written, written + piece.samples
                    packets += sound.encode(piece)
    return packets + list(sound.encode(None))
