"""The texts that the emotion head learns from, and its bag of words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.faults import ConfigError
from harness.records.labels import EMOTION7
from models.text.linear import TextHead
from models.text.tokens import Segmenter
from models.training.sentence.emotion_bag import BagKnobs, fit_bag
from models.training.sentence.emotion_data import FOLDS, read_texts
from models.training.sentence.emotions import held_out_bag, parted, questions

WORDS = {"joy": "lovely", "anger": "stupid", "neutral": "table"}


def written(tmp_path: Path) -> Path:
    """Ten dialogues of six lines whose emotion one word tells."""
    rows = ["id,language,text,emotion"]
    for dialogue in range(10):
        for line in range(6):
            emotion = list(WORDS)[(dialogue + line) % 3]
            rows.append(f"dia{dialogue}_utt{line},en,this is {WORDS[emotion]} number {dialogue * 6 + line},{emotion}")
    path = tmp_path / "scheme.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def corpus(tmp_path: Path) -> Path:
    """A dialogue corpus in which two lines of the scheme stand, each in a dialogue of its own."""
    head = "Utterance,Sentiment,Dialogue_ID,Emotion"
    rows = [
        "this is lovely number 0,positive,0,joy",
        "and so it goes,neutral,0,neutral",
        "this is stupid number 1,negative,1,anger",
        "nothing of the scheme,neutral,2,neutral",
    ]
    path = tmp_path / "meld_small.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def test_a_dialogue_and_texts_that_stand_twice_are_in_one_fold(tmp_path: Path) -> None:
    texts = read_texts(written(tmp_path), [corpus(tmp_path)], {})
    fold_of = dict(zip(texts.text, texts.fold.tolist(), strict=True))
    for dialogue in range(10):
        lines = [text for text in texts.text[:60] if int(text.split()[-1]) // 6 == dialogue]
        assert len(lines) == 6 and len({fold_of[text] for text in lines}) == 1
    assert set(texts.fold[:60].tolist()) == set(range(FOLDS))
    pairs = list(zip(texts.text, texts.fold.tolist(), strict=True))
    for text in ("this is lovely number 0", "this is stupid number 1"):
        assert len({fold for said, fold in pairs if said == text}) == 1
    assert fold_of["and so it goes"] == fold_of["this is lovely number 0"], "a dialogue is not parted"
    assert (texts.target[:3] >= 0).all() and (texts.target[60:] == -1).all()


def test_the_bag_learns_what_tells_an_emotion_and_nothing_of_a_held_out_fold(tmp_path: Path) -> None:
    bags = parted(read_texts(written(tmp_path), [], {}), {})
    texts = bags.texts["en"]
    logits = held_out_bag(texts, BagKnobs())
    assert (logits.argmax(axis=1) == texts.target).mean() == 1.0
    model = fit_bag(texts, len(EMOTION7.labels), BagKnobs())
    head = TextHead.made_of(EMOTION7.labels, "emotion7", {"en": model}, {"en": 1.0}, Segmenter({}, 1), {})
    head.save(tmp_path / "head")
    p = TextHead.load(tmp_path / "head").predict_proba(["how lovely", "you stupid"], "en")
    assert [EMOTION7.labels[int(k)] for k in p.argmax(axis=1)] == ["joy", "anger"]
    assert p[:, EMOTION7.rank("fear")].max() < 1e-6, "an emotion that no text has is not answered"


def test_balance_finds_rare_emotions_more_often(tmp_path: Path) -> None:
    path = written(tmp_path)
    lines = path.read_text(encoding="utf-8").replace("stupid", "table").splitlines()
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    texts = parted(read_texts(path, [], {}), {}).texts["en"]
    rare = texts.take(np.flatnonzero((texts.target != EMOTION7.rank("anger")) | (texts.fold < 1)))
    said = [
        fit_bag(rare, 7, BagKnobs(balance=balance)).logits(rare.tokens[0])[EMOTION7.rank("anger")]
        for balance in (0.0, 1.0)
    ]
    assert said[1] > said[0]


def test_the_questions_below_are_asked_of_those_who_know(tmp_path: Path) -> None:
    texts = read_texts(written(tmp_path), [corpus(tmp_path)], {})
    asked = questions(texts)
    assert [int(mask.sum()) for mask, _ in asked] == [60, 4, 4, 4]
    assert asked[0][1].shape == (64, 7) and asked[1][1].shape == (64, 3)


@pytest.mark.parametrize(
    ("old", "new", "why"), [(",joy\n", ",glee\n", "emotion 'glee'"), (",en,", ",fr,", "language 'fr'")]
)
def test_a_row_that_does_not_fit_is_named(tmp_path: Path, old: str, new: str, why: str) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"scheme.csv line 2: {why}"):
        read_texts(path, [], {})
