"""How a clip's speech is cut into pieces for a recogniser, and what of it stayed without words. Pure.

A recogniser hears a window of fixed length. Stretches of speech are packed into windows; pauses longer than a second
are left out between them, so a piece's own clock differs from the clip's, and `Piece.when` maps it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.records.types import Segment, Span, Word

LONGEST = 14.0
"""Seconds of a piece: a window of 15 s with a second of silence, without which Whisper repeats itself."""
MAX_PAUSE = 1.0
"""Longer pauses between stretches of speech are not handed to the recogniser."""
LEAST_GAP = 0.9
"""Speech without words for less than this is what the borders of words and of speech leave between them."""
_REACH = 0.4
"""Seconds around a word that count as covered by it: borders of words and of speech are as rough as that."""
_LONGEST_WORD = 1.2
"""A recogniser stretches a word over what it left out: of a longer one, only both ends count as covered."""


@dataclass(frozen=True)
class Piece:
    """Stretches of a clip that are heard as one."""

    parts: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """Its length on its own clock."""
        return sum(part.end - part.start for part in self.parts)

    def when(self, time: float) -> float:
        """The clip's time of a time on the piece's clock."""
        for part in self.parts:
            length = part.end - part.start
            if time <= length or part is self.parts[-1]:
                return part.start + min(max(time, 0.0), length)
            time -= length
        raise ValueError("a piece has at least one part")

    def within(self, start: float, end: float) -> Span:
        """The clip's time of a word: of its larger share, where it reaches over a pause that was left out."""
        shares, offset = [], 0.0
        for part in self.parts:
            length = part.end - part.start
            low, high = max(start - offset, 0.0), min(end - offset, length)
            shares.append((high - low, part.start + low, part.start + high))
            offset += length
        share, first, last = max(shares, key=lambda one: one[0])
        return Span(first, last) if share > 0 else Span(self.when(start), self.when(start))


def pack(speech: Sequence[Span]) -> list[Piece]:
    """Stretches of speech, in time order and none longer than `LONGEST`, as pieces of at most that length."""
    pieces: list[list[Span]] = []
    for span in speech:
        if pieces:
            last = pieces[-1]
            near = span.start - last[-1].end <= MAX_PAUSE
            joined = [*last[:-1], Span(last[-1].start, span.end)] if near else [*last, span]
            if sum(part.end - part.start for part in joined) <= LONGEST:
                pieces[-1] = joined
                continue
        pieces.append([span])
    return [Piece(tuple(parts)) for parts in pieces]


def covered(segments: Iterable[Segment]) -> list[Span]:
    """Where words lie, merged: by the words' own times, else by their line's."""
    spans = []
    for segment in segments:
        if segment.words:
            spans += [end for word in segment.words for end in _ends(word)]
        elif segment.start is not None and segment.end is not None:
            spans.append(Span(segment.start, segment.end))
    return _merged(spans)


def gaps(speech: Sequence[Span], segments: Iterable[Segment], least: float = LEAST_GAP) -> list[Span]:
    """Stretches of at least `least` seconds within one stretch of speech that have no words."""
    taken = [Span(span.start - _REACH, span.end + _REACH) for span in covered(segments)]
    found = []
    for span in speech:
        start = span.start
        for word in taken:
            if word.end <= start or word.start >= span.end:
                continue
            found.append(Span(start, word.start))
            start = max(start, word.end)
        found.append(Span(start, span.end))
    return [gap for gap in found if gap.end - gap.start >= least]


def _ends(word: Word) -> list[Span]:
    if word.end - word.start <= _LONGEST_WORD:
        return [Span(word.start, word.end)]
    half = _LONGEST_WORD / 2
    return [Span(word.start, word.start + half), Span(word.end - half, word.end)]


def total(spans: Iterable[Span]) -> float:
    """Seconds of spans that do not overlap."""
    return sum(span.end - span.start for span in spans)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start, s.end)):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged
