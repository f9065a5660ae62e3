"""The words of a command line, before anything is made of them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.faults import ConfigError
from harness.inputs.folder import printable


def refuse_undecodable(words: Iterable[object]) -> None:
    """ConfigError when a word or path holds bytes that are not UTF-8: no csv, log or page could carry it."""
    for word in words:
        text = str(word)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ConfigError(f"{printable(text)} is not UTF-8", "rename the file or folder, or name another")


RUN_NAME = re.compile(r"\w[\w.-]{0,63}")
TAKEN = ("records", "records.", "video_emotion_results", "single", "shard-", "service")
"""Names, and how names begin, of folders that lie beside those of named runs."""


def run_name(text: str) -> str:
    """The name of a run, which is a folder's. ValueError for what is none, or is taken."""
    if not RUN_NAME.fullmatch(text):
        raise ValueError(f"{text!a} is no name of a run: letters, digits, `-`, `_` and dots, at most 64 of them")
    if text in TAKEN or text.startswith(tuple(name for name in TAKEN if name.endswith((".", "-")))):
        raise ValueError(f"{text!a} is what another folder there is called")
    return text
