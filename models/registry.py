"""Name → provider, for the entry points only. Light: a provider's module is imported when it is chosen."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from harness.faults import ConfigError
from models.base import ProviderFactory, ProviderSpec

PROVIDERS: Mapping[str, Mapping[str, str]] = {
    "transcribe": {
        "embedded": "models.transcription.embedded",
        "written": "models.transcription.written",
        "whisper": "models.transcription.recognised",
    },
    "text": {"text-head": "models.text.head"},
    "speech": {"prosody": "models.voice.measure", "emotion2vec": "models.voice.emotion2vec"},
    "face": {"cvmesh": "models.face.tracker"},
    "reason": {
        "none": "models.evidence_reasoner",
        "vllm": "models.omni.reasoner",
        "server": "models.omni.reasoner",
        "r1-omni": "models.r1omni.reasoner",
        "r1-omni-vllm": "models.r1omni.reasoner",
    },
}
"""Stage → provider → module with a `spec(settings) -> ProviderSpec`."""

SECTIONS: Mapping[str, str] = {"reason": "omni"}
"""Stage → its table in a profile, where that is not called like the stage."""


def choose(
    sections: Mapping[str, Mapping[str, Any]], models_dir: Path, stages: Collection[str] = tuple(PROVIDERS)
) -> dict[str, ProviderSpec]:
    """The provider of each of `stages` as the profile names it.

    Raises:
        ConfigError: an unknown provider, or one whose models are not there; says which command fetches them.
    """
    specs = {}
    for stage in stages:
        known = PROVIDERS[stage]
        table = SECTIONS.get(stage, stage)
        name = sections[table]["provider"]
        if name not in known:
            raise ConfigError(f"{table}.provider is {name!r}", f"known: {', '.join(known)}")
        factory: ProviderFactory = importlib.import_module(known[name]).spec
        specs[stage] = factory({**sections[table], "models_dir": str(models_dir)})
    return specs
