from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.faults import ConfigError
from harness.records.labels import EMOTION7
from harness.records.types import Language, Segment, Transcript
from models.text.emotions import EmotionReader
from models.text.head import HEAD, TextHeadReader


@pytest.fixture(scope="module")
def reader() -> EmotionReader:
    return EmotionReader(HEAD / "emotions")


@pytest.mark.parametrize(
    ("text", "language", "emotion"),
    [
        ("太好了，我真高兴！", "zh", "joy"),
        ("你给我滚！混蛋！", "zh", "anger"),
        ("对不起，我好难过，她走了。", "zh", "sadness"),
        ("Oh my God! What? I can't believe it!", "en", "surprise"),
        ("That's great, thank you, I love it!", "en", "joy"),
        ("The meeting is at ten on Monday.", "en", "neutral"),
    ],
)
def test_what_plain_words_say(reader: EmotionReader, text: str, language: Language, emotion: str) -> None:
    opinion = reader.opinion(text, language)
    assert opinion is not None
    assert opinion.labels[max(range(7), key=opinion.probabilities.__getitem__)] == emotion
    assert sum(opinion.probabilities) == pytest.approx(1)
    assert 0 < opinion.confidence <= 1
    plain = text.lower().replace("'", "")
    assert opinion.reasons and all(reason.feature in plain for reason in opinion.reasons)


def test_nothing_known_is_no_opinion(reader: EmotionReader) -> None:
    assert reader.opinion("Привет как дела", "en") is None
    assert reader.opinion("123 !", "en") is None


def test_the_text_head_says_both_and_one_without_emotions_says_none(tmp_path: Path) -> None:
    words = Transcript((Segment("我真高兴"),), "zh", "zh", 1.0, "a.txt")
    said = TextHeadReader().read(words)
    assert said.emotions is not None and said.emotions.space == "emotion7" and said.opinion.space == "sentiment5"
    for name in ("head.json", "head.safetensors"):
        shutil.copy(HEAD / name, tmp_path / name)
    assert TextHeadReader(tmp_path).read(words).emotions is None


def test_a_head_of_another_space_is_refused(tmp_path: Path) -> None:
    shutil.copytree(HEAD / "emotions", tmp_path / "emotions")
    for name in ("head.json", "head.safetensors"):
        shutil.copy(HEAD / name, tmp_path / name)
    config = json.loads((HEAD / "emotions" / "head.json").read_text(encoding="utf-8"))
    config["labels"] = ["a", *EMOTION7.labels[1:]]
    (tmp_path / "emotions" / "head.json").write_text(json.dumps(config), encoding="utf-8")
    with pytest.raises(ConfigError, match="expected neutral, joy"):
        TextHeadReader(tmp_path)
