"""Which pictures of a clip are looked at, and which part of its sound is heard. Plain numbers.

Which pictures: `harness/inputs/sampling.py`, which the driver's decoder follows too.
"""

from __future__ import annotations

from dataclasses import dataclass

from harness.inputs.sampling import middles


def indices(total: int, count: int) -> tuple[int, ...]:
    """Indices of `count` pictures among `total`, as published. Raises ValueError where there is nothing to choose."""
    return middles(total, count)


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


WHOLE = Crop()
"""All of a clip."""
