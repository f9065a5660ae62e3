"""What a user gives for the omni model: worked examples for a prompt (few-shot), and translated reasonings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from harness.faults import ConfigError
from harness.inputs.encoding import NotText, decode_text
from harness.inputs.table import read_rows
from harness.records.labels import SENTIMENT5, LabelSpace
from harness.records.payloads import described
from harness.records.types import Language

FORMAT = '{"language": "en", "sections": {"text": "…", "audio": "…", "video": "…"}, "think": "…", "label": "WNEG"}'


@dataclass(frozen=True)
class Example:
    """One solved question: measured evidence by modality, the reasoning, the label."""

    language: Language
    sections: Mapping[str, str]
    think: str
    label: str


def read_examples(path: Path | None, space: LabelSpace = SENTIMENT5) -> tuple[tuple[Example, ...], str]:
    """The examples of a JSON-lines file, and the file's SHA-256; nothing and "" without a file.

    Raises:
        ConfigError: the file cannot be read, or a line is no example; names the line.
    """
    if path is None:
        return (), ""
    try:
        content = path.read_bytes()
        text = decode_text(path.name, content).text
    except OSError as error:
        raise ConfigError(
            f"omni.examples: {path} cannot be read: {error}", "a line for each example, JSON in UTF-8"
        ) from error
    except NotText as fault:
        raise ConfigError(f"omni.examples: {fault.message}", fault.remedy) from None
    examples = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            example = described(Example).decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise ConfigError(f"omni.examples: {path} line {number}: {error}", f"a line looks like {FORMAT}") from error
        if example.label not in space.labels:
            raise ConfigError(
                f"omni.examples: {path} line {number}: label {example.label!r}",
                f"one of {', '.join(space.labels)} (label space {space.name})",
            )
        examples.append(example)
    return tuple(examples), hashlib.sha256(content).hexdigest()


def read_translations(path: Path | None) -> dict[str, str]:
    """Clip id → its reasoning in the other language, from a csv with columns ID and Translation; empty without one.

    Raises:
        ConfigError: the file cannot be read, or lacks a column.
    """
    if path is None:
        return {}
    try:
        read = read_rows(path, "ID", "Translation")
    except ConfigError as fault:
        raise ConfigError(f"attribute.translations: {fault.message}", fault.remedy) from None
    rows = [(row["ID"].strip(), row["Translation"].strip()) for row in read]
    return {clip: text for clip, text in rows if clip and text}
