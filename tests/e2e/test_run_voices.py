"""A run of twenty voices is normalised over itself; killed on the way and resumed it ends with the same bytes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from harness.engine.voices import LEAST, STAGE
from harness.records.types import SAMPLE_RATE
from models.features.sound import decode
from tests.support.media_clips import write_wav
from tests.support.needs import needs
from tests.support.run_command import face_nets_only, python, run

needs("cv2")
PARTS = 3
"""Of each of the seven clips in which someone speaks."""


@pytest.fixture(scope="module")
def voices(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parts of the voices of `Test_Data`, which have no two bytes in common for long."""
    folder = tmp_path_factory.mktemp("voices")
    for path in sorted((root / "Test_Data").glob("demo_*_*.m*")):
        if "mute" in path.stem:
            continue
        sound = decode(path)
        size = len(sound) // 2
        for part in range(PARTS):
            begin = part * size // PARTS
            write_wav(folder / f"{path.stem}_{part}.wav", sound[begin : begin + size], SAMPLE_RATE)
    assert len(list(folder.iterdir())) > LEAST
    return folder


def killed(root: Path, data: Path, out: Path, stage: str) -> int:
    folders = ["--test-data", str(data), "--results", str(out / "results"), "--supplements", str(out / "supplements")]
    script = str(root / "tests" / "support" / "kill_after.py")
    return python([script, *folders], root, HARNESS_MODELS=str(face_nets_only(root)), KILL_AFTER=stage).returncode


@pytest.fixture(scope="module")
def whole(root: Path, voices: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the run writes when nothing stops it."""
    out = tmp_path_factory.mktemp("whole")
    done = run(root, voices, out)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((out / "supplements" / "run_manifest.json").read_text("utf-8"))
    found = manifest["run"]["voices"]
    assert (found["normalised_over"], found["least"]) == ("the voices of this run", LEAST)
    assert found["voices"] >= LEAST
    return out


def test_killed_twice_and_resumed(root: Path, voices: Path, whole: Path, tmp_path: Path) -> None:
    """First while voices are still being heard, then when the first has been judged among them."""
    out = tmp_path / "out"
    records = out / "supplements" / "records"
    kept: dict[Path, int] = {}
    for stage in ("speech", STAGE):
        assert killed(root, voices, out, stage) == -signal.SIGKILL
        found = [path for path in records.rglob("*.json") if not path.name.startswith(".tmp-")]
        assert any(path.parent.name == stage for path in found)
        assert {path: path.stat().st_mtime_ns for path in kept} == kept
        kept = {path: path.stat().st_mtime_ns for path in found}
    assert not (out / "results" / "combined_results.csv").exists()
    done = run(root, voices, out)
    assert done.returncode == 0, done.stderr
    name = Path("results") / "combined_results.csv"
    assert (out / name).read_bytes() == (whole / name).read_bytes()
    judged = sorted((whole / "supplements" / "records" / STAGE).glob("*.json"))
    assert len(judged) == PARTS * 7
    for path in judged:
        voice, again = (json.loads(file.read_text("utf-8")) for file in (path, records / STAGE / path.name))
        assert voice["data"] == again["data"]
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
