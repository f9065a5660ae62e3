"""faster-whisper on a local folder: audio → words with times. The hub is never asked.

Only Chinese and English are recognised; the language is the likelier of the two, and what Whisper itself put first
among all its languages is kept as `detected_language`.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ClipError, ConfigError, StageUnavailable
from harness.types import SAMPLE_RATE, Clip, Language, Media, Segment, Transcript, Word
from models.transcripts.language import UNDECIDED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
INSTALL = "pip install faster-whisper==1.2.1"
COMPUTE = ("int8", "float32")
SPOKEN: tuple[Language, ...] = ("zh", "en")
# Of Whisper's sizes only large-v3 and its turbo know a hundredth language (Cantonese); they hear 128 mel bands.
_LANGUAGES_OF_128_MELS = 100
_PREPROCESSOR = "preprocessor_config.json"
_COPY = "copy the whole folder of the converted model, as published for faster-whisper"


class WhisperTranscriber:
    """A CTranslate2 Whisper model on the CPU.

    Greedy-safe settings: temperature 0 only (the default ladder samples), voice activity detection on, no
    conditioning on earlier text (it makes loops), word times on.

    Args:
        folder: the converted model.
        compute: `int8` or `float32`.
        threads: CPU threads; 0 leaves it to the library.
    """

    def __init__(self, folder: Path, compute: str = "int8", threads: int = 0) -> None:
        check_folder(folder)
        check_compute(compute)
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise StageUnavailable(f"faster-whisper cannot be imported: {error}", INSTALL) from error
        try:
            self._model: Any = WhisperModel(
                str(folder), device="cpu", compute_type=compute, cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise StageUnavailable(f"faster-whisper cannot load {folder}: {error}", _COPY) from error
        self._name = f"whisper:{folder.name}"
        self._check_loaded(folder)

    def transcribe(self, clip: Clip, media: Media) -> Transcript:
        """The words spoken in a clip; no segments when no speech is found.

        Raises:
            ClipError: when the clip has no audio track.
        """
        if media.audio is None or not len(media.audio):
            raise ClipError(f"{clip.id} has no audio to recognise words in", "add a sidecar .srt, .vtt or .txt")
        language, probability, detected = self._language(media.audio)
        if clip.folder_language is not None and probability < UNDECIDED:
            language = clip.folder_language
        found, _ = self._model.transcribe(
            media.audio,
            language=language,
            task="transcribe",
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            vad_filter=True,
            word_timestamps=True,
        )
        segments = tuple(_segments(found, len(media.audio) / SAMPLE_RATE))
        if not segments:
            # Of silence and noise Whisper still names a language, which then means nothing.
            return Transcript((), clip.folder_language, "und", None, f"{self._name}: no speech found")
        return Transcript(segments, language, detected, probability, self._name)

    def _language(self, audio: NDArray[np.float32]) -> tuple[Language, float, str]:
        """The likelier of zh and en, its probability among the two, and the likeliest of all languages."""
        detected, _, everything = self._model.detect_language(audio, vad_filter=True)
        of = dict(everything)
        total = sum(of.get(code, 0.0) for code in SPOKEN)
        language = max(SPOKEN, key=lambda code: of.get(code, 0.0))
        return language, (of.get(language, 0.0) / total if total else 0.5), str(detected)

    def _check_loaded(self, folder: Path) -> None:
        if not self._model.model.is_multilingual:
            raise StageUnavailable(
                f"{folder.name} takes every clip for English: it is an English-only model, or its vocabulary lacks "
                "the empty token by which CTranslate2 knows a multilingual one",
                "name a multilingual model",
            )
        bands, made = self._model.model.n_mels, self._model.feature_extractor.mel_filters.shape[0]
        if bands != made:
            raise StageUnavailable(f"{folder.name} hears {bands} mel bands but its {_PREPROCESSOR} makes {made}", _COPY)


def check_folder(folder: Path) -> Mapping[str, Path]:
    """Role → file of a converted Whisper model, without loading it.

    Raises:
        ConfigError: naming the file that is missing, and what goes wrong without it.
    """
    if not folder.is_dir():
        raise ConfigError(f"the Whisper folder {folder} is not there", "--set transcribe.whisper_model=DIR")
    needed = {
        "model.bin": "the weights",
        "config.json": "the converter's settings",
        "tokenizer.json": "without it faster-whisper would ask the hub",
    }
    files = {name: folder / name for name in needed}
    for name, why in needed.items():
        if not files[name].is_file():
            raise ConfigError(f"the Whisper folder {folder} lacks {name} ({why})", _COPY)
    vocabulary = [folder / name for name in ("vocabulary.json", "vocabulary.txt") if (folder / name).is_file()]
    if not vocabulary:
        raise ConfigError(f"the Whisper folder {folder} lacks vocabulary.json or vocabulary.txt", _COPY)
    files["vocabulary"] = vocabulary[0]
    if (folder / _PREPROCESSOR).is_file():
        files[_PREPROCESSOR] = folder / _PREPROCESSOR
    languages = _languages(files["config.json"])
    if not languages:
        raise ConfigError(
            f"{files['config.json']} names no language: an English-only model?", "name a multilingual one"
        )
    if languages >= _LANGUAGES_OF_128_MELS and _PREPROCESSOR not in files:
        raise ConfigError(f"the Whisper folder {folder} lacks {_PREPROCESSOR}: large-v3 hears 128 mel bands", _COPY)
    return files


def check_compute(compute: str) -> None:
    """ConfigError for a compute type that the CPU path does not offer."""
    if compute not in COMPUTE:
        raise ConfigError(f"transcribe.whisper_compute is {compute!r}", f"known: {', '.join(COMPUTE)}")


def check_installed() -> None:
    """ConfigError when faster-whisper is not installed."""
    if importlib.util.find_spec("faster_whisper") is None:
        raise ConfigError("transcribe.whisper_model needs faster-whisper, which is not installed", INSTALL)


def _languages(config: Path) -> int:
    """How many languages a converted model knows, by its config.json."""
    try:
        read = json.loads(config.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise ConfigError(f"{config} cannot be read: {error}", _COPY) from error
    return len(read.get("lang_ids") or ()) if isinstance(read, dict) else 0


def _segments(found: Iterable[Any], seconds: float) -> Iterable[Segment]:
    """Whisper's segments; a time that lies behind the end of the audio was not heard there and is not passed on."""
    for segment in found:
        words = tuple(
            Word(float(word.start), min(float(word.end), seconds), word.word.strip(), float(word.probability))
            for word in segment.words or ()
            if word.word.strip() and word.start < seconds
        )
        text = segment.text.strip()
        if text and segment.start < seconds:
            yield Segment(text, float(segment.start), min(float(segment.end), seconds), words)
        elif text:
            yield Segment(text)
