"""The wording of the prompts, zh and en side by side. Data, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.records.types import Language

Words = Mapping[Language, str]


@dataclass(frozen=True)
class Template:
    """System message (none where empty), task, and whether the measured evidence is introduced as such."""

    system: Words
    task: Words
    preamble: bool = False


HEADINGS: Mapping[Language, Mapping[str, str]] = {
    "en": {"text": "Words", "audio": "Voice", "video": "Face"},
    "zh": {"text": "话语", "audio": "声音", "video": "面部"},
}
ARGUED: Words = {"en": "Measured argument", "zh": "测量所得的论证"}
ABSENT: Words = {"en": "not available", "zh": "无"}
WITHHELD: Words = {"en": "withheld in this question", "zh": "本次提问中不提供"}
UNMEASURED: Words = {"en": "nothing measured", "zh": "没有测量结果"}
INSTRUCTED: Words = {
    "en": "The user of this system asks besides, and wants it answered within your reasoning: ",
    "zh": "本系统的用户另有要求，请在推理中回答：",
}
PREAMBLE: Words = {
    "en": "What instruments measured in this clip, with times in seconds. Instruments err: where what you see or "
    "hear differs, say so and trust the clip.",
    "zh": "以下是仪器对该片段的测量结果，时间单位为秒。仪器可能出错：若与你所见所闻不符，请指出，并以片段本身为准。",
}

_LABELS_EN = (
    "SNEG strongly negative: open anger, grief, fear, disgust or contempt\n"
    "WNEG weakly negative: displeasure, worry, disappointment, doubt or sarcasm\n"
    "NEUT neutral: facts or questions without a leaning, or leanings that cancel out\n"
    "WPOS weakly positive: contentment, politeness that is meant, mild approval or relief\n"
    "SPOS strongly positive: joy, enthusiasm, tenderness or admiration in the open"
)
_LABELS_ZH = (
    "SNEG 强烈负面：明显的愤怒、悲痛、恐惧、厌恶或鄙视\n"
    "WNEG 轻微负面：不满、担心、失望、怀疑或讽刺\n"
    "NEUT 中性：没有倾向的陈述或提问，或正负相抵\n"
    "WPOS 轻微正面：满意、真诚的客气、轻度赞同或松了一口气\n"
    "SPOS 强烈正面：明显的喜悦、热情、柔情或钦佩"
)

TEMPLATES: Mapping[str, Template] = {
    "evidence": Template(
        system={
            "en": "You judge the sentiment of a speaker in a video clip from measured evidence. "
            "Use nothing but the evidence given, and name the times and numbers you rely on.",
            "zh": "你根据测量到的证据判断视频片段中说话人的情感。只使用给出的证据，并指出所依据的时间和数值。",
        },
        task={
            "en": "Choose one label: SNEG (strongly negative), WNEG (weakly negative), NEUT (neutral), "
            "WPOS (weakly positive), SPOS (strongly positive). "
            "Reply as <think>your reasoning</think><answer>LABEL</answer>.",
            "zh": "从以下标签中选一个：SNEG（强烈负面）、WNEG（轻微负面）、NEUT（中性）、"
            "WPOS（轻微正面）、SPOS（强烈正面）。"
            "按 <think>推理</think><answer>标签</answer> 的格式回答。",
        },
    ),
    "clmer": Template(
        system={
            "en": "You are an expert in recognising the sentiment of speakers. You are shown pictures from a short "
            "clip in the order of time, and its sound. You judge what the speaker feels, not what is talked about, "
            "and you give reasons that anyone who plays the clip can check.",
            "zh": "你是识别说话人情感的专家。你会看到一个短片按时间顺序截取的画面，并听到它的声音。"
            "你判断的是说话人的感受，而不是所谈的事情；你给出的理由，任何播放该片段的人都能核对。",
        },
        task={
            "en": f"Which of these five ordered classes is the speaker's sentiment?\n{_LABELS_EN}\n"
            "Inside <think>, write four short parts in this order. Words: quote what matters, only words that were "
            "said. Voice: loudness, pitch, pace, pauses, with their seconds. Face: movements and expression, with "
            "their seconds. Weighing: which of them decides, and what to make of those that disagree. Leave out "
            "what you cannot see or hear. Then give one label.\n"
            "Reply as <think>your reasoning</think><answer>LABEL</answer>.",
            "zh": f"说话人的情感属于以下五个有序类别中的哪一个？\n{_LABELS_ZH}\n"
            "在 <think> 中依次写四个简短部分。话语：引用关键的话，只引用确实说过的。声音：音量、音高、语速、停顿，"
            "并注明秒数。面部：动作和表情，并注明秒数。权衡：由哪一项决定，如何看待不一致之处。"
            "看不到或听不到的不要写。然后给出一个标签。\n"
            "按 <think>推理</think><answer>标签</answer> 的格式回答。",
        },
        preamble=True,
    ),
    "no-think": Template(
        system={
            "en": "You are an expert in recognising the sentiment of speakers. You are shown pictures from a short "
            "clip in the order of time, and its sound. You judge what the speaker feels.",
            "zh": "你是识别说话人情感的专家。你会看到一个短片按时间顺序截取的画面，并听到它的声音。"
            "你判断的是说话人的感受。",
        },
        task={
            "en": f"Which of these five ordered classes is the speaker's sentiment?\n{_LABELS_EN}\n"
            "Reply with the label alone, as <answer>LABEL</answer>.",
            "zh": f"说话人的情感属于以下五个有序类别中的哪一个？\n{_LABELS_ZH}\n"
            "只回答标签，格式为 <answer>标签</answer>。",
        },
        preamble=True,
    ),
    # The question that R1-Omni's readme publishes, to the character (two spaces before "Output"); English only.
    "r1-omni": Template(
        system={},
        task={
            "en": "As an emotional recognition expert; throughout the video, which emotion conveyed by the characters "
            "is the most obvious to you?  Output the thinking process in <think> </think> and final emotion in "
            "<answer> </answer> tags."
        },
    ),
}
