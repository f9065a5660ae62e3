"""What a reasoner is asked about a clip."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.context import Context
from harness.faults import Absent, ClipError, StageUnavailable
from harness.reasoning import prompts
from harness.reasoning.argument import LANGUAGES
from harness.reasoning.examples import Example
from harness.reasoning.measured import measured_argument
from harness.reasoning.narrative import tell
from harness.records.argument import Argument
from harness.records.labels import SENTIMENT5, LabelSpace
from harness.records.types import MODALITIES, ClipEvidence, Language, MediaInfo, Modality, Transcript
from harness.records.verdicts import Reasoning, ReasonRequest
from models.base import Reasoner


@dataclass(frozen=True)
class Prompter:
    """Puts clips before a reasoner.

    Attributes:
        language: of a clip whose language nothing tells.
        prompt: the wording.
        examples: shown before each question.
        reasoner: gives the reasoner, which is made (and its server started) at the first call.
        tells: the reasoner tells the argument of the heads, and makes none of its own as an omni model does.
        in_language: the language of what is told; None for the clip's own.
        space: what is answered in.
    """

    language: Language
    prompt: prompts.Prompt
    examples: Sequence[Example]
    reasoner: Callable[[], Reasoner]
    tells: bool
    in_language: Language | None = None
    space: LabelSpace = SENTIMENT5

    def reason(self, context: Context) -> Reasoning:
        """The reasoner's reply on a clip. Absent when there is nothing to judge by."""
        heard = self.within_reach(context)
        if self.tells and argument_of(context) is None:
            raise Absent(context.why_not("argue"))
        if not heard:
            raise Absent("no words, no sound and no picture to judge by")
        return self.ask(context, heard)

    def ask(self, context: Context, heard: tuple[Modality, ...]) -> Reasoning:
        """The reply when only `heard` may be used. A lost server is an error of this clip, tried again later."""
        try:
            return self.reasoner().reason(self._request(context, heard), context.load_media)
        except StageUnavailable as fault:
            raise ClipError(f"{context.clip.id}: {fault.message}", fault.remedy) from fault

    def after(self, context: Context, think: str) -> tuple[float, ...] | None:
        """P(label) when the reasoning is `think`; None where the server has no log-probabilities."""
        try:
            return self.reasoner().after(self._request(context, self.within_reach(context)), context.load_media, think)
        except StageUnavailable as fault:
            raise ClipError(f"{context.clip.id}: {fault.message}", fault.remedy) from fault

    def within_reach(self, context: Context) -> tuple[Modality, ...]:
        """What of the clip there is to look at, less what the prompt withholds."""
        evidence = evidence_of(context)
        return tuple(m for m in MODALITIES if m not in self.prompt.withheld and _reachable(context, evidence, m))

    def _request(self, context: Context, heard: tuple[Modality, ...]) -> ReasonRequest:
        evidence = evidence_of(context)
        spoken = evidence.language or context.clip.folder_language or self.language
        language = self.prompt.language or (self.in_language if self.tells else None) or spoken
        sections: Mapping[str, str] = {m: text for m, text in evidence.sections[language].items() if m in heard}
        gone = {m for m in MODALITIES if not _reachable(context, evidence, m)}
        missing: Mapping[str, str] = {m: why for m, why in evidence.missing.items() if m in gone or m in heard}
        argument = argument_of(context) if self.tells else None
        argued = measured_argument(evidence, heard, language, self.space) if self.prompt.argued else ""
        return ReasonRequest(
            context.clip.id,
            language,
            prompts.build(self.prompt, language, sections, missing, heard, self.examples, argued),
            self.prompt.sha256,
            sections,
            told_of(argument, context) if argument is not None else {},
            argument.label if argument is not None else "",
            heard,
            self.prompt.answer_only,
            () if self.prompt.free_answer else self.space.labels,
            self.space,
        )


def evidence_of(context: Context) -> ClipEvidence:
    """The clip's evidence. Absent when none was gathered."""
    evidence = context.get("evidence", ClipEvidence)
    if evidence is None:
        raise Absent("no evidence was gathered: " + context.why_not("evidence"))
    return evidence


def argument_of(context: Context) -> Argument | None:
    """The clip's measured argument; None without one."""
    return context.get("argue", Argument)


def told_of(argument: Argument, context: Context) -> dict[Language, str]:
    """The argument as a text, in each language."""
    transcript = context.get("transcribe", Transcript)
    words = transcript.text if transcript is not None else ""
    return {language: tell(argument, language, words) for language in LANGUAGES}


def _reachable(context: Context, evidence: ClipEvidence, modality: str) -> bool:
    """Whether a clip has words, sound or pictures at all, measured or not."""
    if modality == "text":
        transcript = context.get("transcribe", Transcript)
        return transcript is not None and bool(transcript.text)
    media = context.get("media", MediaInfo)
    track = (media.audio if modality == "audio" else media.video) if media is not None else None
    return track is not None or modality in evidence.opinions
