"""What enhancement changed, and when and where answers lie, on the report's page in a real browser."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.chromium import Browser
from tests.support.pages import HOSTILE, page_of, story

ENHANCED = {
    "method": "denoise",
    "evidence": "original",
    "times": [0.1, 0.2, 0.3],
    "changes": [{"name": "noise", "before": 8.25, "after": 3.3}, {"name": HOSTILE, "before": 1, "after": 2}],
    "labels": ["happy", "sad"],
    "before": [0.75, 0.25],
    "after": [0.5, 0.5],
    "pictures": ["/9j/4AAQ", f'x" onerror="{HOSTILE}'],
}
REGIONS = {"label": "SPOS", "probability": 0.8, "effects": [0.1] * 8 + [-0.3], "grid": 3, "shown": True}
HEADS = {
    "face": {"label": "happy", "probability": 0.8, "effects": [0.3, -0.1], "shown": True},
    "voice": {"shown": False, "why_not": HOSTILE},
}


def test_measurements_before_and_after_lanes_and_cells(browser: Browser, tmp_path: Path) -> None:
    made = {"enhance": ENHANCED, "regions": REGIONS}
    for stage, data in made.items():
        (tmp_path / "records" / stage).mkdir(parents=True)
        record = {"stage": stage, "clip": "a.mp4", "fingerprint": "f", "outcome": "ok", "data": data}
        (tmp_path / "records" / stage / "a.mp4.json").write_text(json.dumps(record), encoding="utf-8")
    lanes = {"schema": "saliency-time/1", "sha256": "s", "intervals": [[0, 1], [1, 2]], "heads": HEADS}
    (tmp_path / "saliency").mkdir()
    (tmp_path / "saliency" / "a.mp4.json").write_text(json.dumps(lanes), encoding="utf-8")
    stages = {stage: {"provider": "x", "outcome": "ok", "fingerprint": "f"} for stage in made}
    told = story("a.mp4", "SNEG", stages=stages) | {"clip": {"id": "a.mp4", "path": "", "sha256": "s"}}
    browser.open(page_of(tmp_path, [told]), "#clip=a.mp4")
    cells = "[...document.querySelectorAll('#enhanced tbody tr')].map((row) => row.textContent)"
    assert browser.js(cells) == ["noise, grey levels8.33.3", f"{HOSTILE}1.02.0", "happy75.0%50.0%", "sad25.0%50.0%"]
    assert browser.js("document.querySelectorAll('#detail img').length") == 0, "one of two pictures is none"
    widths = "[...document.querySelectorAll('#saliency-face button')].map((one) => one.style.width)"
    assert browser.js(widths) == ["50%", "50%"]
    assert browser.js("document.querySelectorAll('.cells i').length") == 9
    said = browser.js("document.getElementById('saliency').textContent")
    assert "voice: no interval is shown: " + HOSTILE in said and "omni model, regions of the picture" in said
    browser.js("byId('language').click()")
    chinese = browser.js("byId('detail').textContent")
    browser.js("byId('language').click(); localStorage.clear()")
    assert "人脸增强" in chinese and "声音：不显示时段" in chinese and "区域遮挡" in chinese
    assert browser.complaints() == []
