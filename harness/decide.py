"""What is decided about a clip once it is perceived: read, weigh, reason, parse, fuse, attribute. No media here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import msgspec

from harness import prompts
from harness.attribute import attribute
from harness.config import Config
from harness.evidence import gather
from harness.faults import Absent
from harness.fuse import FuseSettings, Source, argmax_label, fuse, read_settings
from harness.labels import SENTIMENT5, get_space, to_sentiment5
from harness.parse import parse
from harness.phrases import missing_sentence, pooled_sentence
from harness.runner import Context, Stage, settings_key
from harness.types import (
    MODALITIES,
    Clip,
    ClipStatus,
    EvidenceBook,
    FaceTrack,
    Language,
    MediaInfo,
    Modality,
    Opinion,
    SpeechFeatures,
    TextFeatures,
    Transcript,
)
from harness.verdicts import Answer, Attribution, Prediction, Reasoning, ReasonRequest
from models.base import ProviderSpec, Reasoner, TextReader

VERSION = {"evidence": 2, "reason": 2, "parse": 1, "fuse": 2, "attribute": 2}
"""Raised by hand when the code of a stage changes what it returns."""

_PERCEIVED = ("media", "transcribe", "speech", "face", "text")
_STAGES_OF: Mapping[Modality, tuple[str, ...]] = {
    "text": ("transcribe", "text"),
    "audio": ("speech",),
    "video": ("face",),
}


def deciding_stages(config: Config, specs: Mapping[str, ProviderSpec]) -> list[Stage]:
    """text, evidence, reason, parse, fuse, attribute."""
    settings = read_settings(config.sections["fuse"])
    fuse_key = msgspec.to_builtins(settings)
    prompt = prompts.get_prompt(str(config.sections["reason"]["prompt"]))
    text, reasoner = specs["text"], specs["reason"]
    decide = _Decider(config.language, config.default_label, settings, prompt)
    ours = f"harness/{settings.strategy}"

    def reading(clip: Clip) -> Any:
        return clip.folder_language

    return [
        Stage("text", text.name, text.fingerprint, partial(_read_words, cache(text.build)), ("transcribe",)),
        Stage("evidence", "harness", settings_key("evidence", VERSION["evidence"], None), _evidence, _PERCEIVED),
        Stage(
            "reason",
            reasoner.name,
            settings_key("reason", VERSION["reason"], [reasoner.fingerprint, prompt.sha256, fuse_key, config.language]),
            partial(decide.reason, cache(reasoner.build)),
            ("evidence",),
            reading,
        ),
        Stage("parse", "harness", settings_key("parse", VERSION["parse"], None), _parse, ("reason",)),
        Stage(
            "fuse",
            ours,
            settings_key("fuse", VERSION["fuse"], [fuse_key, config.default_label]),
            decide.fuse,
            ("evidence", "parse"),
        ),
        Stage(
            "attribute",
            ours,
            settings_key("attribute", VERSION["attribute"], fuse_key),
            decide.attribute,
            ("evidence", "parse", "fuse"),
        ),
    ]


def _read_words(build: Callable[[], TextReader], context: Context) -> TextFeatures:
    transcript = context.get("transcribe", Transcript)
    if transcript is None:
        raise Absent(context.why_not("transcribe"), context.records["transcribe"].remedy)
    if not transcript.text:
        raise Absent("the transcript holds no words")
    return build().read(transcript)


def _evidence(context: Context) -> EvidenceBook:
    missing: dict[str, str] = {}
    for modality, stages in _STAGES_OF.items():
        reasons = [context.why_not(stage) for stage in stages if context.records[stage].outcome != "ok"]
        if reasons:
            missing[modality] = reasons[0]
    media = context.get("media", MediaInfo)
    return gather(
        media.seconds if media else 0.0,
        context.get("transcribe", Transcript),
        context.get("text", TextFeatures),
        context.get("speech", SpeechFeatures),
        context.get("face", FaceTrack),
        missing,
    )


def _parse(context: Context) -> Answer:
    reasoning = context.get("reason", Reasoning)
    if reasoning is None:
        raise Absent(context.why_not("reason"))
    return parse(reasoning.text, reasoning.finish_reason)


@dataclass(frozen=True)
class _Decider:
    """The stages that need to know how opinions are pooled."""

    language: Language
    default_label: str
    settings: FuseSettings
    prompt: prompts.Prompt

    def reason(self, build: Callable[[], Reasoner], context: Context) -> Reasoning:
        book = _book(context)
        sources = sources_of(book)
        if not sources:
            raise Absent("no modality gave an opinion: " + _listed(book.missing))
        language = book.language or context.clip.folder_language or self.language
        pooled = fuse(sources, self.settings).probabilities
        closing = [missing_sentence(language, book.missing)] if book.missing else []
        closing.append(pooled_sentence(language, list(zip(SENTIMENT5.labels, pooled, strict=True))))
        sections = book.sections[language]
        request = ReasonRequest(
            context.clip.id,
            language,
            prompts.build(self.prompt, language, sections, book.missing),
            self.prompt.sha256,
            sections,
            tuple(closing),
            argmax_label(pooled),
        )
        return build().reason(request, lambda: context.media)

    def all_sources(self, context: Context) -> dict[str, Source]:
        """The modalities, and the reasoner's own answer where it has a weight."""
        sources = sources_of(_book(context))
        answer = context.get("parse", Answer)
        if answer is not None and answer.label is not None and self.settings.weights.get("answer", 0.0) > 0:
            sources["answer"] = Source(certain(answer.label, self.settings.answer_certainty))
        return sources

    def fuse(self, context: Context) -> Prediction:
        book = context.get("evidence", EvidenceBook)
        if book is None:
            return self._fallback("no evidence was gathered: " + context.why_not("evidence"))
        sources = self.all_sources(context)
        fused = fuse(sources, self.settings)
        if not fused.weights:
            return self._fallback("no modality gave an opinion that has a weight: " + _listed(book.missing))
        label = argmax_label(fused.probabilities)
        answer = context.get("parse", Answer)
        if self.settings.label_from == "answer" and answer is not None and answer.label is not None:
            label = answer.label
        status: ClipStatus = "partial" if book.missing else "ok"
        pooled = {name: source.probabilities for name, source in sources.items()}
        reason = _listed(book.missing)
        return Prediction(label, fused.probabilities, status, reason, self.settings.strategy, fused.weights, pooled)

    def _fallback(self, reason: str) -> Prediction:
        """The configured default label, and said to be that."""
        return Prediction(self.default_label, None, "fallback", reason, self.settings.strategy, {}, {})

    def attribute(self, context: Context) -> Attribution:
        prediction = context.get("fuse", Prediction)
        if prediction is None or prediction.probabilities is None:
            raise Absent("nothing was fused")
        return attribute(self.all_sources(context), self.settings, prediction.label)


def sources_of(book: EvidenceBook) -> dict[str, Source]:
    """The modalities' opinions as five probabilities each, with confidence and coverage."""
    return {
        modality: Source(five(opinion), opinion.confidence, book.coverage[modality])
        for modality in MODALITIES
        if (opinion := book.opinions.get(modality)) is not None
    }


def five(opinion: Opinion) -> tuple[float, ...]:
    """An opinion over any label space as probabilities over SNEG … SPOS; a measured strength parts a polarity."""
    space = get_space(opinion.space)
    by_label = dict(zip(opinion.labels, opinion.probabilities, strict=True))
    if opinion.strength is not None and opinion.space == "polarity3":
        s, negative, positive = opinion.strength, by_label["negative"], by_label["positive"]
        return (s * negative, (1 - s) * negative, by_label["neutral"], (1 - s) * positive, s * positive)
    return to_sentiment5(space, [by_label[label] for label in space.labels])


def certain(label: str, certainty: float) -> tuple[float, ...]:
    """`certainty` on one label, the rest spread evenly."""
    rest = (1 - certainty) / (len(SENTIMENT5.labels) - 1)
    return tuple(certainty if other == label else rest for other in SENTIMENT5.labels)


def _listed(missing: Mapping[str, str]) -> str:
    return "; ".join(f"{modality}: {reason}" for modality, reason in missing.items())


def _book(context: Context) -> EvidenceBook:
    book = context.get("evidence", EvidenceBook)
    if book is None:
        raise Absent("no evidence was gathered: " + context.why_not("evidence"))
    return book
