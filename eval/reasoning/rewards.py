"""Reward functions for reinforcement learning with verifiable rewards, in TRL's signature.

Every function is called as `reward(completions, **kwargs) -> list[float]`, one value per completion. A completion is
a string or a conversation (a list of `{"role", "content"}`). TRL hands the columns of the training set over as
keyword arguments; the true label is looked for under `solution` (upstream's name), then `label`, `labels`, `Label`.

`r1omni_accuracy` and `r1omni_format` repeat R1-Omni's published rewards (HumanMLLM/R1-Omni, `open_r1/grpo.py`), quirks
included, so that runs can be compared with theirs. The others are ours and close those loopholes.

Upstream first asks `math_verify` whether answer and truth are the same number. It is not used here: on emotion words
and sentiment labels it decides nothing, and a reward must not depend on what happens to be installed. A tagged number
in another spelling (`<answer>3.0</answer>` for `3`) earns 0, as it was seen to upstream. Untagged numbers and formulas
(`3.0` for `3` without tags) are the one place where upstream with `math_verify` may say 1 and this says 0.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from eval.claims.check import grounding
from eval.stories.form import TAG, after_think, blocks, length_units, reasoning_of
from harness.records.labels import LabelSpace, get_space

Completion = str | Sequence[Mapping[str, Any]]

_STRICT_ANSWER = re.compile(r"<answer>(.*?)</answer>")  # upstream's, without DOTALL
_BORDER = re.compile(r"</think>\s*<answer>")

TRUTH_COLUMNS = ("solution", "label", "labels", "Label")


# ── R1-Omni's own ─────────────────────────────────────────────────────────────────────────────────────────
def r1omni_accuracy(
    completions: Sequence[Completion], solution: Sequence[str] | None = None, **kwargs: Any
) -> list[float]:
    """R1-Omni's accuracy reward: 1 when the first one-line `<answer>` equals the truth, letter by letter.

    Without such a tag the whole text is the answer; the truth may carry tags of its own. Outer white space is cut,
    case counts, and an answer with a line break inside is not found (the expression has no DOTALL).

    Args:
        completions: strings or conversations; of a conversation the first message counts, as upstream.
        solution: the true labels; or one of `TRUTH_COLUMNS` among `kwargs`.
        **kwargs: the other columns TRL passes; ignored.

    Raises:
        TypeError: no column of true labels was passed.
        ValueError: as many true labels as completions are needed.
    """
    truths = _truths(completions, solution, kwargs)
    return [
        float(_strict_answer(_first_text(completion)) == _strict_answer(truth))
        for completion, truth in zip(completions, truths, strict=True)
    ]


def r1omni_format(completions: Sequence[Completion], **kwargs: Any) -> list[float]:
    r"""R1-Omni's format reward: the whole text fully matches `<think>.*?</think>\s*<answer>.*?</answer>` (DOTALL).

    So empty blocks, nested `<think>` and a second answer block earn 1, a trailing line break or a leading space 0.
    """
    return [float(_is_strict(_first_text(completion))) for completion in completions]


def _is_strict(text: str) -> bool:
    """What the expression says, in time proportional to the text: with it "<think>" repeated takes the square."""
    first, last = "<think>", "</answer>"
    whole = text.startswith(first) and text.endswith(last)
    return whole and _BORDER.search(text, len(first), len(text) - len(last)) is not None


def _strict_answer(text: str) -> str:
    match = _STRICT_ANSWER.search(text[: text.rfind("</answer>") + len("</answer>")] if "</answer>" in text else "")
    return (match.group(1) if match else text).strip()


# ── ours ──────────────────────────────────────────────────────────────────────────────────────────────────
def format_reward(completions: Sequence[Completion], label_space: str = "sentiment5", **kwargs: Any) -> list[float]:
    """1 for exactly one non-empty think block followed by exactly one answer block that is a label; else 0.

    White space around and inside the blocks and the case of tags and label are free; any other text outside the
    blocks, a nested, repeated, unclosed or empty block, and an answer outside the label set earn 0. Aliases of a
    label (`weakly positive`, 弱正面) are not in the set: the format is what is being taught here.

    Raises:
        KeyError: `label_space` is unknown.
    """
    labels = {label.casefold() for label in get_space(label_space).labels}
    rewards = []
    for completion in completions:
        found = blocks(_last_text(completion))
        good = found is not None and found[0].strip() != "" and _flat(found[1]) in labels
        rewards.append(float(good))
    return rewards


def label_reward(
    completions: Sequence[Completion],
    solution: Sequence[str] | None = None,
    label_space: str = "sentiment5",
    **kwargs: Any,
) -> list[float]:
    """1 when the answer means the true label, else 0.

    The answer is the content of the only `<answer>` block after the last `</think>`, read with the label space's
    aliases, so case, punctuation, line breaks and the Chinese names do not matter. No answer block, or several,
    is no answer: a bare label earns nothing here.

    Raises:
        KeyError: `label_space` is unknown.
        TypeError: no column of true labels was passed.
        ValueError: a true label is not in the label space.
    """
    space = get_space(label_space)
    truths = [_true_label(space, truth) for truth in _truths(completions, solution, kwargs)]
    return [float(_answer(completion, space) == truth) for completion, truth in zip(completions, truths, strict=True)]


def ordinal_reward(
    completions: Sequence[Completion],
    solution: Sequence[str] | None = None,
    label_space: str = "sentiment5",
    **kwargs: Any,
) -> list[float]:
    """1 − |Δrank| / (labels − 1), which is 1 − |Δrank|/4 for the five sentiment classes; 0 without an answer.

    The answer is read as by `label_reward`.

    Raises:
        KeyError: `label_space` is unknown.
        TypeError: no column of true labels was passed.
        ValueError: the label space has no order, or a true label is not in it.
    """
    space = get_space(label_space)
    if not space.ordinal:
        raise ValueError(f"{space.name} has no order; ordinal_reward needs an ordinal label space such as sentiment5")
    truths = [_true_label(space, truth) for truth in _truths(completions, solution, kwargs)]
    farthest = len(space.labels) - 1
    rewards = []
    for completion, truth in zip(completions, truths, strict=True):
        answer = _answer(completion, space)
        distance = farthest if answer is None else abs(space.rank(answer) - space.rank(truth))
        rewards.append(1.0 - distance / farthest)
    return rewards


def length_reward(
    completions: Sequence[Completion], minimum: int = 40, maximum: int = 400, **kwargs: Any
) -> list[float]:
    """1 while the reasoning is `minimum` to `maximum` units long, falling linearly to 0 outside the band.

    A unit is one word, or one character of Chinese or Japanese; the reasoning is what stands before the last
    `</think>` (the whole text without one, less its answer block). Below the band the reward is length / `minimum`;
    above it 1 − (length − `maximum`) / `maximum`, never under 0.

    Raises:
        ValueError: not 0 < `minimum` ≤ `maximum`.
    """
    if not 0 < minimum <= maximum:
        raise ValueError(f"length_reward needs 0 < minimum <= maximum, not {minimum} and {maximum}")
    rewards = []
    for completion in completions:
        length = length_units(reasoning_of(_last_text(completion)))
        below = min(1.0, length / minimum)
        above = max(0.0, 1.0 - max(0, length - maximum) / maximum)
        rewards.append(min(below, above))
    return rewards


def grounding_reward(
    completions: Sequence[Completion],
    evidence: Sequence[Mapping[str, Any] | str],
    transcript: Sequence[str] | None = None,
    seconds: Sequence[float] | None = None,
    units_per_claim: int = 60,
    **kwargs: Any,
) -> list[float]:
    """(supported − contradicted) / max(claims, length / `units_per_claim`), in −1..1; 0 for a text without a claim.

    Claims and verdicts are those of `eval.claims.find` and `eval.claims.check`; length is in units as of
    `length_reward`. So a text is scored by its claims while it makes one in 60 words or characters, and a longer
    text with fewer is scored as if the claims it owes were unverifiable. A claim that is repeated (kind, negation,
    time and number) counts once, or repeating a safe one would pay.

    Args:
        completions: strings or conversations; the reasoning is read as by `length_reward`.
        evidence: per completion the `evidence` object of the clip's story, or its JSON. Only what it lists is known.
        transcript: per completion the clip's words; without it the evidence's own quotes.
        seconds: per completion the clip's length, without which “at the end” is no time.
        units_per_claim: words or Chinese characters within which one claim is expected.
        **kwargs: the other columns TRL passes; ignored.

    Raises:
        ValueError: a column has another length than `completions`, or `units_per_claim` is not positive.
    """
    if units_per_claim <= 0:
        raise ValueError(f"grounding_reward needs a positive units_per_claim, not {units_per_claim}")
    said = [""] * len(completions) if transcript is None else transcript
    lengths = [0.0] * len(completions) if seconds is None else seconds
    rewards = []
    for completion, known, words, length in zip(completions, evidence, said, lengths, strict=True):
        text = reasoning_of(_last_text(completion))
        facts = json.loads(known) if isinstance(known, str) else known
        rewards.append(grounding(text, facts, words, length, length_units(text) / units_per_claim))
    return rewards


# ── reading completions ───────────────────────────────────────────────────────────────────────────────────
def _first_text(completion: Completion) -> str:
    """Upstream's reading of a completion: the first message of a conversation."""
    if isinstance(completion, str):
        return completion
    return _content(completion[0]) if completion else ""


def _last_text(completion: Completion) -> str:
    """The last thing the assistant said."""
    if isinstance(completion, str):
        return completion
    said = [message for message in completion if message.get("role", "assistant") == "assistant"]
    return _content(said[-1]) if said else ""


def _content(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content or () if isinstance(part, Mapping))


def _answer(completion: Completion, space: LabelSpace) -> str | None:
    text = after_think(_last_text(completion))
    tags = [tag for tag in TAG.finditer(text) if tag.group(2).lower() == "answer"]
    if [tag.group(1) for tag in tags] != ["", "/"]:
        return None
    return space.normalise(text[tags[0].end() : tags[1].start()])


def _flat(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _truths(
    completions: Sequence[Completion], solution: Sequence[str] | None, kwargs: Mapping[str, Any]
) -> Sequence[str]:
    truths = solution
    for column in TRUTH_COLUMNS[1:]:
        if truths is None:
            truths = kwargs.get(column)
    if truths is None:
        raise TypeError(f"no true labels: pass one of the columns {', '.join(TRUTH_COLUMNS)}")
    if isinstance(truths, str) or len(truths) != len(completions):
        raise ValueError("one true label per completion is needed, as a list")
    return truths


def _true_label(space: LabelSpace, truth: str) -> str:
    label = space.normalise(_strict_answer(truth))
    if label is None:
        raise ValueError(f"true label {truth!r} is not in {space.name} ({', '.join(space.labels)})")
    return label
