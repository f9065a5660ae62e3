"""The viewer in a real browser: the clip can be sought in, which needs Range, and nothing else is asked for."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from eval.report.view import Site, make_server
from tests.support.chromium import Browser
from tests.support.pages import story


def test_a_click_seeks_the_clip(browser: Browser, root: Path, tmp_path: Path) -> None:
    clip = root / "Test_Data/demo_en_happy.mp4"
    folder = tmp_path / "video_emotion_results"
    folder.mkdir()
    record = story(clip.name, "SPOS", path=str(clip))
    record["evidence"]["items"][0] |= {"start": 2.5, "end": 3.0}
    (folder / "a.json").write_text(json.dumps(record), encoding="utf-8")
    server = make_server(Site(tmp_path), 0, "the-key")
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_address[1]}/the-key/"
        browser.load("about:blank")
        browser.load(f"{address}#clip={clip.name}")
        ready = "new Promise((done) => byId('player').addEventListener('canplay', () => done(true)))"
        assert browser.js(f"byId('player').readyState >= 3 || {ready}")
        sought = "new Promise((done) => byId('player').addEventListener('seeked', () => done(true)))"
        audio = "document.querySelectorAll('.lane button')[1]"
        assert browser.js(f"(() => {{ const done = {sought}; {audio}.click(); return done }})()")
        assert browser.js("byId('player').currentTime") == pytest.approx(2.5, abs=0.05)
        assert [url for url in browser.complaints() if not url.startswith(address)] == []
    finally:
        server.shutdown()
        server.server_close()
