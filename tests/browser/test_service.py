"""The service's page in a real browser: a clip is uploaded, followed and read; nothing else is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.chromium import Browser
from tests.support.needs import needs
from tests.support.served import Served

needs("cv2")
needs("fastapi")
HOSTILE = "<img src=x onerror=document.title='owned'>'&.mp4"


def upload(browser: Browser, served: Served, file: Path) -> None:
    browser.load(served.url + "/")
    browser.page.set_input_files("#file", str(file))
    browser.page.click("#send")
    browser.page.wait_for_selector("#story:not([hidden])", timeout=120_000)


@pytest.mark.shared
def test_a_real_clip_is_dropped_followed_and_read(browser: Browser, served: Served, shared: Path) -> None:
    clip = shared / "clips" / "mer" / "sample_00000669.mp4"
    upload(browser, served, clip)
    assert browser.page.inner_text("#job-name") == clip.name
    outcomes = browser.page.eval_on_selector_all("#stages li", "all => all.map((one) => one.dataset.outcome)")
    assert len(outcomes) >= 12 and set(outcomes) <= {"ok", "absent", "unavailable"}
    story = browser.page.frame_locator("#story")
    story.locator("#player").wait_for(timeout=20_000)
    assert story.locator("h2").first.inner_text() == clip.name
    assert story.locator("#think").inner_text()
    assert not story.locator(".side").is_visible()
    assert served.complaints(browser) == []


def test_a_hostile_name_stays_text_and_the_clip_can_be_erased(
    browser: Browser, served: Served, root: Path, tmp_path: Path
) -> None:
    hostile = tmp_path / HOSTILE
    hostile.write_bytes((root / "Test_Data" / "demo_zh_mute.mp4").read_bytes())
    upload(browser, served, hostile)
    assert browser.page.inner_text("#job-name") == HOSTILE
    browser.page.frame_locator("#story").locator("h2").first.wait_for(timeout=20_000)
    assert browser.page.frame_locator("#story").locator("h2").first.inner_text() == HOSTILE
    assert browser.page.title() != "owned" and browser.page.locator("main img").count() == 0
    browser.page.click("#erase")
    browser.page.wait_for_selector("#story", state="hidden")
    browser.page.locator("#main", has_text=HOSTILE).wait_for(state="detached", timeout=10_000)
    assert served.complaints(browser) == []


def test_it_speaks_chinese_is_dark_and_fits_a_phone(browser: Browser, served: Served) -> None:
    browser.load(served.url + "/")
    browser.page.click("#language")
    assert browser.evaluate("document.documentElement.lang") == "zh-CN"
    assert browser.page.inner_text("#send") == "开始分析"
    while browser.evaluate("document.documentElement.dataset.theme") != "dark":
        browser.page.click("#theme")
    assert browser.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 27)"
    browser.page.set_viewport_size({"width": 360, "height": 740})
    assert browser.evaluate("document.documentElement.scrollWidth <= 360")
    browser.page.click("#language")
    assert served.complaints(browser) == []
    browser.page.set_viewport_size({"width": 1300, "height": 813})


def test_a_keyboard_reaches_everything_and_every_control_has_a_name(browser: Browser, served: Served) -> None:
    browser.load(served.url + "/")
    reached = []
    for _ in range(9):
        browser.key("Tab")
        reached.append(browser.evaluate("document.activeElement.id"))
    assert reached == ["live", "docs", "language", "theme", "file", "transcript", "spoken", "record", *reached[8:]]
    wanted = ("button", "combobox", "textbox")
    named = [node for node in browser.accessible() if node.get("role", {}).get("value") in wanted]
    assert named and all(node.get("name", {}).get("value") for node in named)


def test_what_is_no_clip_is_refused_in_words(browser: Browser, served: Served, tmp_path: Path) -> None:
    browser.load(served.url + "/")
    (tmp_path / "a.mp4").write_bytes(b"no clip at all")
    browser.page.set_input_files("#file", str(tmp_path / "a.mp4"))
    browser.page.click("#send")
    browser.page.wait_for_selector("#trouble:not([hidden])", timeout=20_000)
    assert "What helps" in browser.page.inner_text("#trouble")


def test_the_interface_is_described_without_the_network(browser: Browser, served: Served) -> None:
    browser.load(served.url + "/docs")
    browser.page.wait_for_selector("section h2")
    shown = browser.page.inner_text("#main")
    for path in ("/v1/infer", "/v1/infer/predict", "/v1/jobs/{job_id}/events", "/v1/health"):
        assert path in shown
    assert "sample_frames" in shown and served.complaints(browser) == []
