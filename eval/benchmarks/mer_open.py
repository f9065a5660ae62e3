"""MER2025 track 2 and MER2026 track 2: open emotion words by the emotion wheels.

F of each wheel is made of precision |G∩P|/|P| and recall |G∩P|/|G| averaged over clips, and the five wheels are
averaged (`eval/scoring/open_vocabulary.py` has the whole rule). MER2025 averages level 1 and level 2.
Source: zeroQiaoba/MERTools, my_affectgpt/evaluation/wheel.py, MER2025 at fb8dda0 and MER2026 at 1052cb8.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from eval.benchmarks.base import Benchmark, Figures, Given, Item
from eval.errors import EvalError
from eval.metrics.wheels import WHEELS, Wheels, open_words, read_wheels

WORDS = {"words": ("openset", "discrete", "words", "prediction", "truth", "label")}
QUIRKS = {
    "stops": "one clip without a prediction stops the scorer: no figure at all; else it counts as empty",
    "ascii-separators": "quotation marks and the ASCII comma alone part words: “happy、sad” is one, of no wheel",
}
QUIRKS_2025 = QUIRKS | {"nan-at-zero": "a wheel on which precision and recall are both 0 makes the figure undefined"}
_CHINESE = re.compile("[，、；;“”‘’]")


def _level(items: Sequence[Item], quirks: frozenset[str], wheels: Wheels) -> Figures:
    sums = [0.0, 0.0, 0.0]
    read = [
        [open_words(text if "ascii-separators" in quirks else _CHINESE.sub(",", text.strip())) for text in pair]
        for pair in ((i.truth["words"], (i.said or {"words": ""})["words"]) for i in items)
    ]
    for wheel in WHEELS:
        pairs = [[wheels.clusters_of(words, wheel) for words in pair] for pair in read]
        pairs = [pair for pair in pairs if pair[0]]
        n = len(pairs) or math.nan
        precision = sum(len(true & said) / len(said) if said else 0.0 for true, said in pairs) / n
        recall = sum(len(true & said) / len(true) for true, said in pairs) / n
        zero = math.nan if "nan-at-zero" in quirks else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else zero
        sums = [total + value / len(WHEELS) for total, value in zip(sums, (f1, precision, recall), strict=True)]
    return dict(zip(("f1", "precision", "recall"), sums, strict=True))


def _wheels(given: Given) -> Wheels:
    if given.wheels is None:
        raise EvalError("the emotion wheels are needed", "--wheels DIR: the emotion_wheel folder of your MER download")
    return read_wheels(given.wheels)


def _stopped(items: Sequence[Item], quirks: frozenset[str]) -> bool:
    return "stops" in quirks and any(item.said is None for item in items)


def score_2026(items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
    """F, precision and recall at level 1."""
    wheels = _wheels(given)
    return (
        dict.fromkeys(("f1", "precision", "recall"), math.nan)
        if _stopped(items, quirks)
        else _level(items, quirks, wheels)
    )


def score_2025(items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
    """The mean of F at level 1 and at level 2, and both."""
    wheels = _wheels(given)
    if _stopped(items, quirks):
        return dict.fromkeys(("f1", "f1_level1", "f1_level2"), math.nan)
    first, second = (_level(items, quirks, each)["f1"] for each in (wheels, wheels.at_level_2()))
    return {"f1": (first + second) / 2, "f1_level1": first, "f1_level2": second}


SOURCE = "zeroQiaoba/MERTools, my_affectgpt/evaluation/wheel.py"
BENCHMARKS = (
    Benchmark("mer2025-ov", "fb8dda0", "f1", SOURCE, WORDS, WORDS, QUIRKS_2025, score_2025),
    Benchmark("mer2026-ov", "1052cb8", "f1", SOURCE, WORDS, WORDS, QUIRKS, score_2026),
)
