"""What a probability rests on, by hiding parts of the input; and whether that ranking beats rankings drawn at random.

A part is hidden alone, and the fall of the probability is its effect (occlusion: Zeiler & Fergus, 2014). Ranked by
effect, the parts are then hidden one after another (deletion) and shown one after another (insertion); the areas under
both curves say how well the ranking tells what decides (Petsiuk et al., 2018). Nothing here knows what a part is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Masks = NDArray[np.bool_]
Answer = Callable[[Masks], Array]
"""Masks (n, parts), true where a part is hidden → the probability (n,) of the answer that is explained."""

STEPS = 8
"""A curve is taken at the squares of 0..8, as shares: part by part at first, where rankings differ, then coarser."""
CONTROLS = 19
"""Random rankings: better than all 19 has a chance of 1 in 20."""
LEVEL = 0.05
TIE = 1e-6
"""Areas that differ by less are equal: what the arithmetic of a net leaves over is no difference."""


@dataclass(frozen=True)
class Areas:
    """Areas under the curves over the share of parts, in probability; low deletion and high insertion are good."""

    deletion: float
    insertion: float


@dataclass(frozen=True)
class Occlusion:
    """What was found for one input.

    Attributes:
        whole, hidden: the probability with nothing hidden and with everything hidden.
        effects: (parts,) fall of the probability when a part alone is hidden; negative where that raises it.
        areas: of the ranking by effect.
        controls: of random rankings.
    """

    whole: float
    hidden: float
    effects: Array
    areas: Areas
    controls: tuple[Areas, ...]

    @property
    def deletion_p(self) -> float:
        """Chance of an area as low as this one among random rankings, by rank: (1 + as good) / (1 + controls)."""
        return self._p(sum(control.deletion <= self.areas.deletion + TIE for control in self.controls))

    @property
    def insertion_p(self) -> float:
        """The same for an area as high as this one."""
        return self._p(sum(control.insertion >= self.areas.insertion - TIE for control in self.controls))

    @property
    def beats_random(self) -> bool:
        """Whether both areas are better than those of random rankings, each at the level of `LEVEL`."""
        return max(self.deletion_p, self.insertion_p) <= LEVEL

    def _p(self, as_good: int) -> float:
        return (1 + as_good) / (1 + len(self.controls))


def occlude(answer: Answer, parts: int, random: np.random.Generator, controls: int = CONTROLS) -> Occlusion:
    """Effects of all parts, and the areas of their ranking beside those of random ones.

    Args:
        answer: the probability under masks.
        parts: how many there are, at least 2.
        random: draws the control rankings.
        controls: how many; with fewer than 19 nothing can beat random at `LEVEL`.
    """
    if parts < 2:
        raise ValueError(f"{parts} parts cannot be ranked")
    alone = np.concatenate(
        [np.zeros((1, parts), dtype=bool), np.ones((1, parts), dtype=bool), np.eye(parts, dtype=bool)]
    )
    found = answer(alone)
    whole, hidden = float(found[0]), float(found[1])
    effects = whole - found[2:]
    own = areas(answer, np.argsort(-effects, kind="stable"), whole, hidden)
    drawn = tuple(areas(answer, random.permutation(parts), whole, hidden) for _ in range(controls))
    return Occlusion(whole, hidden, effects, own, drawn)


def areas(answer: Answer, order: NDArray[np.intp], whole: float, hidden: float) -> Areas:
    """The areas of a ranking (parts,), the part that matters most first; the ends of both curves are known."""
    parts = len(order)
    counts = np.unique(np.round(parts * np.linspace(0, 1, STEPS + 1) ** 2).astype(int))
    rank = np.empty(parts, dtype=int)
    rank[order] = np.arange(parts)
    gone = rank[None] < counts[1:-1, None]
    found = answer(np.concatenate([gone, ~gone]))
    deletion = np.concatenate([[whole], found[: len(gone)], [hidden]])
    insertion = np.concatenate([[hidden], found[len(gone) :], [whole]])
    share = counts / parts
    return Areas(float(np.trapezoid(deletion, share)), float(np.trapezoid(insertion, share)))


def grid_masks(masks: Masks, cells: int, side: int) -> Masks:
    """Masks (n, cells²) of a square grid, row by row, as masks (n, side, side) of pixels; `cells` divides `side`."""
    if side % cells:
        raise ValueError(f"{cells} cells do not divide {side} pixels")
    square = masks.reshape(-1, cells, cells)
    return np.repeat(np.repeat(square, side // cells, axis=1), side // cells, axis=2)


def centre_first(cells: int) -> NDArray[np.intp]:
    """The cells of a square grid ranked from its middle outward: what knows of faces, but not of this picture."""
    at = np.arange(cells) - (cells - 1) / 2
    return np.argsort((at[:, None] ** 2 + at[None] ** 2).ravel(), kind="stable")
