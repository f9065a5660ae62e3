"""What an omni model's answer rests on: it is asked again with modalities withheld, or with its reasoning cut short.

Effects of interventions, never the model's own account of itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from harness.context import Context
from harness.faults import Absent
from harness.judging.attribute import coalitions, shapley
from harness.reasoning.parse import parse
from harness.reasoning.prompting import Prompter
from harness.reasoning.truncation import SHARES, cuts
from harness.records.labels import LabelSpace
from harness.records.types import Modality
from harness.records.verdicts import Answer, Attribution, EarlyAnswers, Reasoning

CONTROL = "the same question with modalities withheld"


def reask(prompter: Prompter, leave_one_out: bool, context: Context) -> Attribution:
    """What P(the model's own answer) owes to each modality.

    All subsets give exact Shapley values, `leave_one_out` the drop when one modality is withheld. Subsets that share
    their pictures and sound are asked one after another, so that a prefix cache can serve them.
    """
    reasoning, answer = _answered(context)
    players, label = prompter.within_reach(context), str(answer.label)
    space = prompter.space
    worth: dict[tuple[Modality, ...], float] = {players: _probability(reasoning, label, space)}
    wanted = [s for s in coalitions(players) if not leave_one_out or len(s) == len(players) - 1]
    for subset in sorted(wanted, key=lambda s: ("video" in s, "audio" in s, "text" in s), reverse=True):
        if subset not in worth:
            worth[subset] = _probability(prompter.ask(context, subset), label, space)
    full = worth[players]
    if leave_one_out:
        values: dict[str, float] = {m: full - worth[tuple(p for p in players if p != m)] for m in players}
    else:
        exact = shapley(players, lambda members: worth[members])
        values = {str(m): value for m, value in exact.items()}
    return Attribution(
        label,
        ("leave-one-out" if leave_one_out else "exact Shapley") + " by asking the omni model again",
        CONTROL,
        worth.get(()),
        full,
        values,
        {"+".join(subset): p for subset, p in worth.items()},
    )


def early(prompter: Prompter, translations: Mapping[str, str], context: Context) -> EarlyAnswers:
    """P(label) after the first 0, 25, 50, 75 and 100 % of the reasoning (early answering, Lanham et al., 2023).

    Also after the user's translation of the whole reasoning, where there is one for the clip.
    """
    _, answer = _answered(context)
    lengths = cuts(answer.think)
    seen: dict[int, tuple[float, ...]] = {}
    for length in lengths:
        found = seen.get(length) or prompter.after(context, answer.think[:length].rstrip())
        if found is None:
            raise Absent("the server gives no log-probabilities", "use vLLM, or another server that has them")
        seen[length] = found
    other = translations.get(context.clip.id, "")
    return EarlyAnswers(
        str(answer.label),
        SHARES,
        lengths,
        tuple(seen[length] for length in lengths),
        prompter.after(context, other) if other else None,
        hashlib.sha256(other.encode()).hexdigest() if other else "",
    )


def _answered(context: Context) -> tuple[Reasoning, Answer]:
    reasoning, answer = context.get("reason", Reasoning), context.get("parse", Answer)
    if reasoning is None or answer is None:
        raise Absent(context.why_not("reason"))
    if answer.label is None:
        raise Absent(f"the answer has no label: {answer.problem}")
    return reasoning, answer


def _probability(reasoning: Reasoning, label: str, space: LabelSpace) -> float:
    """P(label) as the model gives it; without log-probabilities the share of its samples that answer `label`."""
    if reasoning.label_probabilities is not None:
        return reasoning.label_probabilities[space.rank(label)]
    answers = [parse(reply.text, reply.finish_reason, space).label for reply in reasoning.replies]
    return answers.count(label) / len(answers)
