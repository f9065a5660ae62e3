"""EmoReAlM: multiple choice about what in a clip shows an emotion. Accuracy in per cent, averaged over the tasks.

Accuracy of a task = 100 · right / questions; `average_accuracy` = their mean. In tasks whose options are yes and no,
the published `precision` and `recall` are the shares right among the yes and among the no questions.
Source: ihp-lab/AVERE, evaluate/tasks/evaluate_emorealm.py at 78b8b55; arXiv 2602.07054.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.benchmarks.base import MISSING_DROPPED, PREDICTION, TRUTH, Benchmark, Figures, Given, Item, answered
from eval.benchmarks.counts import answer_of, share

QUIRKS = {
    "article-a": "a reply is right when the right letter stands in it as a word, in either case: the article “a” "
    "answers A, and a reply that weighs every option is always right",
    "missing-dropped": MISSING_DROPPED,
}
_OPTION = re.compile(r"\(?([A-Z])[).:]?\s+(.*)", re.DOTALL)
_LED = re.compile(r"[(\[]?([A-Za-z])(?:[)\].:]|\s*$|\n)")
_NAMED = re.compile(r"(?:answer|option|choice)(?:\s+is)?\s*:?\s*[(\[]?([A-Z])(?![a-z])", re.IGNORECASE)
_BRACKETED = re.compile(r"[(\[]([A-Z])[)\]]")


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def chosen(reply: str, options: str) -> str:
    """The letter that a reply chooses: by its letter, else by the words of one option alone; empty if neither.

    >>> chosen("(B) a smile", "(A) a frown|(B) a smile"), chosen("She shows a smile.", "(A) a frown|(B) a smile")
    ('B', 'B')
    """
    text = answer_of(reply).lstrip()
    for found in (_LED.match(text), _NAMED.search(text)):
        if found:
            return found.group(1).upper()
    letters = set(_BRACKETED.findall(text))
    if len(letters) == 1:
        return str(letters.pop())
    words = f" {_plain(text)} "
    listed = [match.groups() for option in options.split("|") if (match := _OPTION.match(option.lstrip()))]
    named = [letter for letter, option in listed if _plain(option) and f" {_plain(option)} " in words]
    return named[0] if len(named) == 1 else ""


def score(items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
    """Accuracy of each task and their mean.

    >>> one = [Item("1", {"label": "A", "options": "(A) a frown|(B) a smile"}, {"reply": "There is a smile."})]
    >>> score(one, frozenset(), Given())["average_accuracy"], score(one, frozenset(QUIRKS), Given())["average_accuracy"]
    (0.0, 100.0)
    """
    tasks: dict[str, list[bool]] = {}
    for item in answered(items, quirks):
        reply, letter = (item.said or {"reply": ""})["reply"], item.truth["label"].strip().upper()
        if "article-a" in quirks:
            right = re.search(rf"\b[\(\[]?{re.escape(letter)}[\)\]\.\:]?\b", reply.strip(), re.IGNORECASE) is not None
        else:
            right = chosen(reply, item.truth.get("options", "")) == letter
        tasks.setdefault(item.truth.get("task") or "all", []).append(right)
    figures = {f"{task}_accuracy": 100 * share(hits) for task, hits in sorted(tasks.items())}
    return {"average_accuracy": sum(figures.values()) / len(figures) if figures else float("nan"), **figures}


_TRUTH = {"label": TRUTH, "options": ("options", "choices"), "task": ("task",)}
SOURCE = "ihp-lab/AVERE, evaluate/tasks/evaluate_emorealm.py at 78b8b55"
NAME, HEAD = "emorealm", "average_accuracy"
OPTIONAL = frozenset({"options", "task"})
BENCHMARKS = (Benchmark(NAME, "v1", HEAD, SOURCE, _TRUTH, {"reply": PREDICTION}, QUIRKS, score, OPTIONAL),)
