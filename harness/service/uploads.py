"""An upload becomes a clip with a name: its kind is told by its content, its length by its container."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Literal

from harness.faults import ClipError
from harness.inputs.encoding import MAX_SIDECAR_BYTES
from harness.inputs.kinds import SIDECAR_SUFFIXES, suffix_of, suffixes_of
from harness.processes import Died, Processes

LONGEST_STEM = 120
"""Bytes of a name without its suffix: with what records add to it, below what file systems take."""
KINDS = "send mp4, webm, mkv, wav, mp3 …"
PROBE_SECONDS = 20.0
PROBE_BYTES = 800_000_000
_UNSEEN = re.compile(r"[\x00-\x1f\x7f/\\]")


@dataclass(frozen=True)
class Probe:
    """What a container says of itself: FFmpeg's name of it, seconds (None where it says none), tracks."""

    format: str
    seconds: float | None
    pictures: bool
    sound: bool


def probe(path: Path) -> Probe:
    """Look into a file, whatever its name. Runs in a process of its own (`look_into`).

    Raises:
        ClipError: it is no container that the decoder reads, or holds neither sound nor pictures.
    """
    import av

    from harness.media.sound import open_container

    try:
        with open_container(path) as container:
            seconds = container.duration / 1_000_000 if container.duration else None
            pictures, sound = bool(container.streams.video), bool(container.streams.audio)
            name = container.format.name
    except (av.FFmpegError, OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or type(fault).__name__
        raise ClipError(f"no sound or video file that can be read: {why}", KINDS) from None
    if not pictures and not sound:
        raise ClipError("the file holds neither sound nor pictures", "export it again, for example as mp4")
    return Probe(name, seconds, pictures, sound)


def look_into(path: Path, processes: Processes) -> Probe:
    """`probe` where a crash of native code harms nobody.

    Raises:
        ClipError: as `probe`, or the process ended over the file.
    """
    try:
        return processes.run(probe, path)
    except Died as death:
        raise ClipError(f"looking into the file {death.of}", "re-encode the clip") from None


def clip_name(given: str, found: Probe) -> str:
    """A file name for the clip: the user's as far as a file system and a csv carry it, with a suffix that is true."""
    name = unicodedata.normalize("NFC", _UNSEEN.sub("_", PurePath(given.replace("\\", "/")).name))
    name = name.encode("utf-8", "replace").decode("utf-8")
    suffixes = suffixes_of(found.format, found.pictures)
    stem, suffix = PurePath(name).stem, suffix_of(name)
    if not suffixes:
        raise ClipError(f"a file of the kind {found.format} is no clip", KINDS)
    if suffix not in suffixes:
        stem, suffix = (stem if suffix else name), suffixes[0]
    stem = stem.encode()[:LONGEST_STEM].decode(errors="ignore").strip(" .") or "clip"
    return stem + suffix


def place(
    folder: Path, upload: Path, name: str, transcript: tuple[str, Path] | None, language: Literal["zh", "en"] | None
) -> None:
    """Move an upload to where a run looks for clips; a language is said by the subfolder, as in any run."""
    home = folder / "clip" / (language or "")
    home.mkdir(parents=True)
    upload.rename(home / name)
    if transcript is not None:
        given, file = transcript
        suffix = suffix_of(given) if suffix_of(given) in SIDECAR_SUFFIXES else ".txt"
        file.rename(home / (PurePath(name).stem + suffix))


def transcript_fits(size: int) -> bool:
    """Whether a transcript is of a size that a run reads."""
    return size <= MAX_SIDECAR_BYTES
