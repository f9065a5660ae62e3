"""The omni path in every label space on the real vLLM: one server, one folder of records, four submissions."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.inputs.own_space import find_space
from models.omni.server.vllm import VllmServer
from tests.support.own_space import OWN
from tests.support.run_command import run, submission

ROOT = Path(__file__).resolve().parents[2]
CLIPS = ("demo_zh_happy", "demo_en_angry")
SPACES = ("sentiment5", "emotion7", "mer6", "own")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two clips with their words, and a label space of twelve lines."""
    place = tmp_path_factory.mktemp("spaces")
    (place / "clips").mkdir()
    for stem in CLIPS:
        for path in (ROOT / "Test_Data").glob(f"{stem}.*"):
            shutil.copy(path, place / "clips" / path.name)
    (place / "own.yaml").write_text(OWN, encoding="utf-8")
    return place


def records(place: Path, stage: str) -> dict[str, dict[str, Any]]:
    folder = place / "run" / "supplements" / "records" / stage
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("[!.]*.json"))]
    return {record["clip"]: record for record in found}


@pytest.mark.parametrize("name", SPACES)
def test_the_model_answers_in_the_space_of_the_run(server: VllmServer, place: Path, name: str) -> None:
    endpoint = server.endpoint()
    chosen = str(place / "own.yaml") if name == "own" else name
    space = find_space(chosen)
    perceived = {stage: records(place, stage) for stage in ("media", "transcribe", "speech", "face", "text")}
    done = run(
        ROOT,
        place / "clips",
        place / "run",
        *("--label-space", chosen, "--omni-url", endpoint.url, "--set", "omni.api_key_env=SPACES_TEST_KEY"),
        *("omni.max_tokens=160", "fuse.weights.answer=0.6", "fuse.emotions.weights.answer=0.6"),
        SPACES_TEST_KEY=endpoint.api_key,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    labels = submission(place / "run")
    assert len(labels) == len(CLIPS) and set(labels.values()) <= set(space.labels)
    for reason in records(place, "reason").values():
        data = reason["data"]
        assert data["facts"]["structured"] == "regex" and data["is_language_model"]
        assert len(data["label_probabilities"]) == len(space.labels)
        assert sum(data["label_probabilities"]) == pytest.approx(1, abs=1e-6)
        assert all(label in data["messages"][-1]["content"] for label in space.labels)
    for answer in records(place, "parse").values():
        assert answer["data"]["label"] in space.labels, answer
        assert len(answer["data"]["probabilities"]) == len(space.labels)
    for fused in records(place, "fuse").values():
        assert (fused["data"]["space"], fused["data"]["labels"]) == (space.name, list(space.labels))
        assert len(fused["data"]["sources"]["answer"]) == len(space.labels)
    omni = json.loads((place / "run" / "supplements" / "run_manifest.json").read_text(encoding="utf-8"))["run"]["omni"]
    seen = omni["server"]["canary"]
    assert min(seen["picture"], seen["sound"]) > seen["nothing"]
    if perceived["media"]:
        assert {stage: records(place, stage) for stage in perceived} == perceived, "nothing was perceived again"
