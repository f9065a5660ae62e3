"""Which stretch of a clip is looked at, and which of its pictures stand for it. Plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


def middles(total: int, count: int) -> tuple[int, ...]:
    """Index of the picture in the middle of each of `count` equal stretches of 0 … total − 1.

    Pictures are named again where there are fewer than `count`. Source: the uniform sampling of R1-Omni's published
    inference; the bounds of the stretches are not rounded, and ties of the middles go up.

    Raises:
        ValueError: there is no picture, or none is wanted.

    >>> middles(30, 8)
    (2, 5, 9, 13, 16, 20, 24, 27)
    """
    if total < 1 or count < 1:
        raise ValueError(f"{count} of {total} pictures")
    stretch = (total - 1) / count
    return tuple(round((stretch * i + stretch * (i + 1)) / 2 + 1e-6) for i in range(count))


@dataclass(frozen=True)
class Stretch:
    """A part of a clip in seconds from its start; `end` None for its end."""

    start: float = 0.0
    end: float | None = None

    def samples(self, total: int, rate: float) -> slice:
        """Which of `total` samples lie in it, at `rate` a second; none where the sound is over before it begins.

        >>> Stretch(0.5, 1.0).samples(32000, 16000.0)
        slice(8000, 16000, None)
        """
        after = total if self.end is None else min(total, round(self.end * rate))
        return slice(min(round(self.start * rate), after), after)

    def pictures(self, times: Sequence[float], step: float) -> range:
        """Indices of the pictures in it; the last one before it where it lies between two, none after the last.

        Args:
            times: of the pictures, ascending, seconds.
            step: how long one is shown, seconds; it belongs to the stretch in which most of it is.

        >>> Stretch(0.5, 1.0).pictures([k / 10 for k in range(20)], 0.1)
        range(5, 10)
        """
        if not times or self.start >= times[-1] + max(step, 1e-6):
            return range(0)
        first = sum(time < self.start - step / 2 for time in times)
        after = len(times) if self.end is None else sum(time < self.end - step / 2 for time in times)
        if first >= after:
            first = max(0, sum(time <= self.start for time in times) - 1)
        return range(first, max(after, first + 1))


WHOLE = Stretch()
"""All of a clip."""
