"""Metrics against hand-counted values, honest splits, and a card that says what was measured."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from models.heads.figures import accuracy, ece, majority, scores, uar
from models.training.card import data_sha256, write_card
from models.training.speech_corpus import Corpus, aligned
from models.training.train_speech import evaluate, held_out, train
from models.voice.prosody.degrade import degrade

LABELS = ("negative", "neutral", "positive")


def corpus(name: str, seed: int, effect: float, speakers: int = 10, each: int = 12) -> Corpus:
    """Two features; the first moves by `effect` per class, the second by an accident of the speaker.

    The degraded copy is the same with more chance in it.
    """
    random = np.random.default_rng(seed)
    who = np.repeat(np.arange(speakers), each)
    y = random.integers(0, 3, len(who))
    x = np.column_stack([effect * y + random.standard_normal(len(who)), random.standard_normal(speakers)[who]])
    names = np.array([f"{name}/{w}" for w in who])
    x = np.stack([x, x + random.standard_normal(x.shape)])
    return Corpus(name, x, ("a", "b"), np.array(LABELS)[y], names, (), (1.0,) * len(who), Counter())


def test_metrics_match_counts_by_hand() -> None:
    y = ["a", "a", "a", "b"]
    p = ["a", "a", "b", "b"]
    assert accuracy(y, p) == 0.75
    assert uar(y, p) == pytest.approx((2 / 3 + 1) / 2)
    assert majority(y) == 0.75
    assert uar(y, ["c"] * 4) == 0


def test_ece_is_zero_when_confidence_is_kept_and_the_gap_when_not() -> None:
    sure = np.array([[0.75, 0.25]] * 4)
    assert ece(sure, [0, 0, 0, 1]) == pytest.approx(0)
    assert ece(sure, [1, 1, 1, 1]) == pytest.approx(0.75)
    two_bins = np.array([[0.75, 0.25], [0.55, 0.45]])
    assert ece(two_bins, [0, 1]) == pytest.approx(0.5 * 0.25 + 0.5 * 0.55)


@pytest.mark.parametrize(("y", "p"), [([], []), (["a"], ["a", "b"])])
def test_metrics_refuse_what_does_not_fit(y: list[str], p: list[str]) -> None:
    with pytest.raises(ValueError, match="truth"):
        uar(y, p)


def test_the_data_hash_sees_every_byte_and_no_order(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"1")
    b.write_bytes(b"2")
    first = data_sha256([a, b])
    assert first == data_sha256([b, a])
    b.write_bytes(b"3")
    assert first != data_sha256([a, b])


def test_held_out_never_hears_the_speaker() -> None:
    """Each speaker keeps one label and one voice: knowing the speaker gives it away, not knowing does not."""
    random = np.random.default_rng(3)
    speakers = np.repeat(np.arange(30), 8)
    y = np.array(LABELS)[random.integers(0, 3, 30)][speakers]
    x = random.standard_normal((30, 40))[speakers]
    names = tuple(f"f{i:02d}" for i in range(40))
    known = Corpus("c", np.stack([x, x]), names, y, speakers.astype(str), (), (1.0,) * len(y), Counter())
    inside = train([known], "polarity3", 1.0).predict_proba(x)
    assert scores(inside, y, LABELS)["UAR"] > 0.95
    assert all(scores(copy, y, LABELS)["UAR"] < 0.6 for copy in held_out(known, "polarity3", 1.0))


def test_evaluate_gives_every_split_and_rises_with_the_effect() -> None:
    weak = evaluate([corpus("one", 1, 0.0), corpus("two", 2, 0.0)], "polarity3", 0.1)
    strong = evaluate([corpus("one", 1, 3.0), corpus("two", 2, 3.0)], "polarity3", 0.1)
    assert set(strong) == {
        *(f"{name}; degraded" for name in weak if "degraded" not in name),
        "one, speakers held out",
        "two, speakers held out",
        "trained on one, tested on two",
        "trained on two, tested on one",
        "pooled, speakers held out",
    }
    assert all(row["UAR"] < 0.5 for row in weak.values())
    for name, row in strong.items():
        assert row["UAR"] > 0.8 if "degraded" not in name else 0.6 < row["UAR"] < strong[name.split(";")[0]]["UAR"]
    assert strong["pooled, speakers held out"]["n"] == 240


def test_corpora_are_brought_to_their_common_columns() -> None:
    one, two = corpus("one", 1, 1.0), corpus("two", 2, 1.0)
    other = Corpus("two", two.x[..., ::-1], ("b", "c"), two.y, two.speakers, (), two.seconds, Counter())
    first, second = aligned([one, other])
    assert first.names == second.names == ("b",)
    assert (first.x[..., 0] == one.x[..., 1]).all() and (second.x[..., 0] == two.x[..., 1]).all()


def test_the_card_carries_the_figures_of_the_run(tmp_path: Path) -> None:
    figures = {"n": 3, "held out": {"UAR": 0.51239, "n": 7}, "across": {"UAR": 0.4, "n": 8}}
    write_card(tmp_path, "A head", {"Data": "three voices"}, figures, "python -m models train speech")
    card = (tmp_path / "CARD.md").read_text(encoding="utf-8")
    assert card.startswith("# A head\n") and "three voices" in card and "python -m models train speech" in card
    assert "| held out | 0.512 | 7 |" in card and "| across | 0.400 | 8 |" in card and "- n: 3" in card
    assert json.loads((tmp_path / "figures.json").read_text(encoding="utf-8")) == figures


def test_the_shipped_card_agrees_with_its_figures(root: Path) -> None:
    folder = root / "models" / "weights" / "speech"
    card = (folder / "CARD.md").read_text(encoding="utf-8")
    figures = json.loads((folder / "figures.json").read_text(encoding="utf-8"))
    for name, row in figures.items():
        assert f"| {name} | {row['UAR']:.3f} |" in card
    assert "Chinese" in card and "CC BY-NC-SA" in card
    assert sum(file.stat().st_size for file in folder.iterdir()) < 2_000_000


def test_degrading_keeps_the_voice_and_repeats() -> None:
    t = np.arange(32_000) / 16_000
    x = (0.1 * np.sin(2 * np.pi * 500 * t)).astype(np.float32)
    a, b, c = (degrade(x, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert (a == b).all() and not np.allclose(a, c) and a.dtype == np.float32 and a.shape == x.shape
    for seed in range(5):
        noisy = degrade(x, np.random.default_rng(seed))
        residue = np.std(noisy - x * (noisy @ x) / (x @ x)) / np.std(x)
        assert 0.03 < residue < 1.3
