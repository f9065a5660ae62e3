"""From a clip's evidence and the rule of the pool to the argument for its label. Pure and deterministic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.judging.attribute import attribute
from harness.judging.fuse import FuseSettings, Source, argmax_label, fuse
from harness.judging.opinions import missing_for, opinions_for, sources_of
from harness.reasoning.cues import EVENT_OF, phrase
from harness.reasoning.flips import smallest_flips
from harness.reasoning.function_words import is_function_word
from harness.records.argument import MOVES, OPPOSES, Argument, Conflict, Cue, View
from harness.records.conversions import base_of, polarity_of
from harness.records.labels import SENTIMENT5, LabelSpace
from harness.records.names import ANSWER
from harness.records.types import MODALITIES, ClipEvidence, Evidence, Language, Opinion, Reason

LANGUAGES: tuple[Language, ...] = ("zh", "en")
_KINDS: Mapping[str, str] = {"text": "word", "audio": "voice"}


def argue(evidence: ClipEvidence, settings: FuseSettings) -> Argument | None:
    """The argument for the label that the heads give together; None when no opinion has a weight."""
    space = settings.space
    sources = sources_of(evidence, space)
    fused = fuse(sources, settings)
    if not fused.weights:
        return None
    label = argmax_label(fused.probabilities, space)
    shares = attribute(sources, settings, label).values
    views = tuple(
        _view(modality, evidence, sources[modality], fused.weights.get(modality, 0.0), shares[modality], label, space)
        for modality in shares
    )
    ranked = sorted(views, key=lambda view: -view.share)
    decided = ranked[0].modality if ranked and ranked[0].share > 0 else None
    given = dict(zip(space.labels, fused.probabilities, strict=True))
    second = max((other for other in space.labels if other != label), key=given.__getitem__)
    weights = {name: weight for name, weight in settings.weights.items() if name != ANSWER}
    flips = smallest_flips(sources, settings, label)
    return Argument(
        label=label,
        probability=given[label],
        second=second,
        margin=given[label] - given[second],
        strategy=settings.strategy,
        decided_by=decided,
        supported_by=tuple(v.modality for v in ranked if v.share > MOVES and v.modality != decided),
        opposed_by=tuple(v.modality for v in ranked if v.share < -OPPOSES),
        views=views,
        conflicts=_conflicts(ranked, space),
        missing=dict(missing_for(evidence, space)),
        weight_missing=sum(w for name, w in weights.items() if name not in shares) / (sum(weights.values()) or 1.0),
        flip=min(flips, key=lambda flip: flip.amount, default=None),
        flips=flips,
    )


def _view(
    modality: str,
    evidence: ClipEvidence,
    source: Source,
    weight: float,
    share: float,
    label: str,
    space: LabelSpace,
) -> View:
    opinion = opinions_for(evidence, space)[modality]
    own = argmax_label(source.probabilities, space)
    given = dict(zip(space.labels, source.probabilities, strict=True))
    read = max(range(len(opinion.labels)), key=lambda i: opinion.probabilities[i])
    items = [item for item in evidence.items if item.modality == modality]
    # Reasons are shares in the log-odds of the head's own label: they explain no support for a label of another kind.
    # What a net from outside calls its features is not ours to put into words.
    explained = modality in MODALITIES and (share < 0 or alike(own, label, space))
    return View(
        modality,
        own,
        given[own],
        given[label],
        opinion.labels[read],
        opinion.probabilities[read],
        opinion.confidence,
        weight,
        share,
        _cues(modality, opinion, items, share) if explained else (),
    )


def alike(one: str, other: str, space: LabelSpace) -> bool:
    """Whether two labels are of one kind: of one side of neutral among sentiments, the same among emotions."""
    if base_of(space) == SENTIMENT5:
        return polarity_of(one, space) == polarity_of(other, space)
    return one == other


def opposed(one: str, other: str, space: LabelSpace) -> bool:
    """Whether two labels are on different sides of neutral."""
    return (polarity_of(one, space) or 0) * (polarity_of(other, space) or 0) < 0


def _cues(modality: str, opinion: Opinion, items: Sequence[Evidence], share: float) -> tuple[Cue, ...]:
    """The modality's share, divided among the reasons of its head in proportion to what they moved it.

    What speaks for the head's own label speaks for the decision as the whole modality does, and the other way about.
    """
    reasons = [r for r in opinion.reasons if modality != "text" or not is_function_word(r.feature)]
    total = sum(abs(reason.contribution) for reason in reasons)
    cues = []
    for reason in reasons:
        part = share * reason.contribution / total if total else 0.0
        if abs(part) >= MOVES:
            cues.append(_cue(modality, reason, opinion, items, part))
    return tuple(sorted(cues, key=lambda cue: -abs(cue.share)))


def _cue(modality: str, reason: Reason, opinion: Opinion, items: Sequence[Evidence], part: float) -> Cue:
    kind = _KINDS.get(modality) or ("expression" if " " in reason.feature else "movement")
    read = max(range(len(opinion.labels)), key=lambda i: opinion.probabilities[i])
    start, end = _when(kind, reason, items)
    feature = opinion.labels[read] if kind == "expression" else reason.feature
    value = opinion.probabilities[read] if kind == "expression" else reason.value
    cue = Cue(kind, feature, value, reason.z, start, end, part, {})
    return replace(cue, told={language: phrase(language, cue) for language in LANGUAGES})


def _when(kind: str, reason: Reason, items: Sequence[Evidence]) -> tuple[float | None, float | None]:
    """When it happened: a word's own time, a movement's; of a voice's measurement the strongest event of its kind."""
    if kind == "word":
        found = [i for i in items if i.kind == "word" and i.quote == reason.feature and i.start is not None]
    elif kind == "movement":
        found = [i for i in items if i.kind == reason.feature and i.start is not None]
    else:
        event = EVENT_OF.get((reason.feature, (reason.z or 0.0) > 0))
        found = [i for i in items if i.kind == event and i.start is not None]
    best = max(found, key=lambda i: abs(i.z or 0.0), default=None)
    return (best.start, best.end) if best is not None else (None, None)


def _conflicts(ranked: Sequence[View], space: LabelSpace) -> tuple[Conflict, ...]:
    """Pairs on different sides, and a supporter beside one that is clearly against the label."""
    found = []
    for place, first in enumerate(ranked):
        for other in ranked[place + 1 :]:
            apart = opposed(first.label, other.label, space)
            against = first.share > 0 and other.share < -OPPOSES and first.label != other.label
            if apart or against:
                found.append(Conflict(first.modality, other.modality))
    return tuple(found)
