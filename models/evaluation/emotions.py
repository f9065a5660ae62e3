"""`python -m models evaluate text --space …`: what the text head says of emotions, on a labelled csv."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from harness.faults import Absent, ConfigError
from harness.inputs.own_space import find_space
from harness.records.conversions import base_of, convert
from harness.records.labels import EMOTION7, LabelSpace, of_another_space
from harness.records.types import Language, Segment, Transcript
from models.evaluation.files import Case, Evaluated, named
from models.text.head import TextHeadReader

COLUMNS: Mapping[Language, tuple[str, ...]] = {"zh": ("text", "chinese"), "en": ("text", "english", "Utterance")}
TRUTHS = ("emotion", "Emotion", "label", "Label")


def space_named(name: str) -> LabelSpace:
    """A space that emotions lead to. ConfigError for another."""
    space = find_space(name)
    if base_of(space) != EMOTION7:
        raise ConfigError(f"--space {name} is no space of emotions", "emotion7, mer6, dfew7 …; without it: sentiment")
    return space


def evaluate(
    rows: Sequence[Mapping[str, str]],
    reader: TextHeadReader,
    space: LabelSpace,
    language: Language | None,
    column: str | None = None,
) -> Evaluated:
    """What the head says of every row that has an emotion, over the labels of `space`.

    Args:
        rows: with a text, an emotion, and `language` where that is not given.
        reader: the text head.
        space: what is scored in; the head's seven lead to it.
        language: only rows of this one, where rows name theirs; else what all rows are.
        column: that holds the truth; by default the first of `TRUTHS` that is there.

    Raises:
        ConfigError: the head reads no emotions, or a column or a label does not fit.
    """
    truth = column or next((name for name in TRUTHS if name in rows[0]), None)
    if truth is None or truth not in rows[0]:
        raise ConfigError(f"no column {column or 'emotion'}", f"--labels, one of {', '.join(rows[0])}")
    table = convert(EMOTION7, space)
    left_out: Counter[str] = Counter()
    ids = named([row.get("id") or row.get("ID") or "" for row in rows])
    cases = []
    for number, row in enumerate(rows):
        own = row.get("language") or language
        if own not in COLUMNS:
            raise ConfigError(f"row {number + 1}: no language is given", "--language zh or --language en")
        if language is not None and own != language:
            left_out[f"language {own}"] += 1
            continue
        if not row[truth].strip():
            left_out["no emotion"] += 1
            continue
        spoken: Language = "zh" if own == "zh" else "en"
        words = next((row[name] for name in COLUMNS[spoken] if name in row), None)
        if words is None:
            raise ConfigError(f"no text column for {own}", f"one of {', '.join(COLUMNS[spoken])}")
        label = _label(row[truth], space, f"row {number + 1}, column {truth}")
        p, sure = _ask(reader, words, spoken)
        group = row.get("video") or (row.get("id") or "").rpartition("_")[0]
        cases.append(Case(ids[number], label, table.apply(p) if p is not None else None, sure, group))
    return Evaluated(space.name, space.labels, cases, left_out)


def _label(word: str, space: LabelSpace, where: str) -> str:
    label = space.normalise(word)
    if label is None:
        known = f"one of {', '.join(space.labels)} ({space.name})"
        raise ConfigError(f"{where}: {word!r}{of_another_space(word.strip())}", known)
    return label


def _ask(reader: TextHeadReader, words: str, language: Language) -> tuple[tuple[float, ...] | None, float]:
    try:
        said = reader.read(Transcript((Segment(words),), language, language, None, "data"), reasons=False).emotions
    except Absent:
        return None, 0.0
    return (said.probabilities, said.confidence) if said is not None else (None, 0.0)
