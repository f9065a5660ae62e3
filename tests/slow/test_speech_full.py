"""The whole run with Whisper and emotion2vec, on tiny random checkpoints: wiring, storing, resuming, refusing."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("funasr", reason="FunASR is not part of the light core")
pytest.importorskip("faster_whisper", reason="faster-whisper is not part of the light core")
pytest.importorskip("opencc", reason="OpenCC is not part of the light core")

from . import tiny_emotion2vec, tiny_whisper  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    """A models' folder with the real face nets and tiny speech models, and clips without their sidecars."""
    place = tmp_path_factory.mktemp("full")
    shutil.copytree(models / "face", place / "models" / "face")
    tiny_emotion2vec.build(place / "models" / "emotion2vec" / "plus_base")
    built = tiny_whisper.build(place / "whisper")
    (place / "models" / "whisper").mkdir()
    shutil.copytree(built, place / "models" / "whisper" / "large-v3-turbo")
    (place / "clips").mkdir()
    for clip in sorted((Path(__file__).parents[2] / "Test_Data").glob("demo_en_*.mp4"))[:2]:
        shutil.copy(clip, place / "clips" / clip.name)
    return place


def run(place: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(Path(__file__).parents[2] / "run_submission.py"), "--profile", "speech-full"]
    command += ["--test-data", str(place / "clips"), "--models-dir", str(place / "models")]
    command += ["--results", str(place / "r"), "--supplements", str(place / "s"), *more]
    command += ["--max-errors", "9"]  # random words are rightly an error of the text head
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=280, check=False)


def record(place: Path, stage: str) -> Path:
    return sorted((place / "s" / "records" / stage).glob("*.json"))[0]


def test_a_run_its_records_and_its_resume(place: Path) -> None:
    done = run(place)
    assert done.returncode == 0, done.stderr
    stored = json.loads(record(place, "speech").read_text(encoding="utf-8"))
    assert (stored["provider"], stored["outcome"]) == ("emotion2vec", "ok")
    assert stored["data"]["opinion"]["space"] == "emotion2vec8"
    assert stored["data"]["summary"]["f0_median_hz"] > 0
    array = record(place, "speech").with_name(stored["clip"] + ".embedding.npy")
    assert np.load(array, allow_pickle=False).shape == (48,)
    said = json.loads(record(place, "transcribe").read_text(encoding="utf-8"))
    assert (said["provider"], said["outcome"]) == ("sidecar+whisper", "ok")
    assert said["data"]["source"].startswith("whisper:large-v3-turbo")
    log = (place / "s" / "transcription_log.txt").read_bytes()
    submission = (place / "r" / "combined_results.csv").read_bytes()
    assert len(list(csv.reader(submission.decode().splitlines()))) == 3

    kept = record(place, "transcribe").stat().st_mtime_ns
    array.unlink()  # as if the disk had lost it: only that clip is heard again
    assert run(place).returncode == 0
    assert array.is_file()
    assert record(place, "transcribe").stat().st_mtime_ns == kept
    assert (place / "s" / "transcription_log.txt").read_bytes() == log
    assert (place / "r" / "combined_results.csv").read_bytes() == submission


def test_a_damaged_or_missing_model_stops_before_any_work(place: Path) -> None:
    import torch

    weights = place / "models" / "emotion2vec" / "plus_base" / "model.pt"
    whole = weights.read_bytes()
    state = torch.load(weights, weights_only=True)["model"]
    torch.save({"model": {key: value for key, value in state.items() if key != "proj.bias"}}, weights)
    fresh = ("--supplements", str(place / "s2"), "--results", str(place / "r2"))
    refused = run(place, *fresh)
    assert refused.returncode == 2
    assert "missing: proj.bias" in refused.stderr
    assert not (place / "s2").exists()
    weights.write_bytes(whole)
    absent = run(place, *fresh, "--set", "speech.emotion2vec_model=nowhere")
    assert absent.returncode == 2
    assert "python -m models fetch emotion2vec" in absent.stderr
    absent = run(place, *fresh, "--set", "transcribe.whisper_model=nowhere")
    assert absent.returncode == 2
    assert "python -m models fetch whisper" in absent.stderr
    assert not (place / "s2").exists()
