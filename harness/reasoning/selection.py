"""What of an argument is told, and in which order: the same for every language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.reasoning.cues import contradict, family
from harness.records.argument import LEAST_CONFIDENCE, Argument, Cue, View
from harness.records.types import Language

MOST_CUES, MOST_OF_ONE = 6, 4
"""Cues that are told, in all and of one modality."""
LEAST_CARRIED = 0.6
"""Share of what all cues moved that the told ones have to carry; `eval explanation` asks for half."""


@dataclass(frozen=True)
class Told:
    """What of an argument is told.

    Attributes:
        argument: the whole.
        said: the clip's words, shortened; empty without any.
        cues: modality → its cues among the `MOST_CUES` that moved most, without those that would read the same.
        order: the modalities as they are told: the deciding one, those with it, those against it.
        doubtful: modalities whose input allowed little of an opinion.
        brief: the text has grown too long: half of the quotation, and words without their times.
    """

    argument: Argument
    said: str
    cues: Mapping[str, tuple[Cue, ...]]
    order: tuple[View, ...]
    doubtful: tuple[str, ...]
    brief: bool = False

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


def apart(pairs: Sequence[tuple[View, View]]) -> tuple[View, tuple[View, ...], View]:
    """Of two disagreements or more: the view that is in all of them, those it disagrees with, and who counts most."""
    views = {view.modality: view for pair in pairs for view in pair}
    odd = max(views.values(), key=lambda view: sum(view in pair for pair in pairs))
    others = tuple(view for view in views.values() if view is not odd)
    return odd, others, max(views.values(), key=lambda view: view.share)


def chosen(argument: Argument, language: Language, words: str, most: int = MOST_CUES, brief: bool = False) -> Told:
    """What is told of the argument in a language, with at most `most` cues.

    Of cues that would sound like opposites the weaker is left out, as long as the others carry `LEAST_CARRIED`.
    """
    order = sorted(argument.views, key=lambda v: (v.modality != argument.decided_by, -v.share))
    doubtful = tuple(v.modality for v in order if v.confidence < LEAST_CONFIDENCE)
    said = _shortened(words, language, 0.5 if brief else 1.0)
    consistent, every = (
        Told(argument, said, _largest(argument, most, opposites), tuple(order), doubtful, brief)
        for opposites in (False, True)
    )
    return consistent if share_told(consistent) >= LEAST_CARRIED else every


def _largest(argument: Argument, most: int, opposites: bool) -> dict[str, tuple[Cue, ...]]:
    """The cues that moved most, without those that would read the same."""
    every = sorted(
        ((view.modality, cue) for view in argument.views for cue in view.cues), key=lambda c: -abs(c[1].share)
    )
    cues: dict[str, tuple[Cue, ...]] = {view.modality: () for view in argument.views}
    seen: set[str] = set()
    for modality, cue in every:
        about, told = family(cue), cues[modality]
        if len(seen) >= most or len(told) >= MOST_OF_ONE or about in seen:
            continue
        if opposites or not any(contradict(cue, other) for other in told):
            seen.add(about)
            cues[modality] = (*told, cue)
    return cues


def share_told(told: Told) -> float:
    """Share of what all cues moved that the told ones moved, 0..1; 1 where nothing moved."""
    total = sum(abs(cue.share) for view in told.argument.views for cue in view.cues)
    return sum(abs(cue.share) for cues in told.cues.values() for cue in cues) / total if total else 1.0


def parted(cues: Sequence[Cue]) -> tuple[tuple[Cue, ...], tuple[Cue, ...]]:
    """The cues for the label, and those against it."""
    return tuple(c for c in cues if c.share > 0), tuple(c for c in cues if c.share < 0)


def percent(part: float) -> str:
    """A part that is more than nothing, in whole percents: never 0."""
    return f"{max(100 * part, 1.0):.0f}"


def _shortened(words: str, language: Language, part: float) -> str:
    longest = int(part * (24 if language == "zh" else 100))
    flat = " ".join(words.split())
    if len(flat) <= longest:
        return flat
    cut = flat[:longest]
    return (cut if language == "zh" else cut.rpartition(" ")[0] or cut) + "…"
