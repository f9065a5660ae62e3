"""Words that someone wrote down: a sidecar file or a subtitle track; a recogniser only where there is neither.

The sources are asked in that order. A sidecar that cannot be read gives way to the next source, and the transcript's
`source` says so; when there is no other source it is the clip's error.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any

from harness.faults import ClipError, StageUnavailable
from harness.inputs.sidecar_names import language_of_tag
from harness.records.types import Clip, Media, Sidecar, Transcript
from models.base import ProviderSpec, Transcriber
from models.fingerprint import fingerprint
from models.transcription.language import detect_language, processed_language
from models.transcription.sidecar import SidecarText, ordered, parse_sidecar, read_bytes, separated

VERSION = 2


class EmbeddedTranscriber:
    """Sidecar .srt, .vtt, .ass, .lrc, .txt; then a text subtitle track; then `fallback`, a recogniser.

    Args:
        fallback: recognises the words where no one wrote them down; None when there is none.
        without: why there is none, and the command that mends it.
    """

    def __init__(
        self, fallback: Transcriber | None = None, without: tuple[str, str] = ("the profile has no recogniser", "")
    ) -> None:
        self._fallback = fallback
        self._without = without

    def transcribe(self, clip: Clip, media: Media) -> Transcript:
        """The words of `clip` from its first readable source.

        Raises:
            ClipError: when its only sources are sidecars that cannot be read.
            StageUnavailable: when it has no source at all.
        """
        refusals: list[ClipError] = []
        for sidecar in ordered(clip.sidecars, _expected_language(clip, media)):
            try:
                told = _read(sidecar)
            except ClipError as fault:
                refusals.append(fault)
                continue
            return written_transcript(told, clip, _source(_named(sidecar, told), refusals))
        if media.info.subtitles:
            told = separated(media.info.subtitles)
            return written_transcript(told, clip, _source("subtitle track", refusals))
        if self._fallback is not None:
            transcript = self._fallback.transcribe(clip, media)
            return replace(transcript, source=_source(transcript.source, refusals))
        if refusals:
            raise ClipError("; ".join(fault.message for fault in refusals), refusals[0].remedy)
        name = PurePath(clip.id).stem
        why, remedy = self._without
        add = f"add {name}.srt, {name}.vtt or {name}.txt beside the clip"
        raise StageUnavailable(
            f"no transcript: no sidecar file, no subtitle track, and {why}", f"{remedy}, or {add}" if remedy else add
        )


def written_transcript(told: SidecarText, clip: Clip, source: str) -> Transcript:
    """A transcript of words that someone wrote down; the language is told by the script."""
    detected, share = detect_language(" ".join(segment.text for segment in told.segments))
    language = processed_language(detected, share, clip.folder_language)
    return Transcript(told.segments, language, detected, share, source, told.sounds)


def _expected_language(clip: Clip, media: Media) -> str:
    """What is known of a clip's language before its words are: its folder, its sound's own tag, its name; or empty."""
    tag = media.info.audio.language if media.info.audio is not None else ""
    named = {language_of_tag(part) for part in re.split(r"[._\- ]", PurePath(clip.id).stem)} & {"zh", "en"}
    return clip.folder_language or language_of_tag(tag) or (named.pop() if len(named) == 1 else "")


def _named(sidecar: Sidecar, told: SidecarText) -> str:
    """The file's name, and its encoding where that had to be found out."""
    name = PurePath(sidecar.path).name
    return name if told.encoding == "UTF-8" else f"{name} (read as {told.encoding})"


def spec(settings: Mapping[str, Any]) -> ProviderSpec:
    """What someone wrote down, and nothing else.

    The sidecars are part of the clip's own fingerprint, so this one covers the code's version alone.
    """
    return ProviderSpec("transcribe", "sidecar", fingerprint("sidecar", VERSION, {}, {}), EmbeddedTranscriber)


def _read(sidecar: Sidecar) -> SidecarText:
    """The words and sounds of a sidecar file. ClipError also when it is no longer the file that was listed."""
    name = PurePath(sidecar.path).name
    try:
        data = read_bytes(Path(sidecar.path))
    except OSError as error:
        raise ClipError(f"{name} cannot be read: {error.strerror}", "make the file readable, or remove it") from error
    if hashlib.sha256(data).hexdigest() != sidecar.sha256:
        raise ClipError(f"{name} changed while the run was under way", "run again")
    return parse_sidecar(name, data)


def _source(name: str, refusals: Sequence[ClipError]) -> str:
    """The source's name and the sources passed over: `a.vtt (refused: a.srt: line 3: …)`."""
    return f"{name} (refused: {'; '.join(fault.message for fault in refusals)})" if refusals else name
