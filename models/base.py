"""What a provider must offer. The pipeline knows these protocols and nothing of who implements them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

from harness.records.body import BodyTrack
from harness.records.brief import BriefTrack
from harness.records.enhanced import EnhancedFace
from harness.records.types import (
    Clip,
    FaceTrack,
    Frame,
    Media,
    Opinion,
    Reason,
    Span,
    SpeechFeatures,
    TextFeatures,
    Transcript,
)
from harness.records.verdicts import Reasoning, ReasonRequest
from harness.records.voices import NormalisedVoice, World

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Transcriber(Protocol):
    """Clip → words. Raises ClipError on a bad clip, StageUnavailable when it has no way to know the words."""

    def transcribe(self, clip: Clip, media: Media) -> Transcript: ...


class TextReader(Protocol):
    """Words → what they say by themselves."""

    def read(self, transcript: Transcript) -> TextFeatures: ...


class SpeechEncoder(Protocol):
    """16 kHz mono audio, shape (samples,) float32 → how it sounds."""

    def encode(self, audio: NDArray[np.float32]) -> SpeechFeatures: ...


class SpeechJudge(Protocol):
    """Voices of a whole run → what each says among them. No label of the run is looked at."""

    def world(self, heard: Iterable[SpeechFeatures]) -> World: ...

    def judge(self, heard: SpeechFeatures, world: World) -> NormalisedVoice: ...


class FaceTracker(Protocol):
    """Upright frames in time order (and the audio, to tell who talks) → the followed face."""

    def track(self, media: Media) -> FaceTrack: ...


class OutsideNet(Protocol):
    """A clip, decoded → what a net of someone else's says of it, over the labels of a known space.

    Raises ClipError on a bad clip, Absent where the clip holds nothing for it.
    """

    def judge(self, clip: Clip, media: Media) -> Opinion: ...


OUTSIDE = "opinion-"
"""What the stages of outside sources begin with."""


class BodyTracker(Protocol):
    """Upright frames in time order and the face that was followed in them → shoulders and hands below it."""

    def track(self, media: Media, face: FaceTrack) -> BodyTrack: ...


class PictureEnhancer(Protocol):
    """Upright frames and the face that was followed in them → the same enhanced, or what that changes.

    Raises ClipError where nothing comes of it, Absent where the face is not seen well enough, StageUnavailable when
    built without its net.
    """

    def media(self, media: Media, face: FaceTrack) -> Media: ...

    def compare(self, media: Media, face: FaceTrack, evidence: str) -> EnhancedFace: ...


DecodeStretches = Callable[[Sequence[tuple[float, float]]], Iterable[tuple[Frame, ...]]]
"""Stretches of a clip (start, end), s → every picture of each, upright and of the size that other stages see."""


class BriefMotions(Protocol):
    """The followed face, where there is speech, and what decodes at full rate → brief motions, as candidates.

    Raises Absent where the clip has too few frames a second, or the face is too small.
    """

    def find(
        self, face: FaceTrack, speech: Sequence[Span], frame_rate: float, decode: DecodeStretches
    ) -> BriefTrack: ...


LoadMedia = Callable[[], Media]
"""Decodes a clip for a reasoner that looks at it: the frames and the sound that the profile wants sent."""


class Reasoner(Protocol):
    """Evidence → raw text with <think>…</think><answer>…</answer>. Called from several threads at once."""

    def begin(self) -> None:
        """Make ready what it needs, as the first clip would. Raises ConfigError when that cannot be had."""
        ...

    def reason(self, request: ReasonRequest, load_media: LoadMedia) -> Reasoning:
        """The reply on one clip. `load_media` is called only when a request is about to be sent.

        Raises:
            ClipError: no usable reply on this clip; the reason names what was tried.
            StageUnavailable: no server to ask.
        """
        ...

    def after(self, request: ReasonRequest, load_media: LoadMedia, think: str) -> tuple[float, ...] | None:
        """P(label) over `request.answers` if the reasoning were `think`; None where that cannot be known.

        Raises as `reason` does.
        """
        ...

    def facts(self) -> Mapping[str, Any]:
        """What answered, for the manifest: versions, command, restarts; empty when there is nothing to say."""
        ...

    def close(self) -> None:
        """End what was started."""
        ...


@dataclass(frozen=True)
class ProviderSpec:
    """A provider that has been chosen but not yet built.

    Attributes:
        stage: the stage it serves.
        name: how records and profiles call it.
        fingerprint: SHA-256 over its settings, its own version and every model file it reads.
        build: makes the provider; heavy imports happen here. Must be picklable.
        files: role → SHA-256 of each model file that it reads.
        verify: looks into the model files before any clip is touched, without keeping them; raises ConfigError.
            None where the presence of the files, which `spec` has checked, is all there is to check.
        lacks: what it does without, since that has not been fetched, and the command that fetches it; empty when it
            lacks nothing.
        judge: of the speech stage, makes what judges voices that are normalised over the run; None where nothing does.
        imports: modules that its work takes long to import, for a process from which workers are forked. None of them
            starts a thread when it is imported.
    """

    stage: str
    name: str
    fingerprint: str
    build: Callable[[], Any]
    files: Mapping[str, str] = field(default_factory=dict)
    verify: Callable[[], None] | None = None
    lacks: str = ""
    judge: Callable[[], SpeechJudge] | None = None
    imports: tuple[str, ...] = ()


class Head(Protocol):
    """A small trained classifier, scikit-learn style. Saved as JSON + safetensors, never as pickle.

    `x` is a feature matrix (samples, features) float, columns as in `feature_names`; text heads take a sequence of
    strings instead.
    """

    labels: tuple[str, ...]
    space: str

    def fit(self, x: Any, y: Sequence[str], groups: Sequence[str] | None = None) -> Self: ...

    def predict_proba(self, x: Any) -> NDArray[np.float64]:
        """Probabilities, shape (samples, labels), rows sum to 1."""
        ...

    def contributions(self, x: Any, label: str, top: int = 5) -> list[tuple[Reason, ...]]:
        """For each sample, the features with the largest additive share in the log-odds of `label`."""
        ...

    def save(self, folder: Path) -> None: ...

    @classmethod
    def load(cls, folder: Path) -> Self: ...


ProviderFactory = Callable[[Mapping[str, Any]], ProviderSpec]
"""Settings of a stage (from the profile, plus `models_dir`) → the chosen provider. Light: no heavy import, no model
loaded. Raises ConfigError naming the command that fetches what is missing."""
