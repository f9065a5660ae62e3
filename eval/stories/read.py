"""Reading the stories of a run: `video_emotion_results/<clip>.json`, one JSON object per clip.

A story is somebody's file: parts may be missing, null or of the wrong kind. What cannot be read becomes a listed
problem, never an exception and never a made-up value.
"""

from __future__ import annotations

import csv
import io
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from eval.errors import EvalError
from eval.tables.json_file import json_value
from harness.inputs.encoding import NotText, read_text
from harness.records.conversions import polarity_of
from harness.records.csv_rows import dicts_of
from harness.records.labels import SENTIMENT5, SPACES, LabelSpace, of_another_space

FOLDER = "video_emotion_results"
SCHEMA = "story/1"
T = TypeVar("T")
MALFORMED = (TypeError, ValueError, AttributeError, LookupError, OverflowError, RecursionError)
"""What working with a story ends in whose parts are of the wrong kind: any story may be somebody's own making."""


@dataclass(frozen=True)
class Problem:
    """A file that is no story."""

    file: str
    message: str


@dataclass(frozen=True)
class Story:
    """One clip's story; `data` is its JSON object, free of what JSON or UTF-8 cannot carry."""

    path: Path
    data: Mapping[str, Any]

    def part(self, name: str) -> dict[str, Any] | None:
        """A sub-object, or None when it is absent or not an object."""
        value = self.data.get(name)
        return value if isinstance(value, dict) else None

    def text(self, part: str, name: str) -> str:
        """A string inside a sub-object, empty when there is none."""
        value = (self.part(part) or {}).get(name)
        return value if isinstance(value, str) else ""

    @property
    def clip(self) -> Mapping[str, Any]:
        """The clip's own record."""
        return self.part("clip") or {}

    @property
    def id(self) -> str:
        """The clip's ID: its file name with extension."""
        value = self.clip.get("id")
        return value if isinstance(value, str) and value else self.path.name.removesuffix(".json")

    @property
    def language(self) -> str:
        """zh, en, or empty when none was found."""
        value = self.data.get("language")
        return value if isinstance(value, str) else ""

    @property
    def label(self) -> str:
        """The submitted label, empty when there is none."""
        return self.text("prediction", "label")

    @property
    def space(self) -> LabelSpace:
        """The label space of the prediction: a known one, or a user's own by the labels that the story names."""
        prediction = self.part("prediction") or {}
        name, labels = prediction.get("space"), prediction.get("labels")
        if not isinstance(name, str) or not isinstance(labels, list) or not all(isinstance(one, str) for one in labels):
            return SENTIMENT5
        known = SPACES.get(name)
        if known is not None and list(known.labels) == labels:
            return known
        return LabelSpace(name, tuple(labels)) if len(set(labels)) == len(labels) > 1 else SENTIMENT5

    @property
    def answer(self) -> str:
        """The label that the reasoning answered, empty when it answered none."""
        return self.text("answer", "label")

    @property
    def parse_state(self) -> str:
        """`ok`, `unparsed` (there is a text but no label in it), or `none` (there is no reasoning)."""
        if self.part("reasoning") is None:
            return "none"
        return "ok" if self.answer else "unparsed"


@dataclass(frozen=True)
class Stories:
    """All stories of a run in the order of their clip IDs, and the files that are none."""

    stories: tuple[Story, ...]
    problems: tuple[Problem, ...]


def worked(stories: Iterable[Story], work: Callable[[Story], T]) -> tuple[list[T], list[Problem]]:
    """What `work` makes of each story, and the stories of which parts are of the wrong kind for it."""
    done, problems = list[T](), list[Problem]()
    for story in stories:
        try:
            done.append(work(story))
        except MALFORMED as odd:
            problems.append(malformed(story, odd))
    return done, problems


def malformed(story: Story, odd: Exception) -> Problem:
    """A story that could not be worked with, and what that ended in: one of `MALFORMED`."""
    return Problem(story.path.name, f"the story is malformed: {type(odd).__name__}: {odd}")


def tell_left_out(problems: Iterable[Problem]) -> None:
    """A line on standard error for each story that a figure does without."""
    for problem in problems:
        print(f"left out: {problem.file}: {problem.message}", file=sys.stderr)


def story_folder(run: Path) -> Path:
    """Where a run keeps its stories: `run` may be the supplements, their parent, or the folder itself.

    Raises:
        EvalError: `run` is not a folder.
    """
    if not run.is_dir():
        raise EvalError(f"{run}: no such folder", "run `python run_submission.py` first, or name the run's folder")
    for folder in (run / FOLDER, run / "Test_Supplements" / FOLDER):
        if folder.is_dir():
            return folder
    return run if run.name == FOLDER else run / FOLDER


def read_stories(run: Path) -> Stories:
    """Read all stories of a run; none is not an error.

    Raises:
        EvalError: `run` is not a folder.
    """
    stories: list[Story] = []
    problems: list[Problem] = []
    for read in _all(story_folder(run)):
        if isinstance(read, Story):
            stories.append(read)
        else:
            problems.append(read)
    return Stories(tuple(sorted(stories, key=lambda story: story.id)), tuple(problems))


class Run:
    """The stories of a run, one in memory at a time, in the order of their clip IDs.

    Attributes:
        ids: of the clips.
        space: the label space of the predictions.
        problems: the files that are no stories.

    Raises:
        EvalError: `run` is not a folder, or its predictions are of several label spaces.
    """

    def __init__(self, run: Path) -> None:
        self.folder = story_folder(run)
        listed: list[tuple[str, str]] = []
        problems: list[Problem] = []
        spaces: dict[str, LabelSpace] = {}
        for read in _all(self.folder):
            if isinstance(read, Problem):
                problems.append(read)
                continue
            listed.append((read.id, read.path.name))
            if read.part("prediction"):
                spaces[read.space.name] = read.space
        listed.sort(key=lambda entry: entry[0])
        self.ids, self._names = [clip for clip, _ in listed], [name for _, name in listed]
        self.space, self.problems = _the_only(spaces), tuple(problems)

    def __iter__(self) -> Iterator[Story]:
        """Every story that is still one, read anew."""
        for name in self._names:
            read = _read(self.folder / name)
            if isinstance(read, Story):
                yield read


def _all(folder: Path) -> Iterator[Story | Problem]:
    """What each file of a folder of stories is, one in memory at a time, in the order of the files' names."""
    for name in sorted(path.name for path in folder.glob("*.json")):
        yield _read(folder / name)


def run_space(stories: Sequence[Story]) -> LabelSpace:
    """The label space of a run's stories.

    Raises:
        EvalError: they are of several; names two.
    """
    return _the_only({story.space.name: story.space for story in stories if story.part("prediction")})


def _the_only(found: Mapping[str, LabelSpace]) -> LabelSpace:
    if len(found) > 1:
        first, second, *_ = sorted(found)
        raise EvalError(
            f"the run holds predictions of {first} and of {second}", "repeat the run with one --label-space"
        )
    return next(iter(found.values()), SENTIMENT5)


def polarity_in(story: Story, label: str) -> int:
    """−1, 0 or 1 of a label of the story's space; 0 where it has none."""
    known = SPACES.get(story.space.name)
    return (polarity_of(label, known) or 0) if known is not None and label in known.labels else 0


def read_story(path: Path) -> Story | None:
    """One story, None where the file is none."""
    read = _read(path)
    return read if isinstance(read, Story) else None


def _read(path: Path) -> Story | Problem:
    try:
        data, clean = json_value(path.read_bytes())
    except (OSError, ValueError, RecursionError) as fault:
        return Problem(path.name, f"not readable as JSON: {fault}")
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        return Problem(path.name, f"schema {found!r} where {SCHEMA} was expected")
    return Story(path, data if clean else _clean(data))


def read_truth(path: Path, space: LabelSpace = SENTIMENT5) -> dict[str, str]:
    """ID → label of a label file in `space`, canonical spelling; rows without a label are left out.

    Raises:
        EvalError: no such file, no columns ID and Label, an unknown label, or an ID with two labels.
    """
    if not path.is_file():
        raise EvalError(f"{path}: no such file", "pass a csv with the columns ID and Label")
    reader = csv_reader(path)
    if not {"ID", "Label"} <= set(reader.fieldnames or ()):
        raise EvalError(
            f"{path}: columns ID and Label needed, found {reader.fieldnames}", "name a csv with these columns"
        )
    truth: dict[str, str] = {}
    for row in reader:
        clip, word = (row["ID"] or "").strip(), (row["Label"] or "").strip()
        if not clip or not word:
            continue
        label = space.normalise(word)
        if label is None:
            known = f"known labels of {space.name}: {', '.join(space.labels)}"
            raise EvalError(f"{path}:{reader.line_num}: unknown label {word!r}{of_another_space(word)}", known)
        if truth.setdefault(clip, label) != label:
            raise EvalError(
                f"{path}:{reader.line_num}: {clip} has two labels, {truth[clip]} and {label}",
                "keep one row for each clip",
            )
    return truth


def csv_reader(path: Path) -> csv.DictReader[str]:
    """A csv's rows by column name, in whatever encoding it is written. EvalError when it is no text."""
    try:
        return dicts_of(io.StringIO(read_text(path).text, newline=""))
    except NotText as fault:
        raise EvalError(f"{path}: {fault.message}", fault.remedy) from None


def _clean(value: Any) -> Any:
    """The same JSON value with NaN and infinities as None and lone surrogates as `?`: what JSON and UTF-8 can carry."""
    if isinstance(value, dict):
        return {_clean(key): _clean(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode("utf-8")
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
