"""Records that earlier versions wrote are read as what they say or made anew; a run over them ends as one without."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.records.store import Store
from tests.support.needs import needs
from tests.support.run_command import predictions, run, submission

needs("cv2")
GOLDEN = Path(__file__).parents[1] / "data" / "golden"
VERSIONS = sorted(GOLDEN.glob("*.json"))
"""A JSON file for each earlier version, named by its date and commit: path below `records` → what the file held.

Made by that version's own `run_submission.py` over two clips of Test_Data, with `transcribe.provider=written`.
"""
CLIPS = ("demo_en_happy.mp4", "demo_en_happy.srt", "demo_en_voice.m4a")
WRITTEN = ("--set", "transcribe.provider=written")


def told(out: Path) -> list[dict[str, str]]:
    return [{key: cell for key, cell in row.items() if key != "seconds"} for row in predictions(out).values()]


@pytest.fixture(scope="module")
def data(root: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips") / "data"
    folder.mkdir()
    for name in CLIPS:
        shutil.copy(root / "Test_Data" / name, folder)
    return folder


@pytest.fixture(scope="module")
def fresh(root: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("fresh") / "out"
    done = run(root, data, out, *WRITTEN)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.stem)
def test_a_run_over_old_records_ends_as_one_without(
    root: Path, data: Path, fresh: Path, version: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    records = out / "supplements" / "records"
    files = json.loads(version.read_text("utf-8"))
    assert len(files) > 15
    for name, content in files.items():
        path = records / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
    done = run(root, data, out, *WRITTEN)
    assert done.returncode == 0, done.stderr
    assert submission(out) == submission(fresh) and told(out) == told(fresh)
    kept, anew = Store(records), Store(fresh / "supplements" / "records")
    for path in sorted(anew.root.glob("*/*.json")):
        stage, clip = path.parent.name, path.name.removesuffix(".json")
        here, there = kept.get(stage, clip), anew.get(stage, clip)
        assert here is not None and there is not None
        assert (here.fingerprint, here.digest, here.data) == (there.fingerprint, there.digest, there.data)
