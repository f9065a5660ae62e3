"""Words from outside made harmless before they stand beside words of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

MOST_SHOWN = 80
"""Characters of a value in an error's text."""
_BRACKETS = str.maketrans({"<": "‹", ">": "›", "＜": "‹", "＞": "›"})


def neutralise(text: str) -> str:
    """Text from a clip made harmless: no angle brackets (tags, placeholders), no control characters, one line."""
    return one_line(text.translate(_BRACKETS))


def one_line(text: str) -> str:
    """Text from outside as one line that a terminal prints and does nothing else with."""
    return " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())


def encodable(text: str) -> str:
    r"""Text that can be written in UTF-8: the halves of a pair are joined, a lone surrogate becomes U+FFFD.

    JSON may spell half a character (`"\ud800"`), and a broken file name or reply holds one; no file can.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def encodable_values(value: Any) -> Any:
    """Plain JSON values with every text and key `encodable`. RecursionError when they are nested too deeply."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {encodable(key) if isinstance(key, str) else key: encodable_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [encodable_values(item) for item in value]
    return value


def json_bytes(value: Any, order: Literal["sorted"] | None = None) -> bytes:
    """A value as JSON, every text of it `encodable`; looked through for such texts only where one cannot be written.

    Raises:
        TypeError, OverflowError, RecursionError: it is no JSON value.
    """
    try:
        return msgspec.json.encode(value, order=order)
    except UnicodeEncodeError:
        return msgspec.json.encode(encodable_values(value), order=order)


def shown(value: object) -> str:
    """A value that a user gave, for an error's text: it may be a whole file."""
    text = repr(value)
    return text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 1]}…"
