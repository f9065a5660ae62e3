"""The reasoner's stages: what it is asked about a clip, and what its answer owes to each modality."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness import prompts
from harness.attribute import coalitions, shapley
from harness.examples import Example
from harness.faults import Absent, ClipError, StageUnavailable
from harness.fuse import FuseSettings, argmax_label, fuse
from harness.labels import SENTIMENT5
from harness.opinions import listed, sources_of
from harness.parse import parse
from harness.phrases import missing_sentence, pooled_sentence
from harness.runner import Context
from harness.types import MODALITIES, EvidenceBook, Language, MediaInfo, Modality, Transcript
from harness.verdicts import Answer, Attribution, Reasoning, ReasonRequest
from models.base import Reasoner

CONTROL = "the same question with modalities withheld"


@dataclass(frozen=True)
class Asker:
    """Puts clips before a reasoner.

    Attributes:
        language: of a clip whose language nothing tells.
        prompt: the wording.
        examples: shown before each question.
        reasoner: gives the reasoner, which is made (and its server started) at the first call.
        pool: how the heads are pooled, for a reasoner that writes from the evidence; None for an omni model.
    """

    language: Language
    prompt: prompts.Prompt
    examples: Sequence[Example]
    reasoner: Callable[[], Reasoner]
    pool: FuseSettings | None

    def reason(self, context: Context) -> Reasoning:
        """The reasoner's reply on a clip. Absent when there is nothing to judge by."""
        book = book_of(context)
        heard = _within_reach(context, book, self.prompt.withheld)
        if self.pool is not None and not sources_of(book):
            raise Absent("no modality gave an opinion: " + listed(book.missing))
        if not heard:
            raise Absent("no words, no sound and no picture to judge by")
        return self._ask(self._request(context, book, heard), context)

    def reask(self, context: Context, leave_one_out: bool) -> Attribution:
        """What P(the model's own answer) owes to each modality: it is asked again with some of them withheld.

        All subsets give exact Shapley values, `leave_one_out` the drop when one modality is withheld. Subsets that
        share their pictures and sound are asked one after another, so that a prefix cache can serve them.
        """
        reasoning, answer = context.get("reason", Reasoning), context.get("parse", Answer)
        if reasoning is None or answer is None:
            raise Absent(context.why_not("reason"))
        if answer.label is None:
            raise Absent(f"the answer has no label: {answer.problem}")
        book = book_of(context)
        players = _within_reach(context, book, self.prompt.withheld)
        label = answer.label
        worth = {players: _probability(reasoning, label)}
        wanted = [s for s in coalitions(players) if not leave_one_out or len(s) == len(players) - 1]
        for subset in sorted(wanted, key=lambda s: ("video" in s, "audio" in s, "text" in s), reverse=True):
            if subset not in worth:
                worth[subset] = _probability(self._ask(self._request(context, book, subset), context), label)
        full = worth[players]
        if leave_one_out:
            values: Mapping[str, float] = {m: full - worth[tuple(p for p in players if p != m)] for m in players}
        else:
            values = shapley(players, lambda members: worth[members])
        return Attribution(
            label,
            ("leave-one-out" if leave_one_out else "exact Shapley") + " by asking the omni model again",
            CONTROL,
            worth.get(()),
            full,
            values,
            {"+".join(subset): p for subset, p in worth.items()},
        )

    def _ask(self, request: ReasonRequest, context: Context) -> Reasoning:
        try:
            return self.reasoner().reason(request, context.look)
        except StageUnavailable as fault:  # as an error of this clip, which the next run tries again
            raise ClipError(f"{context.clip.id}: {fault.message}", fault.remedy) from fault

    def _request(self, context: Context, book: EvidenceBook, heard: tuple[Modality, ...]) -> ReasonRequest:
        language = self.prompt.language or book.language or context.clip.folder_language or self.language
        sections: Mapping[str, str] = {m: text for m, text in book.sections[language].items() if m in heard}
        gone = {m for m in MODALITIES if not _reachable(context, book, m)}
        missing: Mapping[str, str] = {m: why for m, why in book.missing.items() if m in gone or m in heard}
        closing, suggested = _pooled(book, language, self.pool) if self.pool is not None else ((), "")
        return ReasonRequest(
            context.clip.id,
            language,
            prompts.build(self.prompt, language, sections, missing, heard, self.examples),
            self.prompt.sha256,
            sections,
            closing,
            suggested,
            heard,
            self.prompt.answer_only,
            () if self.prompt.free_answer else SENTIMENT5.labels,
        )


def book_of(context: Context) -> EvidenceBook:
    """The clip's evidence. Absent when none was gathered."""
    book = context.get("evidence", EvidenceBook)
    if book is None:
        raise Absent("no evidence was gathered: " + context.why_not("evidence"))
    return book


def _pooled(book: EvidenceBook, language: Language, pool: FuseSettings) -> tuple[tuple[str, ...], str]:
    """What the heads say together: closing sentences, and the label."""
    pooled = fuse(sources_of(book), pool).probabilities
    closing = [missing_sentence(language, book.missing)] if book.missing else []
    closing.append(pooled_sentence(language, list(zip(SENTIMENT5.labels, pooled, strict=True))))
    return tuple(closing), argmax_label(pooled)


def _within_reach(context: Context, book: EvidenceBook, withheld: Sequence[Modality]) -> tuple[Modality, ...]:
    """What of the clip there is to look at, less what the prompt withholds."""
    return tuple(m for m in MODALITIES if m not in withheld and _reachable(context, book, m))


def _reachable(context: Context, book: EvidenceBook, modality: str) -> bool:
    """Whether a clip has words, sound or pictures at all, measured or not."""
    if modality == "text":
        transcript = context.get("transcribe", Transcript)
        return transcript is not None and bool(transcript.text)
    media = context.get("media", MediaInfo)
    track = (media.audio if modality == "audio" else media.video) if media is not None else None
    return track is not None or modality in book.opinions


def _probability(reasoning: Reasoning, label: str) -> float:
    """P(label) as the model gives it; without log-probabilities the share of its samples that answer `label`."""
    if reasoning.label_probabilities is not None:
        return reasoning.label_probabilities[SENTIMENT5.rank(label)]
    answers = [parse(reply.text, reply.finish_reason).label for reply in reasoning.replies]
    return answers.count(label) / len(answers)
