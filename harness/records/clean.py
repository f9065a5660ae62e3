"""Words from outside made harmless before they stand beside words of ours."""

from __future__ import annotations

_BRACKETS = str.maketrans({"<": "‹", ">": "›", "＜": "‹", "＞": "›"})


def neutralise(text: str) -> str:
    """Text from a clip made harmless: no angle brackets (tags, placeholders), no control characters, one line."""
    printable = "".join(ch if ch.isprintable() else " " for ch in text.translate(_BRACKETS))
    return " ".join(printable.split())
