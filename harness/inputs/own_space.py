"""A label space of the user's own, from a short YAML file.

labels: [calm, glad, upset, tense]     # what is answered
order: nominal                         # nominal (default), or ordinal: the labels ascend
aliases:                               # other spellings, in any language
  glad: [happy, 高兴]
mapping:                               # from sentiment5 or emotion7, whichever its keys are of; what is not there
  joy: glad                            # is unmapped
  neutral: calm
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from harness.inputs.encoding import NotText, read_text
from harness.inputs.yaml_text import NotYaml, yaml_value
from harness.records.clean import shown
from harness.records.labels import EMOTION7, SENTIMENT5, SPACES, LabelSpace, fold

KEYS = ("name", "labels", "order", "aliases", "mapping")
ORDERS = ("nominal", "ordinal")
MOST_LABELS = 64
LONGEST_LABEL = 60
SUFFIXES = (".yaml", ".yml")
_FORBIDDEN = set(",;|<>\"'\r\n\t=+@#\\/")


def find_space(name_or_file: str) -> LabelSpace:
    """The label space of that name, or of that YAML file.

    Raises:
        ConfigError: no such space or file, or a file that is no label space: says which key and what it may be.
    """
    if name_or_file in SPACES:
        return SPACES[name_or_file]
    path = Path(name_or_file)
    if path.suffix.lower() in SUFFIXES:
        return read_space(path)
    close = difflib.get_close_matches(name_or_file, SPACES, 1)
    meant = f"did you mean {close[0]}? " if close else ""
    raise ConfigError(
        f"unknown label space {shown(name_or_file)}", f"{meant}known: {', '.join(SPACES)}, or the path of a .yaml file"
    )


def read_space(path: Path) -> LabelSpace:
    """The space that a file states. ConfigError as `find_space`."""
    try:
        content: Any = yaml_value(read_text(path).text)
    except (OSError, NotText, NotYaml) as error:
        raise ConfigError(f"{path}: cannot be read: {_line(error)}", "write YAML in UTF-8; see README") from error
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds no keys", f"write {', '.join(KEYS)}, one a line")
    for key in content:
        if key not in KEYS:
            close = difflib.get_close_matches(str(key), KEYS, 1)
            raise ConfigError(
                f"{path}: unknown key {shown(key)}",
                f"did you mean {close[0]}?" if close else f"known: {', '.join(KEYS)}",
            )
    labels = _labels(path, content.get("labels"))
    order = content.get("order", "nominal")
    if order not in ORDERS:
        raise ConfigError(f"{path}: order is {shown(order)}", " or ".join(ORDERS))
    name = content.get("name", path.stem)
    if not isinstance(name, str) or not name.strip() or name in SPACES:
        raise ConfigError(f"{path}: name is {shown(name)}", f"a word that is none of {', '.join(SPACES)}")
    base, images = _mapping(path, content.get("mapping"), labels)
    return LabelSpace(name, labels, order == "ordinal", _aliases(path, content.get("aliases"), labels), base, images)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


def _labels(path: Path, found: Any) -> tuple[str, ...]:
    remedy = f"a list of 2 to {MOST_LABELS} different words, such as labels: [calm, glad, upset]"
    if not isinstance(found, list) or not 2 <= len(found) <= MOST_LABELS:
        raise ConfigError(f"{path}: labels is {shown(found)}", remedy)
    for label in found:
        if not isinstance(label, str):
            raise ConfigError(
                f"{path}: labels: {shown(label)} is no text", f'write it in quotes: "{str(label)[:LONGEST_LABEL]}"'
            )
        if not 0 < len(label) <= LONGEST_LABEL or label != label.strip() or _FORBIDDEN & set(label) or not fold(label):
            raise ConfigError(
                f"{path}: labels: {shown(label)} cannot be a label",
                f"up to {LONGEST_LABEL} characters without white space around them and without any of "
                + " ".join(sorted(c for c in _FORBIDDEN if c.isprintable())),
            )
    folded = [fold(label) for label in found]
    if len(set(folded)) < len(folded):
        twice = next(label for label, key in zip(found, folded, strict=True) if folded.count(key) > 1)
        raise ConfigError(f"{path}: labels: {shown(twice)} stands there twice, capitals and spaces apart", remedy)
    return tuple(found)


def _aliases(path: Path, found: Any, labels: tuple[str, ...]) -> dict[str, str]:
    remedy = "a line for each label: label: [another word, 另一个词]"
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: aliases is {shown(found)}", remedy)
    own = {fold(label): label for label in labels}
    aliases: dict[str, str] = {}
    for label, words in found.items():
        if label not in labels:
            raise ConfigError(f"{path}: aliases: {shown(label)} is no label", f"one of {', '.join(labels)}")
        for word in words if isinstance(words, list) else [words]:
            if not isinstance(word, str) or not fold(word):
                raise ConfigError(f"{path}: aliases: {label}: {shown(word)} is no text", remedy)
            taken = own.get(fold(word), aliases.get(fold(word), label))
            if taken != label:
                raise ConfigError(
                    f"{path}: aliases: {shown(word)} stands for {taken} and for {label}", "leave it at one of them"
                )
            aliases[fold(word)] = label
    return aliases


def _mapping(path: Path, found: Any, labels: tuple[str, ...]) -> tuple[str, Mapping[str, str]]:
    """The base that the keys are of, and base label → label."""
    sources = (EMOTION7, SENTIMENT5)
    remedy = "a line for each label of emotion7 or of sentiment5: joy: glad"
    if not isinstance(found, dict) or not found:
        raise ConfigError(f"{path}: mapping is {shown(found)}", remedy)
    base = next((space for space in sources if all(key in space.labels for key in found)), None)
    if base is None:
        known = [key for key in found if any(key in space.labels for space in sources)]
        odd = next((key for key in found if key not in known), None)
        what = f"{shown(odd)} is no label of either" if odd is not None else "its keys are of two spaces"
        raise ConfigError(
            f"{path}: mapping: {what}",
            "keys are all of " + ", or all of ".join(f"{space.name} ({', '.join(space.labels)})" for space in sources),
        )
    for source, label in found.items():
        if label is not None and label not in labels:
            raise ConfigError(
                f"{path}: mapping: {source} leads to {shown(label)}", f"one of {', '.join(labels)}, or null for none"
            )
    images = {source: found[source] for source in base.labels if found.get(source) is not None}
    if not images:
        raise ConfigError(f"{path}: mapping leads nowhere", remedy)
    return base.name, images
