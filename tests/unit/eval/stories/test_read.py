from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.claims.facts import facts_of
from eval.stories.read import FOLDER, SCHEMA, read_stories, worked


def written(folder: Path, **stories: dict[str, Any]) -> Path:
    (folder / FOLDER).mkdir()
    for name, story in stories.items():
        path = folder / FOLDER / f"{name}.mp4.json"
        path.write_text(json.dumps({"schema": SCHEMA, "clip": {"id": f"{name}.mp4"}, **story}), encoding="utf-8")
    return folder


@pytest.mark.parametrize("part", [{"opinions": 5}, {"opinions": [1]}, {"missing": 7}, {"missing": "x"}])
def test_a_story_whose_parts_are_of_the_wrong_kind_is_a_problem_and_costs_no_other(
    tmp_path: Path, part: dict[str, Any]
) -> None:
    run = written(tmp_path, good={"evidence": {"items": []}}, odd={"evidence": part})
    done, problems = worked(read_stories(run).stories, lambda story: (story.id, facts_of(story)))
    assert [clip for clip, _ in done] == ["good.mp4"]
    (problem,) = problems
    assert problem.file == "odd.mp4.json" and problem.message.startswith("the story is malformed: ")
