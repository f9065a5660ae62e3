"""Transcript files beside a clip: .srt, .vtt, .ass, .ssa, .lrc and .txt bytes → words and described sounds.

Files made by people break the formats in known ways (blank lines missing, cues out of order, a comma where a dot
belongs, other encodings), so reading is lenient wherever the meaning is clear. A time that cannot be read is refused
with its line, since a guessed time would become false evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TypeVar

from harness.faults import ClipError
from harness.inputs.encoding import LINE_END, MAX_SIDECAR_BYTES, NotText, decode_text
from harness.inputs.kinds import SIDECAR_SUFFIXES
from harness.inputs.spoken import all_spoken, without_markup
from harness.records.types import Segment, Sidecar
from models.transcription.sidecar_formats import Cue, ass_cues, lrc_cues

T = TypeVar("T")
MOST_LINES = 50_000
"""Twenty times those of a film: what reads them, in the run's own process too, takes seconds for more."""
_TIME = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3})\d*)?")
_WIDE = str.maketrans("０１２３４５６７８９：，．", "0123456789:,.")
_BRACKETED = re.compile(r"\[\s*([\d:.,]+)\s*(?:-+>|-)\s*([\d:.,]+)\s*\]\s*(.*)")
_INLINE_TIME = re.compile(r"<\d[\d:.]*>")


@dataclass(frozen=True)
class SidecarText:
    """What a transcript file holds.

    Attributes:
        segments: what is said, in time order; without times in a plain text file.
        sounds: the sounds that it describes (`[掌声]`, `♪`, `(laughs)`), with the times of their cues.
        encoding: how it was read, for people (`UTF-8`, `Big5` …).
    """

    segments: tuple[Segment, ...]
    sounds: tuple[Segment, ...] = ()
    encoding: str = "UTF-8"


def ordered(sidecars: Sequence[Sidecar], language: str) -> list[Sidecar]:
    """The transcripts of a clip in the order in which they are tried.

    Where their names tell languages, the clip's own comes before several at once, and these before any other; among
    equals the order of the listing stays, but the named language goes before none.

    Args:
        sidecars: best first, as listed.
        language: the clip's, as far as it is known before its words are; else empty.
    """

    def fit(item: tuple[int, Sidecar]) -> tuple[int, int, int]:
        place, sidecar = item
        if not sidecar.language or (language and sidecar.language == language):
            return 0, _kind(sidecar), -1 if sidecar.language else place
        wanted = ("mul", "zh", "en") if not language else ("mul",)
        return 1 + (wanted.index(sidecar.language) if sidecar.language in wanted else 3), _kind(sidecar), place

    return [sidecar for _, sidecar in sorted(enumerate(sidecars), key=fit)]


def _kind(sidecar: Sidecar) -> int:
    suffix = PurePath(sidecar.path).suffix.lower()
    return SIDECAR_SUFFIXES.index(suffix) if suffix in SIDECAR_SUFFIXES else len(SIDECAR_SUFFIXES)


def read_bytes(path: Path) -> bytes:
    """The bytes of a transcript file, whose size is looked at before it is read. ClipError when that is too large."""
    size = path.stat().st_size
    if size <= MAX_SIDECAR_BYTES:
        with path.open("rb") as stream:
            data = stream.read(MAX_SIDECAR_BYTES + 1)
        size = len(data)
    if size > MAX_SIDECAR_BYTES:
        raise ClipError(f"{path.name} is {size} bytes, which no transcript is", "put the clip's transcript there")
    return data


def parse_sidecar(name: str, data: bytes) -> SidecarText:
    """The words and sounds of a transcript file.

    Args:
        name: the file's name, for its extension and for messages.
        data: its bytes, in any encoding that `harness.inputs.encoding` can tell.

    Raises:
        ClipError: when the file is empty, cannot be decoded, has a malformed time, or holds neither words nor sounds.
    """
    text, encoding = decode(name, data)
    lines = LINE_END.split(text)
    if not any(line.strip() for line in lines):
        raise ClipError(f"{name} is empty", "write the clip's words into it, or remove it")
    told = separated(_untimed_or_cues(name, lines), encoding)
    if not told.segments and not told.sounds:
        raise ClipError(f"{name} holds no words", "write cues with text into it, or remove it")
    return told


def decode(name: str, data: bytes) -> tuple[str, str]:
    """Text and encoding of `data`. ClipError when it is none of the encodings that transcripts come in."""
    if len(data) > MAX_SIDECAR_BYTES:
        raise ClipError(f"{name} is {len(data)} bytes, which no transcript is", "put the clip's transcript there")
    try:
        decoded = decode_text(name, data)
    except NotText as fault:
        raise ClipError(fault.message, fault.remedy) from None
    if "\0" in decoded.text:
        raise ClipError(f"{name} is no text, neither in UTF-8 nor in another encoding", "save it again as UTF-8")
    return decoded.text, decoded.encoding


def _untimed_or_cues(name: str, lines: Sequence[str]) -> list[Segment]:
    """What the file shows, in time order, without markup; sounds are still among the words."""
    suffix = PurePath(name).suffix.lower()
    if suffix in (".ass", ".ssa") or any(line.strip() == "[Script Info]" for line in lines[:3]):
        return list(_shown(_few(name, ass_cues(name, lines))))
    if suffix == ".lrc":
        return list(_shown(_few(name, lrc_cues(name, lines))))
    timed = any("-->" in line and _timing(line) for line in lines)
    if suffix == ".txt" and not timed:
        return list(_plain(_few(name, [line for line in lines if line.strip()])))
    return list(_shown(_few(name, _cues(name, lines)), may_roll=True))


def _few(name: str, lines: list[T]) -> list[T]:
    """The lines or cues of a file. ClipError where they are too many to be a clip's."""
    if len(lines) > MOST_LINES:
        said = f"{name} has {len(lines)} lines of words, at most {MOST_LINES} are read"
        raise ClipError(said, "put the clip's own transcript there")
    return lines


def separated(shown: Sequence[Segment], encoding: str = "UTF-8") -> SidecarText:
    """Lines without markup → what is said in them, and what is heard besides."""
    words, sounds = [], []
    for segment, told in zip(shown, all_spoken([segment.text for segment in shown]), strict=True):
        if told.words:
            words.append(Segment(told.words, segment.start, segment.end))
        sounds += [Segment(sound, segment.start, segment.end) for sound in told.sounds]
    return SidecarText(tuple(words), tuple(sounds), encoding)


def parse_time(text: str) -> float | None:
    """Seconds of `[H:]MM:SS[.,mmm]`; None when it is no such time."""
    match = _TIME.fullmatch(text.translate(_WIDE).strip())
    if not match:
        return None
    hours, minutes, seconds, fraction = match.groups()
    if int(minutes) > 59 or int(seconds) > 59:
        return None
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + int((fraction or "0").ljust(3, "0")) / 1000


def _timing(line: str) -> tuple[float, float] | None:
    """Start and end of a timing line; what follows the end (VTT cue settings, SRT coordinates) is left out."""
    left, _, right = line.partition("-->")
    after = right.split()
    start, end = parse_time(left), parse_time(after[0]) if after else None
    return None if start is None or end is None else (start, end)


def _cues(name: str, lines: Sequence[str]) -> list[Cue]:
    """Every cue of an .srt or .vtt file, sorted by time."""
    is_vtt = lines[0].lstrip("\ufeff").startswith("WEBVTT") or name.lower().endswith(".vtt")
    comments = _comment_lines(lines) if is_vtt else set()
    # The format ends a comment at any timing line; an arrow that is none is part of the comment.
    marks = [i for i, line in enumerate(lines) if "-->" in line and (i not in comments or _timing(line))]
    if not marks:
        raise ClipError(f"{name} has no timing line", "write cues as 00:00:01,000 --> 00:00:02,500")
    numbered = marks[0] > 0 and lines[marks[0] - 1].strip().isdigit()
    cues = []
    for here, following in zip(marks, [*marks[1:], len(lines)], strict=True):
        times = _timing(lines[here])
        if times is None or times[1] < times[0]:
            why = "is malformed" if times is None else "ends before it starts"
            raise ClipError(
                f"{name}: line {here + 1}: the time {lines[here].strip()[:60]!r} {why}",
                "write it as 00:00:01,000 --> 00:00:02,500",
            )
        body = list(lines[here + 1 : following])
        if following < len(lines) and numbered and body and body[-1].strip().isdigit():
            body.pop()
        cues.append(Cue(*times, tuple(_body(body, is_vtt))))
    return sorted(cues, key=lambda cue: (cue.start, cue.end or cue.start))


def _comment_lines(lines: Sequence[str]) -> set[int]:
    """Indices of the lines of NOTE, STYLE and REGION blocks of a .vtt file."""
    inside, found = False, set()
    for i, line in enumerate(lines):
        words = line.split(maxsplit=1)
        starts = bool(words) and words[0] in {"NOTE", "STYLE", "REGION"} and (i == 0 or not lines[i - 1].strip())
        inside = bool(words) and (inside or starts)
        if inside:
            found.add(i)
    return found


def _body(lines: Sequence[str], is_vtt: bool) -> Iterator[str]:
    """The text lines of one cue. A .vtt cue ends at a blank line; an .srt cue, in practice, at the next timing."""
    for line in lines:
        if line.strip():
            yield line
        elif is_vtt:
            return


def _shown(cues: Sequence[Cue], may_roll: bool = False) -> Iterator[Segment]:
    """Cues → lines without markup. Captions that roll repeat the line above; the repetition is dropped."""
    rolling = may_roll and any(_INLINE_TIME.search(line) for cue in cues for line in cue.lines)
    last = ""
    for cue in cues:
        lines = [text for text in (without_markup(line) for line in cue.lines) if text]
        if rolling and lines and lines[0] == last:
            lines = lines[1:]
        if lines:
            last = lines[-1]
            yield Segment(" ".join(lines), cue.start, cue.start if cue.end is None else cue.end)


def _plain(lines: Sequence[str]) -> Iterator[Segment]:
    """One segment per line of words; `[start -> end] words`, as recognisers print it, keeps its times."""
    for line in lines:
        segment = Segment(without_markup(line))
        if match := _BRACKETED.match(segment.text):
            start, end = (_loose_time(text) for text in match.groups()[:2])
            if start is not None and end is not None and start <= end:
                segment = Segment(match[3], start, end)
        if segment.text:
            yield segment


def _loose_time(text: str) -> float | None:
    """Seconds of a clock time or of a plain number of seconds."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    return parse_time(text)
