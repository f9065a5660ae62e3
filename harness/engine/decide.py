"""What is decided about a clip once it is perceived: read, weigh, reason, parse, fuse, attribute. No media here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from harness.config import Config
from harness.context import Context, Stage
from harness.engine.outside import file_stages, outside_sources, said_by, stage_of
from harness.engine.runner import settings_key
from harness.engine.voices import STAGE, voice_stage
from harness.faults import Absent, ConfigError
from harness.judging.attribute import attribute
from harness.judging.emotions import emotions_of
from harness.judging.evidence import gather
from harness.judging.fuse import FuseSettings, Source, argmax_label, fuse
from harness.judging.fuse_settings import read_settings
from harness.judging.opinions import certain, listed, missing_for, sources_of
from harness.judging.outside import joined, with_weights
from harness.lazy import Lazy
from harness.reasoning import prompts
from harness.reasoning.ablation import early, reask
from harness.reasoning.argument import argue
from harness.reasoning.examples import read_examples, read_translations
from harness.reasoning.hiding import moments, regions
from harness.reasoning.measured import compared
from harness.reasoning.parse import parse_votes
from harness.reasoning.prompting import Prompter, evidence_of
from harness.records.argument import Argument
from harness.records.body import BodyTrack
from harness.records.brief import BriefTrack
from harness.records.emotions import Emotions
from harness.records.labels import EMOTION7, SENTIMENT5, LabelSpace
from harness.records.numbers import Number
from harness.records.types import (
    Clip,
    ClipEvidence,
    ClipStatus,
    FaceTrack,
    Language,
    MediaInfo,
    Modality,
    SpeechFeatures,
    TextFeatures,
    Transcript,
)
from harness.records.verdicts import Answer, Attribution, Prediction, Reasoning
from harness.records.voices import NormalisedVoice, World
from models.base import ProviderSpec, Reasoner, TextReader

PARTS = {"moments": Number(5, 10, whole=True), "regions": Number(3, 6, whole=True)}
"""Intervals, and cells a side: of fewer parts a random ranking is too often the same."""
VERSION = {
    "evidence": 8,
    "argue": 2,
    "reason": 6,
    "parse": 4,
    "emotions": 1,
    "fuse": 6,
    "attribute": 4,
    "reask": 1,
    "early": 1,
    "moments": 1,
    "regions": 1,
}
"""Raised by hand when the code of a stage changes what it returns."""

ATTRIBUTIONS = ("fuser", "omni", "omni-loo")
_PERCEIVED = ("media", "transcribe", "speech", "face", "text")
_STAGES_OF: Mapping[Modality, tuple[str, ...]] = {
    "text": ("transcribe", "text"),
    "audio": ("speech",),
    "video": ("face",),
}


def deciding_stages(
    config: Config,
    specs: Mapping[str, ProviderSpec],
    reasoner: Callable[[], Reasoner],
    world: World | None = None,
) -> list[Stage]:
    """From `text` to `attribute`; `voice` first where a run has it, and what the profile asks of an omni model besides.

    Args:
        config: the run's settings.
        specs: the chosen providers.
        reasoner: gives the one reasoner of the run.
        world: how the voices of the run sound together; None where each is judged by itself.
    """
    space = config.space
    outside = outside_sources(config)
    pool = with_weights(config.sections["fuse"], outside)
    settings = read_settings(pool, space, outside)
    feeling = _feeling(pool, settings)
    fuse_key = msgspec.to_builtins(settings)
    text, by_model = specs["text"], asks_a_model(config)
    prompt = chosen_prompt(config)
    named = config.sections["omni"]["examples"]
    examples, examples_key = read_examples(Path(named) if named and by_model else None, space)
    prompter = Prompter(config.language, prompt, examples, reasoner, not by_model, told_language(config), space)
    decide = _Decider(config.default_label, settings, by_model, feeling, outside)
    beside = tuple(map(stage_of, outside))
    answered = [] if space == SENTIMENT5 else [space.key]
    asked = [specs["reason"].fingerprint, prompt.sha256, examples_key, config.language, *answered]
    ours = f"harness/{settings.strategy}"

    voice = [voice_stage(specs["speech"], world)] if world is not None else []
    stages = [
        *voice,
        *file_stages(config),
        Stage("text", text.name, text.fingerprint, partial(_read_words, Lazy(text.build)), ("transcribe",)),
        Stage(
            "evidence",
            "harness",
            settings_key("evidence", VERSION["evidence"], None),
            _evidence,
            (*_PERCEIVED, *(name for name in ("body", "brief") if name in specs), *(stage.name for stage in voice)),
            _reading,
        ),
        Stage("argue", ours, settings_key("argue", VERSION["argue"], fuse_key), decide.argue, ("evidence", *beside)),
        Stage(
            "reason",
            specs["reason"].name,
            settings_key("reason", VERSION["reason"], asked if by_model else [*asked, told_language(config)]),
            prompter.reason,
            # What is told follows from the argument, and so from the pool; a model is not asked again for new weights.
            ("media", "transcribe", "evidence") if by_model else ("media", "transcribe", "evidence", "argue"),
            _reading,
        ),
        Stage(
            "parse",
            "harness",
            settings_key("parse", VERSION["parse"], answered or None),
            partial(_parse, space),
            ("reason", "argue"),
        ),
        Stage(
            "emotions",
            "harness",
            settings_key("emotions", VERSION["emotions"], msgspec.to_builtins(feeling)),
            decide.emotions,
            ("transcribe", "evidence", "parse", *beside),
        ),
        Stage(
            "fuse",
            ours,
            settings_key("fuse", VERSION["fuse"], [fuse_key, config.default_label, by_model]),
            decide.fuse,
            ("evidence", "parse", *beside),
        ),
        Stage(
            "attribute",
            ours,
            settings_key("attribute", VERSION["attribute"], fuse_key),
            decide.attribute,
            ("evidence", "parse", "fuse", *beside),
        ),
    ]
    return stages + _ablation_stages(config, prompter, specs["reason"].name, asked)


def _ablation_stages(config: Config, prompter: Prompter, name: str, asked: Sequence[Any]) -> list[Stage]:
    """What the profile wants the omni model to be asked besides: reask, early."""
    table = config.sections["attribute"]
    by, wants_early = table["by"], bool(table["early_answers"])
    if by not in ATTRIBUTIONS:
        raise ConfigError(f"attribute.by is {by!r}", f"known: {', '.join(ATTRIBUTIONS)}")
    if (by != "fuser" or wants_early) and not asks_a_model(config):
        setting = "attribute.early_answers" if wants_early else f"attribute.by is {by!r}, which"
        raise ConfigError(f"{setting} needs an omni model to ask", "use --profile full")
    stages = []
    needs = ("media", "transcribe", "evidence", "reason", "parse")
    if by != "fuser":
        key = settings_key("reask", VERSION["reask"], [*asked, by])
        run: Callable[[Context], Any] = partial(reask, prompter, by == "omni-loo")
        stages.append(Stage("reask", name, key, run, needs, _reading))
    if wants_early:
        texts = read_translations(Path(table["translations"]) if table["translations"] else None)
        key = settings_key("early", VERSION["early"], asked)
        stages.append(
            Stage("early", name, key, partial(early, prompter, texts), needs, lambda c: [_reading(c), texts.get(c.id)])
        )
    return stages + _hiding_stages(config, prompter, name, asked)


def _hiding_stages(config: Config, prompter: Prompter, name: str, asked: Sequence[Any]) -> list[Stage]:
    """What the profile wants hidden from the omni model part by part: moments, regions."""
    stages = []
    for stage, work in (("moments", moments), ("regions", regions)):
        count = config.sections["attribute"][stage]
        if count == 0 and not isinstance(count, bool):
            continue
        if not PARTS[stage].holds(count):
            raise ConfigError(f"attribute.{stage} is {count!r}", f"0 for none, or {PARTS[stage].allowed}")
        if not asks_a_model(config):
            raise ConfigError(f"attribute.{stage} needs an omni model to ask", "use --profile full")
        key = settings_key(stage, VERSION[stage], [*asked, count])
        run: Callable[[Context], Any] = partial(work, prompter, count)
        stages.append(Stage(stage, name, key, run, ("media", "transcribe", "evidence"), _reading))
    return stages


def _reading(clip: Clip) -> Any:
    return clip.folder_language


def asks_a_model(config: Config) -> bool:
    """Whether an omni model reasons, and not the writer of measured evidence."""
    return bool(config.sections["omni"]["provider"] != "none")


def chosen_prompt(config: Config) -> prompts.Prompt:
    """The profile's prompt; without an omni model the one that asks for a text from evidence.

    Raises:
        ConfigError: no such prompt, or a question of the user's own where no model is asked.
    """
    table = config.sections["omni"]
    if not asks_a_model(config):
        if table["instruct"] is not None:
            raise ConfigError("a question of your own (omni.instruct) needs an omni model", "use --profile full")
        return prompts.in_space(prompts.get_prompt("evidence"), config.space)
    prompt = prompts.in_space(prompts.get_prompt(str(table["prompt"])), config.space)
    return prompts.with_instruct(prompt, table["instruct"])


def told_language(config: Config) -> Language | None:
    """The language of an argument that is told: the profile's, or None for the clip's own. Raises ConfigError."""
    wanted = config.sections["reasoning"]["language"]
    if wanted not in ("clip", "zh", "en"):
        raise ConfigError(f"reasoning.language is {wanted!r}", "clip, zh or en")
    return None if wanted == "clip" else wanted


def _read_words(build: Callable[[], TextReader], context: Context) -> TextFeatures:
    transcript = context.get("transcribe", Transcript)
    if transcript is None:
        raise Absent(context.why_not("transcribe"), context.records["transcribe"].remedy)
    if not transcript.text:
        raise Absent("the transcript holds no words")
    return build().read(transcript)


def _evidence(context: Context) -> ClipEvidence:
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
        _voice(context),
        context.get("face", FaceTrack),
        missing,
        context.clip.folder_language,
        context.get("body", BodyTrack) if "body" in context.records else None,
        context.get("brief", BriefTrack) if "brief" in context.records else None,
    )


def _voice(context: Context) -> SpeechFeatures | None:
    """How the clip sounds, with the opinion that was formed among the run's voices where there is one."""
    heard = context.get("speech", SpeechFeatures)
    if heard is None or STAGE not in context.records:
        return heard
    among = context.get(STAGE, NormalisedVoice)
    if among is None:
        return heard
    strength = among.opinion.strength if among.opinion is not None else None
    summary = {**heard.summary, "arousal_probability": None if strength is None else round(strength, 3)}
    return replace(heard, summary=summary, opinion=among.opinion, likeness=among.likeness, emotions=among.emotions)


def _feeling(section: Mapping[str, Any], settings: FuseSettings) -> tuple[FuseSettings, FuseSettings]:
    """How emotions and sentiments are pooled beside the run's own space, by the same weights and without a prior.

    Where the run answers in another space, what was learned for that space is not used: a plain pool stands for it.
    """
    felt = section["emotions"]
    strategy = felt["strategy"] if felt["strategy"] != "learned" else "log_pool"
    emotions = FuseSettings(strategy, dict(felt["weights"]), space=EMOTION7)
    if settings.space == SENTIMENT5:
        return emotions, replace(settings, prior=())
    return emotions, FuseSettings("log_pool", dict(section["weights"]))


def _parse(space: LabelSpace, context: Context) -> Answer:
    reasoning = context.get("reason", Reasoning)
    if reasoning is None:
        raise Absent(context.why_not("reason"))
    answer = replace(parse_votes(reasoning.replies, space), probabilities=reasoning.label_probabilities)
    argument = context.get("argue", Argument)
    if argument is None or answer.label is None or not reasoning.is_language_model:
        return answer
    return replace(answer, measured=compared(answer.label, argument, space))


@dataclass(frozen=True)
class _Decider:
    """The stages that need to know how opinions are pooled, and whether a model's answer is among them."""

    default_label: str
    settings: FuseSettings
    by_model: bool
    feeling: tuple[FuseSettings, FuseSettings]
    outside: tuple[str, ...] = ()

    def evidence(self, context: Context) -> ClipEvidence:
        """The evidence, with what nets from outside say. Absent when none was gathered."""
        return joined(evidence_of(context), said_by(context, self.outside), self.settings.space)

    def all_sources(self, context: Context) -> dict[str, Source]:
        """The modalities and nets from outside, and the reasoner's own answer where it has a weight."""
        sources = sources_of(self.evidence(context), self.settings.space)
        answer = context.get("parse", Answer)
        if answer is not None and answer.label is not None and self.settings.weights.get("answer", 0.0) > 0:
            given = answer.probabilities or certain(answer.label, self.settings.answer_certainty, self.settings.space)
            sources["answer"] = Source(given, 1.0 if answer.agreement is None else answer.agreement)
        return sources

    def argue(self, context: Context) -> Argument:
        evidence = self.evidence(context)
        argument = argue(evidence, self.settings)
        if argument is None:
            missing = missing_for(evidence, self.settings.space)
            raise Absent("no modality gave an opinion: " + listed(missing))
        return argument

    def emotions(self, context: Context) -> Emotions:
        evidence = self.evidence(context)
        answer = context.get("parse", Answer)
        said = answer.answer_text if answer is not None and self.by_model else ""
        found = emotions_of(evidence, *self.feeling, answer=said)
        if found is None:
            raise Absent("no modality names an emotion: " + listed(missing_for(evidence, EMOTION7)))
        return found

    def fuse(self, context: Context) -> Prediction:
        if context.get("evidence", ClipEvidence) is None:
            return self._fallback("no evidence was gathered: " + context.why_not("evidence"))
        evidence = self.evidence(context)
        sources = self.all_sources(context)
        answer = context.get("parse", Answer)
        space = self.settings.space
        missing = dict(missing_for(evidence, space))
        if self.by_model and (answer is None or answer.label is None):
            missing["answer"] = context.why_not("parse") if answer is None else f"unparsed: {answer.problem}"
        fused = fuse(sources, self.settings)
        if not fused.weights:
            return self._fallback("no modality gave an opinion that has a weight: " + listed(missing))
        label = argmax_label(fused.probabilities, space)
        if self.settings.label_from == "answer" and answer is not None and answer.label is not None:
            label = answer.label
        status: ClipStatus = "partial" if missing else "ok"
        pooled = {name: source.probabilities for name, source in sources.items()}
        reason = listed(missing)
        how = (self.settings.strategy, fused.weights, pooled)
        return Prediction(label, fused.probabilities, status, reason, *how, space.name, space.labels)

    def _fallback(self, reason: str) -> Prediction:
        """The configured default label, and said to be that."""
        space, strategy = self.settings.space, self.settings.strategy
        return Prediction(self.default_label, None, "fallback", reason, strategy, {}, {}, space.name, space.labels)

    def attribute(self, context: Context) -> Attribution:
        prediction = context.get("fuse", Prediction)
        if prediction is None or prediction.probabilities is None:
            raise Absent("nothing was fused")
        return attribute(self.all_sources(context), self.settings, prediction.label)
