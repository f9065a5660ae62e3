"""From a clip's evidence and the rule of the pool to the argument for its label. Pure and deterministic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness.judging.attribute import attribute
from harness.judging.fuse import FuseSettings, Source, argmax_label, fuse
from harness.judging.opinions import sources_of
from harness.reasoning.cues import EVENT_OF, phrase
from harness.reasoning.flips import smallest_flips
from harness.reasoning.function_words import is_function_word
from harness.records.argument import MOVES, OPPOSES, Argument, Conflict, Cue, View
from harness.records.labels import SENTIMENT5, side
from harness.records.types import MODALITIES, ClipEvidence, Evidence, Language, Modality, Opinion, Reason

LANGUAGES: tuple[Language, ...] = ("zh", "en")
_KINDS: Mapping[str, str] = {"text": "word", "audio": "voice"}


def argue(evidence: ClipEvidence, settings: FuseSettings) -> Argument | None:
    """The argument for the label that the heads give together; None when no opinion has a weight."""
    sources = sources_of(evidence)
    fused = fuse(sources, settings)
    if not fused.weights:
        return None
    label = argmax_label(fused.probabilities)
    shares = attribute(sources, settings, label).values
    views = tuple(
        _view(modality, evidence, sources[modality], fused.weights.get(modality, 0.0), shares[modality], label)
        for modality in MODALITIES
        if modality in shares
    )
    ranked = sorted(views, key=lambda view: -view.share)
    decided = ranked[0].modality if ranked and ranked[0].share > 0 else None
    second = max((other for other in SENTIMENT5.labels if other != label), key=lambda y: _p(fused.probabilities, y))
    weights = {m: settings.weights.get(m, 0.0) for m in MODALITIES}
    flips = smallest_flips(sources, settings, label)
    return Argument(
        label=label,
        probability=_p(fused.probabilities, label),
        second=second,
        margin=_p(fused.probabilities, label) - _p(fused.probabilities, second),
        strategy=settings.strategy,
        decided_by=decided,
        supported_by=tuple(v.modality for v in ranked if v.share > MOVES and v.modality != decided),
        opposed_by=tuple(v.modality for v in ranked if v.share < -OPPOSES),
        views=views,
        conflicts=_conflicts(ranked),
        missing=dict(evidence.missing),
        weight_missing=sum(weights[m] for m in MODALITIES if m not in shares) / (sum(weights.values()) or 1.0),
        flip=min(flips, key=lambda flip: flip.amount, default=None),
        flips=flips,
    )


def _p(probabilities: Sequence[float], label: str) -> float:
    return probabilities[SENTIMENT5.rank(label)]


def _view(modality: Modality, evidence: ClipEvidence, source: Source, weight: float, share: float, label: str) -> View:
    opinion = evidence.opinions[modality]
    own = argmax_label(source.probabilities)
    read = max(range(len(opinion.labels)), key=lambda i: opinion.probabilities[i])
    items = [item for item in evidence.items if item.modality == modality]
    # Reasons are shares in the log-odds of the head's own label: they explain no support for a label across neutral.
    explained = share < 0 or side(own) == side(label)
    return View(
        modality,
        own,
        _p(source.probabilities, own),
        _p(source.probabilities, label),
        opinion.labels[read],
        opinion.probabilities[read],
        opinion.confidence,
        weight,
        share,
        _cues(modality, opinion, items, share) if explained else (),
    )


def _cues(modality: Modality, opinion: Opinion, items: Sequence[Evidence], share: float) -> tuple[Cue, ...]:
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


def _cue(modality: Modality, reason: Reason, opinion: Opinion, items: Sequence[Evidence], part: float) -> Cue:
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


def _conflicts(ranked: Sequence[View]) -> tuple[Conflict, ...]:
    """Pairs on different sides, and a supporter beside one that is clearly against the label."""
    found = []
    for place, first in enumerate(ranked):
        for other in ranked[place + 1 :]:
            apart = side(first.label) * side(other.label) < 0
            against = first.share > 0 and other.share < -OPPOSES and first.label != other.label
            if apart or against:
                found.append(Conflict(first.modality, other.modality))
    return tuple(found)
