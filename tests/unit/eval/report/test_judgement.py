"""A clip's judgement in a sentence, its flags, what other labels lack, its words' effects, a run's closing lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.report.argued import explained, why_not
from eval.report.closing import clip_table, score_line
from eval.report.judgement import CLOSE, judgement
from eval.report.word_effects import places, with_effects
from eval.report.words import READINGS
from eval.stories.read import Story, read_stories
from harness.records.labels import SENTIMENT5
from harness.records.names import LABELS
from tests.support.argued_stories import argued


def story_of(tmp_path: Path, record: dict[str, Any]) -> Story:
    folder = tmp_path / "video_emotion_results"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(record), encoding="utf-8")
    return read_stories(tmp_path).stories[0]


def test_the_sentence_in_both_languages(tmp_path: Path) -> None:
    found = judgement(story_of(tmp_path, argued("a.mp4")))
    assert found is not None
    assert found["sentence"]["en"] == (
        "Strongly negative (0.45): the words decide it (+0.30); the voice agrees; the face (read as happy) is against "
        "it; 5 points ahead of mildly negative."
    )
    assert found["sentence"]["zh"] == (
        "强烈负面（0.45）：主要依据是话语（+0.30），声音与之一致，表情（看来高兴）与之相反；领先轻微负面 5 个百分点。"
    )
    assert found["flags"] == ["close", "conflict", "range"] and found["far"] == ["audio"]


@pytest.mark.parametrize(
    ("beside", "flagged"), [({"label": "NEUT", "steps": 2}, True), ({"steps": 0}, False), (3, False)]
)
def test_a_model_that_answers_other_than_was_measured_is_flagged(tmp_path: Path, beside: Any, flagged: bool) -> None:
    record = argued("a.mp4")
    record["answer"]["measured"] = beside
    found = judgement(story_of(tmp_path, record))
    assert found is not None and ("apart" in found["flags"]) == flagged


def test_a_default_label_says_that_nothing_was_judged_by(tmp_path: Path) -> None:
    record = argued("a.mp4", "NEUT", attribution=None)
    record["reasoning"] = None
    record["prediction"] = {"label": "NEUT", "probabilities": None, "status": "fallback"}
    found = judgement(story_of(tmp_path, record))
    assert found is not None and found["flags"] == ["fallback"] and found["margin"] is None
    assert "default label" in found["sentence"]["en"] and "默认标签" in found["sentence"]["zh"]


def test_an_argument_for_another_label_is_not_the_reason(tmp_path: Path) -> None:
    """Beside an omni model's answer the heads may argue for another label: the measured shares of the whole count."""
    record = argued("a.mp4", "WPOS")
    record["reasoning"]["argument"]["label"] = "SNEG"
    record["attribution"]["values"] = {"text": -0.1, "video": 0.3}
    found = judgement(story_of(tmp_path, record))
    assert found is not None and (found["by"], found["against"]) == ("video", ["text"])


def test_the_narrative_has_the_same_close_call() -> None:
    from harness.records.argument import CLOSE as TOLD

    assert CLOSE == TOLD


def test_the_words_for_labels_are_those_of_the_narrative() -> None:
    from harness.reasoning import narrative_en, narrative_zh

    assert narrative_en.LABELS.items() >= LABELS["en"].items() and narrative_zh.LABELS.items() >= LABELS["zh"].items()
    assert (narrative_en.LABELS["anger"], narrative_zh.LABELS["anger"]) == ("angry", "愤怒")
    assert narrative_en.LABELS["a label of one's own"] == "a label of one's own"
    assert READINGS["en"].keys() == READINGS["zh"].keys() and set(LABELS["zh"]) == set(SENTIMENT5.labels)


def test_what_other_labels_lack(tmp_path: Path) -> None:
    reasons = why_not(story_of(tmp_path, argued("a.mp4")))
    assert list(reasons) == ["WNEG", "NEUT", "WPOS", "SPOS"]
    assert reasons["WNEG"]["behind"] == pytest.approx(0.05) and reasons["WNEG"]["alone"]["audio"] == [0.5, 0.3]
    assert reasons["WNEG"]["flip"]["amount"] == 0.2 and reasons["NEUT"]["flip"] is None
    assert not reasons["NEUT"]["searched"]


def test_every_label_has_its_own_flip_where_the_argument_has_them(tmp_path: Path) -> None:
    record = argued("a.mp4")
    flip = {"modality": "video", "amount": 0.9, "to": "SPOS", "label": "SPOS"}
    record["reasoning"]["argument"]["flips"] = [flip]
    reasons = why_not(story_of(tmp_path, record))
    assert reasons["SPOS"]["flip"] == flip and reasons["NEUT"]["searched"]


def test_words_are_found_where_they_stand() -> None:
    shares = {"done": 0.3, "有点累": 0.1, "点": -0.2}
    assert places("Done, undone.", shares) == [(0, 4, 0.3)]
    assert places("今天有点累，一点", shares) == [(2, 5, 0.1), (7, 8, -0.2)]


@pytest.mark.parametrize("blank", [" ", ""])
def test_a_timed_word_has_its_share(tmp_path: Path, blank: str) -> None:
    record = argued("a.mp4")
    for word in record["transcript"]["segments"][0]["words"]:
        word["text"] = blank + word["text"].strip()
    transcript = with_effects(story_of(tmp_path, record))
    assert transcript is not None
    (line,) = transcript["segments"]
    assert line["effects"] == [(7, 11, 0.3)]
    assert [word.get("effect") for word in line["words"]] == [None, None, 0.3]


@pytest.mark.parametrize("spoil", [{"decided_by": "nobody"}, {"conflicts": [3]}, {"views": [3]}, {"label": "GOOD"}])
def test_a_story_with_an_odd_argument_is_not_checked(tmp_path: Path, spoil: dict[str, Any]) -> None:
    record = argued("a.mp4")
    record["reasoning"]["argument"] |= spoil
    story = story_of(tmp_path, record)
    assert explained(story) is None and judgement(story) is not None


def test_the_closing_lines_of_a_run(tmp_path: Path) -> None:
    stories = [story_of(tmp_path, argued("台词.mp4"))]
    head, line = clip_table(stories, {"台词.mp4": "WNEG"}).splitlines()
    assert head.split() == ["clip", "label", "reads", "why"]
    assert "not WNEG" in line and "face happy" in line and "the words: “done”; with the voice; against the face" in line
    predicted = {story.id: story.label for story in stories}
    scored = score_line(predicted, {"台词.mp4": "WNEG", "b.mp4": "SNEG"}, Path("labels.csv"), SENTIMENT5)
    assert scored.startswith("0 of 2 right against labels.csv: accuracy 0.000 (95 % 0.000–0.658, n = 2)")


def test_the_models_own_answer_is_not_told_as_measured(tmp_path: Path) -> None:
    record = argued("a.mp4")
    record["answer"]["label"] = record["prediction"]["label"] = "SPOS"
    found = judgement(story_of(tmp_path, record))
    assert found is not None and found["answered"] and found["margin"] < 0
    assert "the omni model's own answer; what was measured speaks for strongly negative." in found["sentence"]["en"]
    assert "这是多模态模型自己的回答，测量结果更支持强烈负面。" in found["sentence"]["zh"]


@pytest.mark.parametrize(("modality", "flagged"), [("text", True), ("audio", False)])
def test_poor_input_is_flagged_where_it_decides(tmp_path: Path, modality: str, flagged: bool) -> None:
    record = argued("a.mp4")
    (view,) = (v for v in record["reasoning"]["argument"]["views"] if v["modality"] == modality)
    view["confidence"] = 0.2
    found = judgement(story_of(tmp_path, record))
    assert found is not None and found["by"] == "text" and ("unsure" in found["flags"]) is flagged
