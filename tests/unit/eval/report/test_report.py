"""The report's file: what is in it, what can never be in it."""

from __future__ import annotations

import argparse
import base64
import hashlib
import html.parser
import json
import re
from pathlib import Path
from typing import Any

import pytest

from eval.claims.verdict import REASONS
from eval.errors import EvalError
from eval.report import report
from eval.report.pack import unpacked
from eval.stories.read import read_stories

HOSTILE = "</script><img src=x onerror=alert(1)>\u2028&amp;\ud800"


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    report.configure(parser)
    return parser.parse_args(list(words))


def story(clip: str, label: str = "WPOS", **parts: Any) -> dict[str, Any]:
    record: dict[str, Any] = {
        "schema": "story/1",
        "clip": {"id": clip, "path": f"../clips/{clip}"},
        "language": "en",
        "transcript": {"text": "so it goes"},
        "reasoning": {
            "text": "<think>t</think><answer>WPOS</answer>",
            "is_language_model": False,
            "finish_reason": "stop",
        },
        "answer": {"label": label, "problem": "", "think": "t", "answer_text": label},
        "prediction": {"label": label, "probabilities": [0, 0, 0, 1, 0], "status": "ok", "reason": ""},
        "attribution": None,
        "evidence": {"items": [], "sections": {}, "opinions": {}, "missing": {"video": "no picture"}},
        "stages": {"fuse": {"provider": "log-pool", "outcome": "ok", "reason": "", "seconds": 0.1}},
    }
    return record | parts


def save(run: Path, *stories: dict[str, Any]) -> Path:
    folder = run / "video_emotion_results"
    folder.mkdir(parents=True, exist_ok=True)
    for number, record in enumerate(stories):
        (folder / f"{number}.json").write_text(json.dumps(record), encoding="utf-8")
    return run


class Page(html.parser.HTMLParser):
    """Elements, attributes and the text of scripts, as a browser's parser would find them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.blocks: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem is not None:
            self.blocks[-1] += data

    @property
    def data(self) -> dict[str, Any]:
        """The head's data with all clips unpacked."""
        return json.loads(self.blocks[1]) | {"clips": [clip for block in self.packed("details") for clip in block]}

    def packed(self, kind: str) -> list[list[Any]]:
        scripts = [attributes for tag, attributes in self.tags if tag in ("script", "style")]
        return [unpacked(b) for b, a in zip(self.blocks, scripts, strict=True) if a.get("class") == kind]


def test_payload_keeps_the_story_and_points_at_the_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = save(tmp_path / "Test_Supplements", story("b #1.mp4"), story("a.wav", "SNEG"))
    page = Page(report.write_report(run, run / "report.html"))
    first, second = page.data["clips"]
    assert (first["id"], second["id"]) == ("a.wav", "b #1.mp4")
    assert first["media"] == {"src": "../clips/a.wav", "kind": "audio", "shown": "../clips/a.wav"}
    assert second["media"]["src"] == "../clips/b%20%231.mp4"
    assert second["file"] == "video_emotion_results/0.json"
    assert second["prediction"]["probabilities"] == [0, 0, 0, 1, 0]
    assert page.data["headline"] is None


def test_hostile_text_stays_inside_the_data(tmp_path: Path) -> None:
    run = save(tmp_path, story(HOSTILE, reasoning={"text": HOSTILE}, transcript={"text": HOSTILE}))
    page = Page(report.write_report(run, tmp_path / "report.html"))
    assert not [tag for tag, _ in page.tags if tag in ("img", "iframe", "object", "link")]
    assert [tag for tag, _ in page.tags].count("script") == 4
    assert page.data["clips"][0]["reasoning"]["text"] == HOSTILE.replace("\ud800", "?")
    assert all(re.search("[<>&\u2028]", block) is None for block in page.blocks[1:-1])


def test_the_page_allows_only_itself(tmp_path: Path) -> None:
    out = report.write_report(save(tmp_path, story("a.mp4")), tmp_path / "report.html")
    page = Page(out)
    policy = next(
        a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None and policy.startswith("default-src 'none'")
    style, script = page.blocks[0], page.blocks[-1]
    for kind, block in (("style", style), ("script", script)):
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert not re.findall(r"https?://", out.read_text(encoding="utf-8"))
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "fetch("):
        assert word not in script


def test_a_run_without_stories_still_has_a_page(tmp_path: Path) -> None:
    page = Page(report.write_report(tmp_path, tmp_path / "out" / "report.html"))
    assert page.data["clips"] == [] and page.data["problems"] == [] and page.data["manifest"] == []


def test_the_verb_wants_stories(tmp_path: Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    with pytest.raises(EvalError, match="no story of a clip"):
        report.run(parsed(str(run)))


def test_two_runs_without_a_common_clip_are_not_compared(tmp_path: Path) -> None:
    one, two = save(tmp_path / "one", story("a.mp4")), save(tmp_path / "two", story("b.mp4"))
    with pytest.raises(EvalError, match="no clip of it is in this run"):
        report.write_report(one, tmp_path / "p.html", compare=two)
    save(tmp_path / "two", story("b.mp4"), story("a.mp4"))
    report.write_report(one, tmp_path / "p.html", compare=two)


ODD: list[Any] = [3, "x", [], [3], [None], ["x"], {"a": 1}, True, {"text": 3}, {"items": 3}, {"items": [3]}, 10**30]
PARTS = (
    "clip",
    "media",
    "transcript",
    "evidence",
    "reasoning",
    "answer",
    "prediction",
    "attribution",
    "reask",
    "early",
)


@pytest.mark.parametrize("part", [*PARTS, "language", "stages"])
def test_a_malformed_story_is_a_listed_problem_at_worst(tmp_path: Path, part: str) -> None:
    nested = [
        *({"items": [{"kind": 3, "start": "x"}]}, {"opinions": {"text": 3}}, {"opinions": [1]}, {"values": "x"}),
        *({"probabilities": {"a": "b"}}, {"probabilities": ["x"]}, {"segments": [3]}, {"segments": [{"start": []}]}),
        *({"others": 3}, {"facts": 3}, {"sections": {"en": 3}}, {"path": 3, "id": 4}, {"fuse": {"seconds": []}}),
        *({"fuse": {"seconds": 10**400}}, {"fuse": {"seconds": 1e308}}, {"face": {"seconds": 1e308}}),
    ]
    run = save(tmp_path, story("sound.mp4"), *(story(f"{n}.mp4") | {part: odd} for n, odd in enumerate(ODD + nested)))
    page = report.page_of(run, tmp_path / "p.html", compare=run)
    shown = page.head["columns"]["id"]
    assert "sound.mp4" in shown
    assert len(shown) + len(page.head["problems"]) == 1 + len(ODD) + len(nested)
    assert "".join(report.render(page)).endswith("</html>")


def test_no_run_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="no such folder"):
        report.write_report(tmp_path / "nowhere", tmp_path / "r.html")


def test_files_that_are_no_stories_are_listed(tmp_path: Path) -> None:
    run = save(tmp_path, story("a.mp4"), {"schema": "story/9"}, story("n.mp4", transcript=[1], prediction="x"))
    (run / "video_emotion_results" / "torn.json").write_text('{"a"', encoding="utf-8")
    (run / "video_emotion_results" / "list.json").write_text("[]", encoding="utf-8")
    (run / "video_emotion_results" / "deep.json").write_text("[" * 100_000, encoding="utf-8")
    found = read_stories(run)
    assert [item.id for item in found.stories] == ["a.mp4", "n.mp4"]
    assert {problem.file for problem in found.problems} == {"1.json", "torn.json", "list.json", "deep.json"}
    assert found.stories[1].label == "" and found.stories[1].part("transcript") is None
    assert len(Page(report.write_report(run, run / "r.html")).data["problems"]) == 4


def test_not_a_number_becomes_null(tmp_path: Path) -> None:
    run = save(tmp_path, story("a.mp4", prediction={"label": "NEUT", "probabilities": [float("nan"), float("inf"), 1]}))
    page = Page(report.write_report(run, run / "r.html"))
    assert page.data["clips"][0]["prediction"]["probabilities"] == [None, None, 1]


def test_headline_by_hand(tmp_path: Path) -> None:
    run = save(tmp_path, story("a.mp4", "SNEG"), story("b.mp4", "WPOS"), story("c.mp4", "SPOS"), story("d.mp4", "NEUT"))
    labels = tmp_path / "labels.csv"
    labels.write_bytes(
        "\ufeffExtra,Label,ID\r\n,SNEG,a.mp4\r\n,sneg,b.mp4\r\n,强烈正面,c.mp4\r\n,SNEG,lost.mp4\r\n,,d.mp4\r\n".encode()
    )
    page = Page(report.write_report(run, run / "r.html", labels))
    assert page.data["headline"] == {"labelled": 4, "lost": 1, "right": 2, "war": 0.5, "uar": pytest.approx(2 / 3)}
    assert [clip["truth"] for clip in page.data["clips"]] == ["SNEG", "SNEG", "SPOS", None]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ID,label\n", "columns ID and Label needed"),
        ("ID,Label\na.mp4,WPOS\nb.mp4,good\n", "labels.csv:3: unknown label 'good'"),
        ("ID,Label\na.mp4,WPOS\na.mp4,SPOS\n", "labels.csv:3: a.mp4 has two labels"),
    ],
)
def test_bad_label_files(tmp_path: Path, text: str, message: str) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(text, encoding="utf-8")
    with pytest.raises(EvalError, match=re.escape(message)):
        report.write_report(save(tmp_path, story("a.mp4")), tmp_path / "r.html", labels)


def test_manifest_facts(tmp_path: Path) -> None:
    path = tmp_path / "run_manifest.json"
    path.write_text('{"git": {"commit": "abc", "dirty": false}, "seeds": [1, 2], "m": [{"n": null}]}', encoding="utf-8")
    expected = [["git.commit", "abc"], ["git.dirty", "False"], ["seeds", "1, 2"], ["m[0].n", "None"]]
    assert report.manifest_facts(path) == expected
    path.write_text("{", encoding="utf-8")
    assert report.manifest_facts(path) == []


def test_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    report.configure(parser)
    assert parser.parse_args([]).run == Path("Test_Supplements")
    save(tmp_path / "Test_Supplements", story("a.mp4"))
    assert report.run(parser.parse_args([str(tmp_path / "Test_Supplements")])) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "Test_Supplements" / "report.html")
    assert Page(tmp_path / "Test_Supplements" / "report.html").data["clips"][0]["id"] == "a.mp4"


def test_labels_of_other_clips_are_an_error(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("ID,Label\na,WPOS\n", encoding="utf-8")
    with pytest.raises(EvalError, match="none of its 1 clips is in this run") as raised:
        report.write_report(save(tmp_path, story("a.mp4")), tmp_path / "r.html", labels)
    assert "such as a.mp4" in raised.value.remedy


def test_the_parent_of_the_supplements_is_understood(tmp_path: Path) -> None:
    run = save(tmp_path / "Test_Supplements", story("a.mp4"))
    (run / "run_manifest.json").write_text('{"seed": 0}', encoding="utf-8")
    parser = argparse.ArgumentParser()
    report.configure(parser)
    assert report.run(parser.parse_args([str(tmp_path)])) == 0
    assert Page(run / "report.html").data["manifest"] == [["seed", "0"]]


@pytest.mark.parametrize(
    ("parts", "state"),
    [
        ({}, "ok"),
        ({"reasoning": None}, "none"),
        ({"answer": {"label": None, "problem": "no answer"}}, "unparsed"),
        ({"answer": None}, "unparsed"),
    ],
)
def test_parse_state(tmp_path: Path, parts: dict[str, Any], state: str) -> None:
    (found,) = read_stories(save(tmp_path, story("a.mp4", **parts))).stories
    assert found.parse_state == state


def test_every_reason_of_a_verdict_has_chinese_words() -> None:
    words = (report.TEMPLATES / "report_text.js").read_text(encoding="utf-8")
    table = words[words.index("const REASONS_ZH") :]
    assert set(re.findall(r"(\w+): \"", table)) == set(REASONS)


def test_runs_of_one_name_are_told_apart(tmp_path: Path) -> None:
    a, b = tmp_path / "a" / "Test_Supplements", tmp_path / "b" / "Test_Supplements"
    assert report.run_names(a, None) == ("Test_Supplements", None)
    assert report.run_names(a, b) == ("a/Test_Supplements", "b/Test_Supplements")
    assert report.run_names(a, tmp_path / "b" / "other") == ("Test_Supplements", "other")
    assert report.run_names(a, a) == ("Test_Supplements (1)", "Test_Supplements (2)")
