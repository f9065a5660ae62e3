"""The plug-in that docs/outside-nets.md shows does what the page says."""

from __future__ import annotations

import re
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.config import load_profile
from harness.context import Context
from harness.engine.outside import plugin_stages
from harness.engine.runner import run_stage
from harness.records.labels import SENTIMENT5
from harness.records.types import Media, MediaInfo
from models import registry
from tests.support.perceived import CLIP, stored

PAGE = Path(__file__).parents[2] / "docs" / "outside-nets.md"
shown: dict[str, Any] = {}


def offered(settings: dict[str, Any]) -> Any:
    return shown["spec"](settings)


def test_the_plug_in_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(code, str(PAGE), "exec"), shown)  # the page's own code
    (setting,) = re.findall(r'--set "(opinions\.loud=.*?)"', text)
    table = load_profile("embedded", [setting])["opinions"]
    point = EntryPoint("my-net", f"{__name__}:offered", registry.PLUGINS)
    assert f'entry-points."{registry.PLUGINS}"' in text
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    (stage,) = plugin_stages(
        registry.choose({"opinions": table}, Path("m"), ["opinions"]), SENTIMENT5, "k", lambda c: 1
    )
    for loudness, expected in ((0.01, 0.2), (0.5, 0.6)):
        sound = np.full(100, loudness, np.float32)
        context = Context(CLIP, lambda path, sound=sound: Media(MediaInfo("", 1.0, None, None), sound, ()))
        context.records["media"] = stored("media", "ok", {})
        record = run_stage(stage, context)
        assert (record.outcome, record.data.probabilities[2]) == ("ok", expected), record.reason
