"""Clip file → 16 kHz audio, chosen frames, subtitle lines, and plain sentences on whatever is unusual about them.

A missing or silent track is a fact about the clip, not an exception. Only a file with neither sound nor picture is.
All times count from the clip's start, the earliest time in the container, for sound and picture alike.

At most `max_frames` pictures of `max_side` × `max_side` × 3 bytes and `max_seconds` of audio are held in memory.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from harness.context import NO_AUDIO_TRACK, NO_VIDEO_TRACK
from harness.faults import ClipError
from harness.inputs.channels import UNDECODABLE
from harness.inputs.sampling import WHOLE, Stretch, middles
from harness.media.decoders import (
    PictureFault,
    Pictures,
    PictureTrack,
    by_decord,
    by_pyav,
    pictures_within,
    scan,
    targets,
)
from harness.media.sound import TEXT_SUBTITLES, Sound, decode_sound, decode_subtitles, open_container, peak_of
from harness.records.types import SAMPLE_RATE, AudioInfo, Frame, Media, MediaInfo, Segment, VideoInfo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SILENT_PEAK_DBFS = -60.0
LOUD_PEAK = 1.25
SHORT_AUDIO_SECONDS = 0.025
FILLED_SECONDS = 0.05
AT_ONCE = 1 << 20
"""Samples that are squared at once: 65 s."""
OUTSIDE = "the stretch that is wanted (start, end) must lie within the clip; in a profile: omni.start and omni.end"
REMEDY = "play the file to see what it holds, then replace it or export it again, for example as mp4 (H.264, AAC)"


@dataclass(frozen=True)
class MediaSettings:
    """How clips are decoded.

    Attributes:
        fps: frames wanted per second.
        max_frames: at most so many frames; a longer clip gets them at a lower rate, evenly.
        max_side: longest side of a frame in pixels; larger ones are reduced.
        backend: PyAV, or decord with PyAV as its recorded fallback; the same pixels.
        max_seconds: what lies after this is not read.
        sampling: `even`: at equal times from the first frame on; `middle`: the frame in the middle of each of
            `max_frames` equal stretches, by its number and not by its time.
        stretch: what is kept of the clip. Its pictures keep the clip's times, its sound begins with it.
        at: where not empty, the pictures nearest to these times, ascending, s, instead of all that is said above.
    """

    fps: float = 12.5
    max_frames: int = 300
    max_side: int = 960
    backend: Literal["decord", "pyav"] = "pyav"
    max_seconds: float = 600.0
    sampling: Literal["even", "middle"] = "even"
    stretch: Stretch = WHOLE
    at: tuple[float, ...] = ()


@dataclass(frozen=True)
class _Stream:
    """What the container says of a stream, before anything is decoded."""

    index: int
    kind: str
    codec: str
    cover: bool


@dataclass
class _Work:
    """A clip on its way through `decode`: where it is, its clock, and the facts found so far."""

    path: Path
    settings: MediaSettings
    container: str = ""
    zero: float = 0.0
    declared_seconds: float | None = None
    streams: list[_Stream] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    def of_kind(self, kind: str) -> list[_Stream]:
        return [stream for stream in self.streams if stream.kind == kind]


def decode(path: Path, settings: MediaSettings) -> Media:
    """Decode one clip, once.

    Returns:
        The audio (samples,) float32 or None, the chosen frames (height, width, 3) uint8, and `MediaInfo`.

    Raises:
        ClipError: the file is missing, empty or no media file, or nothing in it can be decoded.
    """
    work = _Work(path, settings)
    _open(work)
    sound = _sound(work)
    track, pictures, video = _pictures(work)
    subtitles = _subtitles(work)
    if sound is None and pictures is None:
        remedy = REMEDY if settings.stretch == WHOLE else OUTSIDE
        raise ClipError(f"{path.name} holds neither sound nor pictures: {' '.join(work.facts)}", remedy)
    heard = sound.samples.size / SAMPLE_RATE if sound is not None else 0.0
    seen = pictures.end + track.step if track is not None and pictures is not None else 0.0
    seconds = max(heard, seen)
    _duration_facts(work, seconds, sound is not None and sound.cut)
    info = MediaInfo(
        container=work.container,
        seconds=round(seconds, 3),
        audio=_audio_info(sound) if sound is not None else None,
        video=video,
        subtitles=subtitles,
        facts=tuple(work.facts),
    )
    return Media(info, sound.samples if sound is not None else None, pictures.frames if pictures is not None else ())


def decode_stretches(
    path: Path, settings: MediaSettings, stretches: Sequence[tuple[float, float]]
) -> Iterator[tuple[Frame, ...]]:
    """Every picture of each stretch (start, end), s, at the clip's own rate; the size is that of `decode`.

    Stretches come in order of their start and may overlap; one is held in memory at a time, and those it overlaps.

    Raises:
        ClipError: the file cannot be opened, or it has no picture track that can be decoded.
    """
    work = _Work(path, settings)
    _open(work)
    for stream in work.of_kind("video"):
        if stream.cover or not stream.codec:
            continue
        try:
            track = scan(path, stream.index, work.zero, settings.max_seconds)
        except PictureFault:
            continue  # as `decode`, which takes the next
        yield from _parted(pictures_within(path, track, work.zero, settings.max_side, stretches), stretches)
        return
    raise ClipError(f"{path.name}: no picture track of it can be decoded", REMEDY)


def _parted(pictures: Iterator[Frame], stretches: Sequence[tuple[float, float]]) -> Iterator[tuple[Frame, ...]]:
    held: dict[int, list[Frame]] = {}
    ended = 0
    for picture in pictures:
        while ended < len(stretches) and stretches[ended][1] < picture.time:
            yield tuple(held.pop(ended, ()))
            ended += 1
        for k in range(ended, len(stretches)):
            if stretches[k][0] <= picture.time <= stretches[k][1]:
                held.setdefault(k, []).append(picture)
    for k in range(ended, len(stretches)):
        yield tuple(held.pop(k, ()))


def _open(work: _Work) -> None:
    """Read the container's header. ClipError when there is none."""
    import av

    name = work.path.name
    try:
        if work.path.stat().st_size == 0:
            raise ClipError(f"{name} is empty (0 bytes)", "copy the file again from where it came from")
        with open_container(work.path) as container:
            work.container = container.format.name
            work.zero = (container.start_time or 0) / av.time_base
            if container.duration is not None and container.duration > 0:
                work.declared_seconds = container.duration / av.time_base
            for stream in container.streams:
                context = getattr(stream, "codec_context", None)
                cover = bool(stream.disposition & av.stream.Disposition.attached_pic)
                work.streams.append(_Stream(stream.index, stream.type, context.name if context else "", cover))
    except av.FFmpegError as fault:
        raise ClipError(f"{name} cannot be opened as a media file: {fault.strerror}", REMEDY) from None
    except (OSError, UnicodeEncodeError) as fault:
        what = fault.strerror if isinstance(fault, OSError) else "its name is not UTF-8"
        raise ClipError(f"{name!a} cannot be read: {what}", "check the file's name and rights") from None


def _sound(work: _Work) -> Sound | None:
    """The first audio track out of which anything can be decoded."""
    tracks = work.of_kind("audio")
    if not tracks:
        work.facts.append(NO_AUDIO_TRACK)
    wanted, seconds = work.settings.stretch, work.settings.max_seconds
    seconds = seconds if wanted.end is None else min(seconds, wanted.end)
    for number, stream in enumerate(tracks, 1):
        sound = decode_sound(work.path, stream.index, work.zero, seconds) if stream.codec else None
        if sound is None:
            work.facts.append(f"Audio track {number} ({stream.codec or 'unknown codec'}) {UNDECODABLE}")
            continue
        several = f"There are {len(tracks)} audio tracks; track {number} is used."
        work.facts += ([several] if len(tracks) > 1 else []) + _sound_facts(sound)
        kept = sound.samples[wanted.samples(sound.samples.size, SAMPLE_RATE)]
        if not kept.size:
            work.facts.append(f"Audio track {number} is over before {wanted.start:g} s.")
            return None
        return replace(sound, samples=kept)
    return None


def _sound_facts(sound: Sound) -> list[str]:
    # The plain mean is what anyone expects; anything else is worth a sentence.
    facts = [f"Of the sound's channels: {sound.mix}."] if sound.mix and not sound.mix.startswith("mean of") else []
    peak = decibels(peak_of(sound.samples))
    if peak is None or peak < SILENT_PEAK_DBFS:
        level = "every sample is zero" if peak is None else f"peak {peak:.0f} dBFS"
        facts.append(f"The audio is silent ({level}).")
    if sound.samples.size < SHORT_AUDIO_SECONDS * SAMPLE_RATE:
        facts.append(f"The audio is shorter than {1000 * SHORT_AUDIO_SECONDS:.0f} ms: {sound.samples.size} samples.")
    if sound.damaged_packets:
        facts.append(f"{_count(sound.damaged_packets, 'damaged audio packet')} skipped.")
    if sound.filled_seconds > FILLED_SECONDS:
        facts.append(f"{sound.filled_seconds:.2f} s without decodable audio are filled with silence.")
    if sound.invalid_samples:
        facts.append(f"{_count(sound.invalid_samples, 'audio sample')} not a finite number, set to zero.")
    if sound.peak > LOUD_PEAK:
        facts.append(f"The audio exceeds full scale by {20 * math.log10(sound.peak):.1f} dB and is clipped.")
    return facts


def _pictures(work: _Work) -> tuple[PictureTrack | None, Pictures | None, VideoInfo | None]:
    """The first picture track that is no cover image: its times, its chosen frames, its facts."""
    tracks = [stream for stream in work.of_kind("video") if not stream.cover]
    if not tracks:
        cover = bool(work.of_kind("video"))
        work.facts.append("The only picture is a cover image; there is no video." if cover else NO_VIDEO_TRACK)
    elif len(tracks) > 1:
        work.facts.append(f"There are {len(tracks)} video tracks; the first that can be decoded is used.")
    for stream in tracks:
        try:
            if not stream.codec:
                raise PictureFault("its codec is unknown")
            track = scan(work.path, stream.index, work.zero, work.settings.max_seconds)
            pictures, backend, reason = _frames(work, track)
        except PictureFault as fault:
            work.facts.append(f"The video track ({stream.codec or 'unknown codec'}) cannot be used: {fault}.")
            continue
        work.facts += _picture_facts(track, pictures, work.settings)
        return track, pictures, _video_info(track, pictures, backend, reason)
    return None, None, None


def _frames(work: _Work, track: PictureTrack) -> tuple[Pictures, str, str]:
    """Chosen frames, who decoded them, and why not decord where it was asked for."""
    settings = work.settings
    kept = tuple(track.times[k] for k in settings.stretch.pictures(track.times, track.step))
    if not kept:
        raise PictureFault(f"it is over before {settings.stretch.start:g} s")
    wanted = targets(replace(track, times=kept), settings.fps, settings.max_frames)
    if settings.sampling == "middle":
        wanted = tuple(kept[k] for k in sorted(set(middles(len(kept), settings.max_frames))))
    wanted = settings.at or wanted
    reason = ""
    if settings.backend == "decord":
        try:
            return by_decord(work.path, track, wanted, settings.max_side), "decord", ""
        except PictureFault as fault:
            reason = str(fault)
    return by_pyav(work.path, track, wanted, work.zero, settings.max_side), "pyav", reason


def _picture_facts(track: PictureTrack, pictures: Pictures, settings: MediaSettings) -> list[str]:
    facts = []
    if len(track.times) == 1:
        facts.append("The video track is a single still image.")
    if track.variable_frame_rate:
        facts.append(f"The frame rate varies; {track.frame_rate or 0:.1f} frames per second on average.")
    if done := track.orientation.described():
        facts.append(f"The picture was {done}.")
    if angle := track.orientation.odd_angle:
        facts.append(f"The stored rotation of {angle} degrees is no multiple of 90 and was not applied.")
    if track.pixel_aspect != 1.0:
        facts.append(f"Its pixels are not square ({track.pixel_aspect:.3f} : 1); the width was corrected.")
    if pictures.damaged_packets:
        facts.append(f"{_count(pictures.damaged_packets, 'damaged video packet')} skipped.")
    missing = track.times[-1] - pictures.end
    if missing > 0.5:
        facts.append(f"The last {missing:.1f} s of the video cannot be decoded.")
    length = track.times[-1] - track.times[0] + track.step
    if length * settings.fps > settings.max_frames + 1:
        most = settings.max_frames
        facts.append(f"Frames were chosen at {most / length:.1f} per second, {most} in all.")
    return facts


def _video_info(track: PictureTrack, pictures: Pictures, backend: str, reason: str) -> VideoInfo:
    sides = (track.width, track.height)
    width, height = reversed(sides) if track.orientation.transpose else sides
    return VideoInfo(
        codec=track.codec,
        width=width,
        height=height,
        rotation=track.orientation.degrees,
        frame_rate=round(track.frame_rate, 3) if track.frame_rate is not None else None,
        variable_frame_rate=track.variable_frame_rate,
        seconds=round(pictures.end - track.times[0] + track.step, 3),
        backend=backend,
        fallback_reason=reason,
        frame_times=tuple(frame.time for frame in pictures.frames),
        mirrored=track.orientation.mirrored,
    )


def _subtitles(work: _Work) -> tuple[Segment, ...]:
    """The first text subtitle track that has lines."""
    for stream in work.of_kind("subtitle"):
        if stream.codec not in TEXT_SUBTITLES:
            work.facts.append(f"A subtitle track ({stream.codec or 'unknown codec'}) holds no text and is not read.")
            continue
        lines = decode_subtitles(work.path, stream.index, work.zero)
        if lines:
            return lines
    return ()


def _duration_facts(work: _Work, seconds: float, cut: bool) -> None:
    declared, wanted = work.declared_seconds, work.settings.stretch
    if wanted != WHOLE:
        end = "its end" if wanted.end is None else f"{wanted.end:g} s"
        work.facts.append(f"Only the stretch from {wanted.start:g} s to {end} is used.")
    elif cut or (declared or 0) > work.settings.max_seconds:
        work.facts.append(f"Only the first {work.settings.max_seconds:.0f} s were read.")
    elif declared is None:
        work.facts.append(f"The container states no duration; {seconds:.2f} s were decoded.")
    elif abs(declared - seconds) > max(0.5, 0.1 * declared):
        work.facts.append(f"The container states {declared:.2f} s, but {seconds:.2f} s were decoded.")


def _audio_info(sound: Sound) -> AudioInfo:
    peak_dbfs, rms_dbfs = (decibels(level) for level in (peak_of(sound.samples), _rms(sound.samples)))
    return AudioInfo(
        codec=sound.codec,
        sample_rate=sound.sample_rate,
        channels=sound.channels,
        seconds=round(sound.samples.size / SAMPLE_RATE, 3),
        damaged_packets=sound.damaged_packets,
        peak_dbfs=round(peak_dbfs, 2) if peak_dbfs is not None else None,
        rms_dbfs=round(rms_dbfs, 2) if rms_dbfs is not None else None,
        mix=sound.mix,
        language=sound.language,
    )


def decibels(level: float) -> float | None:
    """20·log10 of a linear level (1.0 = full scale = 0 dBFS); None for zero."""
    return 20 * math.log10(level) if level > 0 else None


def _rms(samples: NDArray[np.float32]) -> float:
    import numpy as np

    parts = (samples[i : i + AT_ONCE] for i in range(0, samples.size, AT_ONCE))
    return math.sqrt(sum(float(np.sum(np.square(part, dtype=np.float64))) for part in parts) / samples.size)


def _count(number: int, noun: str) -> str:
    return f"1 {noun} was" if number == 1 else f"{number} {noun}s were"
