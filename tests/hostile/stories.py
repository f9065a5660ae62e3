"""Stories and records of a run that somebody changed by hand, cut, or brought from elsewhere."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from eval.__main__ import main as evaluate
from harness.output.export import STORY_FOLDER
from harness.records.store import Store, digest_of
from tests.hostile.kinds import ODD_VALUES, Kind, no_json, odd_json

VERBS = ("report", "claims", "rationale", "explanation", "contributions", "faithfulness", "probes")
NESTED = ("evidence", "reasoning", "prediction", "transcript", "attribution", "stages")
SETTINGS: dict[str, list[str]] = {"probes": ["--out", "probes.jsonl"]}


def kinds(run: Path) -> Iterator[Kind]:
    """Every damage to a story for every command that reads stories, and to a record for the store.

    Args:
        run: the supplements of a finished run.
    """
    story = max((run / STORY_FOLDER).glob("*.json"), key=lambda path: path.stat().st_size)
    good = story.read_bytes()
    for place, (name, data) in enumerate([*odd_json(good), *_nested(good)]):
        verbs = VERBS if place % len(VERBS) == 0 else ("report", VERBS[place % len(VERBS)])
        for verb in dict.fromkeys(verbs):
            yield Kind(f"story, {verb}", name, partial(_story, run, story.name, data, verb))
    records = sorted((run / "records").glob("*/*.json"))
    for place, record in enumerate(records):
        content = record.read_bytes()
        for name, data in odd_json(content) if place % 5 == 0 else no_json(content):
            stage = record.parent.name
            yield Kind(f"record of {stage}", name, partial(_record, record, data))


def warm(run: Path, folder: Path) -> None:
    """Have every command read good stories once, so that what it makes ready then (expressions, templates) is there."""
    story = next((run / STORY_FOLDER).glob("*.json"))
    for verb in VERBS:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            _story(run, story.name, story.read_bytes(), verb, folder / verb)()


def _nested(good: bytes) -> Iterator[tuple[str, bytes]]:
    """Kind → a story in which one value below the top is another."""
    value: dict[str, Any] = json.loads(good)
    for part in NESTED:
        for key in value.get(part) or ():
            for number, odd in enumerate(ODD_VALUES):
                yield f"{part}.{key} odd {number}", json.dumps({**value, part: {**value[part], key: odd}}).encode()


def _story(run: Path, name: str, data: bytes, verb: str, folder: Path) -> Callable[[], object]:
    shutil.copytree(run / STORY_FOLDER, folder / STORY_FOLDER)
    (folder / STORY_FOLDER / name).write_bytes(data)
    words = {"report": ["--out", str(folder / "page.html")], "probes": ["--out", str(folder / "probes.jsonl")]}
    return partial(evaluate, [verb, str(folder), *words.get(verb, [])])


def _record(record: Path, data: bytes, folder: Path) -> Callable[[], object]:
    place = folder / "records" / record.parent.name / record.name
    place.parent.mkdir(parents=True)
    for beside in record.parent.glob(f"{record.name.removesuffix('.json')}.*"):
        shutil.copy(beside, place.parent)
    place.write_bytes(data)
    told = json.loads(record.read_bytes())
    return partial(_get, Store(folder / "records"), told["stage"], told["clip"], place)


def _get(store: Store, stage: str, clip: str, place: Path) -> int:
    """What a run does with a record: it is the clip's and whole, or it is out of the way."""
    found = store.get(stage, clip)
    if found is None:
        assert not place.exists(), "what is no record still lies in its place"
        return 0
    assert (found.stage, found.clip) == (stage, clip)
    assert found.digest == digest_of(found.outcome, found.data, found.reason), "a record that is not whole was taken"
    return 0
