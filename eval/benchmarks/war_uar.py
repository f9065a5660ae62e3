"""DFEW, MAFW and RAVDESS as R1-Omni's evaluation scores them: WAR and UAR in per cent.

WAR = 100 · right / all (accuracy). UAR = 100 · mean over the labels that occur in the truth of right / occurrences.
Source: HumanMLLM/R1-Omni, `humanomni/eval/eval_mafw_dfew.py` and `eval_ravedess.py`; figures of arXiv 2503.05379.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.benchmarks.base import MISSING_DROPPED, PREDICTION, TRUTH, Benchmark, Figures, Given, Item, answered
from eval.benchmarks.counts import answer_of, classification
from harness.records.labels import SPACES

RAVDESS_NAMES = {"fearful": "fear", "surprised": "surprise"}
QUIRKS = {
    "exact-text": "the whole reply, stripped on the left alone, must equal the label: Happy, `happy.` and "
    "<answer>happy</answer> are wrong",
    "missing-dropped": MISSING_DROPPED,
}
RENAMED = {"ravdess-names": "the truth says fear and surprise, so the replies fearful and surprised are wrong"}
PUBLISHED: Mapping[str, Mapping[str, Mapping[str, float]]] = {
    "dfew": {"R1-Omni": {"WAR": 65.83, "UAR": 56.27}, "HumanOmni-7B": {"WAR": 82.46, "UAR": 74.86}},
    "mafw": {"R1-Omni": {"WAR": 57.68, "UAR": 40.04}, "HumanOmni-7B": {"WAR": 68.40, "UAR": 52.94}},
    "ravdess": {"R1-Omni": {"WAR": 43.00, "UAR": 44.69}},
}


def score_in(space_name: str, items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
    """WAR and UAR over one label space.

    >>> two = [Item("a", {"label": "happy"}, {"reply": "Happy"}), Item("b", {"label": "sad"}, {"reply": "sad"})]
    >>> score_in("dfew7", two, frozenset(), Given())["WAR"], score_in("dfew7", two, frozenset(QUIRKS), Given())["WAR"]
    (100.0, 50.0)
    """
    space = SPACES[space_name]
    kept = answered(items, quirks)
    truth, said = [], []
    for item in kept:
        reply = "" if item.said is None else item.said["reply"]
        label = item.truth["label"].strip()
        renamed = "ravdess-names" in quirks
        label = RAVDESS_NAMES.get(label, label) if renamed else space.normalise(label) or label
        truth.append(label)
        said.append(reply.lstrip() if "exact-text" in quirks else space.normalise(answer_of(reply)) or "")
    if "ravdess-names" in quirks and "exact-text" not in quirks:
        said = [RAVDESS_NAMES.get(label, label) for label in said]
    found = classification(truth, said)
    return {"WAR": 100 * found["accuracy"], "UAR": 100 * found["uar"]}


def _benchmark(name: str, space: str, quirks: Mapping[str, str]) -> Benchmark:
    def score(items: Sequence[Item], active: frozenset[str], given: Given) -> Figures:
        return score_in(space, items, active, given)

    source = "HumanMLLM/R1-Omni, humanomni/eval; figures: arXiv 2503.05379 and HumanOmni's README"
    columns = {"label": TRUTH}, {"reply": PREDICTION}
    return Benchmark(name, "r1-omni-2025", "WAR", source, *columns, quirks, score, frozenset(), PUBLISHED[name], space)


BENCHMARKS = (
    _benchmark("dfew", "dfew7", QUIRKS),
    _benchmark("mafw", "mafw11", QUIRKS),
    _benchmark("ravdess", "ravdess8", QUIRKS | RENAMED),
)
