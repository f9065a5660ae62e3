"""The argument in Chinese."""

from __future__ import annotations

from collections.abc import Sequence

from harness.reasoning.selection import Told, apart, parted, percent
from harness.records import names
from harness.records.argument import CLEAR, CLOSE, MOVES, Argument, Cue, View
from harness.records.clean import neutralise

LABELS, NAMES = names.ALL["zh"], names.MODALITIES["zh"]


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
        return f"综合来看，这段视频的情感是{label}的，但没有哪一方面单独支持这一判断：它是几种相反倾向折中的结果。"
    others = _and([NAMES[m] for m in a.supported_by])
    backed = f"，{others}也支持这一判断" if others else ""
    return f"这段视频的情感是{label}的，主要依据是{NAMES[decider.modality]}（使概率提高 {decider.share:.2f}）{backed}。"


def _view(told: Told, view: View) -> str:
    supporting, against = parted(told.cues[view.modality])
    alone = f"单看{NAMES[view.modality]}是{LABELS[view.label]}（{view.probability:.2f}）。"
    if view.modality == "text":
        quote = f"说话人说的是“{neutralise(told.said)}”，" if told.said else ""
        if not supporting and not against:
            return quote + _split(told, view)
        said = f"其中最能说明问题的是{_cues(told, supporting, '、')}" if supporting else ""
        if against:
            said += f"{'，不过' if said else '其中'}{_cues(told, against, '、')}的倾向相反"
        return f"{quote}{said}；{alone}"
    if not supporting and not against:
        return _split(told, view)
    where = "从声音听，" if view.modality == "audio" else "从画面看，"
    said = where + _cues(told, supporting, "，") if supporting else ""
    if against:
        said += f"{'；不过' if said else where}{_cues(told, against, '，')}，倾向相反"
    return f"{said}；{alone}"


def _split(told: Told, view: View) -> str:
    """A modality without cues: it agrees as a whole, or supports a label that is not its own first choice."""
    name = NAMES[view.modality]
    if view.label == told.argument.label:
        return f"单看{name}，判断相同（{view.probability:.2f}）。"
    alone = f"单看{name}会判为{LABELS[view.label]}（{view.probability:.2f}）"
    if view.share < MOVES:
        return f"{alone}，但对结果几乎没有影响。"
    return f"{alone}；它支持这一判断，只因它也给了{LABELS[told.argument.label]} {view.for_label:.2f}。"


def _quiet(told: Told) -> list[str]:
    """Disagreements in which nobody is clearly against the label."""
    if len(told.quiet_conflicts) > 1:
        odd, others, most = apart(told.quiet_conflicts)
        against = "" if odd is most else f"，{NAMES[odd.modality]} {odd.share:+.2f}"
        said = f"{NAMES[odd.modality]}与{_and([NAMES[v.modality] for v in others])}都不一致"
        return [f"{said}，但{NAMES[most.modality]}的作用最大（{most.share:+.2f}{against}）。"]
    return [
        f"{NAMES[won.modality]}与{NAMES[lost.modality]}并不一致，但{NAMES[won.modality]}的作用更大"
        f"（{won.share:+.2f} 对 {lost.share:+.2f}）。"
        for won, lost in told.quiet_conflicts
    ]


def _against(told: Told) -> list[str]:
    """Who disagrees, by what, and why that did not decide."""
    if not told.pulled:
        return []
    lines = []
    for view in told.pulled:
        quote = f"“{neutralise(told.said)}”" if view.modality == "text" and told.said else ""
        cues = _cues(told, told.cues[view.modality], "、" if view.modality == "text" else "，")
        shown = "，".join(part for part in (quote, cues) if part)
        lines.append(
            f"{NAMES[view.modality]}却与此相反{f'：{shown}' if shown else ''}；单看它是{LABELS[view.label]}"
            f"（{view.probability:.2f}），使概率降低 {-view.share:.2f}。"
        )
    return ["".join([*lines, _settled(told)])]


def _settled(told: Told) -> str:
    winner = told.decider
    if winner is None:
        return "但双方都没有压倒对方。"
    return f"但{NAMES[winner.modality]}的作用更大（+{winner.share:.2f}），所以仍以它为准。"


def _doubt(told: Told) -> str:
    """What is missing or weak, what would overturn it, and last the judgement with its margin."""
    a = told.argument
    parts = []
    if a.missing:
        silent = _and([NAMES[m] for m in names.in_order(a.missing)])
        lost = f"，本来占权重的 {100 * a.weight_missing:.0f}%" if a.weight_missing else ""
        parts.append(f"缺少{silent}的信息{lost}，依据并不完整。")
    if told.doubtful:
        parts.append(f"录制条件有限，{_and([NAMES[m] for m in told.doubtful])}只能作较弱的参考。")
    sure = "比较明确" if a.margin >= CLEAR else "相差很小，并不稳" if a.margin < CLOSE else "领先不多"
    second = f"第二位是{LABELS[a.second]}（{a.probability - a.margin:.2f}），{sure}"
    parts += [_flip(a), f"{second}；最后判断为{LABELS[a.label]}（{a.probability:.2f}）。"]
    return "".join(parts)


def _flip(argument: Argument) -> str:
    flip = argument.flip
    if flip is None:
        return "单独改变任何一方面，都推翻不了它。"
    part = f"{NAMES[flip.modality]}的倾向有 {percent(flip.amount)}% 转为{LABELS[flip.to]}"
    return f"如果{part}，结论就会变成{LABELS[flip.label]}。"


def _cues(told: Told, cues: Sequence[Cue], joint: str) -> str:
    short = {id(cue): f"“{neutralise(cue.feature)}”" for cue in cues if told.brief and cue.kind == "word"}
    return joint.join(short.get(id(cue)) or cue.told["zh"] for cue in cues)


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{'、'.join(parts[:-1])}和{parts[-1]}" if parts else ""
