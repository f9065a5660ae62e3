"""A pool that knows how words, voice and picture go together, learned from people who judged each alone. Pure.

People gave every clip of a corpus a label for the whole, and one each for its words, voice and picture alone. From
these follow P(t, v, p), how often words are t while the voice is v and the picture p, and P(y | t, v, p), the label of
the whole. A head's opinion q_m is evidence on its modality alone. It was made with shares π_m of the labels in mind,
so q_m / π_m is its likelihood ratio:

    P(y) ∝ Σ_tvp P(t, v, p) · P(y | t, v, p) · Π_m (q_m(s_m) / π_m(s_m))^w_m

A modality that is silent, or whose opinion says no more than π, has ratio 1 and moves nothing; what two modalities
usually say together is not counted twice. A source that judges the whole (the reasoner's answer) has its ratio on y.

The labels were given in sentiment5. In a coarser space of sentiments the same tables hold once their cells are added up
(`projected`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from harness.records.clean import shown
from harness.records.conversions import convert
from harness.records.labels import SENTIMENT5, LabelSpace
from harness.records.numbers import SHARE

Five = tuple[float, ...]
PARTS = ("text", "audio", "video")
WHOLE = "whole"
LABELS = 5
FLOOR = 1e-6
TRIPLES = tuple(product(range(LABELS), repeat=len(PARTS)))
"""(t, v, p), the picture running fastest."""


@dataclass(frozen=True)
class Joint:
    """What was learned from people's labels.

    Attributes:
        together: P(t, v, p) for each of `TRIPLES`.
        given: P(y | t, v, p) for each of them.
        priors: π of each modality; `whole` is P(y).
    """

    together: tuple[float, ...]
    given: tuple[Five, ...]
    priors: Mapping[str, Five]

    def pool(self, opinions: Mapping[str, Five], weights: Mapping[str, float]) -> Five:
        """P(y) from opinions over the five labels, each with its exponent in `weights`."""
        ratios = {name: self._ratio(name, opinion, weights[name]) for name, opinion in opinions.items()}
        size = len(self.priors[WHOLE])
        parts = [ratios.get(name, (1.0,) * size) for name in PARTS]
        pooled = [0.0] * size
        for chance, given, labels in zip(self.together, self.given, _triples(size), strict=True):
            likely = chance * math.prod(part[k] for part, k in zip(parts, labels, strict=True))
            for y in range(size):
                pooled[y] += likely * given[y]
        for name in ratios.keys() - set(PARTS):
            pooled = [p * r for p, r in zip(pooled, ratios[name], strict=True)]
        total = sum(pooled)
        return tuple(p / total for p in pooled)

    def varied(self, name: str, others: Mapping[str, Five], weights: Mapping[str, float]) -> Callable[[Five], Five]:
        """The pool as a function of the opinion of the source `name`, the `others` fixed: one pass over the cells."""
        if name not in PARTS:
            without = self.pool(others, weights)

            def weigh(opinion: Five) -> Five:
                values = [p * r for p, r in zip(without, self._ratio(name, opinion, weights[name]), strict=True)]
                return tuple(value / sum(values) for value in values)

            return weigh
        ratios = {other: self._ratio(other, opinion, weights[other]) for other, opinion in others.items()}
        place = PARTS.index(name)
        size = len(self.priors[WHOLE])
        parts = [(1.0,) * size if part == name else ratios.get(part, (1.0,) * size) for part in PARTS]
        whole = [math.prod(ratios[other][y] for other in ratios.keys() - set(PARTS)) for y in range(size)]
        fixed = [[0.0] * size for _ in range(size)]
        for chance, given, labels in zip(self.together, self.given, _triples(size), strict=True):
            likely = chance * math.prod(part[k] for part, k in zip(parts, labels, strict=True))
            row = fixed[labels[place]]
            for y in range(size):
                row[y] += likely * given[y] * whole[y]

        def pool(opinion: Five) -> Five:
            ratio = self._ratio(name, opinion, weights[name])
            values = [sum(r * row[y] for r, row in zip(ratio, fixed, strict=True)) for y in range(size)]
            total = sum(values)
            return tuple(value / total for value in values)

        return pool

    def _ratio(self, name: str, opinion: Five, weight: float) -> Five:
        """(q / π)^weight, scaled so that the largest is 1."""
        prior = self.priors[name if name in PARTS else WHOLE]
        logs = [weight * math.log(max(q, FLOOR) / max(p, FLOOR)) for q, p in zip(opinion, prior, strict=True)]
        top = max(logs)
        return tuple(math.exp(value - top) for value in logs)


@cache
def _triples(size: int) -> tuple[tuple[int, ...], ...]:
    return tuple(product(range(size), repeat=len(PARTS)))


def projected(joint: Joint, space: LabelSpace) -> Joint:
    """The same over a space that sentiment5 leads to: cells whose labels have one image are added up.

    A cell with a label that has no image is left out. ValueError when nothing is left.
    """
    if space == SENTIMENT5:
        return joint
    table = convert(SENTIMENT5, space).table
    image = [space.rank(next(iter(shares))) if (shares := table[label]) else None for label in SENTIMENT5.labels]
    cells = {labels: [0.0] * len(space.labels) for labels in _triples(len(space.labels))}
    for chance, given, labels in zip(joint.together, joint.given, TRIPLES, strict=True):
        to = [image[k] for k in labels]
        for y, p in enumerate(given):
            whole = image[y]
            if whole is not None and None not in to:
                cells[tuple(k for k in to if k is not None)][whole] += chance * p
    masses = {labels: max(sum(row), FLOOR) for labels, row in cells.items()}
    total, even = sum(masses.values()), (1 / len(space.labels),) * len(space.labels)
    priors = {name: _projected_shares(shares, image, len(space.labels)) for name, shares in joint.priors.items()}
    return Joint(
        tuple(mass / total for mass in masses.values()),
        tuple(tuple(p / sum(row) for p in row) if sum(row) > 0 else even for row in cells.values()),
        priors,
    )


def _projected_shares(shares: Five, image: Sequence[int | None], size: int) -> Five:
    mass = [FLOOR] * size
    for share, k in zip(shares, image, strict=True):
        if k is not None:
            mass[k] += share
    return tuple(value / sum(mass) for value in mass)


def read_joint(content: Mapping[str, Any]) -> Joint:
    """The joint from a file's content. ValueError, KeyError or TypeError when it does not fit."""
    given = tuple(_shares(row) for row in content["given"])
    together = _positive(content["together"])
    if len(given) != len(TRIPLES) or len(together) != len(TRIPLES):
        raise ValueError(f"{len(together)} and {len(given)} cells, expected {len(TRIPLES)}")
    return Joint(together, given, {name: _shares(content["priors"][name]) for name in (*PARTS, WHOLE)})


def _shares(values: Sequence[Any]) -> Five:
    shares = _positive(values)
    if len(shares) != LABELS or abs(sum(shares) - 1) > 1e-3:
        raise ValueError(f"{shown(list(values))} are no shares of {LABELS} labels")
    return shares


def _positive(values: Sequence[Any]) -> tuple[float, ...]:
    for value in values:
        if not SHARE.holds(value) or value == 0:
            raise ValueError(f"{shown(value)} is no probability above 0")
    return tuple(map(float, values))
