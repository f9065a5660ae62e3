"""Why the label was decided as it was, in a real browser: sentence, flags, picture, words, other labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.report import report
from tests.support.argued_stories import argued, argument
from tests.support.chromium import Browser
from tests.support.pages import HOSTILE, NAMES, TITLE, write

PICTURE = "document.querySelector('svg.argument')"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    silent = argued("c.mp4", think="Nothing is named here.")
    clear = argued("b.mp4")
    clear["prediction"] |= {"probabilities": [0.8, 0.05, 0.05, 0.05, 0.05]}
    clear["reasoning"]["argument"] |= {"conflicts": [], "opposed_by": []}
    run = write(tmp_path_factory.mktemp("argued"), [argued("a.mp4"), clear, silent])
    about = {"about": {"en": "These faces are drawn.", "zh": "这些脸是画出来的。"}}
    (run / "run_manifest.json").write_text(json.dumps(about), encoding="utf-8")
    return report.write_report(run, run / "report.html")


def text(browser: Browser, selector: str) -> str:
    return str(browser.js(f"(document.querySelector('{selector}') || {{textContent: ''}}).textContent"))


def test_the_sentence_and_its_flags_come_first(browser: Browser, page: Path) -> None:
    browser.open(page, "#clip=a.mp4")
    said = text(browser, "#judgement .say")
    assert said.startswith(
        "Strongly negative (0.45): the words decide it (+0.30); the voice agrees; the face (read as ha"
    )
    assert "5 points ahead of mildly negative" in said
    flags = browser.js("[...document.querySelectorAll('#judgement .flags b')].map((n) => n.textContent)")
    assert flags == ["close call", "modalities disagree", "out of range"]
    assert "(voice)" in text(browser, "#judgement")
    order = "[...document.querySelectorAll('#detail > *')].map((n) => n.id || n.className)"
    assert browser.js(order)[:2] == ["head", "judgement"]
    assert browser.complaints() == []


def test_the_argument_is_a_picture_of_the_shares(browser: Browser, page: Path) -> None:
    browser.open(page, "#clip=a.mp4")
    shares = f"[...{PICTURE}.querySelectorAll('.share')].map((n) => [n.textContent, n.classList[1]])"
    assert browser.js(shares) == [["+0.30", "for"], ["+0.10", "for"], ["-0.15", "against"]]
    widths = browser.js(f"[...{PICTURE}.querySelectorAll('.arrow')].map((n) => Number(n.getAttribute('stroke-width')))")
    assert widths[0] > widths[2] > widths[1]
    assert "words: strongly negative, +0.300" in browser.js(f"{PICTURE}.getAttribute('aria-label')")
    assert browser.js("document.querySelectorAll('#by-fuser').length") == 0  # the same shares once


def test_why_not_another_label(browser: Browser, page: Path) -> None:
    browser.open(page, "#clip=a.mp4")
    labels = "[...document.querySelectorAll('[data-label]')].map((n) => n.dataset.label)"
    assert browser.js(labels) == ["WNEG", "NEUT", "WPOS", "SPOS"]
    assert browser.js("byId('why-not').hidden")
    browser.js("document.querySelector('[data-label=WNEG]').click()")
    said = text(browser, "#why-not")
    assert (
        "has 0.40, 5 points less" in said
        and "the voice (0.50 against 0.30)" in said
        and "20 % of what the words" in said
    )
    browser.js("document.querySelector('[data-label=SPOS]').click()")
    assert "the face (0.70 against 0.05)" in text(browser, "#why-not")
    assert "leads elsewhere" in text(browser, "#why-not")
    assert browser.js("document.querySelectorAll('[data-label][aria-pressed=true]').length") == 1


def test_a_models_answer_beside_the_measurement(browser: Browser, tmp_path: Path) -> None:
    record = argued("a.mp4")
    record["reasoning"] |= {"is_language_model": True}
    beside = {"label": "NEUT", "probability": 0.62, "steps": 2, "with_answer": ["text"], "against_answer": ["video"]}
    record["answer"] |= {"measured": beside}
    run = write(tmp_path, [record, argued("b.mp4")])
    browser.open(report.write_report(run, run / "report.html"), "#clip=a.mp4")
    said = text(browser, "#compared")
    assert "answers “strongly negative”; together the heads measured “neutral” (0.62), 2 classes away" in said
    assert "answer's side of neutral: the words." in said and "other side: the face." in said
    browser.js("byId('language').click()")
    assert "模型回答“强烈负面”，各测量头合起来则是“中性”（0.62），相差 2 级" in text(browser, "#compared")
    browser.js("byId('switch-apart').click()")
    assert browser.js(NAMES) == ["a.mp4"]
    browser.js("byId('language').click()")
    assert browser.complaints() == []


def test_words_are_coloured_by_what_they_did(browser: Browser, page: Path) -> None:
    browser.open(page, "#clip=a.mp4")
    assert browser.js("[...document.querySelectorAll('button.word.for')].map((n) => n.textContent)") == [" done"]
    assert browser.js("[...document.querySelectorAll('.lane.spoken button.for')].map((n) => n.textContent)") == ["done"]
    assert "+0.300" in browser.js("document.querySelector('button.word.for').title")


def test_words_without_blanks_are_set_apart_and_narrow_ones_keep_to_their_place(
    browser: Browser, tmp_path: Path
) -> None:
    record = argued("a.mp4")
    record["media"]["seconds"] = 60.0
    for word in record["transcript"]["segments"][0]["words"]:
        word["text"] = word["text"].strip()
    run = write(tmp_path, [record])
    browser.open(report.write_report(run, run / "report.html"), "#clip=a.mp4")
    assert browser.js("document.querySelector('td.prose').textContent") == "we are done"
    wide = (
        "[...document.querySelectorAll('.lane.spoken button')].filter((n) => n.scrollWidth > n.clientWidth + 1).length"
    )
    assert browser.js(wide) == 0
    assert browser.js("document.querySelectorAll('.lane.spoken button.tight').length") == 3


def test_filters_and_headline(browser: Browser, page: Path) -> None:
    browser.open(page)
    for switch, expected in (("close", ["a.mp4", "c.mp4"]), ("conflict", ["a.mp4", "c.mp4"]), ("failing", ["c.mp4"])):
        browser.js(f"byId('switch-{switch}').click()")
        assert browser.js(NAMES) == expected
        browser.js("byId('clear').click()")
    top = text(browser, "#figures")
    assert "2 / 3explanations hold" in top and "claims supported" not in top
    assert "names what decided2/32/3" in text(browser, "#explanation").replace("–", "")
    browser.js("[...document.querySelectorAll('.card .link')].find((n) => n.textContent === 'c.mp4').click()")
    assert browser.js(TITLE) == "c.mp4"
    assert "names what decided" in text(browser, "#judgement")


def test_zero_counts_are_shown(browser: Browser, page: Path) -> None:
    browser.open(page)
    card = "[...document.querySelectorAll('.card')].find((n) => n.textContent.startsWith('Predicted labels'))"
    values = f"[...{card}.querySelectorAll('.value')].map((n) => n.textContent)"
    assert browser.js(values) == ["3", "0", "0", "0", "0"]
    assert "These faces are drawn." in text(browser, ".about")


def test_the_chinese_page_is_chinese(browser: Browser, page: Path) -> None:
    browser.open(page, "#clip=a.mp4")
    browser.js("byId('language').click()")
    shown = browser.js("byId('detail').innerText")
    assert (
        "强烈负面（0.45）：主要依据是话语（+0.30）" in shown and "差距很小" in shown and "为什么不是轻微负面？" in shown
    )
    assert text(browser, "#told").startswith("这段视频的情感是强烈负面的")
    assert "字幕轨" in shown and "这些脸是画出来的" in shown
    for english in ("negative", "subtitle track", "close call", "exact Shapley", "log_pool", "words"):
        assert english not in shown.lower(), english
    browser.js("byId('language').click(); localStorage.clear()")


def test_two_strategies_side_by_side(browser: Browser, tmp_path: Path) -> None:
    other = argued("a.mp4", "WNEG")
    other["reasoning"]["argument"] = argument("WNEG", "audio") | {"strategy": "adaptive"}
    first, second = write(tmp_path / "one", [argued("a.mp4")]), write(tmp_path / "two", [other])
    browser.open(report.write_report(first, first / "report.html", compare=second), "#clip=a.mp4")
    pair = "document.querySelector('.arguments')"
    assert browser.js(f"{pair}.querySelectorAll('svg.argument').length") == 2
    assert "the words decide it" in browser.js(f"{pair}.children[0].textContent")
    assert "the voice decides it" in browser.js(f"{pair}.children[1].textContent")
    assert "adaptive" in browser.js(f"{pair}.children[1].textContent")
    assert browser.complaints() == []


def test_a_phone_shows_the_list_or_a_clip(browser: Browser, page: Path) -> None:
    browser.page.set_viewport_size({"width": 390, "height": 844})
    visible = "['.side', '.detail'].map((s) => document.querySelector(s).getClientRects().length > 0)"
    try:
        browser.open(page)
        assert browser.js(visible) == [True, False]
        browser.js("document.querySelectorAll('.row')[0].click()")
        assert browser.js(visible) == [False, True]
        assert browser.js("document.documentElement.scrollWidth") <= 390
        assert browser.js("document.querySelector('#detail').scrollWidth") <= 390
        browser.js("document.querySelector('.back').click()")
        assert browser.js(visible) == [True, False]
        browser.open(page, "#clip=b.mp4")
        assert browser.js(visible) == [False, True]
    finally:
        browser.page.set_viewport_size({"width": 1300, "height": 813})


def test_a_redacted_argument_names_no_word(browser: Browser, page: Path) -> None:
    redacted = report.write_report(page.parent, page.parent / "redacted.html", redact=True)
    browser.open(redacted, "#clip=a.mp4")
    assert "done" not in browser.js("JSON.stringify(detailOf(CLIPS[0]))")
    assert browser.js(f"{PICTURE} !== null")


def hostile(value: Any, name: str = "") -> Any:
    """Hostile text for every string, save the names by which the page finds its way."""
    if isinstance(value, dict):
        return {key: hostile(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [hostile(inner, name) for inner in value]
    kept = ("modality", "label", "second", "decided_by", "supported_by", "opposed_by", "won", "lost", "to", "kind")
    return HOSTILE if isinstance(value, str) and name not in kept else value


def test_hostile_words_of_an_argument_are_inert(browser: Browser, tmp_path: Path) -> None:
    record = argued("a.mp4")
    record["reasoning"]["argument"] = hostile(record["reasoning"]["argument"])
    record["reasoning"]["told"] = {"zh": HOSTILE}
    run = write(tmp_path, [record])
    (run / "run_manifest.json").write_text(json.dumps({"about": {"en": HOSTILE}}), encoding="utf-8")
    browser.open(report.write_report(run, run / "report.html"), "#clip=a.mp4")
    title = browser.js("document.title")
    assert HOSTILE in browser.js("byId('detail').textContent")
    browser.js("byId('language').click()")
    assert browser.js("document.querySelectorAll('img, iframe, b b, script:not([type])').length") == 1
    browser.js("new Promise((done) => setTimeout(done, 200))")
    assert browser.js("document.title") == title
    browser.js("byId('language').click(); localStorage.clear()")
