"""Checks of one chain of thought: flaws of its form, its language, its quotes, what it argues for.

Definitions of the flaws:

* empty: no text at all, or an empty answer block; no_answer: text without an answer block after `</think>`;
* out_of_vocabulary: an answer block that is no label;
* truncated: finish_reason `length`, or a think or answer block that is opened and never closed;
* duplicate_answer: several answer blocks after the last `</think>`. One text can have more than one flaw.
"""

from __future__ import annotations

from dataclasses import dataclass

from eval.reasoning.judges import Judge
from eval.reasoning.rewards import format_reward, r1omni_format
from eval.stories.form import QUOTE, TAG, Quote, language_of, length_units, quotes_of, think_of, transcript_of
from eval.stories.read import Story
from harness.records.labels import POLARITY3

FLAWS = ("empty", "no_answer", "out_of_vocabulary", "truncated", "duplicate_answer")


@dataclass(frozen=True)
class ClipCheck:
    """What was found about one chain of thought. Polarities are negative, neutral, positive or empty."""

    id: str
    answer: str
    submitted: str
    truth: str
    flaws: tuple[str, ...]
    format_strict: bool
    format: bool
    length: int
    clip_language: str
    language: str
    argues: str
    basis: str
    quotes: tuple[Quote, ...]


def check_story(story: Story, judge: Judge, truth: str = "") -> ClipCheck:
    """Everything that can be said about one chain of thought."""
    raw = story.text("reasoning", "text")
    think = think_of(raw)
    prose = QUOTE.sub(" ", think)
    language = language_of(prose)
    verdict = judge(think, language) if think.strip() else None
    return ClipCheck(
        id=story.id,
        answer=story.answer,
        submitted=story.label,
        truth=truth,
        flaws=flaws_of(raw, story.text("reasoning", "finish_reason"), bool(story.answer)),
        format_strict=r1omni_format([raw]) == [1.0],
        format=format_reward([raw]) == [1.0],
        length=length_units(think),
        clip_language=story.language,
        language=language,
        argues="" if verdict is None else POLARITY3.labels[verdict.polarity + 1],
        basis="" if verdict is None else verdict.basis,
        quotes=tuple(quotes_of(think, transcript_of(story))),
    )


def flaws_of(raw: str, finish_reason: str, parsed: bool) -> tuple[str, ...]:
    """The names in `FLAWS` that apply to a raw text (defined at the top of this module)."""
    if not raw.strip():
        return ("empty",)
    tags = [(tag, tag.group(1) == "", tag.group(2).lower()) for tag in TAG.finditer(raw)]
    ends = [tag.end() for tag, opens, name in tags if name == "think" and not opens]
    tail = [(tag, opens) for tag, opens, name in tags if name == "answer" and tag.start() >= (ends[-1] if ends else 0)]
    opened = [tag for tag, opens in tail if opens]
    closed = [tag for tag, opens in tail if not opens]
    found = []
    content = raw[opened[-1].end() : closed[-1].start() if closed else len(raw)] if opened else ""
    if opened and closed and not content.strip():
        found.append("empty")
    if not opened:
        found.append("no_answer")
    elif content.strip() and not parsed:
        found.append("out_of_vocabulary")
    open_think = any(opens and name == "think" for _, opens, name in tags) and not ends
    if finish_reason == "length" or open_think or len(opened) > len(closed):
        found.append("truncated")
    if len(opened) > 1:
        found.append("duplicate_answer")
    return tuple(found)
