"""What a page of many clips costs to open and to filter, in a real browser."""

from __future__ import annotations

from pathlib import Path

from eval.report import report
from eval.report.pack import Packing, unpacked
from tests.support.chromium import Browser
from tests.support.pages import NAMES, TITLE, page_of, story


def test_two_thousand_clips_are_quick(browser: Browser, tmp_path: Path) -> None:
    labels = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
    page = page_of(tmp_path, [story(f"clip_{n:05}.mp4", labels[n % 5]) for n in range(2000)])
    assert least_seconds(browser, page) < 0.8
    assert (
        filter_seconds(browser, "byId('search').value = 'clip_01999'; byId('search').dispatchEvent(new Event('input'))")
        < 0.2
    )
    assert browser.js(NAMES) == ["clip_01999.mp4"]
    browser.js("byId('clear').click()")
    assert browser.js("document.querySelectorAll('.row').length") < 60
    assert filter_seconds(browser, "byId('switch-differs').click()") < 0.2
    assert (
        filter_seconds(browser, "byId('sort').value = 'confidence'; byId('sort').dispatchEvent(new Event('change'))")
        < 0.2
    )


def test_twenty_thousand_clips_open_in_seconds(browser: Browser, tmp_path: Path) -> None:
    run = page_of(tmp_path, [story(f"clip_{n}.mp4", "NEUT") for n in range(40)]).parent
    small = report.page_of(run, run / "report.html")
    (clips,) = map(unpacked, small.clips.details)
    packing = Packing()
    for n in range(20_000):
        packing.add(clips[n % 40] | {"id": f"clip_{n:05}.mp4"})
    page = tmp_path / "many.html"
    many = report.Page("many", {**small.head, "columns": packing.columns}, packing)
    page.write_text("".join(report.render(many)), encoding="utf-8")
    assert least_seconds(browser, page, "#clip=clip_19999.mp4") < 2.0
    assert browser.js(TITLE) == "clip_19999.mp4"
    assert browser.js("byId('count').textContent").startswith("20000 of 20000")
    browser.js("byId('search').value = '台词 clip_7.mp4'; byId('search').dispatchEvent(new Event('input'))")
    assert browser.js("byId('count').textContent").startswith("500 of 20000")
    browser.js("byId('clear').click()")


def least_seconds(browser: Browser, page: Path, address: str = "") -> float:
    """CPU seconds of opening a page; the least of three."""
    return min(browser.open(page, address) for _ in range(3))


def filter_seconds(browser: Browser, act: str) -> float:
    """CPU seconds of an action with the list laid out again, after the texts were unpacked; the least of three."""
    browser.js("readTexts().then(() => 0)")
    laid_out = f"(() => {{ {act}; return byId('rows').offsetHeight }})()"
    return min(browser.cpu_seconds(lambda: browser.js(laid_out)) for _ in range(3))
