"""A clip's judgement in one sentence, and the flags that a reader should heed.

Everything is taken from the story: the pooled probabilities and the measured argument (`reasoning.argument`), whose
shares are effects of interventions. A story without an argument has a judgement all the same, with less to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.report.argued import argument_of, cues_of, is_map, is_number, known_sources, number, pooled, views_of
from eval.report.words import label_words, reading_words
from eval.stories.read import Story
from harness.records.argument import CLOSE, LEAST_CONFIDENCE
from harness.records.labels import SENTIMENT5
from harness.records.names import LANGUAGES, MODALITIES
from harness.records.types import Language

FAR = 3.0
"""Standard deviations of the training data beyond which a measurement is unlike what its head has learned from."""
MISSING = 0.5
"""Share of the weight from which on what is absent is flagged."""
FLAGS = ("fallback", "close", "conflict", "range", "unsure", "missing", "apart")


def judgement(story: Story) -> dict[str, Any] | None:
    """The judgement of a story as JSON; None where it has no label.

    `by`, `backed`, `against` are modalities: the one with the largest share towards the label, the others with it,
    those against it. `margin` is P(label) − P(second); None without probabilities. `answered`: the label is the omni
    model's own answer, and what was measured gives `second`.
    """
    if story.label not in story.space.labels:
        return None
    probabilities = pooled(story)
    argument = argument_of(story)
    own = argument.get("label") == story.label
    by, backed, against = _sides(argument, known_sources(story)) if own else _sides_of_attribution(story)
    found: dict[str, Any] = {"label": story.label, "by": by, "backed": backed, "against": against}
    found |= {"probability": None, "second": None, "margin": None, "answered": False}
    if probabilities:
        ranked = sorted(story.space.labels, key=lambda label: -probabilities[label])
        second = next(label for label in ranked if label != story.label)
        margin = probabilities[story.label] - probabilities[second]
        found |= {"probability": probabilities[story.label], "second": second, "margin": margin}
        found["answered"] = margin < 0 and not own and (story.part("answer") or {}).get("label") == story.label
    found["shares"] = {str(v.get("modality")): number(v.get("share")) for v in views_of(argument)} if own else {}
    found["readings"] = {str(v["modality"]): str(v["reading"]) for v in views_of(argument) if v.get("reading")}
    found["far"] = far_of(argument)
    found["flags"] = flags(story, found, argument)
    found["sentence"] = {language: sentence(found, language) for language in LANGUAGES}
    return found


def far_of(argument: Mapping[str, Any]) -> list[str]:
    """Modalities with a measurement that moved them and lies far outside what their head was trained on."""
    far = []
    for view in views_of(argument):
        if any(is_number(cue.get("z")) and abs(cue["z"]) > FAR for cue in cues_of(view)):
            far.append(str(view.get("modality")))
    return far


def flags(story: Story, found: Mapping[str, Any], argument: Mapping[str, Any]) -> list[str]:
    """Which of `FLAGS` hold.

    In their order: the label is a default, the call is close, modalities disagree, a measurement is unlike the training
    data, the input of what decides allowed little, half of the weight or more is absent, a model answers other than
    what was measured.
    """
    weight = argument.get("weight_missing")
    beside = (story.part("answer") or {}).get("measured")
    holds = {
        "fallback": (story.part("prediction") or {}).get("status") == "fallback",
        "close": found["margin"] is not None and found["margin"] < CLOSE,
        "conflict": bool(argument.get("conflicts")),
        "range": bool(found["far"]),
        "unsure": any(
            is_number(sure := view.get("confidence")) and sure < LEAST_CONFIDENCE
            for view in views_of(argument)
            if view.get("modality") == found["by"]
        ),
        "missing": is_number(weight) and weight >= MISSING,
        "apart": is_map(beside) and is_number(steps := beside.get("steps")) and steps > 0,
    }
    return [flag for flag in FLAGS if holds[flag]]


def sentence(found: Mapping[str, Any], language: Language) -> str:
    """The judgement in one sentence: label, what decided, what is with and against it, how far ahead it is."""
    return (_chinese if language == "zh" else _english)(found)


def _english(found: Mapping[str, Any]) -> str:
    label = label_words(found["label"], "en")
    told = label[0].upper() + label[1:] + _in_brackets(found["probability"])
    if found["answered"]:
        measured = label_words(found["second"], "en")
        return f"{told}: the omni model's own answer; what was measured speaks for {measured}."
    names = MODALITIES["en"]
    if found["by"]:
        verb = "decide" if found["by"] == "text" else "decides"
        told += f": {_read(found, found['by'], 'en')} {verb} it{_signed(found, found['by'])}"
        if found["backed"]:
            plural = len(found["backed"]) > 1 or found["backed"] == ["text"]
            told += f"; {_and([names[m] for m in found['backed']])} {'agree' if plural else 'agrees'}"
        if found["against"]:
            plural = len(found["against"]) > 1 or found["against"] == ["text"]
            told += (
                f"; {_and([_read(found, m, 'en') for m in found['against']])} {'are' if plural else 'is'} against it"
            )
    elif found["probability"] is None:
        return told + ": the default label, since there was nothing to judge by."
    else:
        told += ": no single modality speaks for it; it is where opposed opinions meet"
    if found["margin"] is not None:
        told += f"; {100 * found['margin']:.0f} points ahead of {label_words(found['second'], 'en')}"
    return told + "."


def _chinese(found: Mapping[str, Any]) -> str:
    told = label_words(found["label"], "zh") + (
        "" if found["probability"] is None else f"（{found['probability']:.2f}）"
    )
    if found["answered"]:
        return f"{told}：这是多模态模型自己的回答，测量结果更支持{label_words(found['second'], 'zh')}。"
    names = MODALITIES["zh"]
    if found["by"]:
        share = found["shares"].get(found["by"])
        told += f"：主要依据是{_read(found, found['by'], 'zh', '' if share is None else f'{share:+.2f}')}"
        if found["backed"]:
            told += f"，{'、'.join(names[m] for m in found['backed'])}与之一致"
        if found["against"]:
            told += f"，{'、'.join(_read(found, m, 'zh') for m in found['against'])}与之相反"
    elif found["probability"] is None:
        return told + "：没有任何可用的依据，这是默认标签。"
    else:
        told += "：没有哪一方面单独支持它，是几种相反倾向折中的结果"
    if found["margin"] is not None:
        told += f"；领先{label_words(found['second'], 'zh')} {100 * found['margin']:.0f} 个百分点"
    return told + "。"


def _read(found: Mapping[str, Any], modality: str, language: Language, share: str = "") -> str:
    """A modality with the emotion that its head reads where it says more than a polarity; in Chinese its share too."""
    name, reading = MODALITIES[language][modality], str(found["readings"].get(modality) or "")
    says = "" if reading in ("", *SENTIMENT5.labels, "negative", "positive", "neutral") else reading
    words = reading_words(says, language) if says else ""
    if language == "en":
        return f"{name} (read as {words})" if words else name
    senses = {"text": "读来", "audio": "听来", "video": "看来"}
    noted = [part for part in (f"{senses.get(modality, '')}{words}" if words else "", share) if part]
    return f"{name}（{'，'.join(noted)}）" if noted else name


def _in_brackets(value: float | None) -> str:
    return "" if value is None else f" ({value:.2f})"


def _signed(found: Mapping[str, Any], modality: str) -> str:
    share = found["shares"].get(modality)
    return "" if share is None else f" ({share:+.2f})"


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def _known(value: Any, sources: set[str]) -> list[str]:
    return [m for m in value if isinstance(m, str) and m in sources] if isinstance(value, list) else []


def _sides(argument: Mapping[str, Any], sources: set[str]) -> tuple[str | None, list[str], list[str]]:
    by = argument.get("decided_by")
    known = by if isinstance(by, str) and by in sources else None
    return known, _known(argument.get("supported_by"), sources), _known(argument.get("opposed_by"), sources)


def _sides_of_attribution(story: Story) -> tuple[str | None, list[str], list[str]]:
    """The same where the argument of the heads is for another label, as beside an omni model's answer."""
    values = (story.part("attribution") or {}).get("values")
    known = known_sources(story)
    kept = {m: v for m, v in values.items() if m in known and is_number(v)} if is_map(values) else {}
    ranked = sorted(kept, key=lambda m: -kept[m])
    supporting = [m for m in ranked if kept[m] > 0]
    return (supporting[0] if supporting else None), supporting[1:], [m for m in ranked if kept[m] < 0]
