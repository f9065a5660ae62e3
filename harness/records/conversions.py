"""The ways between label spaces as tables, with what each loses. Pure.

Two spaces are bases: `sentiment5` and `emotion7`. Heads lead into them, the spaces of competitions lead out of them,
and a user's own space says which of the two it leads out of. What has no image is `unmapped`: its mass is withheld and
the rest renormalised; labels that nothing leads to are `unreached`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from harness.records.labels import (
    EMOTION7,
    EMOTION_POLARITY,
    POLARITY3,
    SENTIMENT5,
    SPACES,
    LabelSpace,
    emotion_stem,
)

SENTIMENTS = (SENTIMENT5.name, POLARITY3.name)
TO_EMOTION7: Mapping[str, str | None] = {
    "neutral": "neutral",
    "calm": "neutral",
    "happy": "joy",
    "sad": "sadness",
    "disappointed": "sadness",
    "helpless": "sadness",
    "angry": "anger",
    "fear": "fear",
    "anxious": "fear",
    "worried": "fear",
    "disgust": "disgust",
    "contemptuous": "disgust",
    "surprise": "surprise",
    "other": None,
}
"""Emotion, by its stem in `labels.py` → the nearest of the seven; what is lost is the difference within one of them."""
NEAREST: Mapping[str, Mapping[str, str]] = {"mer6": {"fear": "worried"}}
"""Space → label of the seven that has no namesake there → the label that stands for it all the same."""


class NoConversion(ValueError):
    """There is no way from one space to the other."""


@dataclass(frozen=True)
class Conversion:
    """A table between two spaces: label of `source` → shares of its mass over labels of `target`, none if unmapped."""

    source: LabelSpace
    target: LabelSpace
    table: Mapping[str, Mapping[str, float]]

    @property
    def unmapped(self) -> tuple[str, ...]:
        """Labels of the source that have no image."""
        return tuple(label for label in self.source.labels if not self.table[label])

    @property
    def unreached(self) -> tuple[str, ...]:
        """Labels of the target that nothing leads to."""
        reached = {label for shares in self.table.values() for label in shares}
        return tuple(label for label in self.target.labels if label not in reached)

    def apply(self, probabilities: Sequence[float]) -> tuple[float, ...] | None:
        """Probabilities over the target's labels; None where all the mass has no image."""
        if len(probabilities) != len(self.source.labels):
            raise ValueError(f"{len(probabilities)} probabilities for {len(self.source.labels)} labels")
        mass = dict.fromkeys(self.target.labels, 0.0)
        for label, p in zip(self.source.labels, probabilities, strict=True):
            for image, share in self.table[label].items():
                mass[image] += share * float(p)
        total = sum(mass.values())
        return tuple(p / total for p in mass.values()) if total > 0 else None


def base_of(space: LabelSpace) -> LabelSpace:
    """The space that is pooled in for answers in `space`: sentiment5 or emotion7."""
    if space.base:
        return SPACES[space.base]
    return SENTIMENT5 if space.name in SENTIMENTS else EMOTION7


def convert(source: LabelSpace, target: LabelSpace, strong_share: float = 0.5) -> Conversion:
    """The table from one space to another.

    Args:
        source: what there are probabilities over.
        target: what they are wanted over.
        strong_share: of a polarity without intensity, what goes to its strong class.

    Raises:
        NoConversion: a sentiment names no emotion, and a user's own space leads nowhere.
    """
    if source.name == target.name and source.labels == target.labels:
        return Conversion(source, target, {label: {label: 1.0} for label in source.labels})
    if source.base:
        raise NoConversion(f"{source.name} is a space of the user's own: its labels lead to no other")
    if target.base:
        lead = convert(source, SPACES[target.base], strong_share)
        return _after(lead, Conversion(SPACES[target.base], target, _images(target)))
    if source.name in SENTIMENTS:
        if target.name not in SENTIMENTS:
            raise NoConversion(f"{source.name} names no emotion, so nothing leads to {target.name}")
        return Conversion(source, target, {label: _polarity(label, target, strong_share) for label in source.labels})
    if target.name in SENTIMENTS:
        return Conversion(source, target, {label: _polarity(label, target, strong_share) for label in source.labels})
    return Conversion(source, target, {label: _emotion(label, target) for label in source.labels})


def to_sentiment5(space: LabelSpace, probabilities: Sequence[float], strong_share: float = 0.5) -> tuple[float, ...]:
    """Probabilities over any known space → probabilities over SNEG … SPOS; even where nothing has an image.

    A polarity without intensity is split: `strong_share` of its mass goes to the strong class (the share of strong
    labels among polar ones is .47 in the CH-SIMS v2 training labels and .56 in CMU-MOSI's).
    """
    return convert(space, SENTIMENT5, strong_share).apply(probabilities) or (0.2,) * 5


def polarity_of(label: str, space: LabelSpace) -> int | None:
    """−1, 0 or 1; None for a label without a polarity, such as surprise, or of a user's own space without one."""
    if space.base:
        sides = {polarity_of(source, SPACES[space.base]) for source, image in space.images.items() if image == label}
        return sides.pop() if len(sides) == 1 else None
    if space.name == SENTIMENT5.name:
        return (SENTIMENT5.rank(label) > 2) - (SENTIMENT5.rank(label) < 2)
    return POLARITY3.rank(label) - 1 if space.name == POLARITY3.name else EMOTION_POLARITY[emotion_stem(label)]


def neutral_of(space: LabelSpace) -> str | None:
    """The label that says neither: where nothing can be judged it is the default. None where a space has none."""
    return next((label for label in space.labels if polarity_of(label, space) == 0), None)


def losses(space: LabelSpace) -> dict[str, list[str]]:
    """What is lost on the way from the base to `space`: its `unmapped` labels, and those here that are `unreached`."""
    found = convert(base_of(space), space)
    return {"unmapped": list(found.unmapped), "unreached": list(found.unreached)}


def _images(space: LabelSpace) -> dict[str, dict[str, float]]:
    return {label: _one(space.images.get(label)) for label in SPACES[space.base].labels}


def _one(label: str | None) -> dict[str, float]:
    return {label: 1.0} if label is not None else {}


def _after(first: Conversion, then: Conversion) -> Conversion:
    table: dict[str, dict[str, float]] = {}
    for label, shares in first.table.items():
        table[label] = {}
        for middle, share in shares.items():
            for image, part in then.table[middle].items():
                table[label][image] = table[label].get(image, 0.0) + share * part
    return Conversion(first.source, then.target, table)


def _polarity(label: str, target: LabelSpace, strong_share: float) -> dict[str, float]:
    """The image of a sentiment or an emotion in sentiment5 or polarity3."""
    if label in SENTIMENT5.labels:
        side: int | None = polarity_of(label, SENTIMENT5)
    else:
        side = polarity_of(label, POLARITY3) if label in POLARITY3.labels else EMOTION_POLARITY[emotion_stem(label)]
    if side is None:
        return {}
    if target.name == POLARITY3.name:
        return {POLARITY3.labels[side + 1]: 1.0}
    if side == 0:
        return {"NEUT": 1.0}
    weak, strong = ("WNEG", "SNEG") if side < 0 else ("WPOS", "SPOS")
    return {weak: 1.0 - strong_share, strong: strong_share}


def _emotion(label: str, target: LabelSpace) -> dict[str, float]:
    """The image of an emotion among the emotions of `target`: its namesake, else the nearest by way of the seven."""
    stems = _stems(target.name, target.labels)
    stem = emotion_stem(label)
    if stem in stems:
        return {stems[stem]: 1.0}
    seven = TO_EMOTION7[stem]
    if seven is None:
        return {}
    return _one(stems.get(emotion_stem(seven)) or NEAREST.get(target.name, {}).get(seven))


@cache
def _stems(name: str, labels: tuple[str, ...]) -> dict[str, str]:
    return {emotion_stem(label): label for label in labels}
