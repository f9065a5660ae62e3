"""What a stage is and what it may look at: the contract between the stages and what runs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from harness.faults import ClipError
from harness.records.payloads import payload
from harness.records.types import Clip, Media, MediaInfo, Record

T = TypeVar("T")
NO_MEDIA = Media(MediaInfo("", 0.0, None, None), None, ())
NO_AUDIO_TRACK = "There is no audio track."
NO_VIDEO_TRACK = "There is no video track."


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline.

    Attributes:
        name: also the folder of its records.
        provider: who does the work, for the record.
        fingerprint: SHA-256 over code version, settings and model files; not over the clip.
        run: the work. Raises Absent, ClipError or StageUnavailable where there is no result.
        needs: earlier stages whose results it reads.
        inputs: what it reads of the clip itself, as a JSON value.
    """

    name: str
    provider: str
    fingerprint: str
    run: Callable[[Context], Any]
    needs: tuple[str, ...] = ()
    inputs: Callable[[Clip], Any] = field(default=lambda clip: None)


@dataclass
class Context:
    """What a stage may look at: the clip, the records of earlier stages, and the media.

    `decode` reads the whole clip as the perceiving stages need it; `load_media` gives the few pictures and the sound
    that a reasoner is sent.
    """

    clip: Clip
    decode: Callable[[Path], Media] | None = None
    records: dict[str, Record] = field(default_factory=dict)
    load_media: Callable[[], Media] = lambda: NO_MEDIA

    def get(self, stage: str, kind: type[T]) -> T | None:
        """The result of an earlier stage as `kind`, or None when it has none."""
        record = self.records[stage]
        return payload(record.data, kind) if record.outcome == "ok" else None

    def why_not(self, stage: str) -> str:
        """Why an earlier stage has no result; empty when it has one."""
        return self.records[stage].reason

    @cached_property
    def media(self) -> Media:
        """The decoded clip; decoded once, at first use. Empty media when the media stage failed."""
        if self.decode is None or ("media" in self.records and self.records["media"].outcome != "ok"):
            return NO_MEDIA
        if self.clip.problem:
            raise ClipError(
                f"{self.clip.id}: {self.clip.problem}", "put the file in order, then run the same command: it resumes"
            )
        return with_sound(self.clip, self.decode)


def with_sound(clip: Clip, decode: Callable[[Path], Media]) -> Media:
    """A clip decoded; one whose pictures have no sound gets that of its other file, where there is one."""
    media = decode(Path(clip.path))
    if clip.sound is None or media.audio is not None:
        return media
    heard = decode(Path(clip.sound.path))
    name = Path(clip.sound.path).name
    facts = tuple(fact for fact in media.info.facts if fact != NO_AUDIO_TRACK)
    told = tuple(fact for fact in heard.info.facts if fact != NO_VIDEO_TRACK)
    info = replace(
        media.info,
        seconds=max(media.info.seconds, heard.info.seconds),
        audio=heard.info.audio,
        facts=(*facts, f"The sound is that of the clip's other file, {name}.", *told),
    )
    return Media(info, heard.audio, media.frames)
