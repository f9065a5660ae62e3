"""The argument in English."""

from __future__ import annotations

from collections.abc import Sequence

from harness.reasoning.selection import Told, apart, parted, percent
from harness.records import names
from harness.records.argument import CLEAR, CLOSE, MOVES, Argument, View
from harness.records.clean import neutralise

LABELS, NAMES = names.ALL["en"], names.MODALITIES["en"]
_PLURAL = ("text",)


def text(told: Told) -> str:
    """The whole text, a paragraph for each step."""
    standing = [_view(told, view) for view in told.standing]
    steps = [_judgement(told), *standing, *_quiet(told), *_against(told), _doubt(told)]
    return "\n".join(step for step in steps if step)


def _judgement(told: Told) -> str:
    a = told.argument
    label = LABELS[a.label]
    decider = told.decider
    if decider is None:
        return (
            f"Taken together, the clip reads as {label}, but no single modality speaks for that: it is where opinions "
            "that pull apart meet."
        )
    others = [NAMES[m] for m in a.supported_by]
    backed = f", and {_and(others)} {_verb(a.supported_by, 'back', 'backs')} it" if others else ""
    carries = f"{NAMES[decider.modality]} {_verb([decider.modality], 'carry', 'carries')} that judgement"
    return f"The clip reads as {label}, and {carries} (+{decider.share:.2f} in its probability){backed}."


def _view(told: Told, view: View) -> str:
    if view.modality == "text":
        return _words(told, view)
    supporting, against = parted(told.cues[view.modality])
    if not supporting and not against:
        return _split(told, view)
    where = "In the voice, " if view.modality == "audio" else "In the picture, "
    said = where + _and([cue.told["en"] for cue in supporting]) if supporting else ""
    if against:
        pulls = _and([cue.told["en"] for cue in against])
        said = (
            f"{said}, though {pulls}, which pulls the other way"
            if said
            else f"{where}{pulls}, which pulls a little the other way"
        )
    return f"{said}; by itself {NAMES[view.modality]} would say {LABELS[view.label]} ({view.probability:.2f})."


def _split(told: Told, view: View) -> str:
    """A modality without cues: it agrees as a whole, or supports a label that is not its own first choice."""
    name, one = NAMES[view.modality], view.modality not in _PLURAL
    if view.label == told.argument.label:
        return f"By {'itself' if one else 'themselves'} {name} would say the same ({view.probability:.2f})."
    alone = f"By {'itself' if one else 'themselves'} {name} would say {LABELS[view.label]} ({view.probability:.2f})"
    if view.share < MOVES:
        return f"{alone}, but that hardly moves the decision."
    return (
        f"{alone}; {'it supports' if one else 'they support'} the judgement only in so far as "
        f"{'it also gives' if one else 'they also give'} {LABELS[told.argument.label]} {view.for_label:.2f}."
    )


def _quiet(told: Told) -> list[str]:
    """Disagreements in which nobody is clearly against the label."""
    if len(told.quiet_conflicts) > 1:
        odd, others, most = apart(told.quiet_conflicts)
        against = "" if odd is most else f" against {odd.share:+.2f}"
        return [
            f"{NAMES[odd.modality].capitalize()} {_verb([odd.modality], 'disagree', 'disagrees')} with "
            f"{_and([NAMES[v.modality] for v in others])}, {LABELS[odd.label]} against "
            f"{_and([LABELS[v.label] for v in others])}, but {NAMES[most.modality]} "
            f"{_verb([most.modality], 'count', 'counts')} for most ({most.share:+.2f}{against})."
        ]
    return [
        f"{NAMES[won.modality].capitalize()} and {NAMES[lost.modality]} disagree, {LABELS[won.label]} against "
        f"{LABELS[lost.label]}; {NAMES[won.modality]} {_verb([won.modality], 'count', 'counts')} for more "
        f"({won.share:+.2f} against {lost.share:+.2f})."
        for won, lost in told.quiet_conflicts
    ]


def _words(told: Told, view: View) -> str:
    supporting, against = parted(told.cues["text"])
    quote = f"The speaker says: “{neutralise(told.said)}” " if told.said else ""
    if not supporting and not against:
        return quote + _split(told, view)
    count = _and([cue.told["en"] for cue in supporting])
    said = f"What counts here {'are' if len(supporting) > 1 else 'is'} {count}" if supporting else ""
    if against:
        pulls = _and([cue.told["en"] for cue in against])
        said = (
            f"{said}, though {pulls} {_s(against, 'pull', 'pulls')} the other way"
            if said
            else f"Here {pulls} {_s(against, 'pull', 'pulls')} the other way"
        )
    return f"{quote}{said}; by themselves the words would say {LABELS[view.label]} ({view.probability:.2f})."


def _against(told: Told) -> list[str]:
    """Who disagrees, by what, and why that did not decide."""
    if not told.pulled:
        return []
    lines = []
    for view in told.pulled:
        name, one = NAMES[view.modality], view.modality not in _PLURAL
        cues = [cue.told["en"] for cue in told.cues[view.modality]]
        shown = f": {_and(cues)}" if cues else ""
        quote = f" (“{neutralise(told.said)}”)" if view.modality == "text" and told.said else ""
        lines.append(
            f"Against this {'speaks' if one else 'speak'} {name}{quote}{shown}. Alone {'it' if one else 'they'} would "
            f"say {LABELS[view.label]} ({view.probability:.2f}), and {'it takes' if one else 'they take'} "
            f"{-view.share:.2f} off the probability."
        )
    return [" ".join([*lines, _settled(told)])]


def _settled(told: Told) -> str:
    winner = told.decider
    if winner is None:
        return "Neither side wins outright."
    name, outweighs = NAMES[winner.modality].capitalize(), _verb([winner.modality], "outweigh", "outweighs")
    return f"{name} {outweighs} that with +{winner.share:.2f}, so the judgement stands."


def _doubt(told: Told) -> str:
    """What is missing or weak, what would overturn it, and last the judgement with its margin."""
    a = told.argument
    parts = []
    if a.missing:
        silent = _and([NAMES[m] for m in names.in_order(a.missing)])
        lost = f", which would have had {100 * a.weight_missing:.0f} % of the weight" if a.weight_missing else ""
        parts.append(f"Nothing could be said from {silent}{lost}, so the judgement rests on less than it should.")
    if told.doubtful:
        parts.append(f"The recording allows only a weak opinion from {_and([NAMES[m] for m in told.doubtful])}.")
    sure = (
        "a clear decision"
        if a.margin >= CLEAR
        else "a close call"
        if a.margin < CLOSE
        else "no wide margin, but enough"
    )
    parts += [
        _flip(a),
        f"As it stands, {LABELS[a.second]} comes second with {a.probability - a.margin:.2f}: it is {sure} for "
        f"{LABELS[a.label]} ({a.probability:.2f}).",
    ]
    return " ".join(parts)


def _flip(argument: Argument) -> str:
    flip = argument.flip
    if flip is None:
        return "No change of a single modality would overturn the judgement."
    said = f"{NAMES[flip.modality]} {_verb([flip.modality], 'say', 'says')}"
    return (
        f"The smallest change that would overturn the judgement: if {percent(flip.amount)} % of what {said} moved to "
        f"{LABELS[flip.to]}, the label would be {LABELS[flip.label]}."
    )


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def _verb(modalities: Sequence[str], plural: str, singular: str) -> str:
    return plural if len(modalities) > 1 or modalities[0] in _PLURAL else singular


def _s(items: Sequence[object], plural: str, singular: str) -> str:
    return plural if len(items) > 1 else singular
