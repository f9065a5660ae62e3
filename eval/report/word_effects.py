"""What the words of a transcript did to the label: the shares of the argument's words, at their places."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eval.report.argued import argument_of, cues_of, is_map, views_of
from eval.stories.read import Story


def with_effects(story: Story) -> dict[str, Any] | None:
    """The transcript, with what its words did.

    `effects` of a line are [start, end, share] in code points of its text, `effect` of a word that has times is its
    share. Shares are those of the argument's cues.
    """
    transcript = story.part("transcript")
    if transcript is None:
        return None
    shares = {
        str(cue.get("feature")): float(cue["share"])
        for view in views_of(argument_of(story))
        for cue in cues_of(view)
        if cue.get("kind") == "word" and cue.get("feature")
    }
    lines = transcript.get("segments")
    if not shares or not isinstance(lines, list):
        return dict(transcript)
    return {**transcript, "segments": [_line(line, shares) if is_map(line) else line for line in lines]}


def _line(line: Mapping[str, Any], shares: Mapping[str, float]) -> dict[str, Any]:
    words = [word for word in line.get("words") or () if is_map(word)] if isinstance(line.get("words"), list) else []
    marked = {**line, "effects": places(str(line.get("text") or ""), shares)}
    if words:
        # Some recognisers give words with the blank before them, others without.
        spoken = [_apart(str(word.get("text") or "")) for word in words]
        found = places("".join(spoken), shares)
        at = 0
        for index, text in enumerate(spoken):
            over = [share for start, end, share in found if start < at + len(text) and end > at]
            words[index] = {**words[index], "effect": max(over, key=abs)} if over else words[index]
            at += len(text)
        marked["words"] = words
    return marked


def _apart(word: str) -> str:
    return f" {word}" if word[:1].isascii() and word[:1].isalnum() else word


def places(text: str, shares: Mapping[str, float]) -> list[tuple[int, int, float]]:
    """Where the words of `shares` stand in `text`, in its order; the longer of two that overlap."""
    found: list[tuple[int, int, float]] = []
    for word in sorted(shares, key=lambda w: (-len(w), w)):
        edge = r"\b" if word.isascii() else ""
        for match in re.finditer(edge + re.escape(word) + edge, text, re.IGNORECASE):
            if all(match.end() <= start or match.start() >= end for start, end, _ in found):
                found.append((match.start(), match.end(), shares[word]))
    return sorted(found)
