"""EmoBench-M, classification: accuracy and weighted precision, recall and F1 over a data set's categories.

Source: Emo-gml/EmoBench-M, EmoBench-M-eval.py at 2dcbca2 (mode classification); arXiv 2502.04424.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from eval.benchmarks.base import PREDICTION, TRUTH, Benchmark, Figures, Given, Item
from eval.benchmarks.counts import answer_of, classification
from harness.records.labels import fold

QUIRKS = {
    "invalid-dropped": "a clip without a prediction, or whose prediction is none of the categories after strip and "
    "lower, leaves the denominator"
}
CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "fgmsa": ("weak negative", "strong negative", "neutral", "strong positive", "weak positive"),
    **dict.fromkeys(("ch-simsv2s", "mosi", "sims", "mosei"), ("neutral", "negative", "positive")),
    **dict.fromkeys(("funny", "mustard"), ("true", "false")),
    "meld": ("neutral", "surprise", "fear", "sadness", "joy", "disgust", "anger"),
    "mer2023": ("happy", "sad", "neutral", "angry", "worried", "surprise"),
    "ravdess-song": ("neutral", "calm", "happy", "sad", "angry", "fearful"),
    "ravdess-speech": ("neutral", "calm", "happy", "sad", "angry", "fearful", "surprised", "disgust"),
}


def score_in(categories: Sequence[str], items: Sequence[Item], quirks: frozenset[str]) -> Figures:
    """Accuracy and weighted figures; without quirks, what is missing or no category is wrong.

    >>> two = [Item("1", {"label": "true"}, {"reply": "true"}), Item("2", {"label": "false"}, None)]
    >>> score_in(("true", "false"), two, frozenset())["accuracy"]
    0.5
    >>> score_in(("true", "false"), two, frozenset(QUIRKS))["accuracy"]
    1.0
    """
    truth, said = [], []
    for item in items:
        label, reply = item.truth["label"].strip().lower(), (item.said or {"reply": ""})["reply"]
        if label not in categories:
            continue
        if "invalid-dropped" in quirks:
            answer = reply.strip().lower()
            if answer not in categories:
                continue
        else:
            answer = fold(answer_of(reply))
        truth.append(label)
        said.append(answer)
    found = classification(truth, said)
    return {name: found[name] for name in ("accuracy", "weighted_precision", "weighted_recall", "weighted_f1")}


def _scorer(categories: Sequence[str]) -> Callable[[Sequence[Item], frozenset[str], Given], Figures]:
    return lambda items, quirks, given: score_in(categories, items, quirks)


ALL = tuple(dict.fromkeys(category for categories in CATEGORIES.values() for category in categories))
SOURCE = "Emo-gml/EmoBench-M, EmoBench-M-eval.py at 2dcbca2"
BENCHMARKS = tuple(
    Benchmark(
        f"emobench-m{name}",
        "2dcbca2",
        "accuracy",
        SOURCE,
        {"label": TRUTH},
        {"reply": PREDICTION},
        QUIRKS,
        _scorer(categories),
        labels="/".join(categories) if name else "any",
    )
    for name, categories in (("", ALL), *((f"-{each}", found) for each, found in CATEGORIES.items()))
)
