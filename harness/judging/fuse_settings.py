"""The section `fuse` of a profile: what may stand in it, and the files that it names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from harness.judging.fuse import STRATEGIES, FuseSettings, joint, learned, ordinal
from harness.judging.joint import Joint, projected, read_joint
from harness.records.conversions import base_of
from harness.records.labels import EMOTION7, SENTIMENT5, LabelSpace, space_of
from harness.records.numbers import Number

WEIGHT = Number(0, 1e6)
OFFSET = Number(-50, 50)
SHIPPED = Path(__file__).resolve().parents[2] / "models" / "weights" / "fusion" / "fusion.json"
"""What `joint` has learned, unless a profile names a file of its own."""


def read_settings(
    section: Mapping[str, Any], space: LabelSpace = SENTIMENT5, outside: Sequence[str] = ()
) -> FuseSettings:
    """The profile's `fuse` table for answers in `space`, checked. Raises ConfigError.

    Where emotions are pooled, strategy and weights are those of `fuse.emotions`. `outside` names the sources that are
    no modality: what is learned has to know them.
    """
    emotions = base_of(space) == EMOTION7
    place, table = ("fuse.emotions", section["emotions"]) if emotions else ("fuse", section)
    strategy, weights = table["strategy"], table["weights"]
    known = [name for name in STRATEGIES if not (emotions and name == joint.__name__)]
    if strategy not in known:
        raise ConfigError(f"{place}.strategy is {strategy!r}", f"known: {', '.join(known)}")
    if strategy == ordinal.__name__ and not space.ordinal:
        raise ConfigError(
            f"{place}.strategy is ordinal, but the labels of {space.name} do not ascend", "choose another"
        )
    for name, weight in weights.items():
        if not WEIGHT.holds(weight):
            raise ConfigError(f"{place}.weights.{name} is {weight!r}", WEIGHT.allowed)
    if sum(weights.values()) <= 0:
        raise ConfigError(f"{place}.weights are all 0", "give at least one modality a weight")
    if section["label_from"] not in ("fused", "answer"):
        raise ConfigError(f"fuse.label_from is {section['label_from']!r}", "fused or answer")
    certainty = section["answer_certainty"]
    if not Number(0.2, 1).holds(certainty) or certainty == 1:
        raise ConfigError(f"fuse.answer_certainty is {certainty!r}", "a number from 0.2 up to, not including, 1")
    parameters = _read_learned(table["learned"], space) if strategy == learned.__name__ else {}
    if parameters and (unknown := [name for name in outside if name not in parameters["exponents"]]):
        raise ConfigError(
            f"fuse.learned {table['learned']} has learned nothing of {', '.join(unknown)}",
            f"python -m models train fusion on a run with it, or another {place}.strategy",
        )
    people = projected(_read_joint(section["learned"]), space) if strategy == joint.__name__ else None
    prior = read_prior(section.get("prior"), space)
    return FuseSettings(strategy, dict(weights), section["label_from"], certainty, parameters, people, space, prior)


def read_prior(file: str | None, space: LabelSpace) -> tuple[float, ...]:
    """What `models train prior` has learned of the classes of `space`; empty without a file. Raises ConfigError."""
    if not file:
        return ()
    remedy = "python -m models train prior --predictions FILE --labels FILE --label-space NAME --out FILE"
    content = _content(Path(file), "fuse.prior", "prior/1", space, remedy)
    offsets = content.get("offsets")
    if not isinstance(offsets, list) or len(offsets) != len(space.labels) or not all(map(OFFSET.holds, offsets)):
        raise ConfigError(f"fuse.prior {file} does not hold a number for each label", remedy)
    return tuple(float(value) for value in offsets)


def _read_learned(file: str | None, space: LabelSpace) -> dict[str, Any]:
    remedy = "python -m models train fusion --run Test_Supplements --labels FILE --out FILE, then fuse.learned=FILE"
    if not file:
        raise ConfigError("fuse.strategy learned needs fuse.learned", remedy)
    content = _content(Path(file), "fuse.learned", "fusion/1", space, remedy)
    exponents, bias = content.get("exponents"), content.get("bias")
    sound = isinstance(exponents, dict) and all(map(Number(0).holds, exponents.values()))
    if not sound or not isinstance(bias, list) or len(bias) != len(space.labels) or not all(map(Number().holds, bias)):
        raise ConfigError(f"fuse.learned {file} holds exponents or a bias that are no finite numbers", remedy)
    return {"exponents": exponents, "bias": bias}


def _read_joint(file: str | None) -> Joint:
    remedy = (
        "python -m models train fusion --opinions FILE --out FILE, then fuse.learned=FILE; or another fuse.strategy"
    )
    path = Path(file) if file else SHIPPED
    content = _content(path, "fuse.learned", "fusion/2", SENTIMENT5, remedy)
    try:
        return read_joint(content)
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"fuse.learned {path} cannot be used: {error}", remedy) from error


def _content(path: Path, setting: str, schema: str, space: LabelSpace, remedy: str) -> dict[str, Any]:
    """A file's content. ConfigError when it cannot be read, is of another schema, or of another label space."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{setting} {path} cannot be read: {error}", remedy) from error
    labels = content.get("labels") if isinstance(content, dict) else None
    if not isinstance(content, dict) or content.get("schema") != schema or not isinstance(labels, list):
        raise ConfigError(f"{setting} {path} is no {schema} file", remedy)
    if labels != list(space.labels):
        other = space_of(str(label) for label in labels)
        was = other.name if other is not None else ", ".join(map(str, labels))[:80]
        raise ConfigError(
            f"{setting} {path} is no {schema} file over {', '.join(space.labels)}: it is of {was}", remedy
        )
    return content
