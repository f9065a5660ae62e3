"""P(label) of a language model, summed over every way in which it may spell the label in tokens.

The server is asked to go on after `…<answer>` under a constraint that allows the labels and nothing else, and says
how likely it finds each token that is allowed there. A token that only one label begins with decides for it: under
the constraint nothing else can follow. A token that several begin with (`S` of SNEG and SPOS) is followed further.
With the five sentiment labels that is one short request, and one more for each shared beginning that the first did not
pass through itself; the prompt is in the server's cache by then.

What this is: the distribution from which the server would draw the label under the constraint, given the clip, the
prompt and the reply's own reasoning. What it is not: the free confidence of the model. Whatever it would have liked to
say instead of a label is left out at each token, so that a shared beginning may carry likelihood that belonged to
other words (`S` of "Sad"). And where a shared beginning has to be sent as text, the server may cut the text into
other tokens than those by which it was reached.
"""

from __future__ import annotations

import math
import os.path
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from models.omni.answer import END
from models.omni.protocol.types import Question

NEGLIGIBLE = 1e-4
"""A shared beginning less likely than this is not followed; its probability counts as not captured."""
CAPTURED = 0.95
"""Below this share the numbers would say more about what was not seen than about the labels."""

ROUNDING = 1e-3
"""A log-probability may be above 0 by so much."""
LEAST = -10_000.0
"""Below it all is 0."""
MOST_IN_ALL = 1.05
"""What the alternatives of one token may sum to, with the rounding of each."""

_STRAY = "the server does not keep to the labels where it is asked to, or spells them in parts of characters"

Step = tuple[str, Mapping[str, float]]
"""The token that was taken, and the probability of each that was listed (those of equal text added up)."""
Ask = Callable[[str, Sequence[str]], Sequence[Step]]
"""Beginning of the answer, and what may follow → the tokens that the server takes, with their alternatives."""


class BadLogprobs(ValueError):
    """A server's log-probabilities are none; says which."""


@dataclass(frozen=True)
class Scores:
    """Probabilities in the order of the labels, which sum to 1; or None and why.

    `captured` is what the listed tokens sum to before they are normalised.
    """

    probabilities: tuple[float, ...] | None
    captured: float
    requests: int
    reason: str = ""


def score(labels: Sequence[str], ask: Ask) -> Scores:
    """P(label) by following the tokens that the labels may be spelt in.

    Args:
        labels: what may be answered, each different from the others.
        ask: puts one request to the server; it is called at least once.
    """
    ends = {label: label + END for label in labels}
    mass = dict.fromkeys(labels, 0.0)
    pending = {"": 1.0}
    requests, stray = 0, 0.0
    while pending:
        begun = min(pending, key=len)
        share = pending.pop(begun)
        steps = ask(begun, [end[len(begun) :] for end in ends.values() if end.startswith(begun)])
        requests += 1
        for taken, listed in steps:
            onwards = 0.0
            for token, probability in listed.items():
                fits = [label for label, end in ends.items() if end.startswith(begun + token)]
                if not fits:
                    stray += share * probability
                elif len(fits) == 1:
                    mass[fits[0]] += share * probability
                elif token == taken:
                    onwards = share * probability
                elif share * probability >= NEGLIGIBLE:
                    pending[begun + token] = pending.get(begun + token, 0.0) + share * probability
            begun, share = begun + taken, onwards
            if not share:
                break
        if steps and share >= NEGLIGIBLE:
            pending[begun] = pending.get(begun, 0.0) + share
    captured = sum(mass.values())
    if stray > 1 - CAPTURED:
        return Scores(None, captured, requests, _STRAY)
    if captured < CAPTURED:
        return Scores(None, captured, requests, f"the tokens it lists cover {captured:.2f} of the probability")
    return Scores(tuple(mass[label] / captured for label in labels), captured, requests)


def follow_up(question: Question, begun: str, options: Sequence[str]) -> Question:
    """The request that goes on after a reply which has `begun` so, with one of the options and nothing else."""
    return replace(
        question,
        messages=(*question.messages, {"role": "assistant", "content": begun}),
        pattern=f"({'|'.join(map(re.escape, options))})",
        max_tokens=enough_tokens(options),
        temperature=0.0,
    )


def enough_tokens(options: Sequence[str]) -> int:
    """After so many tokens any two of the options have parted, however they are cut into tokens."""
    ordered = sorted(options)
    shared = [os.path.commonprefix([one, other]) for one, other in zip(ordered, ordered[1:], strict=False)]
    return max(map(len, shared), default=0) + 1


def steps_of(reply: Mapping[str, Any]) -> list[Step]:
    """The tokens of a reply with their alternatives; empty where the server lists none.

    Masked tokens, which vLLM lists with a log-probability of −9999, come out as 0.

    Raises:
        BadLogprobs: a number that is no log-probability, or alternatives that are more than certain together.
    """
    steps: list[Step] = []
    for entry in _entries(reply):
        listed: dict[str, float] = {}
        alternatives = entry.get("top_logprobs")
        for alternative in alternatives if isinstance(alternatives, list) else []:
            if not isinstance(alternative, dict):
                continue
            token, logprob = alternative.get("token"), alternative.get("logprob")
            if isinstance(token, str) and token and isinstance(logprob, int | float) and not isinstance(logprob, bool):
                listed[token] = listed.get(token, 0.0) + _probability(logprob)
        if not listed:
            break
        if sum(listed.values()) > MOST_IN_ALL:
            raise BadLogprobs(f"the alternatives of a token have a probability of {sum(listed.values()):.3g} in all")
        steps.append((str(entry.get("token", "")), listed))
    return steps


def _probability(logprob: float) -> float:
    """NaN would pass for certainty, and so would a positive number."""
    if not logprob <= ROUNDING:
        raise BadLogprobs(f"{str(logprob)[:20]} is no log-probability")
    return math.exp(max(LEAST, min(0.0, logprob)))


def _entries(reply: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        entries = reply["choices"][0]["logprobs"]["content"]
    except (KeyError, IndexError, TypeError):
        return []
    return [entry for entry in entries or [] if isinstance(entry, dict)]
