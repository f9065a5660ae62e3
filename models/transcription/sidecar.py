"""Transcript files beside a clip: .srt, .vtt and .txt bytes → segments.

Files made by people break the formats in known ways (blank lines missing, cues out of order, a comma where a dot
belongs, GBK bytes), so reading is lenient wherever the meaning is clear. A time that cannot be read is refused with
its line, since a guessed time would become false evidence.
"""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.faults import ClipError
from harness.records.types import Segment

MAX_BYTES = 8_000_000
EXTENSIONS = (".srt", ".vtt", ".txt")

# Longest first: the UTF-32 mark starts with the bytes of the UTF-16 one.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TIME = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3})\d*)?")
_WIDE = str.maketrans("０１２３４５６７８９：，．", "0123456789:,.")
_BRACKETED = re.compile(r"\[\s*([\d:.,]+)\s*(?:-+>|-)\s*([\d:.,]+)\s*\]\s*(.*)")
_INLINE_TIME = re.compile(r"<\d[\d:.]*>")
_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<\d[\d:.]*>|\{\\[^{}]*\}")
# Zero-width and direction marks, byte order marks inside the text, control characters.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class _Cue:
    start: float
    end: float
    lines: tuple[str, ...]


def parse_sidecar(name: str, data: bytes) -> tuple[Segment, ...]:
    """The segments of a transcript file, in time order; segments of a plain text file have no times.

    Args:
        name: the file's name, for its extension and for messages.
        data: its bytes: UTF-8, UTF-16 or UTF-32 with a byte order mark, or GBK/GB18030.

    Raises:
        ClipError: when the file is empty, cannot be decoded, has a malformed time, or holds no words.
    """
    lines = re.split(r"\r\r\n|\r\n|\r|\n", decode(name, data))
    if not any(line.strip() for line in lines):
        raise ClipError(f"{name} is empty", "write the clip's words into it, or remove it")
    timed = any("-->" in line and _timing(line) for line in lines)
    is_plain = name.lower().endswith(".txt") and not timed
    segments = _plain(lines) if is_plain else tuple(_segments(_cues(name, lines)))
    if not segments:
        raise ClipError(f"{name} holds no words", "write cues with text into it, or remove it")
    return segments


def decode(name: str, data: bytes) -> str:
    """The text of `data`. ClipError when it is none of the encodings that transcripts come in."""
    if len(data) > MAX_BYTES:
        raise ClipError(f"{name} is {len(data)} bytes, which no transcript is", "put the clip's transcript there")
    encodings = [encoding for mark, encoding in _MARKS if data.startswith(mark)][:1] or ["utf-8", "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text
    raise ClipError(f"{name} is neither UTF-8, UTF-16 with a mark, nor GBK text", "save it again as UTF-8")


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


def _cues(name: str, lines: Sequence[str]) -> list[_Cue]:
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
        cues.append(_Cue(*times, tuple(_body(body, is_vtt))))
    return sorted(cues, key=lambda cue: (cue.start, cue.end))


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


def _segments(cues: Sequence[_Cue]) -> Iterator[Segment]:
    """Cues → segments without markup. Rolling captions repeat the line above; the repetition is dropped."""
    rolling = any(_INLINE_TIME.search(line) for cue in cues for line in cue.lines)
    last = ""
    for cue in cues:
        lines = [text for text in (_clean(line) for line in cue.lines) if text]
        if rolling and lines and lines[0] == last:
            lines = lines[1:]
        if lines:
            last = lines[-1]
            yield Segment(" ".join(lines), cue.start, cue.end)


def _plain(lines: Sequence[str]) -> tuple[Segment, ...]:
    """One segment per line of words; `[start -> end] words`, as recognisers print it, keeps its times."""
    segments = []
    for line in lines:
        segment = Segment(_clean(line))
        if match := _BRACKETED.match(segment.text):
            start, end = (_loose_time(text) for text in match.groups()[:2])
            if start is not None and end is not None and start <= end:
                segment = replace(segment, text=match[3], start=start, end=end)
        if segment.text:
            segments.append(segment)
    return tuple(segments)


def _loose_time(text: str) -> float | None:
    """Seconds of a clock time or of a plain number of seconds."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    return parse_time(text)


def _clean(line: str) -> str:
    """A line without tags, entities and invisible characters."""
    text = html.unescape(_TAG.sub("", line))
    return " ".join(_INVISIBLE.sub("", text).split())
