"""When in a clip an answer lies, and where: lanes of the timeline, and grids.

Of the heads of face and voice where `python -m models saliency time` was asked, of the omni model where the run had
`attribute.moments` or `attribute.regions`.
"""

from __future__ import annotations

from typing import Any

from eval.claims.facts import record_data
from eval.report.argued import is_map, is_number
from eval.stories.read import Story
from eval.tables.json_file import json_value
from harness.records.store import SUFFIX, file_stem
from harness.records.verdicts import SALIENCY_FOLDER, SALIENCY_SCHEMA

HEADS = ("voice", "face")
NO_BETTER = "no better than random rankings"


def saliency_payload(story: Story) -> list[dict[str, Any]]:
    """For each head that was asked: its answer with the parts and their effects, or why nothing is shown."""
    lanes = [*_of_heads(story), _of_model(story, "moments"), _of_model(story, "regions")]
    return [lane for lane in lanes if lane]


def _of_heads(story: Story) -> list[dict[str, Any]]:
    """Of the file beside the stories; nothing where none is there, or one of other bytes than the clip's."""
    name = str(story.clip.get("path") or story.id).replace("\\", "/").rsplit("/", 1)[-1]
    path = story.path.parent.parent / SALIENCY_FOLDER / (file_stem(name) + SUFFIX)
    try:
        found = json_value(path.read_bytes())[0]
    except (OSError, ValueError):
        return []
    if not is_map(found) or found.get("schema") != SALIENCY_SCHEMA or found.get("sha256") != story.clip.get("sha256"):
        return []
    heads, times = found.get("heads"), found.get("intervals")
    if not is_map(heads) or not isinstance(times, list) or not all(map(_is_interval, times)):
        return []
    return [_lane(head, item, len(times), {"intervals": times}) for head in HEADS if is_map(item := heads.get(head))]


def _of_model(story: Story, stage: str) -> dict[str, Any]:
    found = record_data(story, stage)
    if found is None:
        return {}
    times, grid = found.get("intervals"), found.get("grid")
    if stage == "regions":
        return _lane(stage, found, grid * grid, {"grid": grid}) if isinstance(grid, int) else {}
    if not isinstance(times, list) or not all(map(_is_interval, times)):
        return {}
    return _lane(stage, found, len(times), {"intervals": times})


def _lane(head: str, item: Any, count: int, parts: dict[str, Any]) -> dict[str, Any]:
    effects = item.get("effects")
    if item.get("shown") is not True:
        return {"head": head, "why_not": str(item.get("why_not") or NO_BETTER)}
    if not isinstance(effects, list) or len(effects) != count or not all(map(is_number, effects)):
        return {}
    return {
        "head": head,
        "label": item.get("label"),
        "probability": item.get("probability"),
        "effects": effects,
    } | parts


def _is_interval(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_number, value))
