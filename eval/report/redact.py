"""Redaction of the report: a page for eyes that may see the judgements but not what was said or who said it."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from eval.report.argued import cues_of, views_of
from eval.stories.form import QUOTE, transcript_of
from eval.stories.read import Story
from harness.records.names import LANGUAGES

LEAST_MASKED = 2
_MASK = "▇"


def redacted(clip: Mapping[str, Any], story: Story, other: Story | None) -> dict[str, Any]:
    """A clip's payload without transcript, quotes, words that were weighed, and links to files.

    In the chain of thought, quoted words and the transcript's own lines are blacked out letter by letter, so that the
    claims keep their places. A paraphrase in the model's own words stays.
    """
    clean = copy.deepcopy(dict(clip))
    clean |= {"transcript": None, "media": None, "file": None, "story": None}
    if isinstance(clean.get("enhanced"), dict):
        clean["enhanced"]["pictures"] = []
    evidence = clean.get("evidence")
    if isinstance(evidence, dict):
        kept = [item for item in evidence.get("items") or () if item.get("modality") != "text"]
        evidence["items"] = [{k: v for k, v in item.items() if k != "quote"} for item in kept]
        evidence["sections"] = {
            language: {m: text for m, text in paragraphs.items() if m != "text"}
            for language, paragraphs in (evidence.get("sections") or {}).items()
            if isinstance(paragraphs, dict)
        }
        for opinion in (evidence.get("opinions") or {}).values():
            opinion.pop("reasons", None)
    said = _lines(story) + (_lines(other) if other else [])
    clean |= {"think": _blacked(clean["think"], said), "thumbnails": []}
    clean["samples"] = [{name: _blacked(text, said) for name, text in s.items()} for s in clean.get("samples") or ()]
    if isinstance(clean.get("reasoning"), dict):
        clean["reasoning"].pop("facts", None)
    for part, names in (("answer", ("answer_text", "problem")), ("reasoning", ("text",))):
        if isinstance(clean.get(part), dict):
            clean[part] |= {n: _blacked(clean[part][n], said) for n in names if isinstance(clean[part].get(n), str)}
    if isinstance(clean.get("other"), dict):
        clean["other"]["think"] = _blacked(clean["other"]["think"], said)
    for half in (clean, clean.get("other") or {}):
        for told in (half.get("told") or {}).values():
            told["think"] = _blacked(told["think"], said)
        for view in views_of(half.get("argument") or {}):
            for cue in cues_of(view):
                _hide_word(cue)
    return clean


def _hide_word(cue: Any) -> None:
    if cue.get("kind") == "word":
        cue.update(feature=_MASK, told={language: _MASK for language in LANGUAGES})


def _lines(story: Story) -> list[str]:
    segments = (story.part("transcript") or {}).get("segments")
    texts = (
        [str(line.get("text", "")) for line in segments if isinstance(line, dict)] if isinstance(segments, list) else []
    )
    parts = [part for text in [*texts, transcript_of(story)] for part in re.split(r"[,.!?;，。！？；、\n]", text)]
    return sorted({p.strip() for p in [*parts, *texts] if len(p.strip()) >= LEAST_MASKED}, key=len, reverse=True)


def _blacked(text: str, said: Sequence[str]) -> str:
    def black(words: str) -> str:
        # Blanks too: the lengths of words tell more than they seem to.
        return _MASK * len(words)

    text = QUOTE.sub(lambda m: m.group()[0] + black(m.group()[1:-1]) + m.group()[-1], text)
    for line in said:
        text = text.replace(line, black(line))
    return text
