"""The wording of the prompts for any label space but the five sentiments, zh and en side by side."""

from __future__ import annotations

from collections.abc import Mapping

from harness.reasoning.prompt_texts import Template
from harness.records.conversions import base_of
from harness.records.labels import EMOTION7, LabelSpace, emotion_stem, emotions_of
from harness.records.types import Language

GLOSSES: Mapping[str, tuple[str, str]] = {
    "neutral": ("no clear emotion, or emotions that cancel out", "没有明显情绪，或情绪相互抵消"),
    "happy": ("joy, amusement, delight, affection", "喜悦、好笑、欣喜、亲切"),
    "sad": ("grief, hurt, loneliness, regret", "悲痛、受伤、孤单、懊悔"),
    "angry": ("anger, irritation, reproach", "愤怒、恼火、责备"),
    "surprise": ("surprise at something unexpected, pleasant or not", "对意外之事的惊讶，无论好坏"),
    "disgust": ("disgust, aversion", "厌恶、反感"),
    "fear": ("fear, alarm", "恐惧、惊慌"),
    "contemptuous": ("contempt, scorn", "轻蔑、不屑"),
    "disappointed": ("disappointment, hopes that came to nothing", "失望、希望落空"),
    "helpless": ("helplessness, resignation", "无助、无奈"),
    "anxious": ("anxiety, unrest", "焦虑、不安"),
    "worried": ("worry, concern, unease", "担心、忧虑、不安"),
    "calm": ("calm, at ease", "平静、从容"),
    "other": ("another emotion", "其他情绪"),
}
"""Emotion, by its stem in `labels.py` → what it takes in."""
_THINK = {
    "en": "Inside <think>, write four short parts in this order. Words: quote what matters, only words that were "
    "said. Voice: loudness, pitch, pace, pauses, with their seconds. Face: movements and expression, with "
    "their seconds. Weighing: which of them decides, and what to make of those that disagree. Leave out "
    "what you cannot see or hear. Then give one label.\n"
    "Reply as <think>your reasoning</think><answer>LABEL</answer>.",
    "zh": "在 <think> 中依次写四个简短部分。话语：引用关键的话，只引用确实说过的。声音：音量、音高、语速、停顿，"
    "并注明秒数。面部：动作和表情，并注明秒数。权衡：由哪一项决定，如何看待不一致之处。"
    "看不到或听不到的不要写。然后给出一个标签。\n"
    "按 <think>推理</think><answer>标签</answer> 的格式回答。",
}
_EVIDENCE = {
    "en": "Reply as <think>your reasoning</think><answer>LABEL</answer>.",
    "zh": "按 <think>推理</think><answer>标签</answer> 的格式回答。",
}
_ALONE = {
    "en": "Reply with the label alone, as <answer>LABEL</answer>.",
    "zh": "只回答标签，格式为 <answer>标签</answer>。",
}


def template_of(space: LabelSpace, template: Template, answer_only: bool) -> Template:
    """The same question for the labels of `space`: a prompt's template with another task."""
    emotions = base_of(space) == EMOTION7
    form = _ALONE if answer_only else _THINK if template.preamble else _EVIDENCE
    task: dict[Language, str] = {
        "en": f"Which of these {len(space.labels)} {'ordered ' if space.ordinal else ''}classes is the speaker's "
        f"{'emotion' if emotions else 'sentiment'}?\n{label_lines(space, 'en')}\n{form['en']}",
        "zh": f"说话人的{'情绪' if emotions else '情感'}属于以下 {len(space.labels)} 个"
        f"{'有序' if space.ordinal else ''}类别中的哪一个？\n{label_lines(space, 'zh')}\n{form['zh']}",
    }
    system: dict[Language, str] = {
        "en": template.system["en"].replace("sentiment", "emotions" if emotions else "sentiment"),
        "zh": template.system["zh"].replace("情感", "情绪") if emotions else template.system["zh"],
    }
    return Template(system, task, template.preamble)


def label_lines(space: LabelSpace, language: Language) -> str:
    """Each label on a line, with what it takes in or its other spellings."""
    colon, joint = (": ", ", ") if language == "en" else ("：", "、")
    known = emotions_of(space)
    lines = []
    for label in space.labels:
        if label in known:
            said = GLOSSES[emotion_stem(label)][language == "zh"]
        else:
            said = joint.join([word for word, meant in space.aliases.items() if meant == label][:6])
        lines.append(f"{label}{colon}{said}" if said else label)
    return "\n".join(lines)
