"""What an omni model adds to a story, and how the list is sorted, in a real browser. The stories are made by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.report import report
from tests.support.chromium import Browser
from tests.support.pages import HOSTILE, NAMES, TITLE, story, write

THINK = (
    "His brows are furrowed and he says “we are done”. "
    "I judge mainly by his voice. The voice contributes 60%, the face 40%."
)
SHAPLEY = {"text": 0.05, "audio": 0.21, "video": 0.12}


def omni(clip: str, label: str = "SNEG", **parts: Any) -> dict[str, Any]:
    """A story as an omni model leaves it: three samples, P(label), and what withholding modalities changed."""
    raw = f"<think>{THINK}</think><answer>{label}</answer>"
    others = [
        {"text": raw, "finish_reason": "stop"},
        {"text": "<think>She <b>weeps", "finish_reason": "length"},
    ]
    words = [
        {"start": 0.5, "end": 0.7, "text": "we", "probability": 0.98},
        {"start": 0.7, "end": 0.9, "text": " are", "probability": 0.31},
        {"start": 0.9, "end": 1.4, "text": " done", "probability": None},
    ]
    made = {
        "language": "en",
        "media": {"seconds": 4.0},
        "transcript": {
            "text": "we are done",
            "segments": [{"text": "we are done", "start": 0.5, "end": 1.4, "words": words}],
        },
        "reasoning": {
            "text": raw,
            "language": "en",
            "is_language_model": True,
            "finish_reason": "stop",
            "others": others,
            "label_probabilities": [0.61, 0.2, 0.1, 0.05, 0.04],
            "facts": {"model": "hand-made", "attempts": 1},
        },
        "answer": {
            "label": label,
            "problem": "",
            "think": THINK,
            "answer_text": label,
            "votes": {label: 2, "unparsed": 1},
            "agreement": 2 / 3,
        },
        "reask": {
            "label": label,
            "method": "exact Shapley by asking the omni model again",
            "baseline": "the same question with modalities withheld",
            "empty": 0.23,
            "full": 0.61,
            "values": SHAPLEY,
            "subsets": {"": 0.23, "text+audio+video": 0.61},
        },
    }
    return story(clip, label) | made | parts


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plain = omni("b.mp4", "NEUT", reask=None)
    plain["reasoning"] |= {"others": [], "label_probabilities": None}
    plain["answer"] |= {"votes": {}, "agreement": None, "think": "Nothing stands out."}
    plain["reasoning"]["text"] = "<think>Nothing stands out.</think><answer>NEUT</answer>"
    plain["prediction"] = {**plain["prediction"], "probabilities": [0.1, 0.1, 0.6, 0.1, 0.1], "status": "partial"}
    plain["media"] = {"seconds": 9.0}
    run = write(tmp_path_factory.mktemp("omni"), [omni("a.mp4"), plain])
    return report.write_report(run, run / "report.html")


def text(browser: Browser, selector: str) -> str:
    return str(browser.js(f"(document.querySelector('{selector}') || {{textContent: ''}}).textContent"))


def test_measured_and_claimed_contributions_stand_apart(browser: Browser, page: Path) -> None:
    browser.open(page, "#clip=a.mp4")
    assert "measured" in text(browser, "#by-fuser") and "+0.200" in text(browser, "#by-fuser")
    again = text(browser, "#by-reasking")
    assert "+0.210" in again and "asking the omni model again" in again and "23.0% with no modality" in again
    claimed = text(browser, "#claimed")
    assert "claimed, not measured" in claimed and "voice 60 %" in claimed and "main ground: voice" in claimed
    assert browser.js("document.querySelectorAll('#claimed .bar').length") == 0
    assert "61.0%" in text(browser, "#own")


def test_samples_with_their_votes(browser: Browser, page: Path) -> None:
    browser.open(page, "#clip=a.mp4")
    card = "[...document.querySelectorAll('.card')].find((n) => n.textContent.includes('Samples of the model'))"
    shown = browser.js(f"{card}.textContent")
    assert "agreement 66.7%" in shown and "2 / 3" in shown and "1 / 3" in shown and "cut off" in shown
    assert browser.js(f"{card}.querySelectorAll('pre').length") == 3
    assert "She <b>weeps" in browser.js(f"{card}.querySelectorAll('pre')[2].textContent")


def test_absent_parts_are_not_shown(browser: Browser, page: Path) -> None:
    browser.open(page, "#clip=b.mp4")
    assert browser.js("['by-reasking', 'claimed', 'own'].filter((id) => byId(id)).length") == 0
    assert "Samples" not in text(browser, "#detail")


def test_words_in_time(browser: Browser, page: Path) -> None:
    browser.open(page, "#clip=a.mp4")
    assert browser.js("[...document.querySelectorAll('.lane.spoken button')].map((n) => n.textContent)") == [
        "we",
        "are",
        "done",
    ]
    assert (
        browser.js("[...document.querySelectorAll('button.word')].map((n) => n.textContent).join('')") == "we are done"
    )
    assert browser.js("document.querySelectorAll('button.word.unsure').length") == 1
    browser.js("document.querySelectorAll('button.word')[2].click()")
    assert browser.js("[...document.querySelectorAll('.now')].map((n) => n.textContent)") == ["done", " done"]
    assert browser.js("byId('playhead').style.left") == "22.5%"
    assert browser.complaints() == []


def choose(browser: Browser, name: str, value: str) -> None:
    browser.js(f"byId('{name}').value = '{value}'; byId('{name}').dispatchEvent(new Event('change'))")


def test_sorting_and_the_new_filters(browser: Browser, page: Path) -> None:
    browser.open(page)
    for key, expected in (("confidence", ["a.mp4", "b.mp4"]), ("seconds", ["a.mp4", "b.mp4"])):
        choose(browser, "sort", key)
        assert browser.js(NAMES) == expected
        browser.js("byId('direction').click()")
        assert browser.js(NAMES) == expected[::-1]
        browser.js("byId('direction').click()")
    choose(browser, "sort", "agreement")
    browser.js("byId('direction').click()")
    assert browser.js(NAMES) == ["a.mp4", "b.mp4"]  # what has no value stands last both ways
    browser.js("byId('direction').click()")
    for switch, expected in (("divided", ["a.mp4"]), ("partial", ["b.mp4"])):
        browser.js(f"byId('switch-{switch}').click()")
        assert browser.js(NAMES) == expected
        browser.js("byId('clear').click()")
    browser.js("byId('search').value = 'stands out'; byId('search').dispatchEvent(new Event('input'))")
    assert browser.js(NAMES) == ["b.mp4"]


def test_two_runs_and_what_changed(browser: Browser, tmp_path: Path) -> None:
    first = write(tmp_path / "one", [omni("a.mp4"), omni("b.mp4", "NEUT"), omni("c.mp4")])
    second = write(tmp_path / "two", [omni("a.mp4", "WNEG"), omni("b.mp4", "NEUT"), omni("d.mp4")])
    path = second / "video_emotion_results/000.json"
    changed = json.loads(path.read_text(encoding="utf-8"))
    changed["answer"]["think"] = THINK.partition(". ")[0] + ". He smiles."
    path.write_text(json.dumps(changed), encoding="utf-8")
    labels = tmp_path / "labels.csv"
    labels.write_text("ID,Label\na.mp4,WNEG\nb.mp4,NEUT\nc.mp4,SNEG\n", encoding="utf-8")
    browser.open(report.write_report(first, first / "report.html", labels, second))
    overview = text(browser, "#detail")
    assert "mended by the second1" in overview and "clips in both2" in overview and "only in two1" in overview
    assert "Accuracy = WAR66.7%" in overview and "Time per stage" in overview
    browser.js("[...document.querySelectorAll('.matrix button')].find((n) => n.ariaLabel === 'SNEG → WNEG: 1').click()")
    assert browser.js(NAMES) == ["a.mp4"]
    assert browser.js("[...document.querySelectorAll('.beside .only')].map((n) => n.textContent)") != []
    assert "He smiles." in text(browser, ".beside > div:last-child .only:last-of-type")
    assert browser.complaints() == []


def test_everything_has_a_name_for_a_screen_reader(browser: Browser, page: Path) -> None:
    browser.open(page, "#clip=a.mp4")
    tree = browser.accessible()
    roles = ("button", "combobox", "textbox", "searchbox", "listbox", "option", "link", "image")
    nameless = [
        node
        for node in tree
        if not node.get("ignored")
        and node["role"]["value"] in roles
        and not node.get("name", {}).get("value", "").strip()
    ]
    assert nameless == []
    assert browser.js("document.querySelector('.row').getAttribute('aria-setsize')") == "2"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_can_be_read_on_its_ground(browser: Browser, page: Path, theme: str) -> None:
    """Contrast of 4.5 (WCAG 2 AA) for the texts of the page, measured on what the browser computes."""
    browser.open(page, "#clip=a.mp4")
    browser.js(f"state.theme = '{theme}'; renderFrame()")
    worst = browser.js(
        """(() => {
      const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
      const rgba = (text) => { const n = text.match(/[\\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
      const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
      const ground = (node) => {
        for (; node; node = node.parentElement) {
          const colour = rgba(getComputedStyle(node).backgroundColor);
          if (colour[3] === 1) return colour;
        }
        return [255, 255, 255];
      };
      let worst = [21, ''];
      for (const node of document.querySelectorAll('body *')) {
        const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
        if (!own || !node.getClientRects().length || ['SCRIPT', 'STYLE', 'OPTION'].includes(node.tagName)) continue;
        const a = light(rgba(getComputedStyle(node).color)), b = light(ground(node));
        const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (ratio < worst[0]) worst = [ratio, node.className + ': ' + node.textContent.slice(0, 40)];
      }
      return worst;
    })()"""
    )
    assert worst[0] >= 4.5, worst


def test_a_claim_and_a_picture_seek_the_clip(browser: Browser, root: Path, tmp_path: Path) -> None:
    clip = root / "Test_Data/demo_en_happy.mp4"
    record = omni(
        clip.name, answer={"label": "SPOS", "think": "Her voice gets louder.", "problem": "", "answer_text": ""}
    )
    record["clip"]["path"] = str(clip)
    record["media"] = {"seconds": 3.0}
    record["evidence"] = {
        "items": [{"modality": "audio", "kind": "louder", "value": 5, "unit": "dB", "start": 1.2, "end": 2}]
    }
    run = write(tmp_path, [record])
    browser.open(report.write_report(run, run / "report.html", embed_thumbnails=True), f"#clip={clip.name}")
    ready = "new Promise((done) => byId('player').addEventListener('canplay', () => done(true)))"
    assert browser.js(f"byId('player').readyState >= 3 || {ready}")
    assert browser.js(
        "[...document.querySelectorAll('.thumbnails img')].every((n) => n.complete && n.naturalWidth === 168)"
    )
    browser.js("document.querySelector('#think .claim').click()")
    assert browser.js("byId('player').currentTime") == pytest.approx(1.2, abs=0.05)
    browser.js("document.querySelector('.thumbnails button').click()")
    assert browser.js("byId('player').currentTime") == pytest.approx(1.6, abs=0.05)
    assert browser.complaints() == []


def test_paper_is_white_whatever_the_screen_is(browser: Browser, page: Path) -> None:
    browser.open(page, "#clip=a.mp4")
    browser.js("state.theme = 'dark'; renderFrame()")
    browser.media("print")
    try:
        assert browser.js("getComputedStyle(document.querySelector('.card')).backgroundColor") == "rgb(255, 255, 255)"
        assert browser.js("getComputedStyle(document.querySelector('#detail h2')).color") == "rgb(27, 33, 41)"
        assert browser.js("['.side', '.controls'].every((s) => !document.querySelector(s).getClientRects().length)")
        assert browser.js(
            "document.querySelector('#detail').scrollHeight <= document.querySelector('#detail').clientHeight + 1"
        )
    finally:
        browser.media("null")


def hostile(value: Any) -> Any:
    """The same value with hostile text for every string and for every name that is not part of the form."""
    if isinstance(value, dict):
        return {name: inner if name == "schema" else hostile(inner) for name, inner in value.items()} | {
            HOSTILE: HOSTILE
        }
    if isinstance(value, list):
        return [hostile(inner) for inner in value]
    return HOSTILE if isinstance(value, str) else value


def test_hostile_text_in_every_part_is_inert(browser: Browser, tmp_path: Path) -> None:
    record = omni("a.mp4")
    record["answer"]["votes"] = {HOSTILE: 2}
    run, other = (write(tmp_path / name, [hostile(record)]) for name in ("one", "two"))
    changed = other / "video_emotion_results/000.json"
    folded = json.loads(changed.read_text(encoding="utf-8").replace("bold", "fold"))
    folded["clip"]["id"] = HOSTILE
    changed.write_text(json.dumps(folded), encoding="utf-8")
    (run / "run_manifest.json").write_text(json.dumps({HOSTILE: HOSTILE}), encoding="utf-8")
    browser.open(report.write_report(run, run / "report.html", compare=other))
    title = browser.js("document.title")
    assert HOSTILE in browser.js("byId('detail').textContent")
    for language in ("", "byId('language').click()"):
        browser.js(language or "0")
        browser.key("o")
        browser.key("j")
        assert browser.js(TITLE) == HOSTILE
        assert browser.js("document.querySelectorAll('img, iframe, b b, script:not([type])').length") == 1
        browser.js("new Promise((done) => setTimeout(done, 200))")
        assert browser.js("document.title") == title
    browser.js("byId('language').click(); localStorage.clear()")
