"""DFEW, MAFW and RAVDESS as R1-Omni's evaluation scores them: WAR and UAR in per cent.

WAR = 100 · right / all (accuracy). UAR = 100 · mean over the labels that occur in the truth of right / occurrences.
Source: HumanMLLM/R1-Omni, `humanomni/eval/eval_mafw_dfew.py` and `eval_ravedess.py`; figures of arXiv 2503.05379.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.benchmarks.base import MISSING_DROPPED, PREDICTION, TRUTH, Benchmark, Figures, Given, Item, answered
from eval.benchmarks.counts import answer_of, classification
from eval.errors import EvalError
from harness.records.labels import SPACES

RAVDESS_NAMES = {"fearful": "fear", "surprised": "surprise"}
QUIRKS = {
    "exact-text": "the whole reply, stripped on the left alone, must equal the label: Happy, `happy.` and "
    "<answer>happy</answer> are wrong",
    "missing-dropped": MISSING_DROPPED,
}
RENAMED = {"ravdess-names": "the truth says fear and surprise, so the replies fearful and surprised are wrong"}
NAMES = {"dfew": "dfew7", "mafw": "mafw11", "ravdess": "ravdess8"}
SYSTEMS: Mapping[str, Sequence[tuple[float, float]]] = {
    "R1-Omni": ((65.83, 56.27), (57.68, 40.04), (43.00, 44.69)),
    "MAFW-DFEW-SFT": ((60.23, 44.39), (50.44, 30.39), (29.33, 30.75)),
    "EMER-SFT": ((38.66, 35.31), (38.39, 28.02), (29.00, 27.19)),
    "HumanOmni-0.5B": ((22.64, 19.44), (20.18, 13.52), (7.33, 9.38)),
    "HumanOmni-7B": ((82.46, 74.86), (68.40, 52.94)),
}
"""Published WAR and UAR on each of `NAMES`: the paper's table, and HumanOmni's readme for the 7B."""
EMOTION = ("truth", "Emotion", "emotion", *TRUTH[1:])
"""Columns of the truth. Of a file made by `labels convert` it is `Emotion`: `Label` is then a polarity."""


def score_in(space_name: str, items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
    """WAR and UAR over one label space.

    >>> two = [Item("a", {"label": "happy"}, {"reply": "Happy"}), Item("b", {"label": "sad"}, {"reply": "sad"})]
    >>> score_in("dfew7", two, frozenset(), Given())["WAR"], score_in("dfew7", two, frozenset(QUIRKS), Given())["WAR"]
    (100.0, 50.0)

    Raises:
        EvalError: a true label that is none of the space.
    """
    space = SPACES[space_name]
    kept = answered(items, quirks)
    truth, said = [], []
    for item in kept:
        reply = "" if item.said is None else item.said["reply"]
        label = item.truth["label"].strip()
        if space.normalise(label) is None:
            raise EvalError(
                f"{item.id}: the label {label!r} is none of {', '.join(space.labels)}",
                "python -m eval labels convert makes such labels of the data set's own file",
            )
        renamed = "ravdess-names" in quirks
        label = RAVDESS_NAMES.get(label, label) if renamed else str(space.normalise(label))
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
    columns = {"label": EMOTION}, {"reply": PREDICTION}
    at = list(NAMES).index(name)
    others = {who: dict(zip(("WAR", "UAR"), rows[at], strict=True)) for who, rows in SYSTEMS.items() if at < len(rows)}
    return Benchmark(name, "r1-omni-2025", "WAR", source, *columns, quirks, score, frozenset(), others, space)


_OWN: Mapping[str, Mapping[str, str]] = {"ravdess": RENAMED}
BENCHMARKS = tuple(_benchmark(name, space, {**QUIRKS, **_OWN.get(name, {})}) for name, space in NAMES.items())
