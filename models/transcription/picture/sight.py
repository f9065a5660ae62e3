"""What is seen of a line of text, and which lines of a clip are its subtitles. Pure.

Pictures hold much writing that nobody says: tickers that move, logos that stay, advertisements and credits at the
sides. A subtitle stands still for a second or a few, in the middle, in one height, and changes as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

LEAST_SECONDS = 0.3
"""Writing that stands still for less moves, or was caught in passing; at a clip's edge it may have been cut off."""
LOGO_SECONDS = 9.0
"""Writing that stands for longer is no line of speech."""
OFF_CENTRE = 0.1
"""How far a line's middle may lie from the picture's, as a share of its width."""
HEIGHTS = (0.025, 0.14)
"""Height of a line's box as a share of the picture's."""
LEAST_CERTAINTY = 0.5
"""Mean probability of the characters below which a reading is none."""


@dataclass(frozen=True)
class Box:
    """Left, top, right, bottom in pixels of the frame."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def middle(self) -> tuple[float, float]:
        """x, y of its middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def beside(self, other: Box) -> bool:
        """Whether both stand in the same line: overlapping in height, and of like height."""
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        low, high = sorted((self.height, other.height))
        return shared > 0.6 * low and low > 0.6 * high

    def over(self, other: Box) -> bool:
        """Whether both share the most part of the narrower one's width."""
        shared = min(self.right, other.right) - max(self.left, other.left)
        return shared > 0.5 * min(self.right - self.left, other.right - other.left)

    def with_(self, other: Box) -> Box:
        """The width of both, in the height of this one."""
        return Box(min(self.left, other.left), self.top, max(self.right, other.right), self.bottom)


@dataclass(frozen=True)
class Character:
    """One character of a reading, with the network's probability."""

    text: str
    probability: float


Reading = tuple[Character, ...]


@dataclass(frozen=True)
class Sight:
    """A line of text that stood still.

    Attributes:
        start: seconds, when it is first seen.
        end: seconds, when it is last seen.
        box: where.
        readings: what it says, by one or more pictures of it; the surest first.
        cut: whether the clip begins or ends within it.
    """

    start: float
    end: float
    box: Box
    readings: tuple[Reading, ...] = ()
    cut: bool = False

    @property
    def text(self) -> str:
        """The surest reading."""
        return said(self.readings[0]) if self.readings else ""

    @property
    def certainty(self) -> float:
        """Mean probability of the surest reading's characters."""
        return sure(self.readings[0]) if self.readings else 0.0


def said(reading: Reading) -> str:
    """A reading as text."""
    return "".join(character.text for character in reading)


def sure(reading: Reading) -> float:
    """Mean probability of a reading's characters; 0 without any."""
    return sum(character.probability for character in reading) / len(reading) if reading else 0.0


def may_be_subtitle(sight: Sight, width: int, height: int, seconds: float) -> bool:
    """Whether a line stands where and as long as subtitles do.

    Args:
        sight: the line; it need not have been read yet.
        width: of the picture, pixels.
        height: of the picture, pixels.
        seconds: length of the clip.
    """
    lasts = sight.end - sight.start
    still = lasts >= LEAST_SECONDS or sight.cut
    logo = lasts > LOGO_SECONDS or (seconds > LOGO_SECONDS / 2 and lasts > 0.95 * seconds)
    centred = abs(sight.box.middle[0] - width / 2) <= OFF_CENTRE * width
    fits = HEIGHTS[0] * height <= sight.box.height <= HEIGHTS[1] * height
    return still and not logo and centred and fits


def subtitles(sights: Sequence[Sight]) -> list[Sight]:
    """Of lines that may be subtitles, those in the clip's subtitle band, in time order.

    The band is the height at which most is read, with the lines right above and below it that show together with
    lines of the band: subtitles of two lines, or in two languages.
    """
    read = [sight for sight in sights if sight.certainty >= LEAST_CERTAINTY and any(map(str.isalnum, sight.text))]
    if not read:
        return []
    best = max(read, key=lambda one: sum(_weight(other) for other in read if other.box.beside(one.box)))
    band = [sight for sight in read if sight.box.beside(best.box)]
    near = [
        sight
        for sight in read
        if sight not in band and any(_together(sight, line) and _adjacent(sight.box, line.box) for line in band)
    ]
    return _joined(sorted([*band, *near], key=lambda s: (s.start, s.box.top)))


def _joined(sights: Sequence[Sight]) -> list[Sight]:
    """Lines in time order, one that was lost for a moment (something bright moved behind it) as one."""
    kept: list[Sight] = []
    for sight in sights:
        known = [i for i, k in enumerate(kept) if k.text == sight.text and sight.start - k.end < LEAST_SECONDS]
        if known:
            kept[known[-1]] = replace(kept[known[-1]], end=max(kept[known[-1]].end, sight.end))
        else:
            kept.append(sight)
    return kept


def _weight(sight: Sight) -> float:
    return len(sight.text) * sight.certainty * min(sight.end - sight.start + LEAST_SECONDS, 3.0)


def _together(one: Sight, other: Sight) -> bool:
    shared = min(one.end, other.end) - max(one.start, other.start)
    return shared > 0.7 * min(one.end - one.start, other.end - other.start)


def _adjacent(one: Box, other: Box) -> bool:
    return abs(one.middle[1] - other.middle[1]) < 1.8 * max(one.height, other.height)
