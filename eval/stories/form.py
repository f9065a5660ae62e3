"""The form of a chain of thought: its blocks, its length, its quotes. Below all that judges such a text.

A reply is `<think>…</think><answer>…</answer>`; both blocks may be missing, repeated or left open.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from eval.stories.read import Story
from harness.records.labels import POLARITY3, SENTIMENT5, emotion_stem

LEAST_UNITS = 4
"""Words and characters below which a rationale's language is not told."""

TAG = re.compile(r"<\s*(/?)\s*(think|answer)\s*>", re.IGNORECASE)
QUOTE = re.compile(
    r"“([^“”]+)”|「([^「」]+)」|『([^『』]+)』|\"([^\"\n]+)\"|‘([^‘’]+)’|(?<![\w'])'((?:[^'\n]|(?<=\w)'(?=\w))+)'(?!\w)",
)
_UNIT = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]|[^\W_]+(?:['’][^\W_]+)*")
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")


@dataclass(frozen=True)
class Quote:
    """Words in quotation marks; `found` is None where the clip has no transcript to look in."""

    text: str
    found: bool | None


def length_units(text: str) -> int:
    """Length of a text in words, with every Chinese or Japanese character counted as one."""
    return len(_UNIT.findall(text))


def blocks(text: str) -> tuple[str, str] | None:
    """Content of the think and the answer block, or None unless there are just these two, in this order."""
    tags = list(TAG.finditer(text))
    shape = [(tag.group(1), tag.group(2).lower()) for tag in tags]
    if shape != [("", "think"), ("/", "think"), ("", "answer"), ("/", "answer")]:
        return None
    outside = text[: tags[0].start()] + text[tags[1].end() : tags[2].start()] + text[tags[3].end() :]
    if outside.strip():
        return None
    return text[tags[0].end() : tags[1].start()], text[tags[2].end() : tags[3].start()]


def after_think(text: str) -> str:
    """What follows the last closing think tag (all of it without one)."""
    ends = [tag.end() for tag in TAG.finditer(text) if tag.group(1) and tag.group(2).lower() == "think"]
    return text[ends[-1] :] if ends else text


def reasoning_of(text: str) -> str:
    """What stands before the last `</think>`, or before the last answer block; tags become spaces."""
    ends = [tag.start() for tag in TAG.finditer(text) if tag.group(1) and tag.group(2).lower() == "think"]
    if not ends:
        opened = [tag.start() for tag in TAG.finditer(text) if not tag.group(1) and tag.group(2).lower() == "answer"]
        ends = opened[-1:] or [len(text)]
    return TAG.sub(" ", text[: ends[-1]])


def think_of(raw: str) -> str:
    """The reasoning inside a raw text: up to the last `</think>`, or to the first answer block; tags removed."""
    ends = [tag.start() for tag in TAG.finditer(raw) if tag.group(1) and tag.group(2).lower() == "think"]
    if not ends:
        ends = [tag.start() for tag in TAG.finditer(raw) if not tag.group(1) and tag.group(2).lower() == "answer"][:1]
    return TAG.sub(" ", raw[: ends[-1]] if ends else raw).strip()


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


def is_term(text: str) -> bool:
    """Whether quoted words are the name of a label or an emotion."""
    if SENTIMENT5.normalise(text) or POLARITY3.normalise(text):
        return True
    try:
        emotion_stem(text)
    except KeyError:
        return False
    return True


def _bare(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())
