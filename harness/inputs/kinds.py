"""Which files are clips: one table of the containers that the decoder reads, with the suffixes that each of them has.

Whatever asks "is this a clip?" asks here: the run, `eval validate`, the data set converters, extraction, the report.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath

_PICTURED: Mapping[str, str] = {
    "mov,mp4,m4a,3gp,3g2,mj2": ".mp4 .m4v .mov .qt .3gp .3g2 .f4v .mj2",
    "matroska,webm": ".mkv .webm .mk3d",
    "avi": ".avi .divx",
    "flv": ".flv",
    "asf": ".wmv .asf",
    "mpeg": ".mpg .mpeg .mpe .vob",
    "mpegvideo": ".m1v .m2v",
    "mpegts": ".ts .mts .m2ts",
    "ogg": ".ogv",
    "rm": ".rm .rmvb",
    "nut": ".nut",
    "mxf": ".mxf",
    "h264": ".h264 .264",
    "hevc": ".h265 .265 .hevc",
    "ivf": ".ivf",
    "mjpeg": ".mjpeg .mjpg",
}
_SOUNDING: Mapping[str, str] = {
    "mov,mp4,m4a,3gp,3g2,mj2": ".m4a .m4b",
    "matroska,webm": ".mka .weba",
    "wav": ".wav .wave",
    "w64": ".w64",
    "aiff": ".aiff .aif .aifc",
    "caf": ".caf",
    "au": ".au .snd",
    "mp3": ".mp3 .mp2",
    "flac": ".flac",
    "ogg": ".ogg .oga .opus .spx",
    "aac": ".aac .adts",
    "ac3": ".ac3",
    "eac3": ".eac3 .ec3",
    "amr": ".amr",
    "ape": ".ape",
    "wv": ".wv",
    "dts": ".dts",
    "asf": ".wma",
    "rm": ".ra",
}
# A file may be called .mp4 and hold a picture or a raw stream: these are read where they are found, and never sought.
_FOUND_INSIDE = "gif,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,m4v"
_PICTURE_FILES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".heic", ".avif")
_PART = (".part", ".crdownload", ".tmp", ".download", ".aria2", ".filepart")


def _suffixes(table: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(suffix for suffixes in table.values() for suffix in suffixes.split())


VIDEO_SUFFIXES = _suffixes(_PICTURED)
AUDIO_SUFFIXES = _suffixes(_SOUNDING)
MEDIA_SUFFIXES = (*VIDEO_SUFFIXES, *AUDIO_SUFFIXES)
SIDECAR_SUFFIXES = (".srt", ".vtt", ".ass", ".ssa", ".lrc", ".txt")
"""Transcripts beside a clip, the best first: what has times comes before plain text."""
FORMATS = ",".join((*dict.fromkeys((*_PICTURED, *_SOUNDING)), _FOUND_INSIDE))
"""The containers that are opened, as FFmpeg names them. A fixed list keeps out the formats that make FFmpeg open other
files (playlists, concat scripts, image sequences)."""


def suffix_of(name: str) -> str:
    """The last suffix of a file name, in lower case; empty without one."""
    return PurePath(name).suffix.lower()


def suffixes_of(container: str, pictured: bool) -> tuple[str, ...]:
    """The suffixes of files of a container, as FFmpeg names it; none for a kind that is no clip."""
    table = _PICTURED if pictured and container in _PICTURED else _SOUNDING
    return tuple(table.get(container, "").split())


def is_clip(name: str) -> bool:
    """Whether a file of this name is a clip."""
    return suffix_of(name) in MEDIA_SUFFIXES


def is_video(name: str) -> bool:
    """Whether a file of this name is expected to have pictures."""
    return suffix_of(name) in VIDEO_SUFFIXES


def why_no_clip(name: str) -> str:
    """In words, why a file of this name is neither a clip nor a transcript."""
    suffix = suffix_of(name)
    if not suffix:
        return "it has no suffix that tells what it is"
    if suffix in _PICTURE_FILES:
        return "a picture is no clip"
    if suffix in _PART:
        return "it looks like an unfinished download"
    return f"{suffix} is no kind of clip that the decoder reads, and no transcript"
