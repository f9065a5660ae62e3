"""What of an argument is told, and in which order: the same for every language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.reasoning.cues import family
from harness.records.argument import LEAST_CONFIDENCE, Argument, Cue, View
from harness.records.types import Language, Modality

MOST_CUES, MOST_OF_ONE = 6, 4
"""Cues that are told, in all and of one modality."""


@dataclass(frozen=True)
class Told:
    """What of an argument is told.

    Attributes:
        argument: the whole.
        said: the clip's words, shortened; empty without any.
        cues: modality → its cues among the `MOST_CUES` that moved most, without those that would read the same.
        order: the modalities as they are told: the deciding one, those with it, those against it.
        doubtful: modalities whose input allowed little of an opinion.
    """

    argument: Argument
    said: str
    cues: Mapping[Modality, tuple[Cue, ...]]
    order: tuple[View, ...]
    doubtful: tuple[Modality, ...]

    @property
    def decider(self) -> View | None:
        """The view that decided; None when no modality speaks for the label."""
        return next((view for view in self.order if view.modality == self.argument.decided_by), None)

    @property
    def standing(self) -> tuple[View, ...]:
        """The views that are not clearly against the label."""
        return tuple(view for view in self.order if view.modality not in self.argument.opposed_by)

    @property
    def pulled(self) -> tuple[View, ...]:
        """The views that are clearly against the label."""
        return tuple(view for view in self.order if view.modality in self.argument.opposed_by)

    @property
    def quiet_conflicts(self) -> tuple[tuple[View, View], ...]:
        """Pairs that disagree, of whom neither is clearly against the label: the winner first."""
        views = {view.modality: view for view in self.order}
        pairs = ((views[c.won], views[c.lost]) for c in self.argument.conflicts)
        against = self.argument.opposed_by
        return tuple(pair for pair in pairs if not any(view.modality in against for view in pair))


def chosen(argument: Argument, language: Language, words: str, most: int = MOST_CUES) -> Told:
    """What is told of the argument in a language, with at most `most` cues."""
    every = sorted(
        ((view.modality, cue) for view in argument.views for cue in view.cues), key=lambda c: -abs(c[1].share)
    )
    cues: dict[Modality, list[Cue]] = {view.modality: [] for view in argument.views}
    seen: set[str] = set()
    for modality, cue in every:
        if len(seen) < most and len(cues[modality]) < MOST_OF_ONE and (about := family(cue)) not in seen:
            seen.add(about)
            cues[modality].append(cue)
    order = sorted(argument.views, key=lambda v: (v.modality != argument.decided_by, -v.share))
    doubtful = tuple(v.modality for v in order if v.confidence < LEAST_CONFIDENCE)
    return Told(argument, _shortened(words, language), {m: tuple(c) for m, c in cues.items()}, tuple(order), doubtful)


def share_told(told: Told) -> float:
    """Share of what all cues moved that the told ones moved, 0..1; 1 where nothing moved."""
    total = sum(abs(cue.share) for view in told.argument.views for cue in view.cues)
    return sum(abs(cue.share) for cues in told.cues.values() for cue in cues) / total if total else 1.0


def parted(cues: Sequence[Cue]) -> tuple[tuple[Cue, ...], tuple[Cue, ...]]:
    """The cues for the label, and those against it."""
    return tuple(c for c in cues if c.share > 0), tuple(c for c in cues if c.share < 0)


def _shortened(words: str, language: Language) -> str:
    longest = 24 if language == "zh" else 100
    flat = " ".join(words.split())
    if len(flat) <= longest:
        return flat
    cut = flat[:longest]
    return (cut if language == "zh" else cut.rpartition(" ")[0] or cut) + "…"
