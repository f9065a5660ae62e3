"""What a story's measured argument gives the page: whether the text tells it, and what other labels lack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from eval.reasoning.explanation import Checked, check_story
from eval.stories.read import Story
from harness.records.names import MODALITIES
from harness.records.numbers import Number

ANY_NUMBER = Number()


def argument_of(story: Story) -> Mapping[str, Any]:
    """The measured argument of a story; empty without one."""
    argument = (story.part("reasoning") or {}).get("argument")
    return argument if isinstance(argument, Mapping) else {}


def known_sources(story: Story) -> set[str]:
    """Whose opinions a story may speak of: the modalities, the reasoner's answer, and what was pooled beside them."""
    given = (story.part("prediction") or {}).get("sources")
    return {*MODALITIES["en"], *(name for name in (given if is_map(given) else ()) if isinstance(name, str))}


def pooled(story: Story) -> dict[str, float]:
    """Label → pooled probability; empty where nothing was pooled."""
    values, labels = (story.part("prediction") or {}).get("probabilities"), story.space.labels
    if not isinstance(values, list) or len(values) != len(labels) or not all(map(is_number, values)):
        return {}
    return dict(zip(labels, values, strict=True))


def views_of(argument: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The views of an argument that are records."""
    views = argument.get("views")
    return [view for view in views if isinstance(view, Mapping)] if isinstance(views, list) else []


def cues_of(view: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The cues of a view that are records with a share."""
    cues = view.get("cues")
    kept = cues if isinstance(cues, list) else []
    return [cue for cue in kept if isinstance(cue, Mapping) and is_number(cue.get("share"))]


def explained(story: Story) -> Checked | None:
    """The checks of `eval explanation` on a story's text; None without a text, or without a sound argument."""
    argument = argument_of(story)
    conflicts = argument.get("conflicts") or []
    sides = [argument.get("decided_by"), *_listed(argument.get("opposed_by"))]
    sides += [c.get(end) if is_map(c) else "" for c in _listed(conflicts) for end in ("won", "lost")]
    known = known_sources(story)
    named = all(side is None or (isinstance(side, str) and side in known) for side in sides)
    sound = argument.get("label") in story.space.labels and named and isinstance(conflicts, list)
    told = all(is_map(cue.get("told")) for view in views_of(argument) for cue in cues_of(view))
    whole = sound and told and len(views_of(argument)) == len(_listed(argument.get("views")))
    whole = whole and all(len(cues_of(v)) == len(_listed(v.get("cues"))) for v in views_of(argument))
    return check_story(story) if whole and story.text("reasoning", "text") else None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def why_not(story: Story) -> dict[str, dict[str, Any]]:
    """Label other than the story's → its probability, how far it is behind, and what each source gives it alone.

    `flip` is the smallest change of one modality that would make it the label, as the argument measured it; None
    where the argument has none for it.
    """
    probabilities = pooled(story)
    if story.label not in probabilities:
        return {}
    space = story.space
    sources = (story.part("prediction") or {}).get("sources")
    alone = {
        name: values
        for name, values in (sources.items() if is_map(sources) else ())
        if name in known_sources(story) and isinstance(values, list) and len(values) == len(space.labels)
    }
    argument = argument_of(story)
    every = argument.get("flips") if isinstance(argument.get("flips"), list) else [argument.get("flip")]
    flips = {f["label"]: f for f in every or () if is_map(f)} if argument.get("label") == story.label else {}
    own = space.rank(story.label)
    return {
        label: {
            "probability": probabilities[label],
            "behind": probabilities[story.label] - probabilities[label],
            "alone": {name: [values[space.rank(label)], values[own]] for name, values in alone.items()},
            "flip": flips.get(label),
            "searched": isinstance(argument.get("flips"), list) and argument.get("label") == story.label,
        }
        for label in space.labels
        if label != story.label
    }


def is_map(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether a value of a story is a record."""
    return isinstance(value, Mapping)


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a value of a story is a number."""
    return ANY_NUMBER.holds(value)


def number(value: Any) -> float | None:
    """The number, or None where it is none."""
    return float(value) if is_number(value) else None
