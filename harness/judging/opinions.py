"""What each modality says, as probabilities over the labels of the run's space: the material of the pool."""

from __future__ import annotations

from collections.abc import Mapping

from harness.judging.fuse import Source
from harness.records.conversions import base_of, convert, to_sentiment5
from harness.records.labels import EMOTION7, POLARITY3, SENTIMENT5, LabelSpace, get_space
from harness.records.types import MODALITIES, ClipEvidence, Opinion

LEAST_TRUST = 0.05
"""Trust never falls below this, so that a source that stands alone is still heard."""


def sources_of(evidence: ClipEvidence, space: LabelSpace = SENTIMENT5) -> dict[str, Source]:
    """The modalities' opinions over the labels of `space`, with confidence, coverage and trust."""
    return {
        modality: Source(
            said_in(space, opinion),
            opinion.confidence,
            evidence.coverage[modality],
            max(LEAST_TRUST, evidence.trust.get(modality, 1.0)),
        )
        for modality, opinion in in_order(opinions_for(evidence, space)).items()
    }


def in_order(opinions: Mapping[str, Opinion]) -> dict[str, Opinion]:
    """The modalities' opinions first, in their order, then those of other sources by name."""
    others = sorted(opinions.keys() - set(MODALITIES))
    return {name: opinions[name] for name in (*MODALITIES, *others) if name in opinions}


def opinions_for(evidence: ClipEvidence, space: LabelSpace) -> Mapping[str, Opinion]:
    """Modality → the opinion that answers in `space` follow from: its sentiment, or its emotion."""
    return evidence.emotions if base_of(space) == EMOTION7 else evidence.opinions


def missing_for(evidence: ClipEvidence, space: LabelSpace) -> Mapping[str, str]:
    """Modality → why it says nothing in `space`."""
    return evidence.no_emotions if base_of(space) == EMOTION7 else evidence.missing


def said_in(space: LabelSpace, opinion: Opinion) -> tuple[float, ...]:
    """An opinion over any known space as probabilities over `space`; even where all that it says has no image there."""
    if opinion.space == space.name and opinion.labels == space.labels:
        return opinion.probabilities
    even = (1 / len(space.labels),) * len(space.labels)
    if base_of(space) == EMOTION7:
        own = get_space(opinion.space)
        by_label = dict(zip(opinion.labels, opinion.probabilities, strict=True))
        return convert(own, space).apply([by_label[label] for label in own.labels]) or even
    said = five(opinion)
    return said if space == SENTIMENT5 else convert(SENTIMENT5, space).apply(said) or even


def five(opinion: Opinion) -> tuple[float, ...]:
    """An opinion over any label space as probabilities over SNEG … SPOS; a measured strength parts a polarity."""
    space = get_space(opinion.space)
    by_label = dict(zip(opinion.labels, opinion.probabilities, strict=True))
    strength = opinion.strength if opinion.strength is not None and space == POLARITY3 else 0.5
    return to_sentiment5(space, [by_label[label] for label in space.labels], strength)


def certain(label: str, certainty: float, space: LabelSpace = SENTIMENT5) -> tuple[float, ...]:
    """`certainty` on one label, the rest spread evenly."""
    rest = (1 - certainty) / (len(space.labels) - 1)
    return tuple(certainty if other == label else rest for other in space.labels)


def listed(missing: Mapping[str, str]) -> str:
    """What is missing and why, as one line."""
    return "; ".join(f"{source}: {reason}" for source, reason in missing.items())
