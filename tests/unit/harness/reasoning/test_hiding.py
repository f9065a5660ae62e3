"""Intervals and regions hidden from a model whose eyes are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import pytest

from eval.report.saliency import saliency_payload
from eval.stories.read import Story
from harness.context import Context
from harness.faults import Absent, ConfigError
from harness.reasoning.hiding import moments, regions
from harness.records.labels import SENTIMENT5
from harness.records.types import SAMPLE_RATE, Frame, Media, MediaInfo
from tests.support.perceived import CLIP
from tests.unit.harness.engine.test_decide import decide, perceived

EVEN = (0.2,) * 5


@dataclass
class Asked:
    """Stands for the prompter: what it says follows from what it is shown; counts how often it is asked."""

    says: Callable[[Media], tuple[float, ...] | None]
    space: Any = SENTIMENT5
    thought: list[str] = field(default_factory=list)

    def after(self, context: Context, think: str) -> tuple[float, ...] | None:
        self.thought.append(think)
        return self.says(context.load_media())


def media(seconds: float = 4.0, pictures: int = 8) -> Media:
    """Dark pictures with a bright corner, and sound that is loud between 1 and 2 s."""
    rgb = np.zeros((30, 60, 3), np.uint8)
    rgb[:10, 40:] = 200
    audio = np.full(int(seconds * SAMPLE_RATE), 0.01, np.float32)
    audio[SAMPLE_RATE : 2 * SAMPLE_RATE] = 0.5
    frames = tuple(Frame(k * seconds / pictures, rgb.copy()) for k in range(pictures))
    return Media(MediaInfo("", seconds, None, None), audio, frames)


def glad(p: float) -> tuple[float, ...]:
    return (*((1 - p) / 4,) * 4, p)


def loud(seen: Media) -> tuple[float, ...]:
    return glad(0.9) if seen.audio is not None and seen.audio.max() > 0.4 else EVEN


def bright(seen: Media) -> tuple[float, ...]:
    return glad(0.3 + 0.6 * float(np.mean([frame.rgb[:10, 40:].mean() for frame in seen.frames])) / 200)


def context(given: Media) -> Context:
    return Context(CLIP, None, {}, lambda: given)


def test_the_interval_that_is_heard_has_the_effect() -> None:
    asked = Asked(loud)
    found = moments(asked, 8, context(media()))  # type: ignore[arg-type]
    assert found.label == "SPOS" and found.probability == 0.9 and found.probability_hidden == 0.2
    assert found.intervals[0] == (0.0, 0.5) and len(found.intervals) == 8
    assert found.effects == pytest.approx([0] * 8), "one half second alone is not missed, the other half is heard"
    assert found.requests == len(asked.thought) <= 256 and set(asked.thought) == {""}
    four = moments(Asked(loud), 5, context(media(5.0)))  # type: ignore[arg-type]
    assert four.effects == pytest.approx([0, 0.7, 0, 0, 0]) and four.grid == 0


def test_the_region_that_is_seen_has_the_effect_and_beats_random() -> None:
    given = media()
    found = regions(Asked(bright), 3, context(given))  # type: ignore[arg-type]
    assert found.grid == 3 and found.intervals == () and int(np.argmax(found.effects)) == 2
    assert max(found.effects[:2] + found.effects[3:]) == pytest.approx(0) and found.effects[2] > 0.4
    assert found.deletion.area < found.deletion.random and found.insertion.area > found.insertion.random
    assert (given.frames[0].rgb[:10, 40:] == 200).all(), "the decoded pictures stay as they are"


def test_one_that_looks_at_nothing_is_not_shown() -> None:
    found = moments(Asked(lambda seen: glad(0.6)), 6, context(media()))  # type: ignore[arg-type]
    assert not found.shown and found.effects == (0.0,) * 6


@pytest.mark.parametrize(
    ("says", "given", "why"),
    [
        (lambda seen: None, media(), "no log-probabilities"),
        (loud, Media(MediaInfo("", 0.0, None, None), None, ()), "neither sound nor several pictures"),
    ],
)
def test_what_cannot_be_asked(says: Any, given: Media, why: str) -> None:
    with pytest.raises(Absent, match=why):
        moments(Asked(says), 6, context(given))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("attribute.moments=3", "0 for none, or"),
        ("attribute.regions=true", "attribute.regions is True"),
        ("attribute.moments=6", "needs an omni model"),
    ],
)
def test_settings_that_cannot_be(tmp_path: Any, setting: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        decide(tmp_path, perceived(), setting)


def test_the_page_is_told_of_regions(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = regions(Asked(bright), 3, context(media()))  # type: ignore[arg-type]
    found = msgspec.json.decode(msgspec.json.encode(asked))
    stored = {"regions": {**found, "shown": True}, "moments": {**found, "intervals": [[0, 1]], "shown": False}}
    monkeypatch.setattr("eval.report.saliency.record_data", lambda story, stage: stored.get(stage))
    moment, region = saliency_payload(Story(tmp_path / "x" / "a.json", {"clip": {"id": "a.mp4"}}))
    assert moment == {"head": "moments", "why_not": "no better than random rankings"}
    assert region["grid"] == 3 and len(region["effects"]) == 9 and region["label"] == "SPOS"
