"""Checks of one chain of thought: flaws of its form, its language, its quotes, what it argues for.

Definitions of the flaws:

* empty: no text at all, or an empty answer block; no_answer: text without an answer block after `</think>`;
* out_of_vocabulary: an answer block that is no label;
* truncated: finish_reason `length`, or a think or answer block that is opened and never closed;
* duplicate_answer: several answer blocks after the last `</think>`. One text can have more than one flaw.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from eval.judges import Judge
from eval.rewards import format_reward, length_units, r1omni_format
from eval.stories import Story
from harness.labels import POLARITY3, SENTIMENT5, emotion_stem

FLAWS = ("empty", "no_answer", "out_of_vocabulary", "truncated", "duplicate_answer")
LEAST_UNITS = 4
"""Words and characters below which a rationale's language is not told."""

_TAG = re.compile(r"<\s*(/?)\s*(think|answer)\s*>", re.IGNORECASE)
QUOTE = re.compile(
    r"“([^”]+)”|「([^」]+)」|『([^』]+)』|\"([^\"\n]+)\"|‘([^’]+)’|(?<![\w'])'((?:[^'\n]|(?<=\w)'(?=\w))+)'(?!\w)",
)
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")


@dataclass(frozen=True)
class Quote:
    """Words in quotation marks; `found` is None where the clip has no transcript to look in."""

    text: str
    found: bool | None


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


def think_of(raw: str) -> str:
    """The reasoning inside a raw text: up to the last `</think>`, or to the first answer block; tags removed."""
    ends = [tag.start() for tag in _TAG.finditer(raw) if tag.group(1) and tag.group(2).lower() == "think"]
    if not ends:
        ends = [tag.start() for tag in _TAG.finditer(raw) if not tag.group(1) and tag.group(2).lower() == "answer"][:1]
    return _TAG.sub(" ", raw[: ends[-1]] if ends else raw).strip()


def flaws_of(raw: str, finish_reason: str, parsed: bool) -> tuple[str, ...]:
    """The names in `FLAWS` that apply to a raw text (defined at the top of this module)."""
    if not raw.strip():
        return ("empty",)
    tags = [(tag, tag.group(1) == "", tag.group(2).lower()) for tag in _TAG.finditer(raw)]
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


def language_of(text: str) -> str:
    """The language (zh or en) that a text has more of, in words; empty for a text that is too short to say."""
    chinese, latin = len(_CJK.findall(text)), len(_LATIN.findall(text))
    if chinese + latin < LEAST_UNITS:
        return ""
    # A Chinese word is about one and a half characters.
    return "zh" if chinese / 1.5 > latin else "en"


def transcript_of(story: Story) -> str:
    """The words of a clip, empty without a transcript."""
    text = story.text("transcript", "text")
    segments = (story.part("transcript") or {}).get("segments")
    if text or not isinstance(segments, list):
        return text
    return " ".join(str(line.get("text", "")) for line in segments if isinstance(line, Mapping))


def quotes_of(think: str, transcript: str) -> list[Quote]:
    """Quoted words of a rationale, looked for in the transcript without regard to case, marks and spaces.

    An ellipsis inside a quote stands for left-out words: each part must be there. A quoted name of a label or an
    emotion is a term, not speech, and is passed over.
    """
    said = _bare(transcript)
    found = []
    for match in QUOTE.finditer(think):
        text = next(group for group in match.groups() if group is not None)
        parts = [bare for part in re.split(r"…+|\.{3,}", text) if (bare := _bare(part))]
        if parts and not is_term(text):
            found.append(Quote(text, all(part in said for part in parts) if said else None))
    return found


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def is_term(text: str) -> bool:
    """Whether quoted words are the name of a label or an emotion."""
    if SENTIMENT5.normalise(text) or POLARITY3.normalise(text):
        return True
    try:
        emotion_stem(text)
    except KeyError:
        return False
    return True
