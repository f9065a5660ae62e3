"""A loaded Whisper network behind four questions: where is speech, in which language, which words, and when.

Encoding is most of the cost, and it costs by the length of the window: CTranslate2 encodes 15 s for a third of what
30 s take. A window of 15 s is therefore tried first (measured on Chinese clips: 59 errors against 57 of 231), and 30 s
again where the words look like a loop or like a guess. Shorter windows make loops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import StageUnavailable
from harness.records.types import SAMPLE_RATE, Language, Span, Word
from models.telemetry import no_reports
from models.transcription.hallucination import MAX_COMPRESSION, MIN_LOGPROB, compression
from models.transcription.pieces import LONGEST, Piece
from models.transcription.whisper_files import COPY, INSTALL, PREPROCESSOR, check_compute, check_device, check_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAMES_PER_SECOND = 100
SHORT_WINDOW, FULL_WINDOW = 15 * FRAMES_PER_SECOND, 30 * FRAMES_PER_SECOND
MOST_TOKENS_PER_SECOND, SPARE_TOKENS, MOST_TOKENS = 12, 12, 220
"""A bound on what is written for so many seconds: fast Chinese is about 10 tokens a second, a loop has no end."""
BEAM = 5
_PAUSE_MS, _PAD_MS = 300, 200


@dataclass(frozen=True)
class Line:
    """What the network wrote for a stretch, on the clip's clock, with its own doubts.

    Attributes:
        text: the words.
        start: seconds.
        end: seconds.
        words: with times and probabilities.
        no_speech: Whisper's probability that there is no speech.
        logprob: mean log-probability of the tokens of its window.
    """

    text: str
    start: float
    end: float
    words: tuple[Word, ...]
    no_speech: float
    logprob: float


class Recogniser:
    """A CTranslate2 Whisper model.

    Greedy-safe settings: temperature 0 only (the default ladder samples), no conditioning on earlier text (it makes
    loops), word times on, a bound on the number of tokens.

    Args:
        folder: the converted model.
        compute: one of `COMPUTE`; which of them there are depends on the device.
        threads: CPU threads; 0 leaves it to the library.
        device: `auto`, `cpu` or `cuda`.
    """

    def __init__(self, folder: Path, compute: str = "int8", threads: int = 0, device: str = "cpu") -> None:
        check_folder(folder)
        check_compute(compute)
        no_reports()  # its voice activity detection is ONNX Runtime's
        try:
            from faster_whisper import WhisperModel
        except ImportError as error:
            raise StageUnavailable(f"faster-whisper cannot be imported: {error}", INSTALL) from error
        check_device(device, compute)
        try:
            self.model: Any = WhisperModel(
                str(folder), device=device, compute_type=compute, cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise StageUnavailable(f"faster-whisper cannot load {folder}: {error}", COPY) from error
        self.name = f"whisper:{folder.name}"
        self._window = FULL_WINDOW
        self._encode = _once(self.model.encode)
        self.model.encode = self._encode_window
        self._check_loaded(folder)

    def speech(self, audio: NDArray[np.float32]) -> list[Span]:
        """Stretches of speech by Silero's voice activity detection, none longer than a piece may be."""
        from faster_whisper.vad import VadOptions, get_speech_timestamps

        options = VadOptions(
            min_silence_duration_ms=_PAUSE_MS, speech_pad_ms=_PAD_MS, max_speech_duration_s=LONGEST - _PAD_MS / 500
        )
        found = get_speech_timestamps(audio, options)
        return [Span(span["start"] / SAMPLE_RATE, span["end"] / SAMPLE_RATE) for span in found]

    def languages(self, audio: NDArray[np.float32], piece: Piece) -> Mapping[str, float]:
        """Every language Whisper knows → its probability that the piece is in it; they sum to 1."""
        from faster_whisper.audio import pad_or_trim

        self._window = _window_for(piece)
        features = self.model.feature_extractor(sound_of(audio, piece))[..., :-1]
        (found,) = self.model.model.detect_language(self.model.encode(pad_or_trim(features)))
        return {token[2:-2]: float(probability) for token, probability in found}

    def words(
        self, audio: NDArray[np.float32], piece: Piece, language: Language, twice: bool = True
    ) -> tuple[Line, ...]:
        """What is said in a piece: with the short window where it fits; with the full one where that went wrong.

        Args:
            audio: of the clip, (samples,) float32 at 16 kHz.
            piece: the stretches to hear.
            language: what to hear it as.
            twice: whether to try the full window at all.
        """
        window = _window_for(piece)
        lines = self._heard(audio, piece, language, window)
        again = twice and window < FULL_WINDOW and suspect(lines)
        return self._heard(audio, piece, language, FULL_WINDOW) if again else lines

    def _heard(self, audio: NDArray[np.float32], piece: Piece, language: Language, window: int) -> tuple[Line, ...]:
        self._window = window
        most = min(MOST_TOKENS, int(MOST_TOKENS_PER_SECOND * piece.seconds) + SPARE_TOKENS)
        found, _ = self.model.transcribe(
            sound_of(audio, piece),
            language=language,
            task="transcribe",
            beam_size=BEAM,
            temperature=0.0,
            condition_on_previous_text=False,
            vad_filter=False,
            word_timestamps=True,
            max_new_tokens=most,
        )
        return tuple(_line(raw, piece) for raw in found if raw.text.strip())

    def _encode_window(self, features: NDArray[np.float32]) -> Any:
        """What faster-whisper asks to encode, which it has padded to 30 s, in the window that was chosen."""
        return self._encode(features[..., : self._window])

    def _check_loaded(self, folder: Path) -> None:
        if not self.model.model.is_multilingual:
            raise StageUnavailable(
                f"{folder.name} takes every clip for English: it is an English-only model, or its vocabulary lacks "
                "the empty token by which CTranslate2 knows a multilingual one",
                "name a multilingual model",
            )
        bands, made = self.model.model.n_mels, self.model.feature_extractor.mel_filters.shape[0]
        if bands != made:
            raise StageUnavailable(f"{folder.name} hears {bands} mel bands but its {PREPROCESSOR} makes {made}", COPY)


def suspect(lines: Sequence[Line]) -> bool:
    """Whether what was written looks like a loop or a guess (Radford et al., 2022, section 4.5), or is nothing."""
    text = "".join(line.text for line in lines)
    return not lines or compression(text) > MAX_COMPRESSION or min(line.logprob for line in lines) < MIN_LOGPROB


def sound_of(audio: NDArray[np.float32], piece: Piece) -> NDArray[np.float32]:
    """The samples of a piece, (n,) float32 at 16 kHz."""
    import numpy as np

    cuts = [(round(part.start * SAMPLE_RATE), round(part.end * SAMPLE_RATE)) for part in piece.parts]
    return np.concatenate([audio[start:end] for start, end in cuts])


def _window_for(piece: Piece) -> int:
    return SHORT_WINDOW if piece.seconds <= LONGEST + 0.01 else FULL_WINDOW


def _line(raw: Any, piece: Piece) -> Line:
    """A segment of faster-whisper's, moved to the clip's clock; times behind the piece's end are its end."""
    words = tuple(_words(raw.words or (), piece))
    return Line(
        raw.text.strip(),
        words[0].start if words else piece.when(float(raw.start)),
        words[-1].end if words else piece.when(float(raw.end)),
        words,
        float(raw.no_speech_prob),
        float(raw.avg_logprob),
    )


def _words(raw: Iterable[Any], piece: Piece) -> Iterable[Word]:
    for word in raw:
        if text := word.word.strip():
            when = piece.within(float(word.start), float(word.end))
            yield Word(when.start, when.end, text, float(word.probability))


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
