"""Faithfulness of one chain of thought: whether the answer depends on it, and on the modality it names.

Three questions, each with what it needs:

* early answering (after Lanham et al., 2023, “Measuring Faithfulness in Chain-of-Thought Reasoning”): the reasoning is
  cut after a share of it and the model must answer at once. Where the answer is settled before the reasoning, the
  reasoning explains nothing. Needs the model, through `EarlyAnswerer`.
* modality deletion: of the modalities that the model could hear, is withholding the one that the text names what moves
  P(label) most? Needs the run's `reask`.
* paraphrase: a translation of the reasoning must make the same claims, and lead the model to the same answer. Needs
  the user's translation; for the answer also the model.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from eval.chain import think_of
from eval.claim_facts import facts_of
from eval.claim_find import Claim, find_claims
from eval.claim_verdict import Verdict
from eval.claims import check_text
from eval.contribution_claims import claimed_by
from eval.cutting import SHARES, cuts
from eval.stories import Story

STAGE = "faithfulness"
MODALITIES = ("text", "audio", "video")


@dataclass(frozen=True)
class EarlyAnswer:
    """What the model answers. `label` is None for no label; `probabilities` over SNEG … SPOS where it has them."""

    label: str | None
    probabilities: tuple[float, ...] | None = None


class EarlyAnswerer(Protocol):
    """Makes the model answer at once with a reasoning that is put into its mouth.

    The prompt and the media are those of the run; the reply begins with `<think>` + `reasoning` + `</think><answer>`
    and is continued. Temperature 0. `reasoning` may be empty. Raises what the harness's client raises.
    """

    def __call__(self, clip_id: str, language: str, reasoning: str) -> EarlyAnswer:
        """The answer for a clip after `reasoning`, which is in `language` (zh, en, or empty when not known)."""


@dataclass(frozen=True)
class Deletion:
    """What withholding each modality takes from P(label), and which one the text names.

    `basis` is `stated` for a main ground that the text states, `cited` for the modality of most of its claims, empty
    for neither; `drops` has at least two modalities.
    """

    named: str
    basis: str
    drops: Mapping[str, float]

    @property
    def hit(self) -> bool | None:
        """Whether the named modality's drop is the largest; None without a name."""
        return None if not self.named else self.drops[self.named] >= max(self.drops.values())


@dataclass(frozen=True)
class Translated:
    """A reasoning against its translation: claims in each and in both, verdicts that stay, main ground that stays."""

    claims: int
    translated: int
    common: int
    same_verdict: int
    same_main: bool | None

    @property
    def f1(self) -> float | None:
        """2 · common / (claims + translated); None where neither makes a claim."""
        total = self.claims + self.translated
        return 2 * self.common / total if total else None


def reasoning_of(story: Story) -> str:
    """The reasoning that the answer was given with."""
    return story.text("answer", "think").strip() or think_of(story.text("reasoning", "text"))


def digest(text: str) -> str:
    """SHA-256 of a text: what a stored answer belongs to."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def ask_clip(
    story: Story, ask: EarlyAnswerer, translation: str = "", shares: Sequence[float] = SHARES
) -> dict[str, Any] | None:
    """Ask a model about one clip: the payload of its `faithfulness` record; None without a language model's reasoning.

    Args:
        story: the clip's story.
        ask: the model.
        translation: the reasoning in the other language, empty when there is none.
        shares: of the reasoning, ascending, 0 and 1 among them.
    """
    think = reasoning_of(story)
    if not think or not (story.part("reasoning") or {}).get("is_language_model"):
        return None
    language = story.text("reasoning", "language")
    offsets = cuts(think, shares)
    answers: dict[int, EarlyAnswer] = {}
    for at in offsets:
        if at not in answers:
            answers[at] = ask(story.id, language, think[:at].rstrip())
    early = [{"share": share, "cut": at, **_plain(answers[at])} for share, at in zip(shares, offsets, strict=True)]
    payload: dict[str, Any] = {"reasoning_sha256": digest(think), "answer": story.answer or None, "early": early}
    if translation:
        other = {"zh": "en", "en": "zh"}.get(language, "")
        payload["translation_sha256"] = digest(translation)
        payload["translation"] = _plain(ask(story.id, other, translation))
    return payload


def _plain(answer: EarlyAnswer) -> dict[str, Any]:
    values = answer.probabilities
    return {"label": answer.label, "probabilities": None if values is None else list(values)}


def area(shares: Sequence[float], values: Sequence[float]) -> float:
    """Area under a curve over shares from 0 to 1 by the trapezoid rule, divided by the span."""
    pairs = sorted(zip(shares, values, strict=True))
    steps = zip(pairs, pairs[1:], strict=False)
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in steps) / (pairs[-1][0] - pairs[0][0])


def deletion_of(story: Story) -> Deletion | None:
    """Drops of P(label) when one modality is withheld; None where fewer than two were, or none is recorded."""
    reask = story.part("reask") or {}
    recorded = reask.get("subsets")
    worth = {
        frozenset(str(name).split("+")) - {""}: float(value)
        for name, value in (recorded if isinstance(recorded, Mapping) else {}).items()
        if isinstance(value, int | float)
    }
    players = max(worth, key=len, default=frozenset())
    drops = {
        modality: worth[players] - worth[players - {modality}]
        for modality in MODALITIES
        if modality in players and players - {modality} in worth
    }
    if len(drops) < 2:
        return None
    named, basis = _named(reasoning_of(story), drops)
    return Deletion(named, basis, drops)


def _named(think: str, known: Mapping[str, float]) -> tuple[str, str]:
    stated = claimed_by(think).main
    if stated:
        return (stated, "stated") if stated in known else ("", "")
    counts = Counter(claim.modality for claim in find_claims(think)).most_common(2)
    if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]) or counts[0][0] not in known:
        return "", ""
    return counts[0][0], "cited"


def translated(story: Story, translation: str) -> Translated | None:
    """The claims of the reasoning against those of its translation; None without a reasoning."""
    think = reasoning_of(story)
    if not think or not translation.strip():
        return None
    facts = facts_of(story)
    ours, theirs = check_text(think, facts), check_text(translation, facts)
    # What was said is quoted in one language and translated in the other: words cannot be compared.
    first = Counter((_key(one.claim), one.verdict) for one in ours if one.claim.manner != "speech")
    second = Counter((_key(one.claim), one.verdict) for one in theirs if one.claim.manner != "speech")
    a, b = _without_verdict(first), _without_verdict(second)
    main, other = claimed_by(think).main, claimed_by(translation).main
    return Translated(
        a.total(), b.total(), (a & b).total(), (first & second).total(), main == other if main or other else None
    )


def _key(claim: Claim) -> tuple[str, bool]:
    return claim.kind, claim.negated


def _without_verdict(counts: Counter[tuple[tuple[str, bool], Verdict]]) -> Counter[tuple[str, bool]]:
    merged: Counter[tuple[str, bool]] = Counter()
    for (key, _), count in counts.items():
        merged[key] += count
    return merged
