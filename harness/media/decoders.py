"""The picture track of a container: its frames' real times, and chosen frames decoded by decord or PyAV.

Both decoders choose by the same times and return upright pictures of the same size, so a fallback changes who decoded
a frame, not which frame it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from harness.inputs.orientation import Orientation, orientation_of
from harness.media.sound import open_container, packets, stream_seconds
from harness.records.types import Frame

if TYPE_CHECKING:
    import numpy as np
    from av import VideoFrame
    from av.packet import Packet
    from numpy.typing import NDArray

T = TypeVar("T")
MAX_PIXELS = 40_000_000
CHUNK_BYTES = 64 * 1024 * 1024
TIME_EPSILON = 1e-6
# decord counts frames that it could not decode and repeats earlier ones in their place; none are tolerated.
DECORD_FAULT_TOLERANCE = 1e-6
DECORD_TIME_SLACK = 0.005
_DECORD_PREFIX = re.compile(r"^\[[\d:]+\]\s*\S+:\d+:\s*")


class PictureFault(Exception):
    """A decoder could not deliver the pictures; the text is the reason to record."""


@dataclass(frozen=True)
class PictureTrack:
    """What is known of a picture track before its frames are decoded.

    Attributes:
        times: presentation times of the frames, ascending, seconds from the clip's start.
        width: stored width in pixels, before turning.
        height: stored height in pixels, before turning.
        orientation: what makes the picture upright.
        pixel_aspect: width of a pixel over its height, before turning; 1.0 within two per cent.
        rotates_in_decord: whether decord applies the container's rotation by itself; it never mirrors.
        whole: whether `times` reaches to the end of the file.
    """

    index: int
    codec: str
    times: tuple[float, ...]
    width: int
    height: int
    orientation: Orientation
    pixel_aspect: float
    rotates_in_decord: bool
    whole: bool

    @property
    def step(self) -> float:
        """Typical distance of two frames in seconds; 0.0 for a single frame."""
        gaps = sorted(late - early for early, late in zip(self.times, self.times[1:], strict=False))
        return gaps[len(gaps) // 2] if gaps else 0.0

    @property
    def frame_rate(self) -> float | None:
        """Mean frames per second; None for a single frame."""
        span = self.times[-1] - self.times[0]
        return (len(self.times) - 1) / span if span > 0 else None

    @property
    def variable_frame_rate(self) -> bool:
        """Whether more than 2 % of the frames last a quarter longer or shorter than the typical one."""
        step = self.step
        gaps = [late - early for early, late in zip(self.times, self.times[1:], strict=False)]
        return sum(abs(gap - step) > 0.25 * step + 0.001 for gap in gaps) > 0.02 * len(gaps)

    def size(self, max_side: int) -> tuple[int, int]:
        """(width, height) of the upright picture with square pixels, the longer side at most `max_side`."""
        width, height = self.width * self.pixel_aspect, float(self.height)
        if self.orientation.transpose:
            width, height = height, width
        scale = min(1.0, max_side / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))


@dataclass(frozen=True)
class Pictures:
    """Decoded frames in time order; `end` is when the last decodable frame begins, seconds from the clip's start."""

    frames: tuple[Frame, ...]
    end: float
    damaged_packets: int


def scan(path: Path, index: int, zero: float, max_seconds: float) -> PictureTrack:
    """Read the times of all frames from the container and decode the first frame.

    Raises:
        PictureFault: no frame can be decoded, or the picture is too large.
    """
    times = set()
    whole = True
    first: list[VideoFrame] = []
    with open_container(path) as container:
        stream = container.streams[index]
        context: Any = stream.codec_context
        context.thread_count = 1
        if context.width * context.height > MAX_PIXELS:
            raise PictureFault(f"the picture of {context.width}x{context.height} pixels is too large")
        for packet in packets(container, stream):
            if packet is None:
                continue
            stamp = packet.pts if packet.pts is not None else packet.dts
            time = float(stamp * packet.time_base) - zero if stamp is not None and packet.time_base else None
            if time is not None and time > max_seconds:
                whole = False
                break
            if time is not None and not packet.is_discard:
                times.add(round(time, 6))
            first = first or decode_packet(context, packet) or []
        first = first or decode_packet(context, None) or []
        if not first:
            raise PictureFault("no frame of it can be decoded")
        picture = first[0]
        aspect = float(getattr(stream, "sample_aspect_ratio", None) or 1)
        return PictureTrack(
            index=index,
            codec=context.name,
            times=tuple(sorted(times)) or (0.0,),
            width=picture.width,
            height=picture.height,
            orientation=orientation_of(picture),
            pixel_aspect=aspect if 0.25 <= aspect <= 4 and abs(aspect - 1) > 0.02 else 1.0,
            rotates_in_decord="mp4" in container.format.name,
            whole=whole,
        )


def targets(track: PictureTrack, fps: float, max_frames: int) -> tuple[float, ...]:
    """Times at which a frame is wanted: evenly, `fps` per second, fewer when that would exceed `max_frames`."""
    length = track.times[-1] - track.times[0] + track.step
    rate = min(fps, max_frames / length) if length > 0 else fps
    count = min(max_frames, max(1, math.ceil(length * rate - TIME_EPSILON)))
    return tuple(track.times[0] + k / rate for k in range(count))


def nearest(timed: Iterable[tuple[float, T]], wanted: Sequence[float]) -> Iterator[tuple[float, T]]:
    """For each wanted time the item nearest to it, each item once; both ascending. Consumes `timed` to its end."""
    held: tuple[float, T] | None = None
    k = 0
    for time, item in timed:
        if held is not None:
            before = k
            while k < len(wanted) and wanted[k] <= (held[0] + time) / 2 + TIME_EPSILON:
                k += 1
            if k > before:
                yield held
        held = (time, item)
    if held is not None and k < len(wanted):
        yield held


def by_decord(path: Path, track: PictureTrack, wanted: Sequence[float], max_side: int) -> Pictures:
    """Frames by decord, one thread, chosen indices only.

    Raises:
        PictureFault: decord is missing, cannot read the file, or does not see the frames that the container lists.
    """
    if track.orientation.mirrored:
        raise PictureFault("decord does not mirror pictures, and these are stored mirrored")
    if not track.orientation.upright and not track.rotates_in_decord:
        raise PictureFault("decord does not apply the rotation of this kind of container")
    try:
        import decord
    except (ImportError, OSError) as fault:
        raise PictureFault(f"decord cannot be imported: {fault}") from None
    chosen = list(nearest(((time, k) for k, time in enumerate(track.times)), wanted))
    chunk = max(1, CHUNK_BYTES // (3 * track.width * track.height))
    size = track.size(max_side)
    frames: list[Frame] = []
    decord.logging.set_level(decord.logging.QUIET)
    try:
        reader = decord.VideoReader(str(path.absolute()), num_threads=1, fault_tol=DECORD_FAULT_TOLERANCE)
        _check_times(reader, track)
        for begin in range(0, len(chosen), chunk):
            part = chosen[begin : begin + chunk]
            batch = reader.get_batch([k for _, k in part]).asnumpy()
            frames += [Frame(time, fit(rgb, Orientation(), size)) for (time, _), rgb in zip(part, batch, strict=True)]
    except (decord.DECORDError, decord.DECORDLimitReachedError, RuntimeError, IndexError, ValueError) as fault:
        raise PictureFault(f"decord: {_first_line(str(fault), path)}") from None
    return Pictures(tuple(frames), track.times[-1], 0)


def _check_times(reader: Any, track: PictureTrack) -> None:
    """PictureFault unless decord lists the same frames at the same times as the container.

    Where it does not, its seeking cannot be trusted either: with MPEG-4 B-frames in AVI, whose times it reads as
    -4e17, it was seen to return frames 0.8 s away from those asked for.
    """
    import numpy as np

    count = len(track.times)
    if len(reader) < count or (track.whole and len(reader) != count):
        raise PictureFault(f"decord counts {len(reader)} frames, the container {count}")
    stamps = np.asarray(reader.get_frame_timestamp(range(count)))[:, 0]
    if np.abs((stamps - stamps[0]) - (np.asarray(track.times) - track.times[0])).max() > DECORD_TIME_SLACK:
        raise PictureFault("decord's frame times differ from the container's")


def by_pyav(path: Path, track: PictureTrack, wanted: Sequence[float], zero: float, max_side: int) -> Pictures:
    """Frames by PyAV: every frame is decoded in order, damaged packets are stepped over, the wanted ones are kept.

    Raises:
        PictureFault: no frame could be decoded.
    """
    from av.video.reformatter import Interpolation, VideoReformatter

    size = track.size(max_side)
    reader = _Reader(path, track, zero)
    # Colour is half the size of grey. With bicubic enlargement the pixels are decord's to the bit. One converter is set
    # up once for all frames; by default it would start a thread a core.
    convert = partial(VideoReformatter().reformat, format="rgb24", interpolation=Interpolation.BICUBIC, threads=1)
    frames = tuple(
        Frame(time, fit(convert(frame).to_ndarray(), track.orientation, size))
        for time, frame in nearest(reader.frames(), wanted)
    )
    if not frames:
        raise PictureFault("no frame of it can be decoded")
    return Pictures(frames, reader.end, reader.damaged_packets)


def pictures_within(
    path: Path, track: PictureTrack, zero: float, max_side: int, stretches: Sequence[tuple[float, float]]
) -> Iterator[Frame]:
    """Every picture that lies in one of `stretches` (start, end), s, in time order; decoding ends with the last."""
    from av.video.reformatter import Interpolation, VideoReformatter

    size = track.size(max_side)
    convert = partial(VideoReformatter().reformat, format="rgb24", interpolation=Interpolation.BICUBIC, threads=1)
    last = max((end for _, end in stretches), default=-math.inf)
    for time, frame in _Reader(path, track, zero).frames():
        if time > last:
            return
        if any(start <= time <= end for start, end in stretches):
            yield Frame(time, fit(convert(frame).to_ndarray(), track.orientation, size))


class _Reader:
    """All decodable frames of a track in ascending time, by PyAV; counts what could not be decoded."""

    def __init__(self, path: Path, track: PictureTrack, zero: float) -> None:
        self.path = path
        self.track = track
        self.zero = zero
        self.damaged_packets = 0
        self.end = track.times[0]

    def frames(self) -> Iterator[tuple[float, VideoFrame]]:
        """(time, frame) pairs; a frame without a time follows the one before it at the typical distance."""
        step = self.track.step or 0.04
        previous = -math.inf
        for seconds, frame in self._decoded():
            if seconds is not None:
                time = round(seconds - self.zero, 6)
            else:
                time = self.track.times[0] if previous == -math.inf else previous + step
            if time > self.track.times[-1] + step:
                return
            if time > previous:
                previous = self.end = time
                yield time, frame

    def _decoded(self) -> Iterator[tuple[float | None, VideoFrame]]:
        with open_container(self.path) as container:
            stream = container.streams[self.track.index]
            context: Any = stream.codec_context
            context.thread_count = 1
            for packet in packets(container, stream):
                frames = decode_packet(context, packet) if packet is not None else None
                self.damaged_packets += frames is None
                self.damaged_packets += any(frame.is_corrupt for frame in frames or ())
                for frame in frames or ():
                    yield stream_seconds(frame, stream), frame
            for frame in decode_packet(context, None) or ():
                yield stream_seconds(frame, stream), frame


def decode_packet(context: Any, packet: Packet[Any] | None) -> list[VideoFrame] | None:
    """The frames that come out of a codec context for one packet (None empties it); None when it is damaged."""
    import av

    try:
        return list(context.decode(packet))
    except av.FFmpegError:
        return None


def fit(rgb: NDArray[Any], orientation: Orientation, size: tuple[int, int]) -> NDArray[np.uint8]:
    """`rgb` made upright and brought to `size` (width, height) by area averaging."""
    import cv2
    import numpy as np

    turned = np.ascontiguousarray(orientation.apply(rgb), dtype=np.uint8)
    if (turned.shape[1], turned.shape[0]) == size:
        return turned
    cv2.setNumThreads(1)  # the processes share the cores already
    return np.asarray(cv2.resize(turned, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _first_line(text: str, path: Path) -> str:
    """The telling line of a decord error, without its clock, source line and the user's folders."""
    line = next(iter(text.strip().splitlines()), "no reason given")
    return _DECORD_PREFIX.sub("", line).replace(str(path.absolute()), path.name).strip()[:200]
