"""Who says what sentiment a rationale argues for: the lexicon, the shipped text head, or both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from eval.errors import EvalError
from eval.reasoning import lexicon
from eval.reasoning.lexicon import Verdict
from harness.records.labels import POLARITY3, SENTIMENT5, side

Judge = Callable[[str, str], Verdict | None]
"""Rationale text, language (zh, en or empty) → the sentiment it argues for, or None where it does not decide."""

JUDGES = ("lexicon", "head", "both")
HEAD_FOLDER = Path(__file__).resolve().parents[2] / "models" / "weights" / "text"
SURE = 0.6
"""Probability mass of a polarity from which the text head, trained on what people say and not on descriptions of them,
is taken to have decided."""


def default_judge() -> str:
    """`both` where the text head's weights are, else `lexicon`; reports name the judge that was used."""
    return "both" if (HEAD_FOLDER / "head.json").is_file() else "lexicon"


def judge_named(name: str) -> Judge:
    """The judge of that name. EvalError when the text head is asked for and not there."""
    if name == "lexicon":
        return lexicon.judge
    head = head_judge(HEAD_FOLDER)
    return head if name == "head" else with_head(head)


def head_judge(folder: Path) -> Judge:
    """The shipped text head as a judge: the polarity that gets at least `SURE` of its probability mass."""
    try:
        from models.text.linear import TextHead

        head = TextHead.load(folder)
    except (OSError, ImportError, ValueError, KeyError) as fault:
        raise EvalError(f"the text head in {folder} cannot be used: {fault}", "use --judge lexicon") from fault
    polarity = np.array([_polarity_rank(label) for label in head.labels])

    def judge(text: str, language: str) -> Verdict | None:
        if not text.strip():
            return None
        known = language if language in ("zh", "en") else None
        probabilities = head.predict_proba([text], known)[0]  # type: ignore[arg-type]
        mass = [float(probabilities[polarity == rank].sum()) for rank in range(3)]
        best = int(np.argmax(mass))
        return Verdict(best - 1, "head") if mass[best] >= SURE else None  # type: ignore[arg-type]

    return judge


def with_head(head: Judge) -> Judge:
    """The lexicon and a head together.

    A polarity that the text states in so many words holds. Else the lexicon's majority holds unless the head says
    otherwise, and the head decides where the words are divided. On a text without any emotion word (a list of
    measurements, say) nothing is argued, whatever the head makes of it.
    """

    def judge(text: str, language: str) -> Verdict | None:
        first = lexicon.judge(text, language)
        if (first is not None and first.basis == "stated") or not lexicon.mentions(text):
            return first
        second = head(text, language)
        if first is None or second is None:
            return first or second
        if first.polarity != second.polarity:
            return None
        return Verdict(first.polarity, f"{first.basis}+{second.basis}")

    return judge


def _polarity_rank(label: str) -> int:
    """0 negative, 1 neutral, 2 positive for a label of sentiment5 or polarity3."""
    if label in SENTIMENT5.labels:
        return side(label) + 1
    return POLARITY3.rank(label)


def polarity_of(label: str) -> str:
    """Polarity of a sentiment label, empty for none."""
    return POLARITY3.labels[_polarity_rank(label)] if label in SENTIMENT5.labels else ""
