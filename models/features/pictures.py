"""Frames of a clip for extraction, by PyAV alone: the times, the turning and the size of the default profile's frames.

The driver's own decoder is not used, since `models` does not know `harness.media.decode`; a test holds that both give
the same pictures. A file that cannot be decoded is the item's problem here, not something to be rescued.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.faults import ClipError
from harness.inputs.orientation import orientation_of
from harness.records.types import Frame

FPS, MOST_FRAMES, LONGEST_SIDE = 12.5, 300, 960


def pictures(path: Path) -> tuple[Frame, ...]:
    """Upright frames in time order. ClipError when the file has no pictures; av's errors where it is damaged."""
    import av

    with av.open(str(path)) as container:
        if not container.streams.video:
            raise ClipError(f"{path.name} has no picture track", "name clips with pictures")
        zero = (container.start_time or 0) / av.time_base
        packets = container.demux(container.streams.video[0])
        stamps = [packet.pts * packet.time_base - zero for packet in packets if packet.pts is not None]
    times = sorted({round(float(stamp), 6) for stamp in stamps})
    if not times:
        raise ClipError(f"{path.name} has no picture whose time is known", "export the clip again")
    chosen = set(_chosen(times))
    with av.open(str(path)) as container:
        return tuple(_upright(container, chosen, zero))


def _chosen(times: list[float]) -> Iterator[float]:
    """The frame times nearest to an even grid of `FPS` a second, fewer in a clip longer than `MOST_FRAMES` allow."""
    gaps = sorted(late - early for early, late in zip(times, times[1:], strict=False))
    length = times[-1] - times[0] + (gaps[len(gaps) // 2] if gaps else 0.0)
    rate = min(FPS, MOST_FRAMES / length) if length > 0 else FPS
    count = min(MOST_FRAMES, max(1, math.ceil(length * rate - 1e-6)))
    place = 0
    for wanted in (times[0] + k / rate for k in range(count)):
        while place + 1 < len(times) and wanted > (times[place] + times[place + 1]) / 2 + 1e-6:
            place += 1
        yield times[place]


def _upright(container: Any, chosen: set[float], zero: float) -> Iterator[Frame]:
    import cv2
    import numpy as np

    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1
    aspect = float(stream.sample_aspect_ratio or 1)
    for frame in container.decode(stream):
        time = round(float(frame.pts * frame.time_base) - zero, 6) if frame.pts is not None else -1.0
        if time not in chosen:
            continue
        orientation = orientation_of(frame)
        rgb = np.ascontiguousarray(orientation.apply(frame.to_ndarray(format="rgb24", interpolation="BICUBIC")))
        width = frame.width * (aspect if 0.25 <= aspect <= 4 and abs(aspect - 1) > 0.02 else 1.0)
        sides = (frame.height, width) if orientation.transpose else (width, frame.height)
        scale = min(1.0, LONGEST_SIDE / max(sides))
        size = (max(1, round(sides[0] * scale)), max(1, round(sides[1] * scale)))
        if (rgb.shape[1], rgb.shape[0]) != size:
            rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        yield Frame(time, rgb)
