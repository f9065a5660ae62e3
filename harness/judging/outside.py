"""Opinions of nets that are not ours, beside those of the modalities: named sources of the same pool. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.faults import ClipError
from harness.records.conversions import NoConversion, base_of, convert
from harness.records.labels import EMOTION7, SENTIMENT5, SPACES, LabelSpace
from harness.records.types import MODALITIES, ClipEvidence, Opinion

TOLERANCE = 1e-3


def with_weights(section: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    """The profile's `fuse` table with a weight for each of `names`, of sentiments and of emotions.

    A source without one weighs as much as a modality does on average. ConfigError for weights of an unknown source.
    """
    if not names:
        return dict(section)
    emotions = section["emotions"]
    return {
        **section,
        "weights": _weights(section["weights"], names),
        "emotions": {**emotions, "weights": _weights(emotions["weights"], names)},
    }


def _weights(given: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    own = [weight for m in MODALITIES if isinstance(weight := given.get(m), int | float) and weight > 0]
    usual = sum(own) / len(own) if own else 1.0
    return {**{name: usual for name in names}, **given}


def checked(opinion: Opinion, own: LabelSpace) -> Opinion:
    """An opinion that a net of someone else's gave, or ClipError saying what is wrong with it."""
    space = own if opinion.space == own.name else SPACES.get(opinion.space)
    if space is None or tuple(opinion.labels) != space.labels:
        raise ClipError(
            f"its opinion is of no known label space: {opinion.space} {', '.join(opinion.labels)}",
            "the plug-in must answer in a known label space",
        )
    values = opinion.probabilities
    sound = len(values) == len(space.labels) and all(math.isfinite(p) and p >= 0 for p in values)
    if not sound or abs(sum(values) - 1) > TOLERANCE:
        raise ClipError(
            f"its opinion is no distribution over {space.name}: {', '.join(f'{p:g}' for p in values[:8])}",
            "the plug-in must give probabilities that add up to 1",
        )
    if not 0 <= opinion.confidence <= 1:
        raise ClipError(
            f"the confidence of its opinion is {opinion.confidence:g}, and not 0 to 1",
            "the plug-in must give a confidence from 0 to 1",
        )
    return opinion


def joined(evidence: ClipEvidence, outside: Mapping[str, Opinion | str], own: LabelSpace) -> ClipEvidence:
    """The evidence with further sources, by name: an opinion, or why there is none.

    An opinion speaks of sentiments, of emotions, or of both, as far as its labels lead there; one over the run's own
    space is heard where the run answers.
    """
    opinions, emotions = dict(evidence.opinions), dict(evidence.emotions)
    missing, silent = dict(evidence.missing), dict(evidence.no_emotions)
    for name, said in outside.items():
        for base, heard, unheard in ((SENTIMENT5, opinions, missing), (EMOTION7, emotions, silent)):
            if isinstance(said, str):
                unheard[name] = said
            elif leads_to(said, base, own):
                heard[name] = said
            else:
                unheard[name] = f"its labels, of {said.space}, do not lead to {base.name}"
    coverage = {**evidence.coverage, **{name: 1.0 for name, said in outside.items() if not isinstance(said, str)}}
    return replace(
        evidence, opinions=opinions, emotions=emotions, coverage=coverage, missing=missing, no_emotions=silent
    )


def leads_to(opinion: Opinion, base: LabelSpace, own: LabelSpace) -> bool:
    """Whether an opinion can be pooled where `base` is; over the user's own space, whether that follows from it."""
    if opinion.space not in SPACES:
        return opinion.space == own.name and base_of(own) == base
    try:
        convert(SPACES[opinion.space], base)
    except NoConversion:
        return False
    return True
