"""Stories and report pages for the browser's tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from eval.report import report

HOSTILE = "</script><img src=x onerror=\"document.title='changed'\"><b>bold</b>"


def story(clip: str, label: str, path: str = "", **parts: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "schema": "story/1",
        "clip": {"id": clip, "path": path},
        "language": "zh",
        "transcript": {"text": f"台词 {clip}", "segments": [{"text": f"台词 {clip}", "start": 0.5, "end": 1.0}]},
        "reasoning": {
            "text": f"<think>想法</think><answer>{label}</answer>",
            "is_language_model": True,
            "finish_reason": "stop",
        },
        "answer": {"label": label, "problem": "", "think": "想法", "answer_text": label},
        "prediction": {"label": label, "probabilities": [0.1, 0.2, 0.3, 0.3, 0.1], "status": "ok", "reason": ""},
        "attribution": {
            "label": label,
            "method": "shapley",
            "empty": 0.2,
            "full": 0.3,
            "values": {"text": 0.2, "audio": -0.1},
        },
        "evidence": {
            "items": [{"modality": "audio", "kind": "louder", "value": 3, "unit": "dB", "start": 1, "end": 2}]
        },
        "stages": {"fuse": {"provider": "log-pool", "outcome": "ok", "reason": "", "seconds": 0.1}},
    }
    return record | parts


def page_of(folder: Path, stories: list[dict[str, Any]], labels: dict[str, str] | None = None) -> Path:
    stories_folder = folder / "video_emotion_results"
    stories_folder.mkdir(parents=True)
    for number, record in enumerate(stories):
        (stories_folder / f"{number:05}.json").write_text(json.dumps(record), encoding="utf-8")
    truth = None
    if labels is not None:
        truth = folder / "labels.csv"
        truth.write_text("ID,Label\n" + "".join(f"{k},{v}\n" for k, v in labels.items()), encoding="utf-8")
    return report.write_report(folder, folder / "report.html", truth)


NAMES = "[...document.querySelectorAll('.row .name')].map((node) => node.textContent)"


TITLE = "document.querySelector('#detail h2').textContent"


def write(folder: Path, stories: list[dict[str, Any]]) -> Path:
    target = folder / "video_emotion_results"
    target.mkdir(parents=True)
    for number, record in enumerate(stories):
        (target / f"{number:03}.json").write_text(json.dumps(record), encoding="utf-8")
    return folder
