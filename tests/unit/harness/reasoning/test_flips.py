"""What would change the label, for every other label."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.config import load_profile
from harness.judging.fuse import STRATEGIES, FuseSettings, Source, argmax_label, pooled, varied
from harness.judging.fuse_settings import read_settings
from harness.reasoning.flips import CELLS, HALVINGS, smallest_flips
from harness.records.argument import Flip
from harness.records.labels import SENTIMENT5

WEIGHTS = {"text": 0.5, "audio": 0.2, "video": 0.3, "answer": 0.4}
LEARNED = {"exponents": WEIGHTS, "bias": [0.1, 0.0, 0.2, 0.0, -0.1]}
STEP = 1 / (CELLS * 2**HALVINGS)
SOURCES = {
    "text": Source((0.5, 0.2, 0.15, 0.1, 0.05), 0.9, 0.6, trust=0.7),
    "audio": Source((0.1, 0.3, 0.3, 0.2, 0.1), 0.5, 0.9),
    "video": Source((0.05, 0.1, 0.4, 0.25, 0.2), 0.8, 0.8),
}


def pool(strategy: str) -> FuseSettings:
    if strategy == "joint":
        return replace(read_settings(load_profile("embedded", [])["fuse"]), weights=WEIGHTS)
    return FuseSettings(strategy, WEIGHTS, learned=LEARNED if strategy == "learned" else {})


def after(flip: Flip, amount: float, settings: FuseSettings) -> str:
    source = SOURCES[flip.modality]  # type: ignore[index]
    moved = tuple(
        (1 - amount) * p + amount * (y == flip.to) for y, p in zip(SENTIMENT5.labels, source.probabilities, strict=True)
    )
    return argmax_label(pooled({**SOURCES, flip.modality: replace(source, probabilities=moved)}, settings))


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", ["text", "audio", "video"])
def test_a_pool_that_varies_one_source_is_the_pool(strategy: str, name: str) -> None:
    settings = pool(strategy)
    sources = {**SOURCES, "answer": Source((0.1, 0.6, 0.1, 0.1, 0.1))}
    for given in (sources, {name: SOURCES[name]}):
        vary = varied(given, settings, name)
        for opinion in ((0.7, 0.1, 0.1, 0.05, 0.05), (0.0, 0.0, 0.0, 0.0, 1.0)):
            expected = pooled({**given, name: replace(SOURCES[name], probabilities=opinion)}, settings)
            assert vary(opinion) == pytest.approx(expected)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_each_label_has_the_smallest_change_that_gives_it(strategy: str) -> None:
    settings = pool(strategy)
    label = argmax_label(pooled(SOURCES, settings))
    flips = smallest_flips(SOURCES, settings, label)
    assert [flip.label for flip in flips] == [y for y in SENTIMENT5.labels if y in {flip.label for flip in flips}]
    assert flips and label not in {flip.label for flip in flips}
    for flip in flips:
        assert after(flip, flip.amount, settings) == flip.label
        others = (Flip(m, 0.0, to, "") for m in SOURCES for to in SENTIMENT5.labels)  # type: ignore[arg-type]
        below = flip.amount - 2 * STEP
        assert below < 0 or flip.label not in {after(other, below, settings) for other in others}


def test_what_no_single_modality_can_bring_about_is_left_out() -> None:
    sure = {name: Source((0.97, 0.01, 0.01, 0.005, 0.005)) for name in ("text", "audio", "video")}
    settings = FuseSettings("weighted_average", {"text": 1.0, "audio": 1.0, "video": 1.0})
    assert smallest_flips(sure, settings, "SNEG") == ()


def test_a_source_without_weight_changes_nothing() -> None:
    settings = FuseSettings("log_pool", {"text": 1.0, "audio": 0.0})
    flips = smallest_flips({name: SOURCES[name] for name in ("text", "audio")}, settings, "SNEG")
    assert len(flips) == 4 and {flip.modality for flip in flips} == {"text"}
