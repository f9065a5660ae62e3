"""What would change the label: for every other label the smallest change of one modality that brings it about. Pure.

A change moves a part of the modality's probability to one label, the rest in proportion. The amount is searched on a
grid and then halved within the cell in which a label first appears, so a label that shows only between two grid points
is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from harness.judging.fuse import FuseSettings, Shares, Source, argmax_label, varied
from harness.records.argument import Flip
from harness.records.labels import LabelSpace
from harness.records.names import ANSWER

CELLS, HALVINGS = 16, 8
"""The grid, and the halvings within a cell: amounts are right to 1 part in 4,096."""


@dataclass(frozen=True)
class _Path:
    """One modality's probability on its way to one label."""

    modality: str
    to: str
    opinion: Shares
    pool: Callable[[Shares], Shares]
    space: LabelSpace = field(hash=False)

    def label(self, amount: float) -> str:
        """The label of the whole when `amount` (0..1) has moved."""
        toward = self.space.rank(self.to)
        moved = [(1 - amount) * p for p in self.opinion]
        moved[toward] += amount
        return argmax_label(self.pool(tuple(moved)), self.space)

    def first(self, label: str, cell: int) -> float:
        """The smallest amount in a cell at whose upper end the whole has this label."""
        low, high = (cell - 1) / CELLS, cell / CELLS
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if self.label(middle) == label else (middle, high)
        return high


def smallest_flips(sources: Mapping[str, Source], settings: FuseSettings, label: str) -> tuple[Flip, ...]:
    """The smallest change that leads to each label other than `label`, in their order; none where no change does."""
    paths = _paths(sources, settings, label)
    seen = {path: [path.label(cell / CELLS) for cell in range(1, CELLS + 1)] for path in paths}
    found = (_smallest(other, seen) for other in settings.space.labels if other != label)
    return tuple(flip for flip in found if flip is not None)


def _paths(sources: Mapping[str, Source], settings: FuseSettings, label: str) -> list[_Path]:
    paths, space = [], settings.space
    for modality in sources:
        if modality != ANSWER and settings.weights.get(modality, 0.0) > 0:
            pool, opinion = varied(sources, settings, modality), sources[modality].probabilities
            paths += [_Path(modality, to, opinion, pool, space) for to in space.labels if to != label]
    return paths


def _smallest(label: str, seen: Mapping[_Path, list[str]]) -> Flip | None:
    """Only paths that reach the label in the earliest cell can have the smallest amount."""
    cells = {path: labels.index(label) + 1 for path, labels in seen.items() if label in labels}
    best: Flip | None = None
    for path, cell in cells.items():
        if cell == min(cells.values()) and (best is None or path.label(best.amount) == label):
            amount = path.first(label, cell)
            if best is None or amount < best.amount:
                best = Flip(path.modality, amount, path.to, label)
    return best
