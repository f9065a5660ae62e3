"""From a reasoner's raw text to a label, or to the reason why there is none. Pure, and never guessing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from harness.records.labels import EMOTION_POLARITY, SENTIMENT5, emotion_stem, fold
from harness.records.verdicts import Answer, Reply

_ANSWER = re.compile(r"<\s*answer\s*>(.*?)<\s*/\s*answer\s*>", re.DOTALL | re.IGNORECASE)
_OPEN_ANSWER = re.compile(r"<\s*answer\s*>(?!.*<\s*answer\s*>)(.*)\Z", re.DOTALL | re.IGNORECASE)
_END_THINK = re.compile(r"<\s*/\s*think\s*>", re.IGNORECASE)
_START_THINK = re.compile(r"<\s*think\s*>", re.IGNORECASE)
_FULL_WIDTH = str.maketrans("＜＞／", "<>/")
_LABEL_WORD = re.compile(r"(?<![A-Z])(" + "|".join(SENTIMENT5.labels) + r")(?![A-Z])")
_POLAR = {-1: "WNEG", 0: "NEUT", 1: "WPOS"}


def parse(raw: str, finish_reason: str = "stop") -> Answer:
    """The answer of a chain of thought: what follows the last `</think>`, and of that the last `<answer>`.

    Labels are read by exact name, by Chinese and English alias, or as an emotion word that has a polarity (which
    gives the weak class, since a word alone tells no strength). Anything else is `label=None` with the reason:
    empty, truncated, no answer, several different labels, or not in the label set.
    """
    text = raw.translate(_FULL_WIDTH)
    think, tail, closed = _split(text)
    if not text.strip():
        return Answer(None, "empty", "", "")
    found = _ANSWER.findall(tail)
    if found:
        answer = found[-1].strip()
    else:
        unclosed = _OPEN_ANSWER.search(tail)
        if finish_reason == "length" or (_START_THINK.search(text) and not closed):
            return Answer(None, "truncated", think, unclosed.group(1).strip() if unclosed else "")
        if unclosed is None:
            return Answer(None, "no answer", think, tail.strip())
        answer = unclosed.group(1).strip()
    label, problem = _read(answer)
    return Answer(label, problem, think, answer)


def parse_votes(replies: Sequence[Reply]) -> Answer:
    """One answer from several samples: the label that most of them give; of equals, the one given first.

    A single reply is its own answer. Samples without a label count against the agreement (self-consistency, Wang et
    al., 2023).
    """
    answers = [parse(reply.text, reply.finish_reason) for reply in replies]
    if len(answers) == 1:
        return answers[0]
    votes = Counter(answer.label or "unparsed" for answer in answers)
    given = [answer.label for answer in answers if answer.label is not None]
    if not given:
        return replace(answers[0], votes=dict(votes), agreement=0.0)
    label = max(given, key=lambda candidate: (votes[candidate], -given.index(candidate)))
    first = next(answer for answer in answers if answer.label == label)
    return replace(first, votes=dict(votes), agreement=votes[label] / len(answers))


def _split(text: str) -> tuple[str, str, bool]:
    """Reasoning, what follows it, and whether a `</think>` was there (an opening tag may have been in the prompt)."""
    ends = list(_END_THINK.finditer(text))
    if not ends:
        start = _START_THINK.search(text)
        first_answer = _ANSWER.search(text)
        if start and first_answer and first_answer.start() > start.end():
            return text[start.end() : first_answer.start()].strip(), text[first_answer.start() :], False
        return (text[start.end() :].strip(), text, False) if start else ("", text, False)
    head = text[: ends[-1].start()]
    start = _START_THINK.search(head)
    return (head[start.end() :] if start else head).strip(), text[ends[-1].end() :], True


def _read(answer: str) -> tuple[str | None, str]:
    """A label from the text of an answer, or None and why."""
    if not answer:
        return None, "empty answer"
    label = SENTIMENT5.normalise(answer)
    if label:
        return label, ""
    named = set(_LABEL_WORD.findall(answer.upper()))
    parts = [part for part in re.split(r"[,，、;；/|\n]+| and | or |和|或", answer) if part.strip()]
    named |= {found for part in parts if (found := SENTIMENT5.normalise(part))}
    if len(named) == 1:
        return named.pop(), ""
    if len(named) > 1:
        return None, "several labels: " + ", ".join(sorted(named, key=SENTIMENT5.rank))
    return _from_emotions(parts)


def _from_emotions(parts: list[str]) -> tuple[str | None, str]:
    polarities = set()
    for part in parts:
        try:
            polarities.add(EMOTION_POLARITY[emotion_stem(part)])
        except KeyError:
            return None, f"not in the label set: {fold(part)[:60]}"
    if polarities == {None}:
        return None, "surprise has no polarity of its own"
    known = {p for p in polarities if p is not None}
    if len(known) != 1:
        return None, "emotions of different polarity"
    return _POLAR[known.pop()], ""
