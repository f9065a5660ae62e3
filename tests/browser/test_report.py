"""The report in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.report import report
from tests.support.chromium import Browser
from tests.support.pages import HOSTILE, NAMES, TITLE, page_of, story


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
