"""The audio track and the text subtitles of a container, by PyAV, on the clip's own clock.

Damage is stepped over packet by packet. What could not be decoded becomes silence of the same length, so that later
sound keeps its time and still matches the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.inputs.channels import MOST_CHANNELS, mixed, mixes_of
from harness.inputs.kinds import FORMATS
from harness.inputs.spoken import without_markup
from harness.records.types import SAMPLE_RATE, Segment

if TYPE_CHECKING:
    import numpy as np
    from av import AudioFrame
    from av.container import InputContainer
    from av.frame import Frame
    from av.packet import Packet
    from av.stream import Stream
    from numpy.typing import NDArray

MAX_READ_FAILURES = 20
DAMAGE_GAP_SECONDS = 0.005
PLAIN_GAP_SECONDS = 0.1
MAX_GAP_SECONDS = 60.0
TEXT_SUBTITLES = ("mov_text", "subrip", "srt", "ass", "ssa", "webvtt", "text")


@dataclass(frozen=True)
class Sound:
    """A decoded audio track.

    Attributes:
        samples: mono float32 at 16 kHz, shape (samples,), within ±1; sample 0 is the start of the clip.
        damaged_packets: packets that could not be read or decoded.
        filled_seconds: silence put in where nothing was decoded, so that the rest keeps its time.
        invalid_samples: samples at 16 kHz that came out as NaN or infinite and were set to zero.
        peak: largest absolute value before clipping to ±1.
        cut: whether the track goes on after `max_seconds`.
        mix: how several channels became one, in words; empty for a single channel.
        language: what the container names as the track's language.
    """

    codec: str
    sample_rate: int
    channels: int
    samples: NDArray[np.float32]
    damaged_packets: int
    filled_seconds: float
    invalid_samples: int
    peak: float
    cut: bool
    mix: str
    language: str


def open_container(path: Path) -> InputContainer:
    """Open a local media file, of a known self-contained format only. Raises av.FFmpegError."""
    import av

    options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
    return av.open(str(path.absolute()), "r", options=options, metadata_errors="replace")


def packets(container: InputContainer, stream: Stream) -> Iterator[Packet[Any] | None]:
    """The packets of one stream; None for each place that cannot be read. Ends at the file's end, damaged or not."""
    import av

    failures = 0
    while failures < MAX_READ_FAILURES:
        try:
            for packet in container.demux(stream):
                if packet.size:
                    failures = 0
                    yield packet
            return
        except (av.FFmpegError, IndexError):
            # PyAV raises IndexError where damage in a file looks like the beginning of a new stream.
            failures += 1
            yield None


def stream_seconds(frame: Frame, stream: Stream) -> float | None:
    """Container time of a decoded frame; None when it has no timestamp.

    `frame.time` will not do: PyAV leaves it unset for the frames that come out when a decoder is emptied.
    """
    if frame.pts is None or stream.time_base is None:
        return None
    return float(frame.pts * stream.time_base)


def decode_sound(path: Path, index: int, zero: float, max_seconds: float) -> Sound | None:
    """Decode the stream `index`; None when not one sample comes out of it.

    Args:
        path: the file.
        index: the stream's index in the container.
        zero: container time of the clip's start, seconds.
        max_seconds: what lies after this is not decoded.
    """
    import av

    line = _Line(zero)
    damaged = 0
    with open_container(path) as container:
        stream = container.streams[index]
        context: Any = stream.codec_context
        context.thread_count = 1
        for packet in packets(container, stream):
            try:
                frames = context.decode(packet) if packet is not None else None
            except av.FFmpegError:
                frames = None
            if frames is None:
                damaged += 1
                line.damaged = True
                continue
            damaged += line.add_all(frames, stream)
            if line.expected > max_seconds:
                break
        else:
            try:
                damaged += line.add_all(context.decode(None), stream)
            except av.FFmpegError:
                damaged += 1
        samples = line.assemble()
        if not samples.size:
            return None
        language = str(stream.metadata.get("language", ""))
        return _sound((context.name, language), line, samples, damaged, max_seconds)


def _sound(
    track: tuple[str, str], line: _Line, samples: NDArray[np.float32], damaged: int, max_seconds: float
) -> Sound:
    import numpy as np

    limit = int(max_seconds * SAMPLE_RATE)
    peak = peak_of(samples)
    kept = samples[:limit]
    return Sound(
        codec=track[0],
        sample_rate=line.sample_rate,
        channels=line.channels,
        samples=np.clip(kept, -1.0, 1.0, out=kept),
        damaged_packets=damaged,
        filled_seconds=line.filled / SAMPLE_RATE,
        invalid_samples=line.invalid,
        peak=peak,
        cut=samples.size > limit,
        mix=line.mix,
        language=track[1],
    )


def peak_of(samples: NDArray[np.float32]) -> float:
    """The largest absolute value; 0 without samples."""
    return abs(float(max(samples.max(), -samples.min()))) if samples.size else 0.0


class _Line:
    """Puts decoded frames on one 16 kHz line, each at its time.

    A new piece begins, at its own timestamp, where the track is known to be damaged or jumps by more than a tenth of
    a second; elsewhere frames follow each other, since containers round their times.
    """

    def __init__(self, zero: float) -> None:
        self.zero = zero
        self.expected = 0.0
        self.damaged = False
        self.sample_rate = 0
        self.channels = 0
        self.invalid = 0
        self.filled = 0
        self.mix = ""
        self._pieces: list[tuple[int, list[NDArray[np.float32]]]] = []
        self._names: list[tuple[str, ...]] = []
        self._resampler: Any = None
        self._kind: tuple[str, str, int] = ("", "", 0)

    def add_all(self, frames: Iterable[AudioFrame], stream: Stream) -> int:
        """Append the frames of one packet; returns 1 where a frame is nothing that can be resampled, else 0."""
        import av

        try:
            for frame in frames:
                self.add(frame, stream_seconds(frame, stream))
        except av.FFmpegError:  # such as 255 channels
            self._resampler, self.damaged = None, True
            return 1
        return 0

    def add(self, frame: AudioFrame, seconds: float | None) -> None:
        """Resample one frame, which begins at container time `seconds`, and append it."""
        import av

        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        time = self.expected if seconds is None else seconds - self.zero
        gap = time - self.expected
        least = DAMAGE_GAP_SECONDS if self.damaged or not self._pieces else PLAIN_GAP_SECONDS
        jumped = least < gap <= MAX_GAP_SECONDS
        if self._resampler is None or kind != self._kind or jumped:
            self._flush()
            begin = time if jumped else self.expected
            self._resampler = av.AudioResampler(format="flt", rate=SAMPLE_RATE)
            self._kind = kind
            self._pieces.append((round(begin * SAMPLE_RATE), []))
            self._names.append(tuple(channel.name for channel in frame.layout.channels))
            self.expected = begin
        self.damaged = False
        self.sample_rate, self.channels = (
            self.sample_rate or frame.sample_rate,
            self.channels or frame.layout.nb_channels,
        )
        frame.pts = None
        self._keep(self._resampler.resample(frame))
        length = frame.samples / frame.sample_rate
        self.expected = (time if abs(gap) <= PLAIN_GAP_SECONDS or jumped else self.expected) + length

    def assemble(self) -> NDArray[np.float32]:
        """All pieces at their places, silence between them, as one channel. Afterwards they are held no more."""
        import numpy as np

        self._flush()
        pieces = list(zip(self._names, self._pieces, strict=True))
        mixes, self.mix = mixes_of((names, array) for names, (_, arrays) in pieces for array in arrays)
        places, end = [], 0
        for start, arrays in self._pieces:
            if arrays and start > end:
                self.filled += start - end
                end = start
            places.append(end)
            end += sum(len(array) for array in arrays)
        line = np.zeros(end, np.float32)
        for (names, (_, arrays)), at in zip(pieces, places, strict=True):
            arrays.reverse()
            while arrays:  # each is let go before the next is put: of a long clip both would not fit
                mono = mixed(arrays.pop(), mixes[names])
                line[at : at + len(mono)] = mono
                at += len(mono)
        return line

    def _flush(self) -> None:
        if self._resampler is not None:
            self._keep(self._resampler.resample(None))
            self._resampler = None

    def _keep(self, frames: list[AudioFrame]) -> None:
        import numpy as np

        # Packed samples only: with eight or more planar channels PyAV's to_ndarray reads past the frame and crashes.
        for frame in frames:
            if frame.samples:
                values = np.asarray(frame.to_ndarray(), dtype=np.float32).reshape(frame.samples, -1)
                bad = ~np.isfinite(values)
                self.invalid += int(np.count_nonzero(bad.any(axis=1)))
                values = np.where(bad, np.float32(0), values)
                if values.shape[1] > MOST_CHANNELS:
                    self._names[-1] = ("mean",)
                    values = values.mean(axis=1, keepdims=True)
                self._pieces[-1][1].append(values)


def decode_subtitles(path: Path, index: int, zero: float) -> tuple[Segment, ...]:
    """The lines of one text subtitle stream, without markup, in time order. Undecodable lines are left out."""
    import av

    found = []
    with open_container(path) as container:
        stream = container.streams[index]
        context: Any = stream.codec_context
        for packet in packets(container, stream):
            if packet is None or packet.pts is None or packet.time_base is None:
                continue
            try:
                lines = [line for line in context.decode2(packet) or () if hasattr(line, "dialogue")]
            except av.FFmpegError:
                continue
            text = " ".join(without_markup(line.dialogue.decode("utf-8", "replace")) for line in lines).strip()
            if text:
                start = max(0.0, float(packet.pts * packet.time_base) - zero)
                length = float(packet.duration * packet.time_base) if packet.duration else 0.0
                found.append(Segment(text, round(start, 3), round(start + length, 3)))
    return tuple(sorted(found, key=lambda segment: segment.start or 0.0))
