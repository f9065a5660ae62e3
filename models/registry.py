"""Name → provider, for the entry points only. Light: a provider's module is imported when it is chosen."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from models.base import OUTSIDE, ProviderFactory, ProviderSpec

PROVIDERS: Mapping[str, Mapping[str, str]] = {
    "transcribe": {
        "embedded": "models.transcription.embedded",
        "written": "models.transcription.written",
        "whisper": "models.transcription.recognised",
    },
    "text": {"text-head": "models.text.head"},
    "speech": {"prosody": "models.voice.measure", "emotion2vec": "models.voice.emotion2vec"},
    "face": {"cvmesh": "models.face.tracker"},
    "enhance": {"denoise": "models.enhance.provider", "deblur": "models.enhance.provider"},
    "body": {"pose": "models.body.tracker"},
    "brief": {"landmarks": "models.brief.tracker", "ststnet": "models.brief.tracker"},
    "reason": {
        "none": "models.evidence_reasoner",
        "vllm": "models.omni.reasoner",
        "server": "models.omni.reasoner",
        "r1-omni": "models.r1omni.reasoner",
        "r1-omni-vllm": "models.r1omni.reasoner",
    },
}
"""Stage → provider → module with a `spec(settings) -> ProviderSpec`."""

PLUGINS = "emotion_harness.opinions"
"""The group of entry points in which a package offers nets of its own (docs/outside-nets.md)."""
OPINIONS = "opinions"
"""What stands among stages for all plug-ins of a profile, and its table there."""

OFF = "none"
OPTIONAL = ("enhance", "body", "brief")
"""Stages that a profile may do without: with the provider `none` they are not there."""

SECTIONS: Mapping[str, tuple[str, str]] = {"reason": ("omni", "provider"), "enhance": ("media", "enhance")}
"""Stage → its table in a profile and the key of its provider there, where they are not `STAGE.provider`."""


def table_of(stage: str) -> tuple[str, str]:
    """The table of a profile that names a stage's provider, and the key in it."""
    return SECTIONS.get(stage, (stage, "provider"))


def choose(
    sections: Mapping[str, Mapping[str, Any]], models_dir: Path, stages: Collection[str] = (*PROVIDERS, OPINIONS)
) -> dict[str, ProviderSpec]:
    """The provider of each of `stages` as the profile names it; `opinions` stands for all plug-ins.

    A stage of `OPTIONAL` that the profile does without is not among them.

    Raises:
        ConfigError: an unknown provider, or one whose models are not there; says which command fetches them.
    """
    specs = {}
    for stage in (stage for stage in stages if stage != OPINIONS):
        known = PROVIDERS[stage]
        table, key = table_of(stage)
        name = sections[table][key]
        if stage in OPTIONAL and name == OFF:
            continue
        if name not in known:
            raise ConfigError(
                f"{table}.{key} is {name!r}", f"known: {', '.join([*known, *([OFF] if stage in OPTIONAL else [])])}"
            )
        factory: ProviderFactory = importlib.import_module(known[name]).spec
        own = {**sections[table], "models_dir": str(models_dir)}
        specs[stage] = factory({**own, "weights": sections["face"]["weights"]} if stage == "enhance" else own)
    return specs | (plugins(sections.get(OPINIONS) or {}, models_dir) if OPINIONS in stages else {})


def plugins(table: Mapping[str, Mapping[str, Any]], models_dir: Path) -> dict[str, ProviderSpec]:
    """The sources of opinions that packages offer: `opinion-NAME` → provider. ConfigError when one is not there."""
    specs = {}
    for source, settings in table.items():
        if not settings.get("provider"):
            continue
        found = {point.name: point for point in entry_points(group=PLUGINS)}
        if settings["provider"] not in found:
            raise ConfigError(
                f"opinions.{source}.provider is {settings['provider']!r}",
                f"known: {', '.join(sorted(found)) or 'none'}; install the package whose entry points offer it",
            )
        factory: ProviderFactory = found[settings["provider"]].load()
        specs[OUTSIDE + source] = factory({**settings, "models_dir": str(models_dir)})
    return specs
