"""The report in a real browser, driven over Chromium's debugging pipe (standard library only)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval import report

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium: apt-get install chromium fonts-noto-cjk")
HOSTILE = "</script><img src=x onerror=\"document.title='changed'\"><b>bold</b>"


class Browser:
    """One headless page. `events` collects what the browser reported: requests, console messages, exceptions."""

    def __init__(self, profile: Path) -> None:
        command_read, self.command = os.pipe()
        self.answers, answer_write = os.pipe()

        def place_descriptors() -> None:
            # The two ends must survive each other's move to 3 and 4.
            source, sink = os.dup(command_read), os.dup(answer_write)
            os.dup2(source, 3)
            os.dup2(sink, 4)

        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        extra = ["--no-first-run", "--lang=en-US", "--window-size=1300,900", "about:blank"]
        self.process = subprocess.Popen(
            [CHROMIUM, *flags, *extra],
            preexec_fn=place_descriptors,
            close_fds=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(command_read)
        os.close(answer_write)
        self.buffer, self.number, self.events, self.session = b"", 0, [], None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        os.write(
            self.command, json.dumps(message | ({"sessionId": self.session} if self.session else {})).encode() + b"\0"
        )
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return answer["result"]
            self.events.append(answer)

    def receive(self) -> dict[str, Any]:
        while b"\0" not in self.buffer:
            piece = os.read(self.answers, 1 << 20)
            assert piece, "the browser ended"
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def open(self, page: Path, address: str = "") -> float:
        """Load a page and wait for its load event; returns the seconds it took."""
        self.load("about:blank")
        start = time.perf_counter()
        self.load(page.resolve().as_uri() + address)
        return time.perf_counter() - start

    def load(self, url: str) -> None:
        self.events.clear()
        self.send("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.receive())

    def js(self, expression: str) -> Any:
        """The value of an expression, once the page has unpacked what it was asked for."""
        self.evaluate("typeof pending === 'undefined' ? 0 : pending.then(() => 0)")
        return self.evaluate(expression)

    def evaluate(self, expression: str) -> Any:
        result = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def key(self, key: str) -> None:
        self.evaluate("typeof pending === 'undefined' ? 0 : pending.then(() => 0)")
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key)

    def complaints(self) -> list[str]:
        """Console errors and warnings, uncaught exceptions, and requests for anything but files and inline data."""
        self.js("new Promise((done) => setTimeout(done, 200))")
        found = []
        for event in self.events:
            method, parameters = event.get("method"), event.get("params", {})
            entry = parameters.get("entry", {})
            if method == "Runtime.exceptionThrown" or (method == "Log.entryAdded" and entry["level"] == "error"):
                found.append(json.dumps(parameters))
            if method == "Network.requestWillBeSent" and not parameters["request"]["url"].startswith(
                ("file:", "data:")
            ):
                found.append(parameters["request"]["url"])
        return found

    def close(self) -> None:
        self.session = None
        self.send("Browser.close")
        self.process.wait(timeout=20)
        os.close(self.command)
        os.close(self.answers)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    instance = Browser(tmp_path_factory.mktemp("profile"))
    yield instance
    instance.close()


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


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    unparsed = {"answer": {"label": None, "problem": "no label", "think": "", "answer_text": "hm"}}
    stories = [story("a.mp4", "SNEG"), story("b.mp4", "WPOS"), story("c.mp4", "SPOS", **unparsed)]
    return page_of(tmp_path_factory.mktemp("small"), stories, {"a.mp4": "SNEG", "b.mp4": "SNEG", "c.mp4": "SPOS"})


def test_keys_walk_through_the_clips(browser: Browser, small: Path) -> None:
    browser.open(small)
    assert browser.js(TITLE) == "Overview"
    assert browser.js(NAMES) == ["a.mp4", "b.mp4", "c.mp4"]
    seen = []
    for key in "jjjjk":
        browser.key(key)
        seen.append(browser.js(TITLE))
    assert seen == ["a.mp4", "b.mp4", "c.mp4", "c.mp4", "b.mp4"]
    assert browser.js("location.hash") == "#clip=b.mp4"
    assert browser.js("document.querySelectorAll('.row[aria-selected=true]').length") == 1
    assert browser.js("document.querySelectorAll('#detail .bars .bar').length") == 7
    assert browser.js("document.querySelectorAll('.lane button').length") == 2
    assert browser.complaints() == []


def test_search_and_filters(browser: Browser, small: Path) -> None:
    browser.open(small)
    browser.js("byId('search').value = '台词 B'; byId('search').dispatchEvent(new Event('input'))")
    assert browser.js(NAMES) == ["b.mp4"]
    browser.js("byId('clear').click()")
    assert len(browser.js(NAMES)) == 3
    for switch, expected in (("wrong", ["b.mp4"]), ("unparsed", ["c.mp4"])):
        browser.js(f"byId('switch-{switch}').click()")
        assert browser.js(NAMES) == expected
        browser.js("byId('clear').click()")
    browser.js("byId('select-label').value = 'SPOS'; byId('select-label').dispatchEvent(new Event('change'))")
    assert browser.js(NAMES) == ["c.mp4"]
    assert browser.js("document.querySelector('#figures b').textContent") == "66.7%"


def test_interface_language_and_theme(browser: Browser, small: Path) -> None:
    browser.open(small, "#clip=b.mp4")
    assert browser.js(TITLE) == "b.mp4"
    browser.js("byId('language').click()")
    assert (
        "推理链" in browser.js("byId('detail').textContent") and browser.js("document.documentElement.lang") == "zh-CN"
    )
    browser.js("byId('language').click(); byId('theme').click(); byId('theme').click()")
    assert browser.js("document.documentElement.dataset.theme") == "dark"
    assert browser.js("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 27)"
    browser.js("byId('theme').click(); localStorage.clear()")


def test_hostile_text_is_inert(browser: Browser, tmp_path: Path) -> None:
    evil = story(HOSTILE, HOSTILE, path=HOSTILE, language=HOSTILE, stages={HOSTILE: {"provider": HOSTILE}})
    evil |= {"transcript": {"text": HOSTILE, "segments": [{"text": HOSTILE, "start": 0.1, "end": 0.2}]}}
    evil |= {"reasoning": {"text": HOSTILE}, "answer": {"label": HOSTILE, "think": HOSTILE, "problem": HOSTILE}}
    evil |= {
        "evidence": {"sections": {"en": {"text": HOSTILE}}, "missing": {"audio": HOSTILE}, "items": [{"kind": HOSTILE}]}
    }
    browser.open(page_of(tmp_path, [evil]))
    title = browser.js("document.title")
    browser.key("j")
    assert browser.js(TITLE) == HOSTILE
    assert browser.js("byId('think').textContent") == HOSTILE
    assert browser.js("document.querySelectorAll('img, #detail b b, script:not([type])').length") == 1
    browser.js("new Promise((done) => setTimeout(done, 300))")
    assert browser.js("document.title") == title


def test_zero_stories(browser: Browser, tmp_path: Path) -> None:
    browser.open(report.write_report(tmp_path, tmp_path / "report.html"))
    assert "no stories" in browser.js("byId('detail').textContent")
    browser.key("j")
    assert browser.complaints() == []


@pytest.mark.shared
def test_the_clip_plays_from_its_relative_path(browser: Browser, shared: Path, tmp_path: Path) -> None:
    clip = shared / "clips/mer/sample_00000167.mp4"
    page = page_of(tmp_path, [story(clip.name, "NEUT", path=str(clip))])
    browser.open(page, f"#clip={clip.name}")
    metadata = "new Promise((done) => byId('player').addEventListener('loadedmetadata', () => done(true)))"
    assert browser.js(f"byId('player').readyState >= 1 || {metadata}")
    assert browser.js("byId('player').duration") > 1.0
    browser.js("document.querySelector('.lane button').click()")
    assert browser.js("byId('player').currentTime") == pytest.approx(0.5, abs=0.05)
    assert browser.complaints() == []
