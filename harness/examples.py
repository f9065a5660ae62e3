"""Worked examples for a prompt (few-shot), from a file of the user's."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.faults import ConfigError
from harness.labels import SENTIMENT5
from harness.types import Language

FORMAT = '{"language": "en", "sections": {"text": "…", "audio": "…", "video": "…"}, "think": "…", "label": "WNEG"}'


@dataclass(frozen=True)
class Example:
    """One solved question: measured evidence by modality, the reasoning, the label."""

    language: Language
    sections: Mapping[str, str]
    think: str
    label: str


def read_examples(path: Path | None) -> tuple[tuple[Example, ...], str]:
    """The examples of a JSON-lines file, and the file's SHA-256; nothing and "" without a file.

    Raises:
        ConfigError: the file cannot be read, or a line is no example; names the line.
    """
    if path is None:
        return (), ""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"omni.examples: {path} cannot be read: {error}") from error
    examples = []
    for number, line in enumerate(content.decode("utf-8-sig", errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            example = msgspec.json.decode(line, type=Example)
        except msgspec.MsgspecError as error:
            raise ConfigError(f"omni.examples: {path} line {number}: {error}", f"a line looks like {FORMAT}") from error
        if example.label not in SENTIMENT5.labels:
            raise ConfigError(
                f"omni.examples: {path} line {number}: label {example.label!r}",
                f"one of {', '.join(SENTIMENT5.labels)}",
            )
        examples.append(example)
    return tuple(examples), hashlib.sha256(content).hexdigest()
