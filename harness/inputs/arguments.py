"""The words of a command line, before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterable

from harness.faults import ConfigError
from harness.inputs.folder import printable


def refuse_undecodable(words: Iterable[object]) -> None:
    """ConfigError when a word or path holds bytes that are not UTF-8: no csv, log or page could carry it."""
    for word in words:
        text = str(word)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ConfigError(f"{printable(text)} is not UTF-8", "rename the file or folder, or name another")
