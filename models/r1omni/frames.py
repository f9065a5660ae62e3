"""Which pictures of a clip are looked at, and which part of its sound is heard. Plain numbers.

Source: `frame_sample` of the published code: the middle of each of `count` equal stretches of 0 … n − 1.
"""

from __future__ import annotations

from dataclasses import dataclass


def indices(total: int, count: int) -> tuple[int, ...]:
    """Indices of `count` pictures among `total`; repeated where there are fewer pictures than that.

    Raises:
        ValueError: there is no picture, or none is wanted.

    >>> indices(30, 8)
    (2, 5, 9, 13, 16, 20, 24, 27)
    """
    if total < 1 or count < 1:
        raise ValueError(f"{count} of {total} pictures")
    stretch = (total - 1) / count
    # As published, the bounds are rounded to whole numbers nowhere: Python's round of the middle, ties nudged upwards.
    return tuple(round((stretch * i + stretch * (i + 1)) / 2 + 1e-6) for i in range(count))


@dataclass(frozen=True)
class Crop:
    """A stretch of a clip in seconds; `end` None for its end."""

    start: float = 0.0
    end: float | None = None

    def bounds(self, total: int, rate: float) -> tuple[int, int]:
        """First index and the one after the last, of `total` samples or pictures at `rate` a second.

        At least one of them is kept where there is any.

        >>> Crop(0.5, 1.0).bounds(32000, 16000.0)
        (8000, 16000)
        """
        first = min(max(0, round(self.start * rate)), max(0, total - 1))
        after = total if self.end is None else min(total, round(self.end * rate))
        return first, max(after, min(first + 1, total))
