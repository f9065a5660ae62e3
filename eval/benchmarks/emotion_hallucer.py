"""EmotionHallucer: pairs of yes/no questions, one about what is so and one about what is made up.

Basic and hallucinated accuracy are over the questions of a kind, `accuracy` over pairs: both answers right. In per
cent. Also VideoHallucer's `yes_difference` = share answered yes − share truly yes. Source: the reader that the
VideoHallucer family of scorers shares (`cal_score`); EmotionHallucer's own script was not public (arXiv 2505.11405).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from eval.benchmarks.base import PREDICTION, TRUTH, Benchmark, Figures, Given, Item, answered
from eval.benchmarks.counts import answer_of, share

QUIRKS = {
    "any-mention": "a reply is right when the right word stands anywhere in it: “Yes, there is no doubt” answers both",
    "missing-dropped": "a pair without both predictions leaves the denominator",
}


def yes_or_no(reply: str) -> str:
    """`yes` or `no` where a reply begins with one, else where it names one alone; else empty.

    >>> yes_or_no("Yes, there is no doubt."), yes_or_no("I would say no"), yes_or_no("yes and no? no idea")
    ('yes', 'no', 'yes')
    >>> yes_or_no("是的"), yes_or_no("不是，没有")
    ('yes', 'no')
    """
    text = answer_of(reply).lower()
    first = re.match(r"\W*(yes|no)\b|\W*(是|有|对)(?!不)|\W*(不|没|否)", text)
    if first:
        return "yes" if first.group(1) == "yes" or first.group(2) else "no"
    named = set(re.findall(r"\b(?:yes|no)\b", text))
    return str(named.pop()) if len(named) == 1 else ""


def score(items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
    """Accuracy of pairs and of either kind of question.

    >>> pair = [Item("1", {"label": "yes", "pair": "p", "kind": "basic"}, {"reply": "Yes, no doubt"})]
    >>> pair += [Item("2", {"label": "no", "pair": "p", "kind": "hallucination"}, {"reply": "Yes, no doubt"})]
    >>> score(pair, frozenset(), Given())["accuracy"], score(pair, frozenset(QUIRKS), Given())["accuracy"]
    (0.0, 100.0)
    """
    lost = {item.truth["pair"] for item in items if item.said is None}
    kinds: dict[str, list[bool]] = {}
    pairs: dict[str, list[bool]] = {}
    yes: list[int] = []
    for item in items if "missing-dropped" not in quirks else answered(items, quirks):
        if item.truth["pair"] in lost and "missing-dropped" in quirks:
            continue
        truth, reply = item.truth["label"].strip().lower(), (item.said or {"reply": ""})["reply"]
        if "any-mention" in quirks:
            right = re.search(rf"\b({re.escape(truth)})\b", reply, re.IGNORECASE) is not None
        else:
            right = yes_or_no(reply) == truth
        kinds.setdefault("basic" if item.truth["kind"].strip().lower() == "basic" else "hallucinated", []).append(right)
        pairs.setdefault(item.truth["pair"], []).append(right)
        yes.append((yes_or_no(reply) == "yes") - (truth == "yes"))
    return {
        "accuracy": 100 * share([all(hits) for hits in pairs.values()]),
        "basic": 100 * share(kinds.get("basic", [])),
        "hallucinated": 100 * share(kinds.get("hallucinated", [])),
        "yes_difference": sum(yes) / len(yes) if yes else float("nan"),
    }


_TRUTH = {"label": TRUTH, "pair": ("pair", "pair_id"), "kind": ("kind", "type")}
SOURCE = "cal_score of the VideoHallucer family; arXiv 2505.11405"
BENCHMARKS = (Benchmark("emotionhallucer", "2025", "accuracy", SOURCE, _TRUTH, {"reply": PREDICTION}, QUIRKS, score),)
