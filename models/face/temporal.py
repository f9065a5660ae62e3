"""The still pictures' verdict and the movements in time, as one verdict whose shares add up. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from harness.records.types import Movement, Reason

PRIOR: Mapping[str, Mapping[str, float]] = {
    "mouth_corners_up": {"happy": 0.5},
    "mouth_corners_down": {"sad": 0.4, "angry": 0.2, "disgust": 0.2},
    "brows_up": {"surprise": 0.4, "fear": 0.2},
    "brows_down": {"angry": 0.4, "disgust": 0.2},
}
"""What a movement of `FULL_SECONDS` adds to the log-probability of an expression. A prior, not learned: there were no
labelled clips to learn it from. Which movement goes with which expression follows the prototypes of Ekman, Friesen &
Hager (2002); the sizes are kept below a factor of e^0.5, so that the pictures decide unless they are undecided. A mouth
that opens says nothing here, for it speaks."""
FULL_SECONDS = 1.0
PICTURES = "expression in the pictures"


def fuse_movements(
    labels: Sequence[str], pictures: Sequence[float], movements: Sequence[Movement]
) -> tuple[tuple[float, ...], tuple[Reason, ...]]:
    """P(y) ∝ p(y) · exp Σ_k s_k · w_k(y), s_k = min(1, seconds of movement k / 1 s), and the shares of the winner.

    The shares are in the winner's log-odds against the geometric mean of all labels; they add up to it. A movement's
    value is its seconds, that of the pictures the probability they give.

    Args:
        labels: of the probabilities.
        pictures: the probabilities p > 0.
        movements: against the face's own rest.
    """
    seconds: dict[str, float] = {}
    for movement in movements:
        if movement.kind in PRIOR:
            seconds[movement.kind] = seconds.get(movement.kind, 0.0) + movement.end - movement.start
    terms = {"": [math.log(max(p, 1e-6)) for p in pictures]}
    for kind, length in sorted(seconds.items()):
        terms[kind] = [min(1.0, length / FULL_SECONDS) * PRIOR[kind].get(label, 0.0) for label in labels]
    logits = [sum(values) for values in zip(*terms.values(), strict=True)]
    winner = max(range(len(labels)), key=logits.__getitem__)
    top = [math.exp(logit - logits[winner]) for logit in logits]
    shares = {kind: values[winner] - sum(values) / len(values) for kind, values in terms.items()}
    reasons = [Reason(PICTURES, float(pictures[winner]), shares.pop(""))]
    reasons += [Reason(kind, round(seconds[kind], 3), share) for kind, share in shares.items()]
    ordered = sorted(reasons, key=lambda reason: -abs(reason.contribution))
    return tuple(value / sum(top) for value in top), tuple(ordered)
