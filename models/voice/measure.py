"""How a clip sounds, measured with numpy and scipy: prosody, vocal events, and the opinion of a small head."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ClipError, ConfigError
from harness.records.types import SAMPLE_RATE, Opinion, ProsodyTrack, SpeechFeatures
from harness.records.voices import NormalisedVoice, World
from models.base import ProviderSpec
from models.fingerprint import digests, fingerprint, mismatches
from models.folders import LEFT_OUT, WEIGHTS, WHY_LEFT_OUT, default_models_dir
from models.heads.files import DAMAGED
from models.transcription import files

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from models.heads.linear import LinearHead
    from models.voice.head import VoiceHead
    from models.voice.prosody.voice import Voice
    from models.voice.whisper.encoder import Encoder

NAME = "prosody"
VERSION = 5
HEAD = WEIGHTS / "speech"
PROSODY, LAYERS = "prosody", "layers"
"""Folders of the heads of `models/voice/head.py` within it: over prosody, and over prosody and Whisper's layer."""
ENCODERS = ("auto", "whisper", LEFT_OUT)
"""`speech.encoder`: Whisper's layer where it has been fetched, Whisper's or an error, or prosody alone."""
AROUSAL = "arousal"
"""Folder of the arousal head within that of the polarity head."""
MIN_AUDIO = 0.025
MIN_SPEECH = 0.3
"""Speech (s) below which the head is not asked."""
FULL_SPEECH, FULL_SNR = 2.0, 20.0
TRACK_EVERY = 2
REASONS = 5
IMPORTS = ("models.voice.prosody.voice", "models.voice.head", "scipy.fft", "scipy.ndimage", "scipy.linalg.blas")
ENCODER_IMPORTS = ("models.voice.whisper.encoder", "scipy.special")


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """The `prosody` provider of the speech stage.

    `weights` is a head's folder, None the one that ships, `none` leaves it out: the voice is measured, not judged.
    `encoder` says whether Whisper's middle layer is heard as well: see `ENCODERS`.
    """
    if settings.get("weights") == LEFT_OUT:
        mark = fingerprint(NAME, VERSION, {"weights": LEFT_OUT}, {})
        return ProviderSpec("speech", NAME, mark, partial(ProsodyEncoder, None), imports=IMPORTS)
    folder = Path(settings.get("weights") or HEAD)
    own = {name: folder / name for name in ("head.json", "head.safetensors")}
    missing = [str(path) for path in own.values() if not path.is_file()]
    if missing:
        raise ConfigError(
            f"speech head not found: {', '.join(missing)}",
            f"python -m models train speech --data FILE.csv --out {folder}",
        )
    whisper, lacks = chosen_whisper(folder, settings.get("encoder"), settings.get("models_dir"))
    parts = (AROUSAL, PROSODY, *((LAYERS,) if whisper else ()))
    read = own | {
        f"{part}/{name}": folder / part / name for part in parts for name in own if (folder / part / name).is_file()
    }
    if whisper:
        read["whisper"] = whisper
    mark = fingerprint(NAME, VERSION, {}, read)
    build = partial(ProsodyEncoder, folder, whisper)
    judge = judge_of(folder, whisper is not None)
    imports = (*IMPORTS, *(ENCODER_IMPORTS if whisper else ()))
    return ProviderSpec("speech", NAME, mark, build, digests(read), lacks=lacks, judge=judge, imports=imports)


def judge_of(folder: Path, layered: bool) -> Callable[[], VoiceJudge] | None:
    """What judges voices that are normalised over a run: the head over Whisper's layer where it is heard."""
    for part in (LAYERS, PROSODY) if layered else (PROSODY,):
        if (folder / part / "head.json").is_file():
            return partial(VoiceJudge, folder / part)
    return None


def chosen_whisper(folder: Path, wanted: Any, models_dir: Any) -> tuple[Path | None, str]:
    """Whisper base's weights for the heads in `folder`, or None and, under `auto`, what is missed without them.

    Raises:
        ConfigError: `wanted` is unknown, or is whisper and cannot be had.
    """
    wanted = "auto" if wanted is None else wanted
    if wanted not in ENCODERS:
        raise ConfigError(f"speech.encoder is {wanted!r}", ", ".join(ENCODERS))
    trained = (folder / LAYERS / "head.json").is_file()
    if wanted == LEFT_OUT or (wanted == "auto" and not trained):
        return None, ""
    if not trained:
        raise ConfigError(f"{folder} holds no head over Whisper's layer ({LAYERS}/)", "python -m models train voice")
    place = Path(models_dir or default_models_dir()) / files.WHISPER
    sums = files.whisper_sums(place)
    if wrong := mismatches(place, {"model.bin": sums["model.bin"]}):
        if wanted == "whisper" or (place / "model.bin").is_file():
            raise ConfigError(f"Whisper base in {place}: {', '.join(wrong)}", f"run: {files.COMMAND}")
        return None, f"voices are heard by their prosody alone, since Whisper base is not there: {files.COMMAND}"
    return place / "model.bin", ""


class VoiceJudge:
    """What voices say once they are normalised over a run.

    Args:
        folder: of a head of `models/voice/head.py`.
    """

    def __init__(self, folder: Path) -> None:
        self._head = load_voice_head(folder)

    def world(self, heard: Iterable[SpeechFeatures]) -> World:
        """Mean and spread of the voices that can be judged; `clips` says how many these are."""
        from models.voice.head import world_of

        return world_of(self._head.names, (row for one in heard if (row := self._row(one)) is not None))

    def judge(self, heard: SpeechFeatures, world: World) -> NormalisedVoice:
        """The opinion on one voice of the run."""
        if self._row(heard) is None:
            return NormalisedVoice(world.clips, None, None)
        sure = sureness(heard.summary)
        found = self._head.opinion(heard, sure, world)
        assert found is not None
        return NormalisedVoice(world.clips, *found, self._head.emotions(heard, sure, world))

    def _row(self, heard: SpeechFeatures) -> NDArray[np.float64] | None:
        enough = (heard.summary.get("speech_seconds") or 0.0) >= MIN_SPEECH
        return self._head.row(heard) if enough else None


def load_voice_head(folder: Path) -> VoiceHead:
    """The head in `folder`. ConfigError when it cannot be used."""
    from models.voice.head import VoiceHead

    try:
        return VoiceHead.load(folder)
    except DAMAGED as error:
        raise ConfigError(f"voice head in {folder} cannot be read: {error}", "python -m models train voice") from error


class ProsodyEncoder:
    """Measures prosody, and asks heads for the polarity of the voice and for its arousal.

    By itself a voice is judged by its prosody, normalised by the training data; Whisper's layer, which helps only
    among voices of one world, is kept for when the run's voices are normalised together.

    Args:
        weights: folder of the heads, None for none.
        whisper: `model.bin` of Whisper base, None where its layer is not heard.

    Raises:
        ConfigError: the folder does not hold a head, or a file cannot be read.
    """

    def __init__(self, weights: Path | None = HEAD, whisper: Path | None = None) -> None:
        from models.heads.linear import LinearHead
        from models.voice.prosody.names import functional_names

        try:
            self._given = LinearHead.load(weights) if weights else None
            aroused = weights and (weights / AROUSAL / "head.json").is_file()
            self._arousal = LinearHead.load(weights / AROUSAL) if weights and aroused else None
        except DAMAGED as error:
            raise ConfigError(
                f"speech head in {weights} cannot be read: {error}",
                f"python -m models train speech --data FILE.csv --out {weights}",
            ) from error
        read = self._given.feature_names if self._given is not None else ()
        if unknown := sorted(set(read) - set(functional_names())):
            raise ConfigError(
                f"speech head in {weights} reads {', '.join(unknown[:3])}, which is not measured here",
                "extract its features with --provider prosody and without --bands",
            )
        limited = weights is not None and (weights / PROSODY / "head.json").is_file()
        self._limited = load_voice_head(weights / PROSODY) if weights is not None and limited else None
        self._whisper: Encoder | None = None
        if whisper is not None:
            from models.voice.whisper.encoder import Encoder

            try:
                self._whisper = Encoder(whisper)
            except DAMAGED as error:
                raise ConfigError(f"{whisper} cannot be read: {error}", f"run: {files.COMMAND}") from error

    @property
    def _head(self) -> LinearHead:
        if self._given is None:
            raise ConfigError("this encoder has no head", "--set speech.weights=DIR")
        return self._given

    @property
    def space(self) -> str:
        """Name of the head's label space."""
        return self._head.space

    @property
    def labels(self) -> tuple[str, ...]:
        """Its labels, in the order of the probabilities."""
        return self._head.labels

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The functionals that the head reads."""
        return self._head.feature_names

    def encode(self, audio: NDArray[np.float32]) -> SpeechFeatures:
        """Measure 16 kHz mono audio, shape (samples,).

        No opinion is given on less than 0.3 s of speech. ClipError on audio that is shorter than 25 ms, has another
        shape, or holds values that are not finite.
        """
        from models.voice.prosody.events import find_events
        from models.voice.prosody.functionals import functionals
        from models.voice.prosody.music import held_tones
        from models.voice.prosody.voice import measure

        voice = measure(checked(audio))
        # The head sees the numbers that are recorded, so that an opinion can be computed again from its record.
        features = {name: float(f"{value:.6g}") for name, value in functionals(voice).items()}
        measured = {**_summary(voice, features), "held_tones": held_tones(audio) if voice.speech else None}
        heard = SpeechFeatures(
            speech=voice.speech,
            track=_track(voice),
            events=find_events(voice),
            summary=measured,
            functionals=features,
            opinion=None,
            no_opinion=WHY_LEFT_OUT if self._given is None else "",
            layer=self._layer(audio, voice) if features else (),
        )
        return heard if self._given is None else self._judged(voice, heard)

    def _judged(self, voice: Voice, heard: SpeechFeatures) -> SpeechFeatures:
        """The same with an opinion, where there is enough speech for one."""
        opinion, likeness, felt = self._opinion(voice, heard.functionals), None, None
        if opinion is not None and self._limited is not None:
            found = self._limited.opinion(heard, sureness(heard.summary), None)
            opinion, likeness = found if found is not None else (opinion, None)
            felt = self._limited.emotions(heard, sureness(heard.summary), None)
        if opinion is None or opinion.strength is None:
            return replace(heard, opinion=opinion, likeness=likeness, emotions=felt)
        summary = {**heard.summary, "arousal_probability": round(opinion.strength, 3)}
        return replace(heard, summary=summary, opinion=opinion, likeness=likeness, emotions=felt)

    def _layer(self, audio: NDArray[np.float32], voice: Voice) -> tuple[float, ...]:
        """Mean state of Whisper's layer while someone speaks, to five digits; empty where it is not heard."""
        if self._whisper is None:
            return ()
        from models.voice.whisper.encoder import LAYER

        states = self._whisper.means(audio, [(span.start, span.end) for span in voice.speech], (LAYER,))
        return () if states is None else tuple(float(f"{value:.5g}") for value in states[0])

    def _opinion(self, voice: Voice, features: Mapping[str, float]) -> Opinion | None:
        if voice.speech_seconds < MIN_SPEECH or not features:
            return None
        row = [[features.get(name, float("nan")) for name in self._head.feature_names]]
        probabilities = tuple(float(p) for p in self._head.predict_proba(row)[0])
        winner = self._head.labels[max(range(len(probabilities)), key=probabilities.__getitem__)]
        reasons, _ = self._head.explain(row[0], winner)
        strength = None
        if self._arousal is not None:
            # How strong an emotion is, is told from how aroused the voice is: that travels between corpora (the card).
            heard = [[features.get(name, float("nan")) for name in self._arousal.feature_names]]
            strength = float(self._arousal.predict_proba(heard)[0, self._arousal.labels.index("high")])
        sure = confidence(voice)
        return Opinion(self._head.space, self._head.labels, probabilities, sure, reasons[:REASONS], strength)


def checked(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """The audio itself, if it is finite, mono, and at least 25 ms long; else ClipError."""
    import numpy as np

    if audio.ndim != 1:
        raise ClipError(
            f"speech: audio of shape {audio.shape}, expected mono (samples,)", "the decoder has to give one channel"
        )
    if len(audio) < MIN_AUDIO * SAMPLE_RATE:
        raise ClipError(
            f"speech: {1000 * len(audio) / SAMPLE_RATE:.1f} ms of audio, at least 25 ms are needed",
            "the clip is too short to be heard; other modalities judge it",
        )
    if not np.isfinite(audio).all():
        raise ClipError(
            "speech: the audio holds values that are not finite", "export the clip again, with sound of whole numbers"
        )
    return audio


def sureness(summary: Mapping[str, float | None]) -> float:
    """`confidence`, from what was recorded of a voice."""
    clean = min(1.0, max(0.0, (summary.get("snr_db") or 0.0) / FULL_SNR))
    return round(min(1.0, (summary.get("speech_seconds") or 0.0) / FULL_SPEECH) * clean, 3)


def confidence(voice: Voice) -> float:
    """How far the sound allows an opinion: min(1, speech / 2 s) · min(1, SNR / 20 dB), in 0..1."""
    clean = min(1.0, max(0.0, (voice.snr_db or 0.0) / FULL_SNR))
    return round(min(1.0, voice.speech_seconds / FULL_SPEECH) * clean, 3)


def _track(voice: Voice) -> ProsodyTrack:
    """Every second frame; F0 only within speech."""
    import numpy as np

    from models.voice.prosody.frames import STEP

    f0 = np.where(voice.voiced, voice.pitch.f0_hz, np.nan)[::TRACK_EVERY]
    return ProsodyTrack(
        step=round(STEP * TRACK_EVERY, 3),
        f0_hz=tuple(None if np.isnan(value) else round(float(value), 1) for value in f0),
        level_db=tuple(round(float(value), 1) for value in voice.frames.level_db[::TRACK_EVERY]),
    )


def _summary(voice: Voice, features: Mapping[str, float]) -> dict[str, float | None]:
    """Named measurements with units; None where the clip does not let them be measured."""
    import numpy as np

    level = voice.frames.level_db[voice.active]
    seconds = voice.speech_seconds
    values: dict[str, float | None] = {
        "f0_median_hz": float(np.median(voice.pitch.f0_hz[voice.voiced])) if features else None,
        "f0_range_semitones": features.get("f0_range_st"),
        "level_median_db": float(np.median(level)) if len(level) else None,
        "level_range_db": float(np.subtract(*np.quantile(level, [0.9, 0.1]))) if len(level) else None,
        "speech_seconds": seconds,
        "voiced_share": features.get("voiced_share"),
        "speaking_rate_syllables_per_s": len(voice.syllables) / seconds if seconds >= MIN_SPEECH else None,
        "pause_seconds": sum(pause.end - pause.start for pause in voice.pauses) if seconds else None,
        "pause_count": float(len(voice.pauses)) if seconds else None,
        "hnr_db": features.get("hnr_mean_db"),
        "f0_perturbation_percent": features.get("f0_perturbation_percent"),
        "spectral_slope_0_500_db_per_khz": features.get("slope_0_500_mean"),
        "spectral_slope_500_1500_db_per_khz": features.get("slope_500_1500_mean"),
        "alpha_ratio_db": features.get("alpha_ratio_db_mean"),
        "hammarberg_db": features.get("hammarberg_db_mean"),
        "spectral_centroid_hz": features.get("centroid_hz_mean"),
        "snr_db": voice.snr_db,
    }
    return {name: None if value is None else round(value, 3) for name, value in values.items()}
