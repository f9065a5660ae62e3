"""`eval explanation`: every check can fail, on texts of ours and of a model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from eval.__main__ import main
from eval.reasoning.explanation import check_story, summary
from eval.reasoning.named import told_as_support
from harness.records.argument import Argument, Conflict, Cue, View
from tests.support.arguments import story_of_argument

CUE = Cue("voice", "f0_median_st", 3.0, 2.1, None, None, 0.3, {"en": "the pitch lies high (+2.1 SD)", "zh": "音调偏高"})
WORD = Cue("word", "terrible", 1.0, None, 0.5, 0.9, -0.1, {"en": "“terrible” at 0.5–0.9 s", "zh": "“terrible”"})
VOICE = View("audio", "SPOS", 0.7, 0.7, "positive", 0.7, 1.0, 0.4, 0.3, (CUE,))
WORDS = View("text", "SNEG", 0.6, 0.1, "SNEG", 0.6, 1.0, 0.6, -0.1, (WORD,))
ARGUMENT = Argument(
    "SPOS",
    0.5,
    "SNEG",
    0.2,
    "log_pool",
    "audio",
    (),
    ("text",),
    (VOICE, WORDS),
    (Conflict("audio", "text"),),
    {},
    0.2,
    None,
)
GOOD = (
    "The voice carries a strongly positive judgement: the pitch lies high (+2.1 SD). Against this speak the words, "
    "“terrible” at 0.5–0.9 s."
)
GOOD_ZH = "声音支持强烈正面的判断：音调偏高。话语却与此相反，出现了“terrible”。"


@pytest.mark.parametrize(("text", "language"), [(GOOD, "en"), (GOOD_ZH, "zh")])
def test_a_text_that_says_why(text: str, language: str) -> None:
    assert not any(check_story(story_of_argument(ARGUMENT, text, language)).results.values())


@pytest.mark.parametrize(
    ("text", "check", "why"),
    [
        ("It is strongly positive, though the words “terrible” say otherwise.", "decider", "audio decided"),
        ("The pitch lies high in the voice, and the words confirm that.", "opposition", "text told as support"),
        ("音调偏高，声音积极。话语也支持这一判断。", "opposition", "text told as support"),
        ("The voice is bright: the pitch lies high.", "conflict", "text not named"),
        ("The voice lies high in pitch. The words are “terrible”.", "conflict", "nothing is set against anything"),
        ("The voice decides, but the words are “terrible”.", "cues", "carry 0.25"),
    ],
)
def test_what_fails(text: str, check: str, why: str) -> None:
    assert why in check_story(story_of_argument(ARGUMENT, text, "en")).results[check]


def test_a_supposition_is_no_support() -> None:
    assert told_as_support("If the words agreed, it would be stronger.", "text", 1, "en") == ""
    assert told_as_support("The words agree.", "text", 1, "en") == "The words agree."


def test_another_label_than_the_one_submitted() -> None:
    found = check_story(story_of_argument(ARGUMENT, GOOD, "en", label="NEUT", by_model=True))
    assert found.results["label"] == "answers NEUT, submitted SPOS" and not found.ours


def test_the_same_text_for_two_labels() -> None:
    one, other = story_of_argument(ARGUMENT, GOOD, "en"), story_of_argument(replace(ARGUMENT, label="NEUT"), GOOD, "en")
    assert "the same text" in check_story(one, other).results["change"]
    assert check_story(one, story_of_argument(replace(ARGUMENT, label="NEUT"), "else", "en")).results["change"] == ""
    assert "change" not in check_story(one, one).results


def test_what_does_not_apply_is_not_counted() -> None:
    alone = replace(ARGUMENT, opposed_by=(), conflicts=(), views=(replace(VOICE, cues=()),))
    result = summary([check_story(story_of_argument(alone, GOOD, "en"))])
    assert result["figures"]["all"]["opposition"] == {"holds": 0, "n": 0, "rate": None, "interval": None}
    assert result["figures"]["en"]["decider"]["n"] == 1 and result["failures"] == []


@pytest.mark.parametrize(
    ("text", "by_model", "code"), [(GOOD, False, 0), ("Silence.", False, 1), ("Silence.", True, 0)]
)
def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, by_model: bool, code: int) -> None:
    folder = tmp_path / "video_emotion_results"
    folder.mkdir()
    story = story_of_argument(ARGUMENT, text, "en", by_model=by_model)
    (folder / "a.mp4.json").write_text(json.dumps(story.data), encoding="utf-8")
    assert main(["explanation", str(tmp_path), "--json", str(tmp_path / "out.json")]) == code
    result = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert bool(result["failures"]) == (text != GOOD)
    assert "decider" in capsys.readouterr().out


def test_a_run_without_arguments_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "video_emotion_results").mkdir()
    assert main(["explanation", str(tmp_path)]) == 2
    assert "no story has a measured argument" in capsys.readouterr().err
