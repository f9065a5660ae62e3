"""ERV's four cells: is the answer right, and does the explanation show the true emotion?

The cells are shares in per cent: answer right or wrong × explanation of the true emotion or not. EEA = explanation
shows the true emotion, EPC = explanation and answer agree, `faithful` = both right. What emotion an explanation shows
is read from the file (`explained`): a judge's or a classifier's word. Source: Rhatanii/ERV, arXiv 2510.23506.
"""

from __future__ import annotations

from collections.abc import Sequence

from eval.benchmarks.base import PREDICTION, TRUTH, Benchmark, Figures, Given, Item
from eval.benchmarks.counts import answer_of, share
from harness.records.labels import SPACES

QUIRKS = {
    "unknown-is-neutral": "an explanation whose emotion the judge does not name in the list counts as neutral",
    "exact-text": "labels are compared as written",
}
SPACE = SPACES["mafw11"]


def _read(text: str, quirks: frozenset[str], judged: bool) -> str:
    if "exact-text" in quirks:
        label = text.strip()
        known = label in SPACE.labels
    else:
        label = SPACE.normalise(answer_of(text)) or ""
        known = bool(label)
    return "neutral" if judged and not known and "unknown-is-neutral" in quirks else label


def score(items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
    """The four cells, EEA, EPC and `faithful`. A clip without a prediction is wrong in both, as published.

    >>> one = [Item("1", {"label": "neutral"}, {"reply": "neutral", "explained": "tired"})]
    >>> score(one, frozenset(), Given())["EEA"], score(one, frozenset(QUIRKS), Given())["EEA"]
    (0.0, 100.0)
    """
    cells: dict[tuple[bool, bool], int] = {(a, b): 0 for a in (True, False) for b in (True, False)}
    agree = []
    for item in items:
        truth = _read(item.truth["label"], quirks, False)
        answer = _read(item.said["reply"], quirks, False) if item.said is not None else ""
        shown = _read(item.said["explained"], quirks, True) if item.said is not None else ""
        cells[answer == truth, shown == truth] += 1
        agree.append(bool(answer) and answer == shown)
    total = len(items) or float("nan")
    both, answer_only = 100 * cells[True, True] / total, 100 * cells[True, False] / total
    explained_only, neither = 100 * cells[False, True] / total, 100 * cells[False, False] / total
    return {
        "faithful": both,
        "answer_only": answer_only,
        "explanation_only": explained_only,
        "neither": neither,
        "accuracy": both + answer_only,
        "EEA": both + explained_only,
        "EPC": 100 * share(agree),
    }


SAID = {"reply": PREDICTION, "explained": ("explained", "explanation_emotion")}
SOURCE = "Rhatanii/ERV, arXiv 2510.23506"
BENCHMARKS = (Benchmark("erv", "2026", "faithful", SOURCE, {"label": TRUTH}, SAID, QUIRKS, score, labels="mafw11"),)
