"""The profile `r1-omni`, whole, on a tiny random checkpoint: what is recorded, resumed, refused."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: requirements/models.txt")
pytest.importorskip("transformers", reason="transformers is not installed: requirements/models.txt")

from models.__main__ import main  # noqa: E402
from tests.support import tiny_r1omni  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    place = tmp_path_factory.mktemp("r1")
    shutil.copytree(models / "face", place / "models" / "face")
    tiny_r1omni.build(place / "models" / "r1-omni")
    (place / "clips").mkdir()
    for clip in sorted((ROOT / "Test_Data").glob("demo_*.mp4"))[:2]:
        shutil.copy(clip, place / "clips" / clip.name)
    return place


def run(place: Path, *settings: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, str(ROOT / "run_submission.py"), "--profile", "r1-omni"]
    words += ["--models-dir", str(place / "models"), "--test-data", str(place / "clips")]
    words += ["--results", str(place / "r"), "--supplements", str(place / "s"), "--set"]
    words += [f"omni.frames={tiny_r1omni.FRAMES}", "omni.device=cpu", "workers=1", *settings]
    return subprocess.run(words, capture_output=True, text=True, cwd=ROOT, check=False)


def records(place: Path, stage: str) -> list[dict[str, Any]]:
    files = sorted((place / "s" / "records" / stage).glob("[!.]*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in files]


def test_the_published_question_whole(place: Path) -> None:
    done = run(place, "omni.max_tokens=64")
    assert done.returncode == 0, done.stderr[-3000:]
    rows = list(csv.DictReader((place / "r" / "combined_results.csv").open(encoding="utf-8")))
    assert len(rows) == 2
    for record in records(place, "reason"):
        assert record["outcome"] == "ok", record
        asked = record["data"]["messages"]
        assert [message["role"] for message in asked] == ["user"]
        assert "to you?  Output the thinking process in <think>" in asked[0]["content"]
        sent = record["data"]["facts"]["sent"]
        assert sent["audio"] in ("ok", "none") and sent["video"] == "ok"
        assert len(sent["frame_times"]) == tiny_r1omni.FRAMES
        assert sum(sent["gate"].values()) == pytest.approx(1, abs=1e-5)
        assert sent["dtype"] == "float32"
    omni = json.loads((place / "s" / "run_manifest.json").read_text(encoding="utf-8"))["run"]["omni"]
    moved = omni["server"]["probe"]
    assert min(moved["gate"], moved["picture"], moved["sound"]) > 1e-4 > moved["nothing"]
    assert omni["model"]["tower_tensors_compared"]["vision"] > 10 and omni["model"]["tensors_unread"] == {}
    written = {path: path.stat().st_mtime_ns for path in (place / "s" / "records" / "reason").glob("*.json")}
    again = run(place, "omni.max_tokens=64")
    assert again.returncode == 0, again.stderr[-3000:]
    assert {path: path.stat().st_mtime_ns for path in (place / "s" / "records" / "reason").glob("*.json")} == written


def test_a_stretch_is_what_is_seen_and_heard_and_its_change_asks_again(place: Path) -> None:
    done = run(place, "omni.max_tokens=64", "omni.start=0.4", "omni.end=1.2")
    assert done.returncode == 0, done.stderr[-3000:]
    for record in records(place, "reason"):
        sent = record["data"]["facts"]["sent"]
        assert sent["stretch"] == [0.4, 1.2]
        assert all(0.35 <= time < 1.2 for time in sent["frame_times"])
        assert sent["audio"] == "none" or sent["audio_seconds"] == pytest.approx(0.8, abs=1e-3)


def test_answers_are_held_to_labels_where_the_prompt_has_some(place: Path) -> None:
    done = run(place, "omni.prompt=no-think", "omni.max_tokens=64", "omni.label_probabilities=true")
    assert done.returncode == 0, done.stderr[-3000:]
    for record in records(place, "parse"):
        assert record["data"]["label"] in ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
        assert sum(record["data"]["probabilities"]) == pytest.approx(1)


def test_a_missing_part_and_other_frames_are_one_line(place: Path) -> None:
    done = run(place, "omni.frames=8")
    assert done.returncode == 2
    assert "takes 4 pictures a clip" in done.stderr and "Traceback" not in done.stderr
    ears = place / "models" / "r1-omni" / "ears"
    ears.rename(place / "ears")
    done = run(place)
    (place / "ears").rename(ears)
    assert done.returncode == 2
    assert "audio (openai/whisper-large-v3" in done.stderr and "fetch r1-omni" in done.stderr


def test_the_way_from_folders_to_a_model_that_is_proved_and_converted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tiny_r1omni.build(tmp_path / "own", model={"num_frames": 8})
    other = tiny_r1omni.build(tmp_path / "other", seed=1, model={"num_frames": 8})
    at = ["r1-omni", "--models-dir", str(tmp_path / "models")]
    assert main(["fetch", *at, "--from", str(own)]) == 0
    assert main(["check", *at, "--profile", "r1-omni", "--load"]) == 0
    assert "loaded in" in capsys.readouterr().out
    assert main(["convert", *at]) == 0 and main(["convert", *at]) == 0
    assert "already there" in capsys.readouterr().out
    assert main(["fetch", *at, "--from", str(other), "--fresh"]) == 0
    assert main(["convert", *at]) == 2, "of the same sizes, and another checkpoint"
    assert "was made from another checkpoint" in capsys.readouterr().err
    assert main(["convert", *at, "--fresh"]) == 0
