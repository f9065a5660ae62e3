"""Stories around a measured argument."""

from __future__ import annotations

from pathlib import Path

import msgspec

from eval.stories.read import Story
from harness.records.argument import Argument


def story_of_argument(
    argument: Argument, think: str, language: str, *, by_model: bool = False, label: str = ""
) -> Story:
    """A story whose text is `think` and whose label, submitted and answered, is the argument's (or `label`)."""
    answer = label or argument.label
    reasoning = {
        "text": f"<think>{think}</think><answer>{answer}</answer>",
        "language": language,
        "is_language_model": by_model,
        "argument": msgspec.to_builtins(argument),
    }
    data = {
        "schema": "story/1",
        "clip": {"id": "a.mp4"},
        "language": language,
        "reasoning": reasoning,
        "answer": {"label": answer},
        "prediction": {"label": argument.label},
    }
    return Story(Path("a.mp4.json"), data)
