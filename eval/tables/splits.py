"""Train, valid and test without a speaker on two sides, for data sets that publish no split of their own."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from eval.datasets.base import LabelRow

HELD_OUT = 0.15
"""Share of the clips that valid and test each aim at; whole speakers come as near as they can."""
CHOICES = ("speakers", "published")


def with_splits(rows: Sequence[LabelRow], wanted: str, name: str) -> tuple[list[LabelRow], str]:
    """The rows with a split each where none has one and all speakers are known; and what was done, in words.

    A published split is never changed: figures of others rest on it. Speakers it has on both sides are counted.

    Args:
        rows: as the data set gives them.
        wanted: `speakers`, or `published` (leave them as they are).
        name: the data set; with the speaker's name it decides the drawing, so that copies of a set fall alike.
    """
    if any(row.split for row in rows):
        return list(rows), _shared(rows)
    speakers = Counter(row.speaker for row in rows)
    if wanted == "published" or len(speakers) < 2 or "" in speakers:
        return list(rows), ""
    drawn = _drawn(speakers, name)
    counts = Counter(drawn[row.speaker] for row in rows)
    people = Counter(drawn.values())
    said = ", ".join(f"{split} {counts[split]} clips of {people[split]}" for split in ("train", "valid", "test"))
    made = [replace(row, split=drawn[row.speaker]) for row in rows]
    return made, f"the data set has no split of its own; drawn by speaker, none on two sides: {said} speakers"


def _drawn(speakers: Counter[str], name: str) -> dict[str, str]:
    """Speaker → split. Of two speakers one is for training, one for testing; from three on all splits have one."""
    order = sorted(speakers, key=lambda one: hashlib.sha256(f"{name}:{one}".encode()).digest())
    aim = HELD_OUT * speakers.total()
    drawn: dict[str, str] = {}
    for split in ("test", "valid")[: len(order) - 1]:
        held = 0
        # One speaker at least; then for as long as the next one brings the number nearer, and one is left for each.
        left = 1 if split == "valid" or len(speakers) == 2 else 2
        while order and len(order) > left and (held == 0 or abs(held + speakers[order[0]] - aim) < abs(held - aim)):
            held += speakers[order[0]]
            drawn[order.pop(0)] = split
    return drawn | dict.fromkeys(order, "train")


def _shared(rows: Sequence[LabelRow]) -> str:
    """Words about speakers that a published split has on several sides; empty without any."""
    sides: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.speaker and row.split:
            sides[row.speaker].add(row.split)
    both = sum(len(found) > 1 for found in sides.values())
    return f"{both} of {len(sides)} speakers are on several sides of the published split" if both else ""
