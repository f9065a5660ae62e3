"""A reasoner whose answers follow a rule, and what the deciding stages make of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.config import Config, load_profile, make_config
from harness.context import Context
from harness.engine.decide import deciding_stages
from harness.engine.runner import run_clip
from harness.lazy import Lazy
from harness.records.store import Store
from harness.records.types import AudioInfo, MediaInfo, Record, VideoInfo
from harness.records.verdicts import Reasoning, ReasonRequest, Reply
from models.base import LoadMedia, ProviderSpec
from tests.support.perceived import CLIP, OneWordReader, perceived, stored

MEDIA = MediaInfo(
    "mp4",
    4.0,
    AudioInfo("aac", 48000, 2, 4.0, 0, -3.0, -20.0),
    VideoInfo("h264", 640, 480, 0, 25.0, False, 4.0, "decord", "", (0.0,)),
)


SHARE = {"text": 0.4, "audio": 0.2, "video": 0.1}


@dataclass
class Rule:
    """Says SNEG with a probability that depends on what it may look at: 0.2 and a share for each modality."""

    reply: str = "<think>r</think><answer>SNEG</answer>"
    others: tuple[Reply, ...] = ()
    gives_probabilities: bool = True
    fails: Exception | None = None
    asked: list[ReasonRequest] = field(default_factory=list)
    thought: list[str] = field(default_factory=list)

    def reason(self, request: ReasonRequest, load_media: LoadMedia) -> Reasoning:
        self.asked.append(request)
        if self.fails is not None:
            raise self.fails
        p = 0.2 + sum(SHARE[m] for m in request.heard)
        rest = (1 - p) / 4
        return Reasoning(
            self.reply,
            request.language,
            "clmer",
            request.prompt_sha256,
            request.messages,
            True,
            "stop",
            self.others,
            (p, rest, rest, rest, rest) if self.gives_probabilities else None,
        )

    def after(self, request: ReasonRequest, load_media: LoadMedia, think: str) -> tuple[float, ...] | None:
        """The longer the reasoning, the surer of SNEG."""
        self.thought.append(think)
        p = 0.2 + 0.01 * len(think)
        return (p, *([(1 - p) / 4] * 4)) if self.gives_probabilities else None

    def facts(self) -> Mapping[str, Any]:
        return {}

    def close(self) -> None:
        return None


def config(*overrides: str) -> Config:
    folders = {key: Path(key) for key in ("models_dir", "test_data", "results", "supplements")}
    return make_config(load_profile("full", overrides), profile="full", **folders)


def judged(
    tmp_path: Path, rule: Rule, *overrides: str, records: Mapping[str, Record] | None = None
) -> dict[str, Record]:
    store = Store(tmp_path)
    specs = {
        "text": ProviderSpec("text", "fake", "t", OneWordReader),
        "reason": ProviderSpec("reason", "fake-omni", "r", lambda: rule),
    }
    records = records or perceived(media=stored("media", "ok", MEDIA))
    context = Context(CLIP, None, {name: store.put(record) for name, record in records.items()})
    run_clip(deciding_stages(config(*overrides), specs, Lazy(lambda: rule)), context, store)
    return context.records
