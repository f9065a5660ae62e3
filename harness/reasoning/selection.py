"""What of an argument is told, and in which order: the same for every language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.reasoning.cues import family
from harness.records.argument import Argument, Cue, View
from harness.records.types import Language, Modality

MOST_CUES, MOST_OF_ONE = 6, 4
"""Cues that are told, in all and of one modality."""
CLOSE, CLEAR = 0.1, 0.3
"""Margins below which a decision is a close call, and from which on it is a clear one."""
LEAST_CONFIDENCE = 0.5
"""Below this a modality's input allowed little of an opinion, and the text says so."""


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


def chosen(argument: Argument, language: Language, words: str) -> Told:
    """What is told of the argument in a language."""
    every = sorted(
        ((view.modality, cue) for view in argument.views for cue in view.cues), key=lambda c: -abs(c[1].share)
    )
    cues: dict[Modality, list[Cue]] = {view.modality: [] for view in argument.views}
    seen: set[str] = set()
    for modality, cue in every:
        if len(seen) < MOST_CUES and len(cues[modality]) < MOST_OF_ONE and (about := family(cue)) not in seen:
            seen.add(about)
            cues[modality].append(cue)
    order = sorted(argument.views, key=lambda v: (v.modality != argument.decided_by, -v.share))
    doubtful = tuple(v.modality for v in order if v.confidence < LEAST_CONFIDENCE)
    return Told(argument, _shortened(words, language), {m: tuple(c) for m, c in cues.items()}, tuple(order), doubtful)


def parted(cues: Sequence[Cue]) -> tuple[tuple[Cue, ...], tuple[Cue, ...]]:
    """The cues for the label, and those against it."""
    return tuple(c for c in cues if c.share > 0), tuple(c for c in cues if c.share < 0)


def _shortened(words: str, language: Language) -> str:
    most = 36 if language == "zh" else 120
    flat = " ".join(words.split())
    if len(flat) <= most:
        return flat
    cut = flat[:most]
    return (cut if language == "zh" else cut.rpartition(" ")[0] or cut) + "…"
