"""MER2026 track 3 (MER-Prefer): which of two descriptions people prefer, a1 or a2.

WAF = F1 weighted by support over the pairs for which people had a preference; accuracy beside it.
Source: zeroQiaoba/MERTools, MER2026/MER2026_Track3/utils/common.py at 1052cb8 (two-class metric, reply reader).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.benchmarks.base import MISSING_DROPPED, PREDICTION, TRUTH, Benchmark, Figures, Given, Item, answered
from eval.benchmarks.counts import answer_of, classification

QUIRKS = {
    "same-is-a1": "a reply that both are the same counts as a1",
    "unreadable-is-a1": "a reply that names neither counts as same, and so as a1",
    "first-mention": "of a reply that names both, or within another word, the first mention counts",
    "missing-dropped": MISSING_DROPPED,
}
KEYS = ("a1", "a2", "same")


def _choice(reply: str, quirks: frozenset[str]) -> str:
    text = reply.lower()
    if "first-mention" in quirks:
        places = [(text.find(key), key) for key in KEYS if key in text]
        chosen = min(places)[1] if places else ""
    else:
        named = set(re.findall(r"(?<!\w)(?:a1|a2|same)(?!\w)", answer_of(text)))
        chosen = named.pop() if len(named) == 1 else ""
    if not chosen:
        return "a1" if "unreadable-is-a1" in quirks else ""
    return "a1" if chosen == "same" and "same-is-a1" in quirks else chosen


def score(items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
    """WAF and accuracy over the pairs whose truth is not `same`.

    >>> pairs = [Item("1", {"label": "a1"}, {"reply": "hard to say"}), Item("2", {"label": "a2"}, {"reply": "A2."})]
    >>> score(pairs, frozenset(), Given())["accuracy"], score(pairs, frozenset(QUIRKS), Given())["accuracy"]
    (0.5, 1.0)
    """
    kept = [item for item in answered(items, quirks) if item.truth["label"].strip().lower() != "same"]
    truth = [item.truth["label"].strip().lower() for item in kept]
    said = [_choice(item.said["reply"], quirks) if item.said is not None else "" for item in kept]
    found = classification(truth, said)
    return {"WAF": found["weighted_f1"], "accuracy": found["accuracy"]}


SOURCE = "zeroQiaoba/MERTools, MER2026_Track3/utils/common.py at 1052cb8"
BENCHMARKS = (
    Benchmark("mer2026-prefer", "2026", "WAF", SOURCE, {"label": TRUTH}, {"reply": PREDICTION}, QUIRKS, score),
)
