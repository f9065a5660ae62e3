"""The order of the stages, and what runs where. Knows protocols, no provider."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal, Protocol

from harness.config import Config
from harness.context import Context, Stage
from harness.engine.best_frames import best_times
from harness.engine.decide import asks_a_model, deciding_stages
from harness.engine.enhance import ENHANCED, decoding_table, enhance_stage, measured_on, watch
from harness.engine.outside import plugin_stages
from harness.engine.ray_engine import perceive_on_ray, require_ray
from harness.engine.runner import first_pending, first_without_record, run_clip, settings_key
from harness.engine.voices import Normalisation, normalisation
from harness.engine.voices import wanted as normalised_over_run
from harness.engine.workers import Limits, Perceiver, WorkerSetup, perceive, workers_that_fit
from harness.faults import Absent, ConfigError
from harness.inputs.sampling import Stretch
from harness.lazy import Lazy
from harness.media.decode import MediaSettings, decode, decode_stretches
from harness.media.loader import DECODING, EVERY_FRAME, MediaLoader
from harness.processes import ProcessLimits
from harness.records.body import BodyTrack
from harness.records.brief import BriefTrack
from harness.records.numbers import MOST_SECONDS, Number
from harness.records.store import Store
from harness.records.types import Clip, FaceTrack, Media, MediaInfo, Record, SpeechFeatures, Transcript
from models.base import BodyTracker, BriefMotions, ProviderSpec, Reasoner, SpeechEncoder, Transcriber


class ProviderChooser(Protocol):
    """Chooses the providers of a run, or of some of its stages. Picklable, and light: nothing is built by it."""

    def __call__(
        self, sections: Mapping[str, Mapping[str, Any]], models_dir: Path, stages: Collection[str] = ...
    ) -> Mapping[str, ProviderSpec]:
        """From the profile's sections and the models' folder: stage → spec."""
        ...


STAGES = (
    "media",
    "transcribe",
    "speech",
    "face",
    "text",
    "evidence",
    "argue",
    "reason",
    "parse",
    "emotions",
    "fuse",
    "attribute",
)
"""Of every run; `reask` and `early` come after them where the profile asks for them."""
WITH_PROVIDER = ("transcribe", "speech", "face", "enhance", "body", "brief", "opinions")
"""The perceiving stages that a provider does: all that a worker process has to choose."""
MEDIA_VERSION = 3
"""Raised by hand when decoding changes what it returns."""
MEDIA_NUMBERS = {
    "fps": Number(0.1, EVERY_FRAME),
    "max_frames": Number(1, 100_000, whole=True),
    "max_side": Number(32, 16_384, whole=True),
    "max_seconds": Number(1, MOST_SECONDS),
}
SENT_NUMBERS = {"frames": Number(1, 100_000, whole=True), "frame_side": Number(32, 16_384, whole=True)}

Judged = tuple[Clip, Mapping[str, Record]]


class Pipeline:
    """The stages of a run, chosen and checked; nothing has been built or started yet.

    Raises:
        ConfigError: a setting or a provider is not usable; says what mends it.
    """

    def __init__(self, config: Config, choose: ProviderChooser) -> None:
        log = str(config.supplements / "omni_server.log")
        self.specs = choose({**config.sections, "omni": {**config.sections["omni"], "log": log}}, config.models_dir)
        for spec in self.specs.values():
            if spec.verify is not None:
                spec.verify()
        if config.engine == "ray":
            require_ray()
        self.schedule = chosen_schedule(config)
        self._reasoner: Lazy[Reasoner] = Lazy(self.specs["reason"].build)
        self._perceiving = perceiving_stages(config, self.specs)
        self._deciding = deciding_stages(config, self.specs, self._reasoner)
        self._config = config
        self.voices = Normalisation(config.sections["speech"]["normalise"], 0, None)
        normalised_over_run(config, self.specs["speech"], 0)
        self._store = Store(config.records)
        self._setup = WorkerSetup(
            partial(_worker_stages, config, choose),
            partial(decode_clip, config),
            config.records,
            (__name__, *DECODING, *(name for spec in self.specs.values() for name in spec.imports)),
        )
        self._limits = Limits(
            config.workers, config.clip_time_limit, config.recycle_after, config.attempts, config.worker_bytes
        )
        self._loader = reasoner_media(config)
        self._deciding_alone = threading.Lock()
        self._threads = config.sections["omni"]["concurrency"] if asks_a_model(config) else 0

    def run(self, clips: Sequence[Clip], perceived_before: bool = False) -> Iterator[Judged]:
        """Run every stage on every clip; yields (clip, records by stage) in order of completion.

        With `perceived_before` no media are looked at: what was perceived lies in the store (see `unperceived`).

        Raises:
            ConfigError: a stage found that no clip can be worked on; what is done is kept.
        """
        perceived: Iterable[Clip] = clips if perceived_before else self._perceived(clips)
        judge = self.specs["speech"].judge
        together = judge is not None and normalised_over_run(self._config, self.specs["speech"], len(clips))
        if self.schedule == "staged" or together:
            perceived = list(perceived)
        if together and judge is not None:
            self.voices = normalisation(judge(), clips, self._store)
            self._deciding = deciding_stages(self._config, self.specs, self._reasoner, self.voices.world)
        try:
            yield from judged_in_threads(perceived, partial(self._judge, store=self._store), self._threads)
        finally:
            self.close()

    def _perceived(self, clips: Sequence[Clip]) -> Iterator[Clip]:
        elsewhere = None
        if self._config.engine == "ray":
            elsewhere = partial(perceive_on_ray, address=self._config.ray_address)
        return perceive(clips, self._setup, self._limits, elsewhere)

    def perceiver(self) -> Perceiver:
        """Workers that stay, for clips that come one by one; the caller ends them."""
        return Perceiver(self._setup, self._limits)

    def judge_one(self, clip: Clip, perceiver: Perceiver, records: Path) -> Mapping[str, Record]:
        """Every stage on one clip, into a store of its own: the records by stage, those of a run over this clip alone.

        For several threads. Deciding is done by one at a time, unless an omni model is waited for.

        Raises:
            ConfigError, StageUnavailable: as `Perceiver.perceive`.
        """
        perceiver.perceive(clip, records)
        with nullcontext() if self._threads else self._deciding_alone:
            return self._judge(clip, Store(records))[1]

    def stage_names(self) -> list[str]:
        """The stages of a single clip, in their order."""
        return [stage.name for stage in (*self._perceiving, *self._deciding)]

    def close(self) -> None:
        """End what `judge_one` started beside the workers: the reasoner's server, and what reads media for it."""
        self._loader.close()
        if self._reasoner.made is not None:
            self._reasoner.made.close()

    def unperceived(self, clips: Iterable[Clip]) -> Iterator[tuple[Clip, str]]:
        """The clips of which the store holds no record of this profile and code, each with the stage that it lacks."""
        for clip in clips:
            stage = first_without_record(self._perceiving, clip, self._store)
            if stage is not None:
                yield clip, stage.name

    def fingerprints(self) -> list[str]:
        """Of every stage, before the voices of the run have been heard."""
        return [stage.fingerprint for stage in (*self._perceiving, *self._deciding)]

    def complete(self, clips: Iterable[Clip]) -> bool:
        """Whether nothing is left to do, by reading back every record of every clip after `run`."""
        stages = [*self._perceiving, *self._deciding]
        return all(first_pending(stages, clip, self._store) is None for clip in clips)

    def facts(self) -> Mapping[str, Any]:
        """What the manifest says of the reasoner and of the order of work; empty without an omni model."""
        if not self._threads:
            return {}
        said = self._reasoner.made.facts() if self._reasoner.made is not None else {"asked": "nothing in this run"}
        return {"schedule": self.schedule, **said}

    def note(self) -> str:
        """How the work will be ordered, in words; empty without an omni model."""
        if not self._threads:
            return ""
        order = "once all clips are perceived" if self.schedule == "staged" else "while later clips are perceived"
        return f"schedule: {self.schedule}, the omni model answers {order}"

    def body_note(self) -> str:
        """How to have the body measured, where the profile does not; empty where it does."""
        if "body" in self.specs:
            return ""
        return "shoulders and hands are not measured: python -m models fetch body, then --set body.provider=pose"

    def _judge(self, clip: Clip, store: Store) -> Judged:
        records = {s.name: record for s in self._perceiving if (record := store.get(s.name, clip.id))}
        omni = self._config.sections["omni"]
        at: tuple[float, ...] = ()
        if omni["sampling"] == "best":
            at = best_times(records, omni["frames"], sent_media(self._config).stretch)
        context = Context(clip, None, records, self._loader.loader(clip, at))
        run_clip(self._deciding, context, store)
        return clip, context.records


def judged_in_threads(clips: Iterable[Clip], judge: Callable[[Clip], Judged], threads: int) -> Iterator[Judged]:
    """Judge each clip as soon as it is perceived, in up to `threads` threads (0: in this one).

    Threads do no more than wait for a server. What waits in line are names: a clip's media are read by its thread.
    """
    if not threads:
        yield from map(judge, clips)
        return
    pool = ThreadPoolExecutor(threads, "judge")
    running: set[Future[Judged]] = set()
    complete = False
    try:
        for clip in clips:
            running.add(pool.submit(judge, clip))
            finished = {future for future in running if future.done()}
            running -= finished
            yield from (future.result() for future in finished)
        while running:
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in finished)
        complete = True
    finally:  # after a fault nobody waits for the threads: the server is about to be ended under them
        pool.shutdown(wait=complete, cancel_futures=not complete)


def chosen_schedule(config: Config) -> str:
    """`streamed` or `staged`, as the profile says or as the machine suggests. Raises ConfigError."""
    wanted = config.sections["omni"]["schedule"]
    if wanted not in ("auto", "streamed", "staged"):
        raise ConfigError(f"omni.schedule is {wanted!r}", "auto, streamed or staged")
    if wanted != "auto":
        return str(wanted)
    shares = config.sections["omni"]["provider"] in ("vllm", "r1-omni", "r1-omni-vllm") and any(
        config.sections[stage]["provider"] == provider
        for stage, provider in (("transcribe", "whisper"), ("speech", "emotion2vec"))
    )
    return "staged" if shares and len(graphics_cards()) == 1 else "streamed"


def graphics_cards() -> list[Path]:
    """The NVIDIA GPUs of this machine, as their device files."""
    return sorted(Path("/dev").glob("nvidia[0-9]*"))


def reasoner_media(config: Config) -> MediaLoader:
    """What decodes the pictures and the sound for the reasoner."""
    workers = config.workers or max(1, workers_that_fit() // 2)
    return MediaLoader(
        sent_media(config), ProcessLimits(workers, config.clip_time_limit, config.recycle_after, config.worker_bytes)
    )


def sent_media(config: Config) -> MediaSettings:
    """How clips are decoded for the reasoner. ConfigError names the key of `omni` that is no fit."""
    omni = config.sections["omni"]
    for key, number in SENT_NUMBERS.items():
        if not number.holds(omni[key]):
            raise ConfigError(f"omni.{key} is {omni[key]!r}", number.allowed)
    section = {**config.sections["media"], "fps": EVERY_FRAME, "max_frames": omni["frames"]}
    sent = media_settings({**section, "max_side": omni["frame_side"]})
    if omni["sampling"] not in ("even", "middle", "best"):
        raise ConfigError(f"omni.sampling is {omni['sampling']!r}", "even, middle or best")
    usual: Literal["even", "middle"] = "even" if omni["sampling"] == "even" else "middle"  # `best` without a face
    return replace(sent, sampling=usual, stretch=_stretch(omni["start"], omni["end"]))


def _stretch(start: Any, end: Any) -> Stretch:
    """What of a clip the model is shown and hears. ConfigError for what is no stretch."""
    seconds = Number(0, MOST_SECONDS)
    if not seconds.holds(start):
        raise ConfigError(f"omni.start is {start!r}", seconds.allowed)
    if end is not None and not (seconds.holds(end) and end > start):
        raise ConfigError(f"omni.end is {end!r}", f"null for the clip's end, or a number of seconds above {start:g}")
    return Stretch(float(start), None if end is None else float(end))


def decode_clip(config: Config, path: Path) -> Media:
    """Decode a file by the profile's `media` table."""
    return decode(path, media_settings(config.sections["media"]))


def media_settings(section: Mapping[str, Any]) -> MediaSettings:
    """The profile's `media` table, checked. Raises ConfigError."""
    if section["backend"] not in ("decord", "pyav"):
        raise ConfigError(f"media.backend is {section['backend']!r}", "decord or pyav")
    for key, number in MEDIA_NUMBERS.items():
        if not number.holds(section[key]):
            raise ConfigError(f"media.{key} is {section[key]!r}", number.allowed)
    return MediaSettings(**decoding_table(section))


def _worker_stages(config: Config, choose: ProviderChooser) -> list[Stage]:
    """`perceiving_stages` for a process that has yet to choose its providers."""
    return perceiving_stages(config, choose(config.sections, config.models_dir, WITH_PROVIDER))


def perceiving_stages(config: Config, specs: Mapping[str, ProviderSpec]) -> list[Stage]:
    """The stages that look at the decoded clip, in worker processes, from `media` to `brief` and plug-ins."""
    table = config.sections["media"]
    decoding = media_settings(table)
    media_key = settings_key("media", MEDIA_VERSION, decoding_table(table))
    stages = [Stage("media", table["backend"], media_key, _media, inputs=_file)]
    for name, work, inputs in (
        ("transcribe", _transcribe, _file_and_sidecars),
        ("speech", _hear, _file),
        ("face", watch, _file),
    ):
        spec = specs[name]
        key = settings_key(name, 1, [spec.fingerprint, media_key])
        stages.append(Stage(name, spec.name, key, partial(work, cache(spec.build)), ("media",), inputs))
    evidence = measured_on(table)
    if "enhance" in specs:
        enhancer = cache(specs["enhance"].build)
        if evidence == ENHANCED:
            key = settings_key("face", 1, [specs["face"].fingerprint, media_key, specs["enhance"].fingerprint])
            stages[-1] = replace(
                stages[-1], fingerprint=key, run=partial(watch, cache(specs["face"].build), enhancer=enhancer)
            )
        stages.append(enhance_stage(specs["enhance"], enhancer, evidence, media_key, _file))
    if "body" in specs:
        key = settings_key("body", 1, [specs["body"].fingerprint, media_key])
        look = partial(_watch_body, cache(specs["body"].build))
        stages.append(Stage("body", specs["body"].name, key, look, ("media", "face"), _file))
    if "brief" in specs:
        key = settings_key("brief", 1, [specs["brief"].fingerprint, media_key])
        search = partial(_look_closely, cache(specs["brief"].build), decoding)
        stages.append(Stage("brief", specs["brief"].name, key, search, ("media", "speech", "face"), _file))
    return stages + plugin_stages(specs, config.space, media_key, _file)


def _file(clip: Clip) -> Any:
    return [clip.sha256, clip.problem, *([clip.sound.sha256] if clip.sound else [])]


def _file_and_sidecars(clip: Clip) -> Any:
    sidecars = [[Path(sidecar.path).name, sidecar.sha256] for sidecar in clip.sidecars]
    return [*_file(clip), sidecars, clip.folder_language]


def _media(context: Context) -> MediaInfo:
    return context.media.info


def _transcribe(build: Callable[[], Transcriber], context: Context) -> Transcript:
    return build().transcribe(context.clip, context.media)


def _hear(build: Callable[[], SpeechEncoder], context: Context) -> SpeechFeatures:
    if context.media.audio is None:
        raise Absent(context.why_not("media") or "no audio track")
    return build().encode(context.media.audio)


def _watch_body(build: Callable[[], BodyTracker], context: Context) -> BodyTrack:
    face = context.get("face", FaceTrack)
    if face is None:
        raise Absent(context.why_not("face") or "no face to look below", context.records["face"].remedy)
    track = build().track(context.media, face)
    if track.seen_share == 0:
        raise Absent(f"no shoulders seen in {len(track.times)} pictures")
    return track


def _look_closely(build: Callable[[], BriefMotions], settings: MediaSettings, context: Context) -> BriefTrack:
    face, info = context.get("face", FaceTrack), context.get("media", MediaInfo)
    if face is None or info is None or info.video is None:
        raise Absent(context.why_not("face") or "no picture track", context.records["face"].remedy)
    path = Path(context.clip.path)
    if not path.is_file():
        raise Absent("a window of live pictures is no file that could be decoded at its full rate")
    speech = context.get("speech", SpeechFeatures)
    spoken = speech.speech if speech is not None else ()
    return build().find(face, spoken, info.video.frame_rate or 0.0, partial(decode_stretches, path, settings))
