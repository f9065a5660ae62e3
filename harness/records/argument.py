"""Why the heads decide as they do: the structure from which a chain of thought is told and against which it is held.

Frozen and JSON-able. All shares are effects of interventions on the pool (Shapley values of P(label)), never a model's
own percentages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OPPOSES = 0.02
"""A modality whose measured share in P(label) is below minus this is clearly against the label."""
CLOSE, CLEAR = 0.1, 0.3
"""Margins below which a decision is a close call, and from which on it is a clear one."""
LEAST_CONFIDENCE = 0.5
"""Below this a modality's input allowed little of an opinion."""
MOVES = 0.005
"""A cue with a smaller share in P(label) moved nothing worth telling."""


@dataclass(frozen=True)
class Cue:
    """One thing that was measured and moved a modality's opinion.

    Attributes:
        kind: `word`, `voice`, `expression` or `movement`.
        feature: the word itself, or the name of the measurement.
        value: in the measurement's own unit.
        z: standard deviations above the mean of the head's training data; None where it has none.
        start, end: seconds; None when it concerns the whole clip.
        share: its part of the modality's share in P(label): positive for the label, negative against it.
        told: its wording, by language, as the text of the argument has it.
    """

    kind: str
    feature: str
    value: float
    z: float | None
    start: float | None
    end: float | None
    share: float
    told: Mapping[str, str]


@dataclass(frozen=True)
class View:
    """What one modality, or a net from outside, says by itself, and what it did to the decision.

    Attributes:
        modality: or the name of the source.
        label: its own most probable of SNEG … SPOS, with `probability`; `for_label` is what it gives the label of the
            whole.
        reading: the most probable label of its head's own space (an emotion of the face), with `reading_probability`.
        confidence: 0..1, how far its input allowed an opinion.
        weight: its share in the pool.
        share: Shapley value in P(label of the whole).
        cues: the largest first; none where the modality supports a label that is not the one its cues were weighed for.
    """

    modality: str
    label: str
    probability: float
    for_label: float
    reading: str
    reading_probability: float
    confidence: float
    weight: float
    share: float
    cues: tuple[Cue, ...]


@dataclass(frozen=True)
class Conflict:
    """Two modalities that judge differently. `won` is the one with the larger share towards the label."""

    won: str
    lost: str


@dataclass(frozen=True)
class Flip:
    """The smallest change of one modality that changes the label.

    Attributes:
        amount: 0..1, the share of its probability that would have to move to `to`; a whole change of mind is 1.
        to: the label of the modality after that change.
        label: the label of the whole then.
    """

    modality: str
    amount: float
    to: str
    label: str


@dataclass(frozen=True)
class Argument:
    """How the label follows from the modalities.

    Attributes:
        label: the pooled label; `probability` is P(label), `margin` what it is ahead of `second`.
        strategy: how the opinions were pooled.
        decided_by: the modality with the largest share towards the label; None when none speaks for it.
        supported_by: the others that speak for it.
        opposed_by: those clearly against it (share below −`OPPOSES`).
        views: one for each modality with an opinion.
        conflicts: pairs on different sides of neutral, or with different labels when one is against the decision.
        missing: modality → why it says nothing; `weight_missing` is the share of the profile's weights that is absent.
        flip: the smallest single change that gives another label; None where no single modality can.
        flips: for each other label the smallest single change that gives it, in the order SNEG … SPOS; a label that no
            single change gives is not among them.
    """

    label: str
    probability: float
    second: str
    margin: float
    strategy: str
    decided_by: str | None
    supported_by: tuple[str, ...]
    opposed_by: tuple[str, ...]
    views: tuple[View, ...]
    conflicts: tuple[Conflict, ...]
    missing: Mapping[str, str]
    weight_missing: float
    flip: Flip | None
    flips: tuple[Flip, ...] = ()
