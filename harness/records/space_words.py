"""What the words of an answer mean in any label space: one of its labels, or why none. Pure, and never guessing.

Read in this order, each only when the one before finds nothing: a label or an alias by itself; labels and aliases
within other words, where they are not denied; emotions that the space has no word for, through the tables between
spaces. Two different labels are none.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from harness.records.conversions import NoConversion, convert
from harness.records.labels import POLARITY3, SENTIMENT5, SPACES, LabelSpace, emotion_stem, fold

_PARTS = re.compile(r"[,，、;；/|\n&+]| and | or |和|或|与")

Denied = Callable[[str, int], bool]
"""Whether what stands before a place in a text takes the mention there back."""


def label_in(
    text: str, space: LabelSpace, denied: Denied, sentiment: Callable[[str], str | None]
) -> tuple[str | None, str]:
    """The label of `space` that a text means, or None and why.

    Args:
        text: the answer, without tags.
        space: any but sentiment5.
        denied: tells mentions that are taken back.
        sentiment: reads a text as one of sentiment5, for spaces that sentiment5 leads to.
    """
    label = space.normalise(text)
    if label:
        return label, ""
    folded = fold(text)
    given, taken_back = _mentioned(folded, space, denied)
    if not given:
        if taken_back:
            return None, f"says only what it is not: {folded[:60]}"
        given = _by_table(text, space, sentiment)
    if len(given) == 1:
        return given.pop(), ""
    if not given:
        return None, f"not in the label set of {space.name}: {folded[:60]}"
    return None, "several labels: " + ", ".join(sorted(given, key=space.rank))


def is_label_of(text: str, space: LabelSpace) -> bool:
    """Whether a text is a label of the space, or an alias, and nothing else."""
    return space.normalise(text) is not None


def _mentioned(folded: str, space: LabelSpace, denied: Denied) -> tuple[set[str], bool]:
    """The labels that a folded text names, and whether a mention is denied; a longer name hides those inside it."""
    names, pattern = _pattern(space.name, tuple(space.labels), tuple(space.aliases.items()))
    given: set[str] = set()
    taken_back = False
    for found in pattern.finditer(folded):
        if denied(folded, found.start()):
            taken_back = True
        else:
            given.add(names[found.group()])
    return given, taken_back


@lru_cache(maxsize=32)
def _pattern(
    name: str, labels: tuple[str, ...], aliases: tuple[tuple[str, str], ...]
) -> tuple[dict[str, str], re.Pattern[str]]:
    names = dict(aliases) | {fold(label): label for label in labels}
    ordered = sorted(names, key=len, reverse=True)
    # A word of Latin letters must stand alone; Chinese has no spaces between words.
    parts = [rf"(?<![a-z]){re.escape(word)}(?![a-z])" if word.isascii() else re.escape(word) for word in ordered]
    return names, re.compile("|".join(parts))


def _by_table(text: str, space: LabelSpace, sentiment: Callable[[str], str | None]) -> set[str]:
    """The labels that emotions or a sentiment in the text lead to, by the tables of `conversions.py`."""
    given: set[str] = set()
    for part in _PARTS.split(text):
        try:
            stem = emotion_stem(part)
        except KeyError:
            continue
        source = next(s for s in SPACES.values() if s not in (SENTIMENT5, POLARITY3) and stem in map(_stem, s.labels))
        label = next(label for label in source.labels if _stem(label) == stem)
        try:
            given |= set(convert(source, space).table[label])
        except NoConversion:
            continue
    if not given and (found := sentiment(text)):
        try:
            given |= set(convert(SENTIMENT5, space).table[found])
        except NoConversion:
            return given
    return given


def _stem(label: str) -> str:
    return emotion_stem(label)
