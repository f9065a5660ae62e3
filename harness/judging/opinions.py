"""What each modality says, as five probabilities: the material of the pool."""

from __future__ import annotations

from collections.abc import Mapping

from harness.judging.fuse import Source
from harness.records.labels import SENTIMENT5, get_space, to_sentiment5
from harness.records.types import MODALITIES, ClipEvidence, Opinion

LEAST_TRUST = 0.05
"""Trust never falls below this, so that a source that stands alone is still heard."""


def sources_of(evidence: ClipEvidence) -> dict[str, Source]:
    """The modalities' opinions as five probabilities each, with confidence, coverage and trust."""
    return {
        modality: Source(
            five(opinion),
            opinion.confidence,
            evidence.coverage[modality],
            max(LEAST_TRUST, evidence.trust.get(modality, 1.0)),
        )
        for modality in MODALITIES
        if (opinion := evidence.opinions.get(modality)) is not None
    }


def five(opinion: Opinion) -> tuple[float, ...]:
    """An opinion over any label space as probabilities over SNEG … SPOS; a measured strength parts a polarity."""
    space = get_space(opinion.space)
    by_label = dict(zip(opinion.labels, opinion.probabilities, strict=True))
    if opinion.strength is not None and opinion.space == "polarity3":
        s, negative, positive = opinion.strength, by_label["negative"], by_label["positive"]
        return (s * negative, (1 - s) * negative, by_label["neutral"], (1 - s) * positive, s * positive)
    return to_sentiment5(space, [by_label[label] for label in space.labels])


def certain(label: str, certainty: float) -> tuple[float, ...]:
    """`certainty` on one label, the rest spread evenly."""
    rest = (1 - certainty) / (len(SENTIMENT5.labels) - 1)
    return tuple(certainty if other == label else rest for other in SENTIMENT5.labels)


def listed(missing: Mapping[str, str]) -> str:
    """What is missing and why, as one line."""
    return "; ".join(f"{source}: {reason}" for source, reason in missing.items())
