"""Lanes of saliency over time: only of this very clip, and only where the ranking beats random ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.report.saliency import saliency_payload
from eval.stories.read import Story

LANE = {"label": "happy", "probability": 0.8, "effects": [0.3, -0.1], "shown": True, "why_not": None}
FILE: dict[str, Any] = {
    "schema": "saliency-time/1",
    "sha256": "s",
    "intervals": [[0.0, 0.5], [0.5, 1.0]],
    "heads": {"face": LANE, "voice": {"shown": False, "why_not": "no sound"}},
}


def payload(folder: Path, found: Any, sha256: str = "s") -> list[dict[str, Any]]:
    (folder / "saliency").mkdir(exist_ok=True)
    (folder / "saliency" / "a.mp4.json").write_text(json.dumps(found), encoding="utf-8")
    story = {"clip": {"id": "a.mp4", "path": "../clips/a.mp4", "sha256": sha256}}
    return saliency_payload(Story(folder / "video_emotion_results" / "a.mp4.json", story))


def test_a_lane_that_is_shown_and_one_that_is_not(tmp_path: Path) -> None:
    voice, face = payload(tmp_path, FILE)
    assert voice == {"head": "voice", "why_not": "no sound"}
    assert face["effects"] == [0.3, -0.1] and face["intervals"] == FILE["intervals"] and face["label"] == "happy"


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "saliency/1"},
        {"intervals": [[0.0, 0.5]], "heads": {"face": LANE}},
        {"intervals": [[0.0], [1.0]]},
        {"heads": [LANE]},
        {"heads": {"face": {**LANE, "effects": [0.3, "x"]}}},
    ],
)
def test_a_file_of_another_form_gives_nothing(tmp_path: Path, change: dict[str, Any]) -> None:
    assert payload(tmp_path, FILE | change) == []


def test_of_another_clip_nothing_is_shown(tmp_path: Path) -> None:
    assert payload(tmp_path, FILE, "other bytes") == [] and payload(tmp_path, [1]) == []
