"""How much each modality moved the decision: exact Shapley values over the fuser. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from math import factorial

from harness.judging.fuse import FuseSettings, Source, pooled
from harness.records.types import MODALITIES, Modality
from harness.records.verdicts import Attribution

Coalition = tuple[Modality, ...]


def attribute(sources: Mapping[str, Source], settings: FuseSettings, label: str) -> Attribution:
    """Shapley values of v(S) = P_fused(label | only the modalities in S are heard).

    Any source that is no modality (the reasoner's own answer) stays in every coalition and in the baseline.
    """
    y = settings.space.rank(label)
    players = tuple(m for m in MODALITIES if m in sources and settings.weights.get(m, 0.0) > 0)
    fixed = {name: source for name, source in sources.items() if name not in MODALITIES}
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


def coalitions(players: Sequence[Modality]) -> list[Coalition]:
    """All subsets, the smaller first, each in the order of `players`."""
    return [subset for size in range(len(players) + 1) for subset in combinations(players, size)]


def shapley(players: Coalition, worth: Callable[[Coalition], float]) -> dict[str, float]:
    """Exact Shapley values (Shapley, 1953): each player's mean marginal worth over all orders of arrival.

    `worth` takes a subset in the order of `players`. The values sum to worth(all) − worth(none).
    """
    n = len(players)
    values: dict[str, float] = dict.fromkeys(players, 0.0)
    for without in coalitions(players):
        chance = factorial(len(without)) * factorial(n - len(without) - 1) / factorial(n) if len(without) < n else 0.0
        for player in players:
            if player not in without:
                with_player = tuple(m for m in players if m in without or m == player)
                values[player] += chance * (worth(with_player) - worth(without))
    return values
