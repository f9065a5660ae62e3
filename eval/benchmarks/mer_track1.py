"""MER2023, MER2024 and MER2025 track 1: weighted F1 over six emotions (WAF), for MER2023 with valence.

WAF = Σ_c support_c · F1_c / Σ_c support_c. MER2023 also: MSE of valence, final = WAF − 0.25 · MSE.
Source: zeroQiaoba/MERTools, MER2023 and MER2025 evaluation scripts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from eval.benchmarks.base import PREDICTION, TRUTH, Benchmark, Figures, Given, Item
from eval.benchmarks.counts import answer_of, classification
from harness.records.labels import SPACES

SPACE = SPACES["mer6"]
QUIRKS = {
    "stops": "one clip without a prediction, or one label that is none of the six as written, stops the scorer: "
    "no figure at all"
}
VALENCE_WEIGHT = 0.25


def score(items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
    """WAF and accuracy; without quirks, what is missing or no label is wrong.

    >>> one = [Item("a", {"label": "sad"}, {"reply": "Sad"})]
    >>> score(one, frozenset(), Given())["WAF"], score(one, frozenset(QUIRKS), Given())["WAF"]
    (1.0, nan)
    """
    truth = [item.truth["label"].strip() for item in items]
    if "stops" in quirks:
        said = ["" if item.said is None else item.said["reply"] for item in items]
        if not set(said) <= set(SPACE.labels):
            return {"WAF": math.nan, "accuracy": math.nan}
    else:
        truth = [SPACE.normalise(label) or label for label in truth]
        said = ["" if i.said is None else SPACE.normalise(answer_of(i.said["reply"])) or "" for i in items]
    found = classification(truth, said)
    return {"WAF": found["weighted_f1"], "accuracy": found["accuracy"]}


def score_2023(items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
    """As `score`, with `MSE` of valence over the clips that have it on both sides, and `final`.

    >>> row = Item("a", {"label": "sad", "valence": "-2"}, {"reply": "sad", "valence": "-1"})
    >>> score_2023([row], frozenset(), Given())["final"]
    0.75
    """
    figures = score(items, quirks, given)
    errors = []
    for item in items:
        pair = (item.truth.get("valence", ""), (item.said or {}).get("valence", ""))
        if all(cell.strip() for cell in pair):
            errors.append((float(pair[0]) - float(pair[1])) ** 2)
    figures["MSE"] = sum(errors) / len(errors) if errors else math.nan
    figures["final"] = figures["WAF"] - VALENCE_WEIGHT * figures["MSE"]
    return figures


_TRUTH: dict[str, Sequence[str]] = {"label": TRUTH}
_SAID: dict[str, Sequence[str]] = {"reply": PREDICTION}
_SOURCE = "zeroQiaoba/MERTools, track 1"
_VALENCE: dict[str, Sequence[str]] = {"valence": ("valence",)}
_NEEDS = frozenset({"valence"})
BENCHMARKS = (
    Benchmark("mer2023", "2023", "WAF", _SOURCE, _TRUTH | _VALENCE, _SAID | _VALENCE, QUIRKS, score_2023, _NEEDS),
    Benchmark("mer2024", "2024", "WAF", _SOURCE, _TRUTH, _SAID, QUIRKS, score, labels="mer6"),
    Benchmark("mer2025", "2025", "WAF", _SOURCE, _TRUTH, _SAID, QUIRKS, score, labels="mer6"),
)
