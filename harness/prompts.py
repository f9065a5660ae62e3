"""Named, versioned prompts: pure functions from evidence to chat messages.

Words that come from a clip are data. They pass through `neutralise` before they enter a prompt or a chain of
thought, so that a transcript cannot close a tag, open an answer or smuggle in a media placeholder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from harness.faults import ConfigError
from harness.types import MODALITIES, Language

Messages = tuple[Mapping[str, str], ...]

HEADINGS: Mapping[Language, Mapping[str, str]] = {
    "en": {"text": "Words", "audio": "Voice", "video": "Face"},
    "zh": {"text": "话语", "audio": "声音", "video": "面部"},
}


@dataclass(frozen=True)
class Prompt:
    """A prompt in both languages. `version` is part of the hash that every record carries."""

    name: str
    version: int
    system: Mapping[Language, str]
    task: Mapping[Language, str]

    @property
    def sha256(self) -> str:
        """Hash of the whole template."""
        parts = [self.name, self.version, dict(self.system), dict(self.task), HEADINGS]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


_EVIDENCE = Prompt(
    name="evidence",
    version=1,
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
)

PROMPTS: Mapping[str, Prompt] = {prompt.name: prompt for prompt in (_EVIDENCE,)}

_BRACKETS = str.maketrans({"<": "‹", ">": "›", "＜": "‹", "＞": "›"})


def neutralise(text: str) -> str:
    """Text from a clip made harmless: no angle brackets (tags, placeholders), no control characters, one line."""
    printable = "".join(ch if ch.isprintable() else " " for ch in text.translate(_BRACKETS))
    return " ".join(printable.split())


def get_prompt(name: str) -> Prompt:
    """The prompt called `name`. Raises ConfigError naming the known ones."""
    if name not in PROMPTS:
        raise ConfigError(f"reason.prompt is {name!r}", f"known: {', '.join(PROMPTS)}")
    return PROMPTS[name]


def build(prompt: Prompt, language: Language, sections: Mapping[str, str], missing: Mapping[str, str]) -> Messages:
    """Chat messages for one clip: system, then one user message with a section per modality and the task."""
    headings = HEADINGS[language]
    absent = "not available" if language == "en" else "无"
    colon = ": " if language == "en" else "："
    lines = []
    for modality in MODALITIES:
        body = sections.get(modality) or f"{absent} ({neutralise(missing.get(modality, ''))})"
        lines.append(f"[{headings[modality]}]{colon}{body}")
    content = "\n".join([*lines, "", prompt.task[language]])
    return ({"role": "system", "content": prompt.system[language]}, {"role": "user", "content": content})
