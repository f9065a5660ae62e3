"""A few seconds of sound and pictures, judged by the stages of a run, but for where words come from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.config import Config
from harness.context import Context, Stage
from harness.engine.decide import asks_a_model, deciding_stages
from harness.engine.pipeline import perceiving_stages
from harness.engine.runner import run_stage
from harness.faults import Absent, ConfigError
from harness.lazy import Lazy
from harness.records.store import storable
from harness.records.types import SAMPLE_RATE, AudioInfo, Clip, Frame, Media, MediaInfo, Record, Transcript, VideoInfo
from harness.service.engine import Profile, result_of
from models.registry import choose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SHOWN = {
    "audio": ("f0_median_hz", "level_range_db", "speaking_rate_syllables_per_s", "speech_seconds"),
    "video": (
        "mouth_corners_up",
        "mouth_corners_down",
        "mouth_open",
        "brows_up",
        "brows_down",
        "head_turn",
        "head_tilt",
    ),
}
"""Measurements that a window shows besides its probabilities, as the evidence names them."""

LISTENER_NICE = 5
MOST_FRAMES = 40
MOST_SIDE = 640


@dataclass(frozen=True)
class Window:
    """Sound and pictures of [start, end) seconds of a source, as they came.

    `frames` count from the window's start. `audio` is mono at 16 kHz, None where the source has none.
    """

    start: float
    end: float
    audio: NDArray[np.float32] | None
    frames: tuple[Frame, ...]

    def media(self) -> Media:
        """The window as a decoded clip."""
        seconds = self.end - self.start
        sound = picture = None
        if self.audio is not None and len(self.audio):
            held = len(self.audio) / SAMPLE_RATE
            sound = AudioInfo("live", SAMPLE_RATE, 1, held, 0, _decibels(self.audio, peak=True), _decibels(self.audio))
        if self.frames:
            height, width = self.frames[0].rgb.shape[:2]
            times = tuple(frame.time for frame in self.frames)
            picture = VideoInfo("live", width, height, 0, None, True, seconds, "live", "", times)
        return Media(MediaInfo("live", seconds, sound, picture), self.audio if sound else None, self.frames)


@dataclass(frozen=True)
class Judgement:
    """What a window came to: `result` as of a clip, the measurements that are shown, and the words that it held."""

    start: float
    end: float
    result: Mapping[str, Any]
    measured: Mapping[str, float]
    words: str


def checked(profile: Profile, scratch: Path) -> Config:
    """The profile's settings. ConfigError for one whose omni model would be asked twice a second."""
    config = profile.config(scratch)
    if asks_a_model(config):
        raise ConfigError(
            f"the profile {config.profile} asks an omni model, which no live source waits for", "--profile embedded"
        )
    return config


class Judge:
    """The stages of a run over windows, made once. For a process of its own."""

    def __init__(self, config: Config) -> None:
        specs = choose(config.sections, config.models_dir)
        self._transcript: Transcript | None = None
        self._stages: Sequence[Stage] = [
            replace(stage, run=self._words) if stage.name == "transcribe" else stage
            for stage in (
                *perceiving_stages(config, specs),
                *deciding_stages(config, specs, Lazy(specs["reason"].build)),
            )
        ]
        self._default = config.default_label

    def judge(self, window: Window, transcript: Transcript | None) -> Judgement:
        """Every stage over a window, with the words that were recognised so far."""
        self._transcript = transcript
        media = window.media()
        # A clip of its own to every stage that remembers what it has read.
        name = hashlib.sha256(f"{window.start}-{window.end}".encode()).hexdigest()
        context = Context(Clip("live", "live", name, 1), lambda path: media)
        for stage in self._stages:
            context.records[stage.name] = run_stage(stage, context)
        plain = {name: replace(record, data=storable(record.data)) for name, record in context.records.items()}
        words = transcript.text if transcript is not None else ""
        result = result_of(plain, self._default)
        return Judgement(window.start, window.end, result, measured(plain["evidence"]), words)

    def _words(self, context: Context) -> Transcript:
        if self._transcript is None or not self._transcript.segments:
            raise Absent("no words were recognised in this window yet")
        return self._transcript


def described(judgement: Judgement) -> dict[str, Any]:
    """A judgement as plain values."""
    times = {"start": judgement.start, "end": judgement.end}
    return {**times, "measured": dict(judgement.measured), "words": judgement.words, **judgement.result}


def measured(evidence: Record) -> dict[str, float]:
    """The shown measurements; of an event that occurs several times the strongest."""
    found: dict[str, float] = {}
    for item in evidence.data["items"] if evidence.outcome == "ok" else ():
        kind, value = item["kind"], item["value"]
        if kind in SHOWN.get(item["modality"], ()) and value is not None:
            found[kind] = max(found.get(kind, value), value, key=abs)
    return found


def _decibels(audio: NDArray[np.float32], peak: bool = False) -> float:
    import numpy as np

    level = float(np.abs(audio).max()) if peak else float(np.sqrt(np.mean(np.square(audio, dtype=np.float64))))
    return round(20 * float(np.log10(max(level, 1e-6))), 2)


@cache
def _judge(config_key: str) -> Judge:
    return Judge(_configs[config_key])


@cache
def _recogniser(config_key: str) -> Any:
    config = _configs[config_key]
    return choose(config.sections, config.models_dir, ("transcribe",))["transcribe"].build()


def no_words(config: Config) -> str:
    """Why the profile recognises no words, and what mends it; empty where it does."""
    return choose(config.sections, config.models_dir, ("transcribe",))["transcribe"].lacks


_configs: dict[str, Config] = {}
_KEY = "live"


def start_process(config: Config) -> None:
    """What a process for `judge_window` or `recognise` does first."""
    _configs[_KEY] = config


def start_listener(config: Config) -> None:
    """The same for a process that recognises words: it yields to the one that judges."""
    os.nice(LISTENER_NICE)
    start_process(config)


def judge_window(window: Window, transcript: Transcript | None) -> Judgement:
    """`Judge.judge` in a process that was started with `start_process`."""
    return _judge(_KEY).judge(window, transcript)


def judge_sent(
    sound: bytes,
    pictures: Sequence[bytes],
    times: Sequence[float],
    start: float,
    end: float,
    words: Transcript | None,
) -> Judgement:
    """The same for a window that came as a WAV file and JPEG pictures. ValueError for what is neither."""
    frames = tuple(Frame(at, _picture(jpeg)) for at, jpeg in zip(times, pictures, strict=True))
    return judge_window(Window(start, end, _samples(sound) if sound else None, frames), words)


def recognise_sent(sound: bytes, start: float, end: float) -> Transcript:
    """`recognise` for sound that came as a WAV file. ValueError for what is none."""
    return recognise(Window(start, end, _samples(sound), ()))


def _picture(jpeg: bytes) -> NDArray[np.uint8]:
    import cv2
    import numpy as np

    if not jpeg.startswith(b"\xff\xd8"):
        raise ValueError("a picture is no JPEG")
    bgr = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        raise ValueError("a picture is damaged")
    if max(bgr.shape[:2]) > MOST_SIDE or min(bgr.shape[:2]) < 16:
        raise ValueError(f"a picture has 16 to {MOST_SIDE} pixels a side")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def _samples(sound: bytes) -> NDArray[np.float32]:
    import io
    import wave

    import numpy as np

    try:
        with wave.open(io.BytesIO(sound)) as heard:
            kind = heard.getnchannels(), heard.getsampwidth(), heard.getframerate()
            samples = np.frombuffer(heard.readframes(10 * SAMPLE_RATE), "<i2") if kind[1] == 2 else None
    except (wave.Error, EOFError) as fault:
        raise ValueError(f"the sound is no WAV: {fault}") from None
    if samples is None or kind != (1, 2, SAMPLE_RATE):
        raise ValueError("the sound has to be mono, 16 bit, 16 kHz")
    return (samples / 32768).astype(np.float32)


def recognise(window: Window) -> Transcript:
    """The words of a window by the profile's recogniser, with their times counted from the source's start."""
    media = window.media()
    heard: Transcript = _recogniser(_KEY).transcribe(Clip("live", "live", "live", 1), media)
    return moved(heard, window.start)


def moved(transcript: Transcript, by: float) -> Transcript:
    """A transcript with its times moved by so many seconds."""
    segments = tuple(
        replace(
            line,
            start=None if line.start is None else line.start + by,
            end=None if line.end is None else line.end + by,
            words=tuple(replace(word, start=word.start + by, end=word.end + by) for word in line.words),
        )
        for line in transcript.segments
    )
    return replace(transcript, segments=segments, heard=(), seen=())


def within(transcript: Transcript | None, start: float, end: float) -> Transcript | None:
    """The words of [start, end), counted from `start`; None where there are none."""
    if transcript is None:
        return None
    kept = []
    for line in transcript.segments:
        words = tuple(word for word in line.words if start <= (word.start + word.end) / 2 < end)
        if words:
            gap = "" if transcript.language == "zh" else " "
            text = gap.join(word.text.strip() for word in words)
            kept.append(replace(line, text=text, start=words[0].start, end=words[-1].end, words=words))
    return moved(replace(transcript, segments=tuple(kept)), -start) if kept else None
