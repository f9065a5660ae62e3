"""How much each modality moved the decision: exact Shapley values over the fuser. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import factorial
from typing import TypeVar

from harness.judging.fuse import FuseSettings, Source, pooled
from harness.records.names import ANSWER
from harness.records.verdicts import Attribution

Name = TypeVar("Name", bound=str)
"""The name of a source: a modality, or any other."""


def attribute(sources: Mapping[str, Source], settings: FuseSettings, label: str) -> Attribution:
    """Shapley values of v(S) = P_fused(label | only the sources in S are heard).

    Sources are the modalities and nets from outside; the reasoner's own answer stays in every coalition and in the
    baseline.
    """
    y = settings.space.rank(label)
    players = tuple(m for m in sources if m != ANSWER and settings.weights.get(m, 0.0) > 0)
    fixed = {name: source for name, source in sources.items() if name == ANSWER}
    worth = {
        coalition: pooled(fixed | {m: sources[m] for m in coalition}, settings)[y] for coalition in coalitions(players)
    }
    heard_always = any(settings.weights.get(name, 0.0) > 0 for name in fixed)
    baseline = (
        "the reasoner's answer alone" if heard_always else f"nothing heard: uniform, 1/{settings.size} for each label"
    )
    if not heard_always and settings.prior:
        baseline = "nothing heard: the learned prior of the labels"
    return Attribution(
        label,
        "exact Shapley over the fuser",
        baseline,
        worth[()],
        worth[players],
        shapley(players, lambda coalition: worth[coalition]),
        {"+".join(coalition): p for coalition, p in worth.items()},
    )


def coalitions(players: Sequence[Name]) -> list[tuple[Name, ...]]:
    """All subsets, the smaller first, each in the order of `players`."""
    return [subset for size in range(len(players) + 1) for subset in combinations(players, size)]


def shapley(players: tuple[Name, ...], worth: Callable[[tuple[Name, ...]], float]) -> dict[Name, float]:
    """Exact Shapley values (Shapley, 1953): each player's mean marginal worth over all orders of arrival.

    `worth` takes a subset in the order of `players`. The values sum to worth(all) − worth(none).
    """
    n = len(players)
    values: dict[Name, float] = dict.fromkeys(players, 0.0)
    for without in coalitions(players):
        chance = factorial(len(without)) * factorial(n - len(without) - 1) / factorial(n) if len(without) < n else 0.0
        for player in players:
            if player not in without:
                with_player = tuple(m for m in players if m in without or m == player)
                values[player] += chance * (worth(with_player) - worth(without))
    return values
