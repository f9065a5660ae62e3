"""The subtitle formats that are no cues between arrows: .ass and .ssa dialogues, and .lrc lyrics."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.faults import ClipError

_ASS_TIME = re.compile(r"(\d{1,3}):(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,3}))?")
_LRC_TIME = re.compile(r"\[(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?\]\s*")
_LRC_FACT = re.compile(r"\[([A-Za-z#]{1,12}):([^\]]*)\]\s*")
_COMMENT = re.compile(r"\{[^{}\\]*\}")
_ASS_COLUMNS = ("layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text")


@dataclass(frozen=True)
class Cue:
    """Lines that are shown from `start` to `end`, in seconds; `end` is None where the format does not tell."""

    start: float
    end: float | None
    lines: tuple[str, ...]


def ass_cues(name: str, lines: Sequence[str]) -> list[Cue]:
    """The dialogues of an .ass or .ssa file, sorted by time; comments and copies made for karaoke are left out.

    Raises:
        ClipError: no dialogue, or a time that cannot be read.
    """
    columns: tuple[str, ...] = _ASS_COLUMNS
    cues: dict[tuple[float, float, str], Cue] = {}
    for number, line in enumerate(lines, 1):
        key, _, rest = line.partition(":")
        key = key.strip().lower()
        if key == "format" and "text" in rest.lower() and "start" in rest.lower():
            columns = tuple(part.strip().lower() for part in rest.split(","))
        if key != "dialogue":
            continue
        cells = dict(zip(columns, rest.split(",", len(columns) - 1), strict=False))
        start, end = _ass_time(cells.get("start", "")), _ass_time(cells.get("end", ""))
        if start is None or end is None or end < start:
            raise ClipError(f"{name}: line {number}: no dialogue times", "write Dialogue: 0,0:00:01.00,0:00:02.50,…")
        text = _COMMENT.sub("", cells.get("text", ""))
        # Karaoke draws one line many times over; what is the same at the same time is said once.
        if not cells.get("effect", "").strip().lower().startswith(("fx", "code", "template")):
            cues.setdefault((start, end, text), Cue(start, end, (text,)))
    if not cues:
        raise ClipError(f"{name} has no dialogue line", "write the words into it, or remove it")
    return sorted(cues.values(), key=lambda cue: (cue.start, cue.end or cue.start))


def _ass_time(text: str) -> float | None:
    """Seconds of `H:MM:SS.cc`."""
    match = _ASS_TIME.fullmatch(text.strip())
    if not match:
        return None
    hours, minutes, seconds, fraction = match.groups()
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")


def lrc_cues(name: str, lines: Sequence[str]) -> list[Cue]:
    """The lines of an .lrc file, sorted by time; each lasts until the next begins, the last has no end.

    Raises:
        ClipError: no line with a time.
    """
    found = sorted(_lrc_lines(lines), key=lambda item: item[0])
    if not found:
        raise ClipError(f"{name} has no line with a time", "write lines as [00:01.00]words")
    ends: list[float | None] = [*(start for start, _ in found[1:]), None]
    return [Cue(start, end, (text,)) for (start, text), end in zip(found, ends, strict=True)]


def _lrc_lines(lines: Sequence[str]) -> Iterator[tuple[float, str]]:
    """(seconds, words) of each time of each line; `[offset:±ms]` moves them all."""
    offset = 0.0
    for line in lines:
        text, times = line.strip().lstrip("\ufeff"), []
        if fact := _LRC_FACT.match(text):
            if fact[1].lower() == "offset" and re.fullmatch(r"\s*[+-]?\d{1,7}\s*", fact[2]):
                offset = int(fact[2]) / 1000
            continue
        end = 0
        while match := _LRC_TIME.match(text, end):
            minutes, seconds, fraction = match.groups()
            times.append(int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}"))
            end = match.end()
        words = text[end:]
        yield from ((max(0.0, time - offset), words) for time in times)
