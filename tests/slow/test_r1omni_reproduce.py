"""`make reproduce`: a data set run with the profile `r1-omni` and scored as published, by one command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="torch is not installed: requirements/models.txt")
pytest.importorskip("transformers", reason="transformers is not installed: requirements/models.txt")

from tests.support import tiny_r1omni  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[2]
RAVDESS = ("01-01-03-01-01-01-01.mp4", "01-01-05-02-02-01-12.mp4")


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(models / "face", folder / "face")
    tiny_r1omni.build(folder / "r1-omni")
    return folder


def make(checkpoints: Path, out: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # The environment is the one that runs this test; `-o` keeps make from filling it anew.
    command = ["make", "-o", f"{sys.prefix}/.ready", "reproduce", f"MODELS_VENV={sys.prefix}", f"REPRODUCED={out}"]
    settings = f"omni.frames={tiny_r1omni.FRAMES} omni.device=cpu omni.max_tokens=64 workers=1"
    command += [*words, f"RUN=--models-dir {checkpoints} --set {settings}"]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def put(folder: Path, *names: str) -> Path:
    for name, clip in zip(names, sorted((ROOT / "Test_Data").glob("demo_*.mp4")), strict=False):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, folder / name)
    return folder


def test_ravdess_whose_names_are_its_labels(checkpoints: Path, tmp_path: Path) -> None:
    clips = put(tmp_path / "clips", *RAVDESS)
    done = make(checkpoints, tmp_path / "out", "NAME=ravdess", f"CLIPS={clips}")
    assert done.returncode == 0, done.stderr[-3000:]
    figures = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))
    assert (figures["benchmark"], figures["n"], figures["missing"]) == ("ravdess", 2, 0)
    assert figures["others"]["R1-Omni"] == {"WAR": 43.0, "UAR": 44.69}
    assert "R1-Omni" in done.stdout and "44.69" in done.stdout
    manifest = json.loads((tmp_path / "out" / "run_manifest.json").read_text(encoding="utf-8"))
    assert manifest["run"]["label_space"]["name"] == "ravdess8"


def test_dfew_whose_list_names_some_of_the_clips(checkpoints: Path, tmp_path: Path) -> None:
    clips = put(tmp_path / "clips", "part_1/1.mp4", "part_1/2.mp4", "part_2/3.mp4")
    labels = tmp_path / "single_testset_1.csv"
    labels.write_text("video_name,label\n00001,1\n00003,4\n00009,2\n", encoding="utf-8")
    done = make(checkpoints, tmp_path / "out", "NAME=dfew", f"CLIPS={clips}", f"LABELS={labels}")
    assert done.returncode == 0, done.stderr[-3000:]
    figures = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))
    assert (figures["n"], figures["missing"]) == (3, 1), "a clip that is not there counts as wrong"
    assert len(list((tmp_path / "out" / "video_emotion_results").glob("*.json"))) == 2
    assert figures["others"]["R1-Omni"] == {"WAR": 65.83, "UAR": 56.27}


def test_what_is_missing_is_said(checkpoints: Path, tmp_path: Path) -> None:
    done = make(checkpoints, tmp_path / "out", "NAME=iemocap", f"CLIPS={tmp_path}")
    assert done.returncode == 2 and "NAME=dfew|mafw|ravdess CLIPS=DIR" in done.stderr
