r"""MME-Emotion: a judge rates every step of a reasoning 0/1 or 1/1; the last step is the recognition.

Recognition = mean of the last step's rating, reasoning = mean over clips of the mean of the other steps (0 without),
CoT = ½ · recognition + ½ · reasoning; in per cent. The predictions file holds the judge's replies (`score`).
Source: FunAudioLLM/MME-Emotion, eval_cot/Overall/metrics/cal_metrics.py at 61719fd (alpha 0.5).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from eval.benchmarks.base import Benchmark, Figures, Given, Item

QUIRKS = {
    "line-break": "a judge's reply with a line break within <score> is not read",
    "any-ratio": "a rating is a/b as it stands: 5/1 counts 5, 0 where b is 0",
    "unread-dropped": "a clip whose judge's reply is missing or not read leaves the denominator; else it counts 0",
}


def ratings(reply: str, quirks: frozenset[str]) -> list[float]:
    r"""The ratings of the steps, in order; none where the reply is not read.

    >>> ratings("<score>Step 1: 1/1,\nStep 2: 0/1</score>", frozenset())
    [1.0, 0.0]
    >>> ratings("<score>Step 1: 1/1,\nStep 2: 0/1</score>", frozenset({"line-break"}))
    []
    """
    block = re.search(r"<score>(.*?)</score>", reply, 0 if "line-break" in quirks else re.DOTALL)
    found = re.findall(r":\s*(\d+)/(\d+)", block.group(1)) if block else []
    steps = [int(a) / int(b) if int(b) else 0.0 for a, b in found]
    # What is no share of one step cannot be a rating: the whole reply is not to be believed.
    return (
        steps
        if "any-ratio" in quirks or all(0 <= step <= 1 and b == "1" for step, (_, b) in zip(steps, found, strict=True))
        else []
    )


def score(items: Sequence[Item], quirks: frozenset[str], given: Given) -> Figures:
    """Recognition, reasoning, CoT and steps a clip.

    >>> one = [Item("1", {}, {"reply": "<score>Step 1: 1/1, Step 2: 5/1</score>"})]
    >>> score(one, frozenset(), Given())["recognition"], score(one, frozenset(QUIRKS), Given())["recognition"]
    (0.0, 500.0)
    """
    read = [ratings((item.said or {"reply": ""})["reply"], quirks) for item in items]
    kept = [steps for steps in read if steps or "unread-dropped" not in quirks]
    if not kept:
        return dict.fromkeys(("CoT", "recognition", "reasoning", "steps"), math.nan)
    recognition = sum(steps[-1] if steps else 0.0 for steps in kept) / len(kept)
    reasoning = sum(sum(steps[:-1]) / (len(steps) - 1) if len(steps) > 1 else 0.0 for steps in kept) / len(kept)
    return {
        "CoT": 100 * (0.5 * recognition + 0.5 * reasoning),
        "recognition": 100 * recognition,
        "reasoning": 100 * reasoning,
        "steps": sum(map(len, kept)) / len(kept),
    }


SOURCE = "FunAudioLLM/MME-Emotion, eval_cot/Overall/metrics/cal_metrics.py at 61719fd"
SAID = {"reply": ("score", "reply", "judge")}
BENCHMARKS = (Benchmark("mme-emotion", "61719fd", "CoT", SOURCE, {}, SAID, QUIRKS, score),)
