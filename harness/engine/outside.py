"""The stages of nets that are not ours: one for each source, from a file of opinions or from a plug-in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec

from harness.config import Config
from harness.context import Context, Stage
from harness.engine.runner import settings_key
from harness.faults import Absent, ClipError, ConfigError
from harness.inputs.opinions_file import OutsideOpinions, read_opinions
from harness.judging.outside import checked
from harness.records.labels import LabelSpace
from harness.records.types import Clip, Opinion
from models.base import OUTSIDE, OutsideNet, ProviderSpec

VERSION = 1
"""Raised by hand when the code changes what these stages return."""


def outside_sources(config: Config) -> tuple[str, ...]:
    """The names of the run's outside sources, as the profile has them."""
    return tuple(config.sections["opinions"])


def stage_of(source: str) -> str:
    """What the stage of a source, and the folder of its records, is called."""
    return OUTSIDE + source


def file_stages(config: Config) -> list[Stage]:
    """A stage for each source that is a file. ConfigError when a file cannot be used."""
    stages = []
    for source, table in config.sections["opinions"].items():
        if table.get("file"):
            given = read_opinions(Path(table["file"]), config.space)
            key = settings_key(stage_of(source), VERSION, [given.space, list(given.labels)])
            stages.append(
                Stage(stage_of(source), given.path.name, key, partial(_written, given), (), partial(_row, given))
            )
    return stages


def _written(given: OutsideOpinions, context: Context) -> Opinion:
    said = given.of(context.clip.id)
    if isinstance(said, str):
        raise Absent(said)
    return said


def _row(given: OutsideOpinions, clip: Clip) -> Any:
    said = given.of(clip.id)
    return said if isinstance(said, str) else msgspec.to_builtins(said.probabilities)


def notes_on_files(config: Config, clips: Sequence[Clip]) -> list[str]:
    """Which files have no row for some of the clips, in words. ConfigError for one that has a row for none of them."""
    notes = []
    for source, table in config.sections["opinions"].items():
        if not table.get("file") or not clips:
            continue
        given = read_opinions(Path(table["file"]), config.space)
        silent = [clip.id for clip in clips if isinstance(given.of(clip.id), str)]
        if len(silent) == len(clips):
            raise ConfigError(
                f"{given.path} says nothing usable of any clip (a clip: {silent[0]}; an ID: {next(iter(given.rows))})",
                str(given.of(silent[0])),
            )
        if silent:
            notes.append(f"{source}: {given.path.name} says nothing usable of {len(silent)} clips, such as {silent[0]}")
    return notes


def plugin_stages(
    specs: Mapping[str, ProviderSpec], space: LabelSpace, media_key: str, inputs: Callable[[Clip], Any]
) -> list[Stage]:
    """A stage for each plug-in among the providers: it looks at the decoded clip, in a worker."""
    stages = []
    for name, spec in specs.items():
        if name.startswith(OUTSIDE):
            key = settings_key(name, VERSION, [spec.fingerprint, media_key])
            stages.append(Stage(name, spec.name, key, partial(_judged, cache(spec.build), space), ("media",), inputs))
    return stages


def _judged(build: Callable[[], OutsideNet], space: LabelSpace, context: Context) -> Opinion:
    opinion = build().judge(context.clip, context.media)
    if not isinstance(opinion, Opinion):
        raise ClipError(f"it returned {type(opinion).__name__}, not an Opinion", "see docs/outside-nets.md")
    return checked(opinion, space)


def said_by(context: Context, sources: tuple[str, ...]) -> dict[str, Opinion | str]:
    """What each source says of the clip, or why it says nothing."""
    return {source: context.get(stage_of(source), Opinion) or context.why_not(stage_of(source)) for source in sources}
