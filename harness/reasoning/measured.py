"""What the measuring heads argue, as evidence in an omni model's question; and its answer beside theirs. Pure.

The heads' opinions are pooled with equal weights here, whatever the run's pool is: a model is not asked again because
opinions are weighed anew, and what is withheld from it is left out of the pool as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.judging.fuse import FuseSettings
from harness.reasoning.argument import alike, argue, opposed
from harness.reasoning.prompt_texts import HEADINGS
from harness.reasoning.selection import Told, chosen
from harness.records.argument import Argument, View
from harness.records.labels import SENTIMENT5, LabelSpace
from harness.records.types import MODALITIES, ClipEvidence, Language, Modality
from harness.records.verdicts import Compared

ALIKE = FuseSettings("log_pool", dict.fromkeys(MODALITIES, 1.0))


def measured_argument(
    evidence: ClipEvidence, heard: Sequence[Modality], language: Language, space: LabelSpace = SENTIMENT5
) -> str:
    """The argument of the heads over `heard` for a label of `space`, in one paragraph; empty without an opinion."""
    opinions, felt = (
        {m: opinion for m, opinion in given.items() if m in heard} for given in (evidence.opinions, evidence.emotions)
    )
    kept = replace(evidence, opinions=opinions, emotions=felt, missing={}, no_emotions={})
    argument = argue(kept, replace(ALIKE, space=space))
    if argument is None:
        return ""
    told = chosen(argument, language, "")
    alone = [_alone(told, view, language) for view in told.order]
    return (_together_zh if language == "zh" else _together_en)(alone, argument)


def compared(answer: str, argument: Argument, space: LabelSpace = SENTIMENT5) -> Compared:
    """A model's answer beside the label that the heads give together."""
    own = {view.modality: view.label for view in argument.views}
    return Compared(
        argument.label,
        argument.probability,
        abs(space.rank(answer) - space.rank(argument.label)) if space.ordinal else int(answer != argument.label),
        tuple(m for m, label in own.items() if alike(label, answer, space)),
        tuple(m for m, label in own.items() if opposed(label, answer, space)),
    )


def _alone(told: Told, view: View, language: Language) -> str:
    """What one modality says by itself, by which cues, and what it moved."""
    name = HEADINGS[language][view.modality]
    cues = [cue for cue in told.cues[view.modality]]
    sides = [[cue.told[language] for cue in cues if (cue.share > 0) == toward] for toward in (True, False)]
    if language == "zh":
        said = f"{name}单独为 {view.label}（{view.probability:.2f}），对结果的作用 {view.share:+.2f}"
        shown = [f"{word}：{'、'.join(part)}" for word, part in zip(("支持", "反对"), sides, strict=True) if part]
        return "，".join([said, *shown])
    said = f"{name} alone {view.label} ({view.probability:.2f}), effect on the result {view.share:+.2f}"
    shown = [f"{word} it {', '.join(part)}" for word, part in zip(("for", "against"), sides, strict=True) if part]
    return ", ".join([said, *shown])


def _together_en(alone: Sequence[str], argument: Argument) -> str:
    names = HEADINGS["en"]
    apart = [f"{names[c.won]} and {names[c.lost]} disagree" for c in argument.conflicts]
    said = (
        f"small classifiers, each over one modality, no language model among them. {'; '.join(alone)}. Counted alike "
        f"they give {argument.label} ({argument.probability:.2f}), {argument.margin:.2f} ahead of {argument.second}"
    )
    decided = f"; {names[argument.decided_by]} moves it most" if argument.decided_by else ""
    return said + decided + "".join(f"; {part}" for part in apart) + "."


def _together_zh(alone: Sequence[str], argument: Argument) -> str:
    names = HEADINGS["zh"]
    apart = [f"{names[c.won]}与{names[c.lost]}不一致" for c in argument.conflicts]
    said = (
        f"由小型分类器分别对单一模态得出，其中没有语言模型。{'；'.join(alone)}。同等看待时结果为 {argument.label}"
        f"（{argument.probability:.2f}），领先 {argument.second} {argument.margin:.2f}"
    )
    decided = f"；{names[argument.decided_by]}作用最大" if argument.decided_by else ""
    return said + decided + "".join(f"；{part}" for part in apart) + "。"
