"""What a benchmark is: its columns, its named quirks, and one function that scores with any set of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

Row = Mapping[str, str]
Figures = dict[str, float]


@dataclass(frozen=True)
class Item:
    """A clip (or question) of the labels file. `said` is None where the predictions have no row for it."""

    id: str
    truth: Row
    said: Row | None


@dataclass(frozen=True)
class Given:
    """What a benchmark may need beside the two files: the folder of the emotion wheels."""

    wheels: Path | None = None


Score = Callable[[Sequence[Item], frozenset[str], Given], Figures]


@dataclass(frozen=True)
class Benchmark:
    """One benchmark.

    Attributes:
        name: as `reproduce` calls it.
        version: of the rules, with the source's commit or year.
        headline: the figure that papers quote.
        source: where the published rules were read.
        truth: field → accepted columns of the labels file (beside the ID).
        said: field → accepted columns of the predictions file.
        quirks: name of a quirk of the published scorer → what it does.
        score: figures of items under a set of quirks: all of them as published, none of them corrected. NaN where a
            figure is undefined, or where the published scorer stops.
        optional: fields that a file may lack; they are then empty.
        published: name of a system → its published figures.
        labels: the label space by name, for the signature.
    """

    name: str
    version: str
    headline: str
    source: str
    truth: Mapping[str, Sequence[str]]
    said: Mapping[str, Sequence[str]]
    quirks: Mapping[str, str]
    score: Score
    optional: frozenset[str] = frozenset()
    published: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    labels: str = ""


PREDICTION = ("prediction", "Label", "answer", "response", "predicted_value", "discrete", "pred")
TRUTH = ("truth", "Label", "answer", "label", "expected_value", "discrete", "gt")
MISSING_DROPPED = "clips without a prediction leave the denominator"


def answered(items: Sequence[Item], quirks: frozenset[str]) -> list[Item]:
    """The items that count: all of them, or with the quirk `missing-dropped` those that have a prediction."""
    return [item for item in items if item.said is not None or "missing-dropped" not in quirks]
