"""What a run that is kept apart may be called: its name is that of folders."""

from __future__ import annotations

import argparse
import re

RUN_NAME = re.compile(r"\w[\w.-]{0,63}")
TAKEN = ("records", "records.", "video_emotion_results", "single", "shard-", "service")
"""Names, and how names begin, of folders that lie beside those of named runs."""


def run_name(text: str) -> str:
    """The name that a word of a command line is: an argparse type. ArgumentTypeError for what is none, or is taken."""
    if not RUN_NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!a} is no name of a run: letters, digits, `-`, `_` and dots, at most 64 of them"
        )
    if text in TAKEN or text.startswith(tuple(name for name in TAKEN if name.endswith((".", "-")))):
        raise argparse.ArgumentTypeError(f"{text!a} is what another folder there is called")
    return text
