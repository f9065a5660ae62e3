"""faster-whisper on a local folder: a clip's sound → words with times, and how far they are to be believed.

Speech is found first, cut into pieces, and every piece is heard in its own language, Chinese or English. Speech that
stayed without words is heard again by itself: that finds a second language behind the first, and what a loop had
swallowed. Chinese comes out in simplified characters, by OpenCC after recognition: a prompt would steer the recognition
itself, and turns up in what is made up over silence. What looks made up is left out, with the reason
(`models/transcription/hallucination.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.faults import Absent
from harness.records.types import Clip, Language, Media, Segment, Span, Transcript, Word
from models.transcription.hallucination import Heard, doubt
from models.transcription.pieces import Piece, gaps, pack, total
from models.transcription.recogniser import Line, Recogniser
from models.transcription.spoken import SPOKEN, SURE, Belief, belief
from models.transcription.whisper_files import check_simplified

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 5
LEAST_SPEECH = 0.75
"""Seconds of speech, with the 0.2 s around it that voice detection adds, below which no words are looked for."""
SECONDS_PER_RETRY = 2.0
MOST_RETRIES = 4
"""How often speech without words is heard again: once per so many seconds of speech, and at least so often."""
LEAST_CERTAINTY = 0.5
"""Mean probability of its words below which a second hearing is not believed."""


@dataclass
class _Hearing:
    """What has been heard of a clip so far."""

    segments: list[Segment] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    beliefs: list[tuple[float, Language | None, Belief]] = field(default_factory=list)
    """Seconds, language taken, belief: of every piece."""
    foreign: list[str] = field(default_factory=list)


class WhisperTranscriber:
    """A Whisper model as a transcriber.

    Args:
        folder: the converted model.
        compute: one of `whisper_files.COMPUTE`; which of them there are depends on the device.
        threads: CPU threads; 0 leaves it to the library.
        device: `auto`, `cpu` or `cuda`.
        simplified: give Chinese in simplified characters; needs OpenCC.
    """

    def __init__(
        self, folder: Path, compute: str = "int8", threads: int = 0, device: str = "cpu", simplified: bool = False
    ) -> None:
        self.recogniser = Recogniser(folder, compute, threads, device)
        self._simplify = _converter() if simplified else None

    def transcribe(self, clip: Clip, media: Media) -> Transcript:
        """The words spoken in a clip; no segments when no speech is found.

        Raises:
            Absent: when the clip has no audio track.
        """
        if media.audio is None or not len(media.audio):
            raise Absent("no audio track to recognise words in", "add a sidecar .srt, .vtt or .txt")
        speech = self.recogniser.speech(media.audio)
        if not speech:
            return self._nothing(clip, "no speech found")
        if total(speech) < LEAST_SPEECH:
            return self._nothing(clip, "too little speech to tell words by")
        hearing = _Hearing()
        for piece in pack(speech):
            self._hear(media.audio, piece, clip.folder_language, hearing)
        if not hearing.foreign:
            self._hear_again(media.audio, speech, clip.folder_language, hearing)
        return self._told(clip, speech, hearing)

    def _hear(
        self, audio: NDArray[np.float32], piece: Piece, folder: Language | None, hearing: _Hearing, least: float = 0.0
    ) -> None:
        """Hear one piece in its own language and keep what is believed and at least `least` certain."""
        found = belief(self.recogniser.languages(audio, piece), folder)
        if found.foreign and folder is None:
            hearing.foreign.append(f"{found.detected} ({found.detected_probability:.2f})")
            hearing.beliefs.append((piece.seconds, None, found))
            return
        if least and found.mass < SURE:
            return  # a second hearing of something that sounds like neither language brings invention only
        language = found.language or self._likelier(audio, piece)
        lines = self.recogniser.words(audio, piece, language, twice=not least)
        hearing.beliefs.append((piece.seconds, language, found))
        kept, doubts = believed(lines, self._simplify if language == "zh" else None, least)
        hearing.segments += kept
        hearing.doubts += doubts

    def _hear_again(
        self, audio: NDArray[np.float32], speech: Sequence[Span], folder: Language | None, hearing: _Hearing
    ) -> None:
        """Hear every stretch of speech that has no words once more, alone."""
        left = max(MOST_RETRIES, round(total(speech) / SECONDS_PER_RETRY))
        for gap in gaps(speech, hearing.segments)[:left]:
            alone = _Hearing()
            self._hear(audio, Piece((gap,)), folder, alone, LEAST_CERTAINTY)
            if alone.segments:  # of a second hearing that brings nothing there is nothing to tell
                hearing.segments += alone.segments
                hearing.beliefs += alone.beliefs

    def _likelier(self, audio: NDArray[np.float32], piece: Piece) -> Language:
        """The language whose words the sound bears out better, where belief in both is small."""
        zh, en = (_borne_out(self.recogniser.words(audio, piece, language, twice=False)) for language in SPOKEN)
        return "zh" if zh >= en else "en"

    def _told(self, clip: Clip, speech: Sequence[Span], hearing: _Hearing) -> Transcript:
        """The transcript, with all that is doubtful about it in its source."""
        if not hearing.segments:
            if hearing.foreign:
                return self._nothing(clip, f"speech in {', '.join(hearing.foreign)}, neither Chinese nor English")
            why = f"no words believed: {'; '.join(hearing.doubts)}" if hearing.doubts else "no speech found"
            return self._nothing(clip, why)
        segments = tuple(sorted(hearing.segments, key=lambda s: (s.start is None, s.start or 0.0, s.end or 0.0)))
        language, main = _main(hearing)
        notes = [f"left out: {reason}" for reason in hearing.doubts]
        if main.mass < SURE:
            notes.append(f"the words are doubtful: it sounds like {main.detected} ({main.detected_probability:.2f})")
        notes += [f"left out: speech in {other}" for other in hearing.foreign]
        silent = total(gaps(speech, segments))
        if silent:
            notes.append(f"{silent:.1f} s of speech without words")
        source = f"{self.recogniser.name} ({'; '.join(notes)})" if notes else self.recogniser.name
        probability = round(main.probability[language], 4)
        sure = certainty(segments) * min(1.0, main.mass / SURE)
        return Transcript(segments, language, main.detected, probability, source, certainty=round(sure, 4))

    def _nothing(self, clip: Clip, reason: str) -> Transcript:
        """No words; of silence and noise Whisper still names a language, which then means nothing."""
        return Transcript((), clip.folder_language, "und", None, f"{self.recogniser.name}: {reason}")


def believed(
    lines: Iterable[Line], simplify: Callable[[str], str] | None, least: float = 0.0
) -> tuple[list[Segment], list[str]]:
    """Whisper's lines as segments: those that are believed, and why the others are not.

    Args:
        lines: what was heard.
        simplify: makes characters simplified; before the lines are judged, since what is made up is known that way.
        least: certainty that a line needs at least.
    """
    kept, doubts = [], []
    for raw in lines:
        line = raw if simplify is None else _converted(raw, simplify)
        probabilities = [word.probability for word in line.words if word.probability is not None]
        sure = sum(probabilities) / len(probabilities) if probabilities else None
        reason = doubt(Heard(line.text, line.end - line.start, line.no_speech, line.logprob, sure))
        if not reason and sure is not None and sure < least:
            reason = f"heard at the second try with little certainty ({sure:.2f})"
        if reason:
            doubts.append(reason)
        else:
            kept.append(_segment(line))
    return kept, doubts


def certainty(segments: Iterable[Segment]) -> float:
    """Mean probability of the words, each for its number of letters: the share that may be expected to be right."""
    weighed = [(len(w.text), w.probability) for s in segments for w in s.words if w.probability is not None]
    letters = sum(count for count, _ in weighed)
    return sum(count * probability for count, probability in weighed) / letters if letters else 0.5


def _main(hearing: _Hearing) -> tuple[Language, Belief]:
    """The language in which most is said, and the belief of its longest piece."""
    seconds: dict[Language, float] = {}
    for length, language, _ in hearing.beliefs:
        if language is not None:
            seconds[language] = seconds.get(language, 0.0) + length
    best = max(seconds, key=lambda code: seconds[code])
    longest = max((entry for entry in hearing.beliefs if entry[1] == best), key=lambda entry: entry[0])
    return best, longest[2]


def _borne_out(lines: Sequence[Line]) -> float:
    """Mean log-probability of what was written; very low where nothing was."""
    return sum(line.logprob for line in lines) / len(lines) if lines else -10.0


def _segment(line: Line) -> Segment:
    """A line as a segment; a time that lies behind the end of the sound was not heard there and is not passed on."""
    if line.end <= line.start:
        return Segment(line.text)
    return Segment(line.text, line.start, line.end, tuple(word for word in line.words if word.end > word.start))


def _converted(line: Line, simplify: Callable[[str], str]) -> Line:
    words: tuple[Word, ...] = tuple(replace(word, text=simplify(word.text)) for word in line.words)
    return replace(line, text=simplify(line.text), words=words)


def _converter() -> Callable[[str], str]:
    """Traditional to simplified characters; text that is simplified already stays as it is."""
    check_simplified()
    from opencc import OpenCC

    convert: Callable[[str], str] = OpenCC("t2s").convert
    return convert
