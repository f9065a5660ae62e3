"""Answers to yes/no probes → accuracy, bias towards yes, and consistency over pairs, with intervals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from eval.metrics.stats import wilson
from eval.probes.questions import Probe

YES = ("yes", "true", "是的", "是", "有的", "有", "对的", "对", "会")
NO = ("no", "not", "false", "不是", "没有", "不对", "不会", "没", "否", "不")
"""What begins an answer; the longest that fits counts."""
_TAG = re.compile(r"<answer>(.*?)(?:</answer>|$)", re.DOTALL | re.IGNORECASE)
_THINK = re.compile(r"^.*</think>", re.DOTALL | re.IGNORECASE)
GROUPS: Mapping[str, Callable[[Probe], str]] = {
    "language": lambda probe: probe.language,
    "modality": lambda probe: probe.modality,
    "grade": lambda probe: probe.grade,
    "twin": lambda probe: probe.twin,
}


def yes_or_no(reply: str) -> str | None:
    """`yes`, `no`, or None where the reply begins with neither."""
    text = unicodedata.normalize("NFKC", _THINK.sub("", reply, count=1))
    tagged = _TAG.search(text)
    text = (tagged[1] if tagged else text).strip().casefold().lstrip("*_#\"'“”‘’《「（(：:")
    words = [*((word, "yes") for word in YES), *((word, "no") for word in NO)]
    found = [(len(word), answer) for word, answer in words if _begins(text, word)]
    return max(found)[1] if found else None


def _begins(text: str, word: str) -> bool:
    """An English word must end there: `nobody` is no `no`."""
    return text.startswith(word) and not (word.isascii() and text[len(word) :][:1].isalpha())


def figures_of(probes: Sequence[Probe], replies: Mapping[str, str], level: float = 0.95) -> dict[str, Any]:
    """Everything that is known of a model's answers, for all probes and by group.

    `replies` is probe ID → reply. A probe without a reply, or with one that is neither yes nor no, counts as wrong and
    is listed. `pairs` are those whose two questions are both right; a model that always says yes has none. Chance is
    .5 for a question and .25 for a pair.
    """
    read = {probe.id: yes_or_no(replies[probe.id]) if probe.id in replies else None for probe in probes}
    groups = {
        name: {
            value: _figures([probe for probe in probes if key(probe) == value], read, level)
            for value in sorted({key(probe) for probe in probes})
        }
        for name, key in GROUPS.items()
    }
    return {
        **_figures(probes, read, level),
        "by": groups,
        "without_reply": [probe.id for probe in probes if probe.id not in replies],
        "unread": [probe.id for probe in probes if probe.id in replies and read[probe.id] is None],
    }


def _figures(probes: Sequence[Probe], read: Mapping[str, str | None], level: float) -> dict[str, Any]:
    right = {probe.id for probe in probes if read[probe.id] == probe.answer}
    answered = [read[probe.id] for probe in probes if read[probe.id] is not None]
    pairs: dict[str, list[bool]] = {}
    for probe in probes:
        pairs.setdefault(probe.pair, []).append(probe.id in right)
    whole = [all(both) for both in pairs.values() if len(both) == 2]
    return {
        "n": len(probes),
        "answered": len(answered),
        "accuracy": _share(len(right), len(probes), level),
        "yes": _share(answered.count("yes"), len(answered), level),
        "pairs": _share(sum(whole), len(whole), level),
    }


def _share(count: int, n: int, level: float) -> dict[str, Any]:
    if not n:
        return {"value": None, "low": None, "high": None, "n": 0}
    bounds = wilson(count, n, level)
    return {"value": count / n, "low": bounds.low, "high": bounds.high, "n": n}
