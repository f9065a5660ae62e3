"""Which pictures of a clip stand for it, by their place alone."""

from __future__ import annotations


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
