"""What the text head learns beside labels: emotions, and what an English list says of a Chinese line's translation."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from models.text.fit import LEAST_EMOTION
from models.text.linear import Extras, TextHead
from models.training.corpora import read_rows, read_valences, valence

LIST = "great\t3.0\t0.1\nawful\t-3.0\t0.1\n"
CORPUS = """id,video,language,split,emotion,score,label,chinese,english
a1,a,zh,train,anger,-1,SNEG,太差了,It is awful
a2,a,zh,val,,1,SPOS,真好,It is not great
"""


def test_rows_carry_emotion_split_and_the_translation_s_valence(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(LIST, encoding="utf-8")
    (tmp_path / "c.csv").write_text(CORPUS, encoding="utf-8")
    listed = read_valences(tmp_path / "list.txt")
    first, second, third, fourth = read_rows(tmp_path / "c.csv", listed)
    assert [row.emotion for row in (first, second, third, fourth)] == ["angry", "angry", "", ""]
    assert [row.split for row in (first, third)] == ["train", "val"]
    assert first.valence == pytest.approx(-3 / math.sqrt(9 + 15))
    assert third.valence == pytest.approx(-0.7 * 3 / math.sqrt(2.1**2 + 15))
    assert math.isnan(second.valence)
    assert math.isnan(fourth.valence)


def test_without_a_list_or_words_there_is_no_valence() -> None:
    assert math.isnan(valence("great", {}))
    assert math.isnan(valence("好", {"great": 3.0}))
    assert valence("a table", {"great": 3.0}) == 0.0


def with_extras(**extras: object) -> float:
    """P(positive) − P(negative) of a line whose only known word occurs in texts without a sentiment of their own."""
    rng = np.random.default_rng(0)
    told = ["good film", "bad film", "the film"] * 20
    felt = [f"sunny {'day' if rng.random() < 0.5 else 'morning'}" for _ in range(2 * LEAST_EMOTION)]
    joyful = ["good day", "good morning"] * LEAST_EMOTION
    texts = told + felt + joyful
    labels = ["SPOS", "SNEG", "NEUT"] * 20 + ["NEUT"] * len(felt) + ["SPOS"] * len(joyful)
    values = {
        "emotions": [""] * len(told) + ["happy"] * len(felt) + ["sad"] * len(joyful),
        "valences": [math.nan] * len(told) + [0.8] * len(felt) + [0.8, 0.9] * LEAST_EMOTION,
    }
    chosen = {name: values[name] for name in extras}
    head = TextHead().fit(texts, labels, None, Extras(languages=["en"] * len(texts), **chosen))  # type: ignore[arg-type]
    p = head.predict_proba(["sunny film"], "en")[0]
    return float(p[3:].sum() - p[:2].sum())


@pytest.mark.parametrize("name", ["emotions", "valences"])
def test_what_is_known_beside_the_labels_changes_what_is_learned(name: str) -> None:
    assert with_extras(**{name: True}) != pytest.approx(with_extras(), abs=1e-6)


def test_the_shares_of_the_words_still_add_up() -> None:
    texts = ["good film", "bad film", "the film", "so good", "so bad", "a day"] * LEAST_EMOTION
    labels = ["SPOS", "SNEG", "NEUT", "WPOS", "WNEG", "NEUT"] * LEAST_EMOTION
    extras = Extras(emotions=["happy", "sad", "", "happy", "angry", ""] * LEAST_EMOTION, valences=[0.5] * len(texts))
    head = TextHead().fit(texts, labels, None, extras)
    logs = np.log(head.predict_proba(["so good a film"], "en")[0])
    for column, label in enumerate(head.labels):
        reasons, base = head.explain("so good a film", label, "en")
        assert sum(r.contribution for r in reasons) + base == pytest.approx(logs[column] - logs.mean(), abs=1e-5)
