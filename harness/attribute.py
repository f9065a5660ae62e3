"""How much each modality moved the decision: exact Shapley values over the fuser. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from math import factorial

from harness.fuse import FuseSettings, Source, fuse
from harness.labels import SENTIMENT5
from harness.types import MODALITIES
from harness.verdicts import Attribution


def attribute(sources: Mapping[str, Source], settings: FuseSettings, label: str) -> Attribution:
    """Shapley values of v(S) = P_fused(label | only the modalities in S are heard) (Shapley, 1953).

    Any source that is no modality (the reasoner's own answer) stays in every coalition and in the baseline.
    """
    y = SENTIMENT5.rank(label)
    players = [m for m in MODALITIES if m in sources and settings.weights.get(m, 0.0) > 0]
    fixed = {name: source for name, source in sources.items() if name not in MODALITIES}
    subsets: dict[str, float] = {}
    for size in range(len(players) + 1):
        for coalition in combinations(players, size):
            heard = fixed | {m: sources[m] for m in coalition}
            subsets["+".join(coalition)] = fuse(heard, settings).probabilities[y]

    def worth(members: set[str]) -> float:
        return subsets["+".join(m for m in players if m in members)]

    values: dict[str, float] = {}
    n = len(players)
    for player in players:
        others = [m for m in players if m != player]
        total = 0.0
        for size in range(n):
            chance = factorial(size) * factorial(n - size - 1) / factorial(n)
            for coalition in combinations(others, size):
                total += chance * (worth({*coalition, player}) - worth(set(coalition)))
        values[player] = total
    heard_always = any(settings.weights.get(name, 0.0) > 0 for name in fixed)
    baseline = "the reasoner's answer alone" if heard_always else "nothing heard: uniform, 1/5 for each label"
    return Attribution(
        label, "exact Shapley over the fuser", baseline, subsets[""], subsets["+".join(players)], values, subsets
    )
