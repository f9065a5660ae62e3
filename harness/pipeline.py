"""The order of the stages, and what runs where. Knows protocols, no provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from harness.config import Config
from harness.decide import deciding_stages
from harness.faults import Absent, ConfigError
from harness.media import MediaSettings, decode
from harness.runner import Context, Stage, run_clip, settings_key
from harness.store import Store
from harness.types import Clip, FaceTrack, Media, MediaInfo, Record, SpeechFeatures, Transcript
from harness.workers import Crew, Limits, perceive
from models.base import FaceTracker, ProviderSpec, SpeechEncoder, Transcriber

Wire = Callable[[Mapping[str, Mapping[str, Any]], Path], Mapping[str, ProviderSpec]]
"""Chooses the providers of a run from the profile's sections and the models' folder: stage → spec. Picklable, and
light: nothing is built by it."""

STAGES = ("media", "transcribe", "speech", "face", "text", "evidence", "reason", "parse", "fuse", "attribute")
MEDIA_VERSION = 1
"""Raised by hand when decoding changes what it returns."""


class Pipeline:
    """The stages of a run, chosen and checked; nothing has been built or started yet.

    Raises:
        ConfigError: a setting or a provider is not usable; says what mends it.
    """

    def __init__(self, config: Config, wire: Wire) -> None:
        self.specs = wire(config.sections, config.models_dir)
        for spec in self.specs.values():
            if spec.verify is not None:
                spec.verify()
        self._perceiving = perceiving_stages(config, self.specs)
        self._deciding = deciding_stages(config, self.specs)
        self._store = Store(config.records)
        self._crew = Crew(partial(_wired_stages, config, wire), partial(decode_clip, config), config.records)
        self._limits = Limits(config.workers, config.clip_time_limit, config.recycle_after, config.attempts)

    def run(self, clips: Sequence[Clip]) -> Iterator[tuple[Clip, Mapping[str, Record]]]:
        """Run every stage on every clip; yields (clip, records by stage) in order of completion."""
        for clip in perceive(clips, self._crew, self._limits):
            records = {s.name: record for s in self._perceiving if (record := self._store.get(s.name, clip.id))}
            context = Context(clip, None, records)
            run_clip(self._deciding, context, self._store)
            yield clip, context.records


def decode_clip(config: Config, path: Path) -> Media:
    """Decode a file by the profile's `media` table."""
    return decode(path, media_settings(config.sections["media"]))


def media_settings(section: Mapping[str, Any]) -> MediaSettings:
    """The profile's `media` table, checked. Raises ConfigError."""
    if section["backend"] not in ("decord", "pyav"):
        raise ConfigError(f"media.backend is {section['backend']!r}", "decord or pyav")
    for key, least in (("fps", 0.1), ("max_frames", 1), ("max_side", 32), ("max_seconds", 1)):
        value = section[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
            raise ConfigError(f"media.{key} is {value!r}", f"a number, at least {least}")
    return MediaSettings(**section)


def _wired_stages(config: Config, wire: Wire) -> list[Stage]:
    """`perceiving_stages` for a process that has yet to choose its providers."""
    return perceiving_stages(config, wire(config.sections, config.models_dir))


def perceiving_stages(config: Config, specs: Mapping[str, ProviderSpec]) -> list[Stage]:
    """The stages that look at the decoded clip, in worker processes: media, transcribe, speech, face."""
    media_settings(config.sections["media"])
    media_key = settings_key("media", MEDIA_VERSION, config.sections["media"])
    stages = [Stage("media", config.sections["media"]["backend"], media_key, _media, inputs=_file)]
    for name, work, inputs in (
        ("transcribe", _transcribe, _file_and_sidecars),
        ("speech", _hear, _file),
        ("face", _watch, _file),
    ):
        spec = specs[name]
        key = settings_key(name, 1, [spec.fingerprint, media_key])
        stages.append(Stage(name, spec.name, key, partial(work, cache(spec.build)), ("media",), inputs))
    return stages


def _file(clip: Clip) -> Any:
    return [clip.sha256, clip.problem]


def _file_and_sidecars(clip: Clip) -> Any:
    sidecars = [[Path(sidecar.path).name, sidecar.sha256] for sidecar in clip.sidecars]
    return [clip.sha256, clip.problem, sidecars, clip.folder_language]


def _media(context: Context) -> MediaInfo:
    return context.media.info


def _transcribe(build: Callable[[], Transcriber], context: Context) -> Transcript:
    return build().transcribe(context.clip, context.media)


def _hear(build: Callable[[], SpeechEncoder], context: Context) -> SpeechFeatures:
    if context.media.audio is None:
        raise Absent(context.why_not("media") or "no audio track")
    return build().encode(context.media.audio)


def _watch(build: Callable[[], FaceTracker], context: Context) -> FaceTrack:
    if not context.media.frames:
        raise Absent(context.why_not("media") or "no picture track")
    track = build().track(context.media)
    if track.found_share == 0:
        raise Absent(f"no face found in {len(context.media.frames)} frames")
    return track
