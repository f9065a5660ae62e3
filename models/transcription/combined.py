"""What is heard and what is read of one clip, as one transcript.

Subtitles in the picture count as its words where they are in the language that is spoken and agree with what is heard,
or where what is heard is doubtful anyway. Subtitles in another language are a translation, and other writing is none of
it; the sound then stands alone. Both readings are kept beside the result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.faults import Absent
from harness.records.types import Clip, Language, Media, Segment, Transcript
from models.base import Transcriber
from models.transcription.agreement import merged
from models.transcription.language import detect_language, processed_language
from models.transcription.picture.reader import PictureReader
from models.transcription.picture.sight import Sight
from models.transcription.spoken import SURE
from models.transcription.whisper import certainty

VERSION = 1
BELIEVED = 0.5
"""Certainty of what was heard from which writing must agree with it to be taken for its subtitles."""
AGREES = 0.25
"""Share of the subtitles' characters that must have been heard."""
WITHOUT_SPEECH = 0.5
"""Trust in subtitles of a clip in which no speech was found at all: they may be a caption."""


@dataclass(frozen=True)
class HeardAndSeen:
    """A recogniser, a reader of subtitles in the picture, or both.

    Attributes:
        recogniser: hears; None where it has not been fetched.
        reader: reads; None where its nets have not been fetched, or the profile does without.
    """

    recogniser: Transcriber | None
    reader: PictureReader | None

    def transcribe(self, clip: Clip, media: Media) -> Transcript:
        """The words of a clip. Raises Absent when it has neither sound nor subtitles in the picture."""
        silent: Absent | None = None
        heard: Transcript | None = None
        sights = self.reader.read(media.frames) if self.reader is not None and media.frames else []
        try:
            if self.recogniser is not None:
                heard = self.recogniser.transcribe(_with_hint(clip, sights), media)
        except Absent as fault:
            silent = fault
        if heard is None and not sights:
            raise silent or Absent(
                "no sidecar, no recogniser, and no subtitles in the picture", "python -m models fetch words"
            )
        return heard if heard is not None and not sights else together(heard, sights, clip)


def together(heard: Transcript | None, sights: Sequence[Sight], clip: Clip) -> Transcript:
    """One transcript of what was heard (None where nothing could be) and of the subtitles that were read.

    Args:
        heard: the recogniser's.
        sights: at least one subtitle, each with a reading.
        clip: for its folder's language.
    """
    seen = tuple(Segment(sight.text, sight.start, sight.end, (), "picture") for sight in sights)
    spoken = _spoken(heard)
    lines = _in_language(sights, spoken)
    if not lines:
        assert heard is not None
        note = f"subtitles in the picture are in another language: {_quoted(sights)}"
        return replace(heard, source=f"{heard.source}; {note}", seen=seen)
    segments, agreement = merged(lines, heard.segments if heard else ())
    if heard is not None and heard.segments and (heard.certainty or 0) >= BELIEVED and agreement < AGREES:
        note = f"writing in the picture is not what is said: {_quoted(lines)}"
        return replace(heard, source=f"{heard.source}; {note}", seen=seen)
    detected, share = detect_language(" ".join(line.text for line in lines))
    language = processed_language(detected, share, clip.folder_language)
    read = sum(segment.source == "picture" for segment in segments)
    source = f"picture: {read} of {len(segments)} lines"
    source += f"; {heard.source}" if heard is not None else "; no sound was recognised"
    sure = certainty(segments) * (1.0 if heard is None or heard.segments else WITHOUT_SPEECH)
    if heard is not None and not heard.segments:
        source += "; the words are doubtful: subtitles without speech"
    was_heard = heard.segments if heard is not None else ()
    return Transcript(
        tuple(segments),
        language,
        detected,
        round(share, 4),
        source,
        certainty=round(sure, 4),
        heard=was_heard,
        seen=seen,
    )


def _with_hint(clip: Clip, sights: Sequence[Sight]) -> Clip:
    """The clip; where its folder says no language, with the subtitles' one, which counts where sound leaves it open."""
    if clip.folder_language is not None or not sights:
        return clip
    return replace(clip, folder_language=processed_language(*detect_language(" ".join(s.text for s in sights))))


def _spoken(heard: Transcript | None) -> Language | None:
    """The language that is spoken, where the recogniser is sure of it."""
    if heard is None or not heard.segments or (heard.language_probability or 0.0) < SURE:
        return None
    return heard.language


def _in_language(sights: Sequence[Sight], spoken: Language | None) -> list[Sight]:
    """The lines in the spoken language; where that is not known, those of the language that most is written in.

    A line in both scripts ("偏选Dark哥") is of the script of most of its words; a line without letters goes with any.
    """
    of = [processed_language(*detect_language(sight.text)) for sight in sights]
    if spoken is None:
        # An English word is one sign among some five letters of it, a Chinese one has one or two.
        chinese = sum(len(sight.text) for sight, language in zip(sights, of, strict=True) if language == "zh")
        english = sum(len(sight.text) for sight, language in zip(sights, of, strict=True) if language == "en")
        spoken = "zh" if 4 * chinese >= english else "en"
    if spoken not in of:
        return []
    return [sight for sight, language in zip(sights, of, strict=True) if language in (spoken, None)]


def _quoted(sights: Sequence[Sight]) -> str:
    return " / ".join(sight.text for sight in sights[:4])
