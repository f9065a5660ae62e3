"""faster-whisper on a local folder: audio → words with times. The hub is never asked.

Only Chinese and English are recognised; the language is the likelier of the two, and what Whisper itself put first
among all its languages is kept as `detected_language`. Chinese comes out in simplified characters, by OpenCC after
recognition: a prompt would steer the recognition itself, and turns up in what is made up over silence. Segments that
look made up are left out, with the reason (`models/transcription/hallucination.py`).
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import Absent, ConfigError, StageUnavailable
from harness.records.types import SAMPLE_RATE, Clip, Language, Media, Segment, Transcript, Word
from models.transcription.hallucination import Heard, doubt
from models.transcription.language import UNDECIDED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 3
REMEDY = "python -m models fetch whisper --size large-v3-turbo, or --set transcribe.whisper_model=DIR"
INSTALL = "pip install faster-whisper==1.2.1"
COMPUTE = ("int8", "float32", "float16", "int8_float16")
DEVICES = ("auto", "cpu", "cuda")
SPOKEN: tuple[Language, ...] = ("zh", "en")
# Of Whisper's sizes only large-v3 and its turbo know a hundredth language (Cantonese); they hear 128 mel bands.
_LANGUAGES_OF_128_MELS = 100
_PREPROCESSOR = "preprocessor_config.json"
_COPY = "copy the whole folder of the converted model, as published for faster-whisper"


class WhisperTranscriber:
    """A CTranslate2 Whisper model.

    Greedy-safe settings: temperature 0 only (the default ladder samples), voice activity detection on, no
    conditioning on earlier text (it makes loops), word times on. Clips are heard one at a time: faster-whisper
    batches the pieces of one long file only.

    Args:
        folder: the converted model.
        compute: one of `COMPUTE`; which of them there are depends on the device.
        threads: CPU threads; 0 leaves it to the library.
        device: `auto`, `cpu` or `cuda`.
        simplified: give Chinese in simplified characters; needs OpenCC.
    """

    def __init__(
        self, folder: Path, compute: str = "int8", threads: int = 0, device: str = "cpu", simplified: bool = False
    ) -> None:
        check_folder(folder)
        check_compute(compute)
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise StageUnavailable(f"faster-whisper cannot be imported: {error}", INSTALL) from error
        check_device(device, compute)
        self._simplify = _converter() if simplified else None
        try:
            self._model: Any = WhisperModel(
                str(folder), device=device, compute_type=compute, cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise StageUnavailable(f"faster-whisper cannot load {folder}: {error}", _COPY) from error
        self._model.encode = _once(self._model.encode)
        self._name = f"whisper:{folder.name}"
        self._check_loaded(folder)

    def transcribe(self, clip: Clip, media: Media) -> Transcript:
        """The words spoken in a clip; no segments when no speech is found.

        Raises:
            Absent: when the clip has no audio track.
        """
        if media.audio is None or not len(media.audio):
            raise Absent("no audio track to recognise words in", "add a sidecar .srt, .vtt or .txt")
        heard = self._speech(media.audio)
        if not len(heard):
            return self._nothing(clip, "no speech found")
        language, probability, detected = self._language(heard)
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
        kept, doubts = believed(found, len(media.audio) / SAMPLE_RATE)
        if not kept:
            return self._nothing(clip, f"no words believed: {'; '.join(doubts)}" if doubts else "no speech found")
        if language == "zh" and self._simplify is not None:
            kept = tuple(_converted(segment, self._simplify) for segment in kept)
        source = f"{self._name} (left out: {'; '.join(doubts)})" if doubts else self._name
        return Transcript(kept, language, detected, probability, source)

    def _nothing(self, clip: Clip, reason: str) -> Transcript:
        """No words; of silence and noise Whisper still names a language, which then means nothing."""
        return Transcript((), clip.folder_language, "und", None, f"{self._name}: {reason}")

    def _speech(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """The stretches of speech, joined as faster-whisper itself joins them."""
        import numpy as np
        from faster_whisper.vad import VadOptions, collect_chunks, get_speech_timestamps

        found = get_speech_timestamps(audio, VadOptions())
        return np.concatenate(collect_chunks(audio, found)[0]) if found else audio[:0]

    def _language(self, heard: NDArray[np.float32]) -> tuple[Language, float, str]:
        """The likelier of zh and en, its probability among the two, and the likeliest of all languages.

        The last frame is left out, as in transcription, so that both encode the very same features: see `_once`.
        """
        features = self._model.feature_extractor(heard)[..., :-1]
        detected, _, everything = self._model.detect_language(features=features)
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


def _once(encode: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`encode`, but what it was asked last it need not compute again.

    Finding the language and recognising the words encode the same window, and encoding is nearly all of the cost.
    """
    import numpy as np

    last: list[Any] = []

    def encoded(features: NDArray[np.float32]) -> Any:
        if not last or not np.array_equal(last[0], features):
            last[:] = features, encode(features)
        return last[1]

    return encoded


def check_folder(folder: Path) -> Mapping[str, Path]:
    """Role → file of a converted Whisper model, without loading it.

    Raises:
        ConfigError: naming the file that is missing, and what goes wrong without it.
    """
    if not folder.is_dir():
        raise ConfigError(f"the Whisper folder {folder} is not there", REMEDY)
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
    """ConfigError for a compute type that is not known."""
    if compute not in COMPUTE:
        raise ConfigError(f"transcribe.whisper_compute is {compute!r}", f"known: {', '.join(COMPUTE)}")


def check_device(device: str, compute: str) -> None:
    """ConfigError when the device is unknown or not there, or does not offer the compute type.

    CTranslate2 itself would fall back to another type without a word.
    """
    if device not in DEVICES:
        raise ConfigError(f"transcribe.whisper_device is {device!r}", f"known: {', '.join(DEVICES)}")
    import ctranslate2

    gpus = int(ctranslate2.get_cuda_device_count())
    if device == "cuda" and not gpus:
        raise ConfigError("transcribe.whisper_device is cuda, but CTranslate2 sees no GPU", "whisper_device=cpu")
    kind = "cuda" if gpus and device != "cpu" else "cpu"
    offered = ctranslate2.get_supported_compute_types(kind)
    if compute not in offered:
        raise ConfigError(
            f"transcribe.whisper_compute {compute} is not offered on this {'GPU' if kind == 'cuda' else 'CPU'}",
            f"offered: {', '.join(name for name in COMPUTE if name in offered)}",
        )


def check_simplified() -> None:
    """ConfigError when OpenCC is not installed."""
    if importlib.util.find_spec("opencc") is None:
        raise ConfigError(
            "transcribe.simplified needs OpenCC, which is not installed",
            "pip install opencc==1.4.2, or --set transcribe.simplified=false to keep characters as recognised",
        )


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


def believed(found: Iterable[Any], seconds: float) -> tuple[tuple[Segment, ...], tuple[str, ...]]:
    """Whisper's segments of a clip of `seconds`: those that are believed, and why the others are not."""
    kept, doubts = [], []
    for raw in found:
        if not raw.text.strip():
            continue
        words = [float(word.probability) for word in raw.words or ()]
        certainty = sum(words) / len(words) if words else None
        length = float(min(raw.end, seconds) - raw.start)
        if reason := doubt(Heard(raw.text, length, float(raw.no_speech_prob), float(raw.avg_logprob), certainty)):
            doubts.append(reason)
        else:
            kept.append(_segment(raw, seconds))
    return tuple(kept), tuple(doubts)


def _segment(raw: Any, seconds: float) -> Segment:
    """A segment as ours; a time that lies behind the end of the audio was not heard there and is not passed on."""
    text = raw.text.strip()
    if raw.start >= seconds:
        return Segment(text)
    words = tuple(
        Word(float(word.start), min(float(word.end), seconds), word.word.strip(), float(word.probability))
        for word in raw.words or ()
        if word.word.strip() and word.start < seconds
    )
    return Segment(text, float(raw.start), min(float(raw.end), seconds), words)


def _converted(segment: Segment, simplify: Callable[[str], str]) -> Segment:
    words = tuple(replace(word, text=simplify(word.text)) for word in segment.words)
    return replace(segment, text=simplify(segment.text), words=words)


def _converter() -> Callable[[str], str]:
    """Traditional to simplified characters; text that is simplified already stays as it is."""
    check_simplified()
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert
