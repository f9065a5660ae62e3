"""A command's ends: its words, before anything is made of them, and the pipe that it writes into."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from harness.faults import ConfigError
from harness.inputs.folder import printable

READER_GONE = 141
"""As a shell tells of a command that a closed pipe ended."""


def refuse_undecodable(words: Iterable[object]) -> None:
    """ConfigError when a word or path holds bytes that are not UTF-8: no csv, log or page could carry it."""
    for word in words:
        text = str(word)
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise ConfigError(f"{printable(text)} is not UTF-8", "rename the file or folder, or name another")


def end_without_reader() -> int:
    """After BrokenPipeError on the standard output: whoever read has seen enough (`| head`). The exit code.

    What is still held back would fail again when Python ends, so it goes nowhere.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return READER_GONE
