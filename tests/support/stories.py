"""Stories on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.records.types import Evidence

ITEMS = [
    Evidence("text", "said", None, "", 0.5, 2.0, quote="我太开心了"),
    Evidence("audio", "speech_seconds", 4.2, "s"),
    Evidence("audio", "f0_median_hz", 203.4, "Hz"),
    Evidence("audio", "f0_range_semitones", 9.13, "semitones"),
    Evidence("audio", "speaking_rate_syllables_per_s", 4.44, "syllables/s"),
    Evidence("audio", "level_range_db", 22.25, "dB"),
    Evidence("audio", "pause_count", 1.0, "pauses"),
    Evidence("audio", "louder", 5.15, "dB", 1.23, 1.71, z=4.0),
    Evidence("audio", "softer", -6.4, "dB", 2.2, 2.6, z=-4.0),
    Evidence("audio", "higher", 4.15, "semitones", 1.2, 1.7, z=3.0),
    Evidence("audio", "lower", -4.15, "semitones", 3.2, 3.7, z=-3.0),
    Evidence("audio", "pause", 0.44, "s", 2.61, 3.05),
    Evidence("video", "faces", 1.0, "faces"),
    Evidence("video", "found_share", 0.976, "share"),
    Evidence("video", "eye_distance", 71.4, "px"),
    *(
        Evidence("video", kind, value, unit, 1.04, 1.96, z=5.0)
        for kind, value, unit in (
            ("mouth_corners_up", 0.0449, "eye distance"),
            ("mouth_corners_down", -0.0351, "eye distance"),
            ("mouth_open", 0.1206, "eye distance"),
            ("brows_up", 0.0301, "eye distance"),
            ("brows_down", -0.0249, "eye distance"),
            ("head_nod", 9.14, "deg"),
            ("head_shake", 12.5, "deg"),
            ("head_turn", -14.4, "deg"),
            ("head_tilt", 8.8, "deg"),
            ("gaze_away", 0.174, "ratio"),
            ("gaze_down", 0.134, "ratio"),
        )
    ),
]


def write_story(run: Path, clip: str, think: str, records: dict[str, Any] | None = None) -> None:
    fields = ("modality", "kind", "value", "unit", "start", "end", "quote")
    story = {
        "schema": "story/1",
        "clip": {"id": clip},
        "language": "zh",
        "media": {"seconds": 5.0},
        "transcript": {"text": "我太开心了", "segments": []},
        "evidence": {"items": [{name: getattr(item, name) for name in fields} for item in ITEMS]},
        "reasoning": {"text": f"<think>{think}</think><answer>SPOS</answer>"},
        "stages": {stage: {"fingerprint": "f1"} for stage in ("speech", "face")},
    }
    folder = run / "video_emotion_results"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{clip}.json").write_text(json.dumps(story), encoding="utf-8")
    for stage, data in (records or {}).items():
        path = run / "records" / stage / f"{clip}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        record = {"stage": stage, "clip": clip, "outcome": "ok"} | data
        path.write_text(json.dumps(record), encoding="utf-8")
