"""Claims, comparison, redaction and notes of the report in a real browser."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from eval.report import report
from eval.report.pack import unpacked
from tests.support.chromium import Browser
from tests.support.pages import HOSTILE, NAMES, story, write

THINK = "😀她说“台词”，声音变大了。她没有笑。她点了点头。她说“滚出去”。"


def claiming(clip: str, label: str, think: str, **parts: Any) -> dict[str, Any]:
    items = [
        {"modality": "text", "kind": "said", "quote": "台词 秘密"},
        {"modality": "audio", "kind": "louder", "value": 5.0, "unit": "dB", "start": 1.25, "end": 2.0},
        {"modality": "video", "kind": "mouth_corners_up", "value": 0.06, "unit": "eye distance", "start": 0, "end": 1},
    ]
    record = story(clip, label, **parts)
    record["transcript"] = {"text": "台词 秘密", "segments": [{"text": "台词 秘密", "start": 0.5, "end": 1.0}]}
    record["evidence"] = {"items": items, "sections": {"zh": {"text": "话语：台词 秘密"}}, "opinions": {}}
    record["answer"] = {"label": label, "problem": "", "think": think, "answer_text": label}
    record["reasoning"]["text"] = f"<think>{think}</think><answer>{label}</answer>"
    return record


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("claims")
    quiet = "情绪积极。"
    first = write(folder / "a", [claiming("a.mp4", "SPOS", THINK), claiming("b.mp4", "SPOS", quiet)])
    second = write(folder / "b", [claiming("a.mp4", "SPOS", quiet), claiming("b.mp4", "SNEG", quiet)])
    return first, second


def test_claims_are_marked_and_lead_to_the_seconds(browser: Browser, runs: tuple[Path, Path]) -> None:
    browser.open(report.write_report(runs[0], runs[0] / "report.html"), "#clip=a.mp4")
    marked = "[...document.querySelectorAll('#think .claim')].map((n) => [n.textContent, n.className.split(' ')[1]])"
    assert browser.js(marked) == [
        ["“台词”", "supported"],
        ["声音变大", "supported"],
        ["没有笑", "contradicted"],
        ["点了点头", "unverifiable"],
        ["“滚出去”", "contradicted"],
    ]
    assert browser.js("byId('think').textContent") == THINK
    browser.js("window.sought = []; window.seek = (seconds) => window.sought.push(seconds); 0")
    browser.js("document.querySelectorAll('#think .claim')[1].click()")
    assert browser.js("window.sought") == [1.25]
    browser.js("byId('switch-contradicted').click()")
    assert browser.js(NAMES) == ["a.mp4"]
    browser.js("byId('clear').click(); byId('home').click()")
    assert browser.js("document.querySelectorAll('.strip').length") == 4
    assert browser.complaints() == []


def test_two_runs_side_by_side(browser: Browser, runs: tuple[Path, Path]) -> None:
    browser.open(report.write_report(runs[0], runs[0] / "compare.html", compare=runs[1]), "#clip=b.mp4")
    assert "Compared withb" in browser.js("byId('detail').textContent")
    browser.js("byId('switch-disagree').click()")
    assert browser.js(NAMES) == ["b.mp4"]
    assert browser.complaints() == []


def test_a_redacted_page_has_no_spoken_word(browser: Browser, runs: tuple[Path, Path]) -> None:
    page = report.write_report(runs[0], runs[0] / "redacted.html", compare=runs[1], redact=True)
    source = page.read_text(encoding="utf-8")
    data = source[source.index('id="data"') : source.index("</script>", source.index('id="data"'))]
    data += json.dumps(
        [unpacked(block) for block in re.findall('type="text/plain">([^<]+)<', source)], ensure_ascii=False
    )
    assert "▇▇" in data
    for word in ("台词", "秘密", "滚出去", "000.json"):
        assert word not in data
    browser.open(page, "#clip=a.mp4")
    assert browser.js("document.querySelectorAll('#think .claim').length") == 5
    assert "▇▇" in browser.js("byId('think').textContent")
    assert browser.js("document.querySelectorAll('video, img, a').length") == 0
    assert browser.complaints() == []


def test_notes_are_kept_and_exported(browser: Browser, runs: tuple[Path, Path]) -> None:
    page = report.write_report(runs[0], runs[0] / "report.html")
    browser.open(page, "#clip=a.mp4")
    browser.js(
        "byId('verdict').value = 'disagree'; byId('note').value = '=1+1, \"no\"';"
        "byId('verdict').dispatchEvent(new Event('change'))"
    )
    browser.open(page, "#clip=a.mp4")
    assert browser.js("byId('verdict').value") == "disagree"
    assert browser.js("notesCsv()") == '\ufeffID,Label,Verdict,Note\r\n"a.mp4","SPOS","disagree","\'=1+1, ""no"""\r\n'
    browser.js("localStorage.clear()")


def test_hostile_claims_are_inert(browser: Browser, tmp_path: Path) -> None:
    run = write(tmp_path / "h", [claiming(HOSTILE, "SPOS", f"She says “{HOSTILE}” and smiles.")])
    other = write(tmp_path / "o", [claiming(HOSTILE, "SNEG", f"“{HOSTILE}” she smiles")])
    browser.open(report.write_report(run, run / "report.html", compare=other))
    browser.key("j")
    assert browser.js("document.querySelectorAll('img, script:not([type])').length") == 1
    assert HOSTILE in browser.js("byId('think').textContent")
