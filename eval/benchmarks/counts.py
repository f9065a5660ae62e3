"""Figures over labels as text, and the ways in which replies are read, that several benchmarks share."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from eval.benchmarks.base import Figures
from eval.metrics.classification import (
    accuracy,
    confusion_matrix,
    uar,
    weighted_f1,
    weighted_precision,
    weighted_recall,
)

_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)


def classification(truth: Sequence[str], said: Sequence[str]) -> Figures:
    """Accuracy, mean recall over the labels in the truth, and F1, precision and recall weighted by support.

    What is no label of the truth counts as wrong. As scikit-learn gives them with `zero_division=0`, since a label
    without support weighs nothing. NaN without items.

    >>> classification(["sad", "sad", "happy", "sad"], ["sad", "happy", "happy", "?"])["accuracy"]
    0.5
    """
    labels = sorted(set(truth))
    code = {label: at for at, label in enumerate(labels)}
    table = confusion_matrix([code[t] for t in truth], [code.get(s, len(labels)) for s in said], len(labels))
    functions = {
        "accuracy": accuracy,
        "uar": uar,
        "weighted_f1": weighted_f1,
        "weighted_precision": weighted_precision,
        "weighted_recall": weighted_recall,
    }
    return {name: float(function(table)) if len(truth) else float("nan") for name, function in functions.items()}


def share(hits: Sequence[bool]) -> float:
    """Share of true values; NaN for none.

    >>> share([True, False])
    0.5
    """
    return sum(hits) / len(hits) if hits else float("nan")


def answer_of(text: str) -> str:
    r"""What stands in the last `<answer>` block, else the whole text; stripped.

    >>> answer_of("<think>sad?</think><answer> happy\n</answer>")
    'happy'
    """
    found = _ANSWER.findall(text)
    return str(found[-1] if found else text).strip()


def middle_mean(values: Sequence[float]) -> float:
    """Mean of the middle three of five runs of a judge; NaN if one of the five is undefined.

    >>> round(middle_mean([0.1, 0.9, 0.4, 0.5, 0.6]), 6)
    0.5

    Raises:
        ValueError: not five values.
    """
    if len(values) != 5:
        raise ValueError(f"{len(values)} runs of a judge, five are needed")
    if any(np.isnan(values)):
        return float("nan")
    return sum(sorted(values)[1:4]) / 3
