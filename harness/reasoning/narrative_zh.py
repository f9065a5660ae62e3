"""The argument in Chinese."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.reasoning.selection import CLEAR, CLOSE, Told, parted
from harness.records.argument import Argument, Cue, View
from harness.records.clean import neutralise
from harness.records.types import MODALITIES, Modality

LABELS: Mapping[str, str] = {
    "SNEG": "强烈负面",
    "WNEG": "轻微负面",
    "NEUT": "中性",
    "WPOS": "轻微正面",
    "SPOS": "强烈正面",
}
NAMES: Mapping[Modality, str] = {"text": "话语", "audio": "声音", "video": "表情"}


def text(told: Told) -> str:
    """The whole text, a paragraph for each step."""
    steps = [_judgement(told), *_with_it(told), *_quiet(told), *_against(told), _doubt(told)]
    return "\n".join(step for step in steps if step)


def _judgement(told: Told) -> str:
    a = told.argument
    label = LABELS[a.label]
    if a.decided_by is None:
        return f"综合来看，这段视频的情感是{label}的，但没有哪一方面单独支持这一判断：它是几种相反倾向折中的结果。"
    share = next(v.share for v in a.views if v.modality == a.decided_by)
    others = _and([NAMES[m] for m in a.supported_by])
    backed = f"，{others}也支持这一判断" if others else ""
    return f"这段视频的情感是{label}的，主要依据是{NAMES[a.decided_by]}（使这一判断的概率提高了 {share:.2f}）{backed}。"


def _with_it(told: Told) -> list[str]:
    return [line for view in told.order if view not in told.pulled and (line := _view(told, view))]


def _view(told: Told, view: View) -> str:
    supporting, against = parted(told.cues[view.modality])
    alone = f"单看{NAMES[view.modality]}，会判为{LABELS[view.label]}（{view.probability:.2f}）。"
    if view.modality == "text":
        quote = f"说话人说的是“{neutralise(told.said)}”，" if told.said else ""
        if not supporting and not against:
            return quote + _split(told, view)
        said = f"其中最能说明问题的是{_cues(supporting, '')}" if supporting else ""
        if against:
            said += f"{'，不过' if said else '其中'}{_cues(against, '')}的倾向相反"
        return f"{quote}{said}；{alone}"
    if not supporting and not against:
        return _split(told, view)
    where = "从声音听，" if view.modality == "audio" else "从画面看，"
    said = where + _cues(supporting, "，") if supporting else ""
    if against:
        said += f"{'；不过' if said else where}{_cues(against, '，')}，这一点的倾向相反"
    return f"{said}；{alone}"


def _split(told: Told, view: View) -> str:
    """A modality without cues: it agrees as a whole, or supports a label that is not its own first choice."""
    name = NAMES[view.modality]
    if view.label == told.argument.label:
        return f"单看{name}，判断相同（{view.probability:.2f}）。"
    alone = f"单看{name}会判为{LABELS[view.label]}（{view.probability:.2f}）"
    if view.share <= 0:
        return f"{alone}，但对结果几乎没有影响。"
    return f"{alone}；它支持这一判断，只是因为它也给了{LABELS[told.argument.label]} {view.for_label:.2f} 的概率。"


def _quiet(told: Told) -> list[str]:
    """Disagreements in which nobody is clearly against the label."""
    return [
        f"{NAMES[won.modality]}与{NAMES[lost.modality]}并不一致：前者偏向{LABELS[won.label]}，后者偏向{LABELS[lost.label]}；"
        f"{NAMES[won.modality]}的作用更大（{won.share:+.2f} 对 {lost.share:+.2f}）。"
        for won, lost in told.quiet_conflicts
    ]


def _against(told: Told) -> list[str]:
    lines = []
    for view in told.pulled:
        name = NAMES[view.modality]
        quote = f"“{neutralise(told.said)}”" if view.modality == "text" and told.said else ""
        cues = _cues(told.cues[view.modality], "" if view.modality == "text" else "，")
        shown = "，".join(part for part in (quote, cues) if part)
        lines.append(
            f"{name}却与此相反{f'：{shown}' if shown else ''}。单看{name}会判为{LABELS[view.label]}"
            f"（{view.probability:.2f}），它使这一判断的概率降低了 {-view.share:.2f}；{_settled(told)}"
        )
    return lines


def _settled(told: Told) -> str:
    a = told.argument
    if a.decided_by is None:
        return "双方都没有压倒对方。"
    winner = next(v for v in a.views if v.modality == a.decided_by)
    return f"但{NAMES[a.decided_by]}的作用更大（+{winner.share:.2f}），所以仍以{NAMES[a.decided_by]}为准。"


def _doubt(told: Told) -> str:
    """What is missing or weak, what would overturn it, and last the judgement with its margin."""
    a = told.argument
    parts = []
    if a.missing:
        names = _and([NAMES[m] for m in MODALITIES if m in a.missing])
        lost = f"，它本来占 {100 * a.weight_missing:.0f}% 的权重" if a.weight_missing else ""
        parts.append(f"这里缺少{names}的信息{lost}，所以依据并不完整。")
    if told.doubtful:
        parts.append(f"录制条件有限，{_and([NAMES[m] for m in told.doubtful])}只能提供较弱的参考。")
    sure = "比较明确" if a.margin >= CLEAR else "相差很小，并不稳" if a.margin < CLOSE else "领先不多"
    second = f"排在第二的是{LABELS[a.second]}（{a.probability - a.margin:.2f}），{sure}"
    parts += [_flip(a), f"{second}；最后的判断是{LABELS[a.label]}（{a.probability:.2f}）。"]
    return "".join(parts)


def _flip(argument: Argument) -> str:
    flip = argument.flip
    if flip is None:
        return "单独改变任何一方面，都推翻不了这一判断。"
    part = f"{NAMES[flip.modality]}的倾向有 {100 * flip.amount:.0f}% 转为{LABELS[flip.to]}"
    return f"最容易推翻这一判断的变化是：如果{part}，结论就会变成{LABELS[flip.label]}。"


def _cues(cues: Sequence[Cue], joint: str) -> str:
    said = [cue.told["zh"] for cue in cues]
    return joint.join(said) if joint else "".join(said)


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{'、'.join(parts[:-1])}和{parts[-1]}" if parts else ""
