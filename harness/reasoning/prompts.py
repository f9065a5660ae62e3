"""Named, versioned prompts: pure functions from evidence to chat messages.

Words that come from a clip are data. They pass through `neutralise` before they enter a prompt or a chain of
thought, so that a transcript cannot close a tag, open an answer or smuggle in a media placeholder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from harness.faults import ConfigError
from harness.reasoning.examples import Example
from harness.reasoning.prompt_texts import (
    ABSENT,
    ARGUED,
    HEADINGS,
    INSTRUCTED,
    PREAMBLE,
    TEMPLATES,
    UNMEASURED,
    WITHHELD,
    Template,
)
from harness.reasoning.space_prompts import template_of
from harness.records.clean import neutralise
from harness.records.labels import SENTIMENT5, LabelSpace
from harness.records.types import MODALITIES, Language, Modality

Messages = tuple[Mapping[str, str], ...]
MOST_INSTRUCT = 2000
"""Characters of a user's own question."""


@dataclass(frozen=True)
class Prompt:
    """How a clip is put before a reasoner.

    Attributes:
        name: how profiles call it.
        version: raised by hand when its wording changes; part of the hash that every record carries.
        template: the wording, in both languages.
        language: of the wording; None = the clip's own.
        withheld: modalities that the reasoner is not given, be it as media, as words or as measurements.
        measured: whether the measured evidence is part of the question.
        answer_only: ask for the answer without reasoning.
        free_answer: the answer is any emotion word, not one of the labels.
        instruct: a question of the user's own, put before the task; empty without one.
    """

    name: str
    version: int
    template: Template
    language: Language | None = None
    withheld: tuple[Modality, ...] = ()
    measured: bool = True
    answer_only: bool = False
    free_answer: bool = False
    instruct: str = ""

    @property
    def argued(self) -> bool:
        """Whether what the measuring heads argue is part of the question, as evidence."""
        return self.measured and self.template.preamble

    @property
    def sha256(self) -> str:
        """Hash of everything that decides the wording."""
        parts = [
            [self.name, self.version, self.language, self.withheld, self.measured, self.answer_only, self.free_answer],
            [dict(self.template.system), dict(self.template.task), self.template.preamble],
            [HEADINGS, ABSENT, WITHHELD, UNMEASURED, PREAMBLE],
        ]
        parts += [[ARGUED]] if self.argued else []
        # Only with a question: without one nothing changed, and no model need be asked again.
        parts += [[self.instruct, INSTRUCTED]] if self.instruct else []
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


_CLMER = TEMPLATES["clmer"]
PROMPTS: Mapping[str, Prompt] = {
    prompt.name: prompt
    for prompt in (
        Prompt("evidence", 1, TEMPLATES["evidence"]),
        Prompt("clmer", 2, _CLMER),
        Prompt("clmer-zh", 2, _CLMER, language="zh"),
        Prompt("clmer-en", 2, _CLMER, language="en"),
        Prompt("r1-omni", 1, TEMPLATES["r1-omni"], language="en", measured=False, free_answer=True),
        Prompt("no-think", 2, TEMPLATES["no-think"], answer_only=True),
        Prompt("blind-text", 2, _CLMER, withheld=("text",)),
        Prompt("blind-audio", 2, _CLMER, withheld=("audio",)),
        Prompt("blind-video", 2, _CLMER, withheld=("video",)),
    )
}
"""`clmer` asks in the clip's language; `no-think` and `blind-*` are controls: no reasoning, a modality withheld."""


def get_prompt(name: str) -> Prompt:
    """The prompt called `name`. Raises ConfigError naming the known ones."""
    if name not in PROMPTS:
        raise ConfigError(f"omni.prompt is {name!r}", f"known: {', '.join(PROMPTS)}")
    return PROMPTS[name]


def in_space(prompt: Prompt, space: LabelSpace) -> Prompt:
    """The prompt that asks for a label of `space`; a free answer is asked for alike in all spaces."""
    if space == SENTIMENT5 or prompt.free_answer:
        return prompt
    return replace(prompt, template=template_of(space, prompt.template, prompt.answer_only))


def with_instruct(prompt: Prompt, text: str | None) -> Prompt:
    """The prompt with a question of the user's own. ConfigError for an empty or a very long one."""
    if text is None:
        return prompt
    clean = " ".join(neutralise(str(text)).split())
    if not 0 < len(clean) <= MOST_INSTRUCT:
        raise ConfigError(
            f"omni.instruct has {len(clean)} characters", f"ask something, in at most {MOST_INSTRUCT} characters"
        )
    return replace(prompt, instruct=clean)


def build(
    prompt: Prompt,
    language: Language,
    sections: Mapping[str, str],
    missing: Mapping[str, str],
    heard: Sequence[Modality] = MODALITIES,
    examples: Sequence[Example] = (),
    argument: str = "",
) -> Messages:
    """Chat messages for one clip: system, worked examples if any, then one user message that ends in the task.

    Args:
        prompt: the wording.
        language: of the wording, and of `sections`.
        sections: modality → paragraph of measured evidence.
        missing: modality → why nothing was measured.
        heard: modalities that the reasoner may use. What is not among them, but also not missing, was withheld.
        examples: shown before the question, in the language of the question.
        argument: what the measuring heads argue over `heard`; part of the question where `prompt.argued`.
    """
    template = prompt.template
    messages = [{"role": "system", "content": template.system[language]}] if template.system else []
    for example in examples:
        if example.language == language:
            shown = _question(prompt, language, example.sections, {}, MODALITIES)
            messages += [{"role": "user", "content": shown}, {"role": "assistant", "content": _reply(prompt, example)}]
    messages.append({"role": "user", "content": _question(prompt, language, sections, missing, heard, argument)})
    return tuple(messages)


def _question(
    prompt: Prompt,
    language: Language,
    sections: Mapping[str, str],
    missing: Mapping[str, str],
    heard: Sequence[Modality],
    argument: str = "",
) -> str:
    task = prompt.template.task[language]
    if prompt.instruct:
        task = f"{INSTRUCTED[language]}{prompt.instruct}\n\n{task}"
    if not prompt.measured:
        return task
    colon = ": " if language == "en" else "："
    lines = [PREAMBLE[language]] if prompt.template.preamble else []
    for modality in MODALITIES:
        body = _section(language, modality, sections, missing, heard)
        lines.append(f"[{HEADINGS[language][modality]}]{colon}{body}")
    if argument and prompt.argued:
        lines.append(f"[{ARGUED[language]}]{colon}{argument}")
    return "\n".join([*lines, "", task])


def _section(
    language: Language,
    modality: Modality,
    sections: Mapping[str, str],
    missing: Mapping[str, str],
    heard: Sequence[Modality],
) -> str:
    why = neutralise(missing.get(modality, ""))
    reason = f" ({why})" if why else ""
    if modality in heard:
        return sections.get(modality) or UNMEASURED[language] + reason
    return ABSENT[language] + reason if why else WITHHELD[language]


def _reply(prompt: Prompt, example: Example) -> str:
    answer = f"<answer>{example.label}</answer>"
    return answer if prompt.answer_only else f"<think>{example.think}</think>{answer}"
