"""Killed at every stage border and resumed: nothing is repeated, and the submission is the same to the byte."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.engine.pipeline import STAGES
from tests.support.needs import needs
from tests.support.run_command import face_nets_only, python

needs("cv2")
CLIPS = 2


def command(script: Path, out: Path, *extra: str) -> list[str]:
    folders = ["--results", str(out / "results"), "--supplements", str(out / "supplements")]
    return [str(script), *folders, "--limit", str(CLIPS), *extra]


def run(root: Path, out: Path, *extra: str, **environment: str) -> subprocess.CompletedProcess[str]:
    script = root / "tests" / "support" / "kill_after.py" if environment else root / "run_submission.py"
    return python(command(script, out, *extra), root, HARNESS_MODELS=str(face_nets_only(root)), **environment)


def outputs(out: Path) -> dict[str, bytes]:
    return {
        name: (out / name).read_bytes()
        for name in ("results/combined_results.csv", "supplements/predictions.csv")
        if (out / name).exists()
    }


def without_seconds(predictions: bytes) -> list[list[str]]:
    rows = [line.split(",") for line in predictions.decode("utf-8-sig").splitlines()]
    column = rows[0].index("seconds")
    return [row[:column] + row[column + 1 :] for row in rows]


@pytest.fixture(scope="module")
def finished(root: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nothing disturbed; tests that go on from it take a copy."""
    out = tmp_path_factory.mktemp("whole")
    done = run(root, out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def uninterrupted(finished: Path) -> dict[str, bytes]:
    return outputs(finished)


PERCEIVING = STAGES[: STAGES.index("text") + 1]


@pytest.mark.parametrize("stages", [PERCEIVING, STAGES[len(PERCEIVING) :]], ids=["perceiving", "deciding"])
def test_killed_after_each_stage_in_turn(
    root: Path, tmp_path: Path, uninterrupted: dict[str, bytes], stages: tuple[str, ...]
) -> None:
    """The same command again and again, killed a stage later each time, and at last let through."""
    records = tmp_path / "supplements" / "records"
    kept: dict[Path, int] = {}
    for stage in stages:
        killed = run(root, tmp_path, KILL_AFTER=stage)
        assert (stage, killed.returncode) == (stage, -signal.SIGKILL)
        written = [path for path in records.rglob("*.json") if not path.name.startswith(".tmp-")]
        assert any(path.parent.name == stage for path in written)
        assert not (tmp_path / "results" / "combined_results.csv").exists()
        assert {path: path.stat().st_mtime_ns for path in kept} == kept, f"finished work was repeated before {stage}"
        kept = {path: path.stat().st_mtime_ns for path in written}

    resumed = run(root, tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert outputs(tmp_path)["results/combined_results.csv"] == uninterrupted["results/combined_results.csv"]
    assert without_seconds(outputs(tmp_path)["supplements/predictions.csv"]) == without_seconds(
        uninterrupted["supplements/predictions.csv"]
    )
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "finished work was repeated"


def test_interrupted_says_so_and_resumes(root: Path, tmp_path: Path, uninterrupted: dict[str, bytes]) -> None:
    with subprocess.Popen(
        [sys.executable, *command(root / "run_submission.py", tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "HARNESS_MODELS": str(face_nets_only(root))},
    ) as process:
        records = tmp_path / "supplements" / "records" / "media"
        deadline = time.monotonic() + 120
        while not (records.is_dir() and any(records.glob("*.json"))) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "the same command resumes" in errors
    assert run(root, tmp_path).returncode == 0
    assert outputs(tmp_path)["results/combined_results.csv"] == uninterrupted["results/combined_results.csv"]


def test_a_second_run_repeats_nothing_and_fresh_keeps_the_old(root: Path, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    records = tmp_path / "supplements" / "records"
    before = {path: path.stat().st_mtime_ns for path in records.rglob("*.json")}
    first = outputs(tmp_path)
    assert run(root, tmp_path).returncode == 0
    assert before == {path: path.stat().st_mtime_ns for path in records.rglob("*.json")}
    assert outputs(tmp_path) == first
    assert run(root, tmp_path, "--fresh").returncode == 0
    assert len(list(records.parent.glob("records.*"))) == 1
    assert outputs(tmp_path)["results/combined_results.csv"] == first["results/combined_results.csv"]


def test_a_finished_run_only_says_so_until_a_record_is_torn(root: Path, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    assert "nothing to do" not in run(root, tmp_path).stdout  # a copy is looked through
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    again = run(root, tmp_path)
    assert again.returncode == 0
    assert f"nothing to do: {CLIPS} clips" in again.stdout
    assert "combined_results.csv" in again.stdout
    changed = {path.name for path in before if path.stat().st_mtime_ns != before[path]}
    assert changed <= {"run.log", ".lock"}

    first = outputs(tmp_path)
    torn = next((tmp_path / "supplements" / "records" / "face").glob("*.json"))
    torn.write_bytes(torn.read_bytes()[:100])
    mended = run(root, tmp_path)
    assert mended.returncode == 0
    assert "nothing to do" not in mended.stdout
    assert json.loads(torn.read_text("utf-8"))["outcome"] == "ok"
    assert without_seconds(outputs(tmp_path)["supplements/predictions.csv"]) == without_seconds(
        first["supplements/predictions.csv"]
    )
    assert "nothing to do" in run(root, tmp_path).stdout


def test_a_changed_setting_redoes_only_what_depends_on_it(root: Path, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    records = tmp_path / "supplements" / "records"
    before = {path: path.stat().st_mtime_ns for path in records.rglob("*.json")}
    assert run(root, tmp_path, "--set", "fuse.strategy=weighted_average").returncode == 0
    changed = {path.parent.name for path in before if path.stat().st_mtime_ns != before[path]}
    assert changed <= {"argue", "reason", "parse", "emotions", "fuse", "attribute"}
    assert {"argue", "reason", "fuse"} <= changed
    story = json.loads(next((tmp_path / "supplements" / "video_emotion_results").glob("*.json")).read_text("utf-8"))
    assert story["prediction"]["strategy"] == "weighted_average"
