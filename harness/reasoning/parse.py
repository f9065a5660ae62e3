"""From a reasoner's raw text to a label, or to the reason why there is none. Pure, and never guessing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from harness.records.answers import read_answer
from harness.records.labels import SENTIMENT5, LabelSpace
from harness.records.verdicts import Answer, Reply


def parse(raw: str, finish_reason: str = "stop", space: LabelSpace = SENTIMENT5) -> Answer:
    """The answer of a chain of thought as the one reader of replies has it (`harness/records/answers.py`).

    `label` is None with the reason where there is none: empty, truncated, refused, no answer, several different labels,
    or not in the label set.
    """
    read = read_answer(raw, finish_reason, space)
    return Answer(read.label, read.problem, read.think, read.answer)


def parse_votes(replies: Sequence[Reply], space: LabelSpace = SENTIMENT5) -> Answer:
    """One answer from several samples: the label that most of them give; of equals, the one given first.

    A single reply is its own answer. Samples without a label count against the agreement (self-consistency, Wang et
    al., 2023).
    """
    answers = [parse(reply.text, reply.finish_reason, space) for reply in replies]
    if len(answers) == 1:
        return answers[0]
    votes = Counter(answer.label or "unparsed" for answer in answers)
    given = [answer.label for answer in answers if answer.label is not None]
    if not given:
        return replace(answers[0], votes=dict(votes), agreement=0.0)
    label = max(given, key=lambda candidate: (votes[candidate], -given.index(candidate)))
    first = next(answer for answer in answers if answer.label == label)
    return replace(first, votes=dict(votes), agreement=votes[label] / len(answers))
