"""What a run prints of its clips when it is done: a line for each, and the score where labels lie beside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.metrics.stats import wilson
from eval.report.argued import argument_of, cues_of, views_of
from eval.report.head import headline
from eval.report.judgement import judgement
from eval.report.words import label_words, reading_words
from eval.stories.read import Story
from eval.tables.output import figure, width
from harness.records.labels import SENTIMENT5, LabelSpace
from harness.records.names import MODALITIES

MOST_CLIPS = 20
"""Clips up to which a run lists them."""
MOST_CUES = 2
MOST_WHY = 110
_TIMES = re.compile(r" at [\d.]+–[\d.]+ s")


def clip_table(stories: Sequence[Story], truth: Mapping[str, str] | None) -> str:
    """A line for each clip: label, emotion that the face or voice reads, right or wrong, why."""
    head = ["clip", "label", "", "reads", "why"]
    rows = [head, *(_row(story, (truth or {}).get(story.id)) for story in stories)]
    wide = [max(width(row[column]) for row in rows) for column in range(len(head) - 1)]
    lines = []
    for row in rows:
        cells = [cell + " " * (w - width(cell)) for cell, w in zip(row[:-1], wide, strict=True)]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return "\n".join(lines)


def _row(story: Story, true: str | None) -> list[str]:
    mark = "" if true is None else "right" if true == story.label else f"not {true}"
    found = judgement(story)
    if found is None:
        return [story.id, story.label or "–", mark, "", "no label"]
    emotions = [
        f"{MODALITIES['en'][m].removeprefix('the ')} {reading_words(reading, 'en')}"
        for m, reading in found["readings"].items()
        if reading not in (*SENTIMENT5.labels, "negative", "positive")
    ]
    return [story.id, _named(story.label), mark, ", ".join(emotions), _why(story, found)]


def _named(label: str) -> str:
    """A label with its name, where that says more."""
    name = label_words(label, "en")
    return label if name.casefold() == label.casefold() else f"{label} {name}"


def _why(story: Story, found: Mapping[str, Any]) -> str:
    """The deciding modality with its largest cues, those with it and those against it, on one line."""
    if found["answered"]:
        return f"the omni model's own answer; measured: {label_words(found['second'], 'en')}"
    if found["probability"] is None:
        return "the default label: there was nothing to judge by"
    if found["by"] is None:
        return "opinions cancel out"
    cues = [
        _TIMES.sub("", str((cue.get("told") or {}).get("en") or cue.get("feature")))
        for view in views_of(argument_of(story))
        if view.get("modality") == found["by"]
        for cue in cues_of(view)
        if cue["share"] > 0
    ]
    told = f"{MODALITIES['en'][found['by']]}" + (f": {', '.join(cues[:MOST_CUES])}" if cues else "")
    for word, names in (("with", found["backed"]), ("against", found["against"])):
        told += f"; {word} {' and '.join(MODALITIES['en'][m] for m in names)}" if names else ""
    margin = f" ({100 * found['margin']:.0f} points ahead)" if found["margin"] is not None else ""
    flat = " ".join(told.split())
    return (flat if len(flat) <= MOST_WHY else flat[: MOST_WHY - 1] + "…") + margin


def score_line(predicted: Mapping[str, str], truth: Mapping[str, str], labels: Path, space: LabelSpace) -> str:
    """How many labels are right, with n and an interval; a label without a prediction counts as wrong."""
    found = headline(predicted, truth, space)
    bounds = wilson(found.right, found.labelled)
    interval = f"{figure(bounds.low, 3)}–{figure(bounds.high, 3)}"
    return (
        f"{found.right} of {found.labelled} right against {labels}: accuracy {figure(found.war, 3)} "
        f"(95 % {interval}, n = {found.labelled}), UAR {figure(found.uar, 3)}"
    )
