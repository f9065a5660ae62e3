"""The records that flow between the stages. Frozen, JSON-able, and free of any other module of ours.

Times are seconds from the start of the clip, unless a name says otherwise. A value that could not be measured is
None, never a stand-in number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Modality = Literal["text", "audio", "video"]
Language = Literal["zh", "en"]
Outcome = Literal["ok", "absent", "unavailable", "error"]
"""What a stage made of a clip: a result; nothing there to work on; no provider for it; a failure on this clip."""
ClipStatus = Literal["ok", "partial", "fallback"]

MODALITIES: tuple[Modality, ...] = ("text", "audio", "video")


@dataclass(frozen=True)
class Sidecar:
    """A transcript file beside a clip; `language` is what its name tells (zh, en, mul …), or empty."""

    path: str
    sha256: str
    language: str = ""


@dataclass(frozen=True)
class Clip:
    """One file to be judged. `id` is the ID of the submission: its name with extension, unless set otherwise.

    `problem` says why the file cannot be opened at all (zero bytes, unreadable, a link out of the folder); such a
    clip still gets its row.
    """

    id: str
    path: str
    sha256: str
    size: int
    sidecars: tuple[Sidecar, ...] = ()
    folder_language: Language | None = None
    problem: str = ""
    sound: Sidecar | None = None
    """The clip's other file (`audio/x.wav` of `video/x.mp4`); it is heard where the first has no sound."""


@dataclass(frozen=True)
class AudioInfo:
    """Facts about the audio track as decoded. Levels are dB relative to full scale."""

    codec: str
    sample_rate: int
    channels: int
    seconds: float
    damaged_packets: int
    peak_dbfs: float | None
    rms_dbfs: float | None
    mix: str = ""
    """How several channels became one, in words; empty for a single channel."""
    language: str = ""
    """The language that the container names for the track, as it is written there."""


@dataclass(frozen=True)
class VideoInfo:
    """Facts about the picture track. `width` × `height` are after rotation.

    `rotation` is degrees clockwise that were applied, after mirroring left to right where `mirrored`.
    """

    codec: str
    width: int
    height: int
    rotation: int
    frame_rate: float | None
    variable_frame_rate: bool
    seconds: float
    backend: str
    fallback_reason: str
    frame_times: tuple[float, ...]
    """Times of the frames that were chosen and decoded."""
    mirrored: bool = False


@dataclass(frozen=True)
class Word:
    """One word of a transcript, with the recogniser's probability where it has one."""

    start: float
    end: float
    text: str
    probability: float | None = None


@dataclass(frozen=True)
class Segment:
    """One line of a transcript. `start` and `end` are None where the source has no times (a .txt file).

    `source` says where the line comes from, in a transcript of several sources: `speech`, or `picture` (a subtitle).
    """

    text: str
    start: float | None = None
    end: float | None = None
    words: tuple[Word, ...] = ()
    source: str = ""


@dataclass(frozen=True)
class MediaInfo:
    """What a clip holds. `facts` are plain sentences on anything unusual (no audio, damaged packets, …)."""

    container: str
    seconds: float
    audio: AudioInfo | None
    video: VideoInfo | None
    subtitles: tuple[Segment, ...] = ()
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Frame:
    """One decoded picture, upright: `rgb` is (height, width, 3) uint8."""

    time: float
    rgb: NDArray[np.uint8]


@dataclass(frozen=True)
class Media:
    """A decoded clip, in memory for as long as the stages that need it run.

    `audio` is mono float32 at 16 kHz, shape (samples,), nominal range ±1; None without an audio track.
    """

    info: MediaInfo
    audio: NDArray[np.float32] | None
    frames: tuple[Frame, ...]


SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class Reason:
    """One feature's additive share in a head's score for a label (log-odds): the model's arithmetic, not a guess.

    `z` is how many standard deviations the value lies above the mean of the head's training data, where it has one.
    """

    feature: str
    value: float
    contribution: float
    z: float | None = None


@dataclass(frozen=True)
class Opinion:
    """A head's probabilities over a named label space, and the features that moved it most.

    `confidence` in 0..1 says how far the input allows an opinion at all (little speech, small or blurred face);
    it is not the largest probability. `strength` is the probability that the polarity is strong rather than weak, where
    that was measured; without it a polarity is split evenly.
    """

    space: str
    labels: tuple[str, ...]
    probabilities: tuple[float, ...]
    confidence: float = 1.0
    reasons: tuple[Reason, ...] = ()
    strength: float | None = None


@dataclass(frozen=True)
class Transcript:
    """The words of a clip.

    Attributes:
        segments: the words, line by line.
        language: what the clip is processed as.
        detected_language: what was found, of all languages.
        language_probability: of `language`, as the source has it: of all the languages that it knows.
        source: where the words come from, and what is doubtful about them.
        sounds: what the source describes besides the words (`掌声`, `♪`, `laughs`), with the times of their lines.
        certainty: share of the words that may be expected to be right, 0..1; None where a person wrote them.
        heard: what was recognised in the sound, where that is not what `segments` hold.
        seen: subtitles read in the picture.
    """

    segments: tuple[Segment, ...]
    language: Language | None
    detected_language: str
    language_probability: float | None
    source: str
    sounds: tuple[Segment, ...] = ()
    certainty: float | None = None
    heard: tuple[Segment, ...] = ()
    seen: tuple[Segment, ...] = ()

    @property
    def text(self) -> str:
        """All segments as one line."""
        return " ".join(segment.text.strip() for segment in self.segments if segment.text.strip())


@dataclass(frozen=True)
class TextFeatures:
    """What the words say by themselves; where reasons are effects of words, `shares` are the bag's.

    `emotions` is over emotion7, where there is a head for that.
    """

    opinion: Opinion
    shares: tuple[Reason, ...] = ()
    emotions: Opinion | None = None


@dataclass(frozen=True)
class Span:
    """A stretch of time."""

    start: float
    end: float


@dataclass(frozen=True)
class ProsodyTrack:
    """Frame-wise measurements, one value every `step` seconds from time 0; None where undefined (unvoiced F0)."""

    step: float
    f0_hz: tuple[float | None, ...]
    level_db: tuple[float, ...]


@dataclass(frozen=True)
class VocalEvent:
    """A stretch in which the voice leaves the clip's own baseline.

    `kind` is one of louder, softer, higher, lower, pause. `delta` is against the baseline, in `unit`
    (dB, semitones, s); `z` is delta over the baseline's robust spread.
    """

    kind: str
    start: float
    end: float
    delta: float
    unit: str
    z: float | None


@dataclass(frozen=True)
class Attachment:
    """An array in a file of its own beside the record, as .npy.

    Attributes:
        name: what it is (`embedding`); the file is called `<record>.<name>.npy`.
        sha256: of the file.
        shape: of the array.
        dtype: of the array, as numpy writes it.
        rate: rows per second; None when the array concerns the whole clip.
        content: the file's bytes on the way to the store; empty in a record.
    """

    name: str
    sha256: str
    shape: tuple[int, ...]
    dtype: str
    rate: float | None = None
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class SpeechFeatures:
    """How a clip sounds. `summary` holds named measurements with their unit in the name (f0_median_hz …).

    Where there is a head for each language, `opinion` is None and `by_language` holds what each of them says: which
    of them counts is known only when the clip's language is. `no_opinion` says why there is none where that is not
    the clip's doing. `layer` is the mean state of a middle layer of Whisper's encoder while someone speaks, if fetched.
    `likeness` is the share of voices held out in training that lay as far out. `emotions` is over a space of emotions.
    """

    speech: tuple[Span, ...]
    track: ProsodyTrack
    events: tuple[VocalEvent, ...]
    summary: Mapping[str, float | None]
    functionals: Mapping[str, float]
    opinion: Opinion | None
    embedding: Attachment | None = None
    by_language: Mapping[str, Opinion] = field(default_factory=dict)
    no_opinion: str = ""
    layer: tuple[float, ...] = ()
    likeness: float | None = None
    emotions: Opinion | None = None


@dataclass(frozen=True)
class Movement:
    """A face movement against the clip's own baseline, not an emotion.

    `kind` is one of mouth_corners_up/down, mouth_open, brows_up/down, head_nod, head_shake, head_turn, head_tilt,
    gaze_away, gaze_down. `delta` in `unit` ("eye distance" = fraction of the outer-eye distance, "deg", "ratio");
    `z` is delta over the baseline's robust spread.
    """

    kind: str
    start: float
    end: float
    delta: float
    unit: str
    z: float | None


@dataclass(frozen=True)
class FaceTrack:
    """The followed face. Tracks share `times`; None where the face was not found or too small to say.

    A box is (left, top, right, bottom) in pixels of the decoded frame.
    `eye_distance_px` is the median outer-eye distance; below 24 px `low_resolution` holds and neither movements nor
    an opinion are given. `no_opinion` says why there is none where that is not the clip's doing.
    """

    times: tuple[float, ...]
    boxes: tuple[tuple[float, float, float, float] | None, ...]
    tracks: Mapping[str, tuple[float | None, ...]]
    faces_max: int
    found_share: float
    eye_distance_px: float | None
    low_resolution: bool
    followed: str
    movements: tuple[Movement, ...]
    opinion: Opinion | None
    no_opinion: str = ""


@dataclass(frozen=True)
class Evidence:
    """One measured thing that happened. `value` in `unit`; `start`/`end` None when it concerns the whole clip."""

    modality: Modality
    kind: str
    value: float | None
    unit: str
    start: float | None = None
    end: float | None = None
    baseline: float | None = None
    z: float | None = None
    quote: str = ""


@dataclass(frozen=True)
class ClipEvidence:
    """All that is known of a clip when it is judged.

    Attributes:
        language: the transcript's language; None without a transcript.
        items: the evidence.
        sections: its rendering, `sections[language][modality]` is one paragraph of text.
        opinions: modality → what its head says.
        coverage: modality → share of the clip's time that the opinion rests on.
        missing: modality → why it says nothing.
        trust: modality → how far its input is what it seems, 0..1, where that is not certain: recognised words.
        emotions, no_emotions: modality → the emotions that its head reads, or why it names none.
    """

    language: Language | None
    items: tuple[Evidence, ...]
    sections: Mapping[str, Mapping[str, str]]
    opinions: Mapping[str, Opinion]
    coverage: Mapping[str, float]
    missing: Mapping[str, str]
    trust: Mapping[str, float] = field(default_factory=dict)
    emotions: Mapping[str, Opinion] = field(default_factory=dict)
    no_emotions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Record:
    """One (stage, clip) result as stored. `data` is the stage's payload as plain JSON values, None unless `ok`.

    `fingerprint` covers everything the result depends on; `digest` is the SHA-256 of outcome and data, which is what
    later stages depend on. `reason` and `remedy` explain every outcome but `ok`.
    """

    stage: str
    clip: str
    provider: str
    fingerprint: str
    outcome: Outcome
    data: Any = None
    reason: str = ""
    remedy: str = ""
    seconds: float = 0.0
    digest: str = field(default="")
