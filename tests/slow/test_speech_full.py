"""The whole run with Whisper and emotion2vec, on tiny random checkpoints: wiring, storing, resuming, refusing."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("funasr", reason="FunASR is not part of the light core")
pytest.importorskip("faster_whisper", reason="faster-whisper is not part of the light core")
pytest.importorskip("opencc", reason="OpenCC is not part of the light core")

from models.heads.linear import LinearHead  # noqa: E402
from tests.support import tiny_emotion2vec, tiny_whisper  # noqa: E402

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
ROOT = Path(__file__).resolve().parents[2]
PROFILE = "full"
SETTINGS = ("--set", "omni.provider=none")
"""No server to reason with: this is about the speech models, and the rest of the run."""


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
    for clip in sorted((ROOT / "Test_Data").glob("demo_en_*.mp4"))[:2]:
        shutil.copy(clip, place / "clips" / clip.name)
    return place


def command(place: Path, *more: str, script: str = "run_submission.py") -> list[str]:
    words = [sys.executable, str(ROOT / script), "--profile", PROFILE, *SETTINGS]
    words += ["--test-data", str(place / "clips"), "--models-dir", str(place / "models")]
    words += ["--results", str(place / "r"), "--supplements", str(place / "s"), *more]
    return [*words, "--max-errors", "1"]  # the torn clip


def run(place: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(place, *more), capture_output=True, text=True, encoding="utf-8", timeout=800, check=False
    )


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


@pytest.fixture(scope="module")
def many(place: Path, shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo clips and real Chinese ones without their sidecars, a damaged one, and a whole run over them."""
    folder = tmp_path_factory.mktemp("many") / "clips"
    folder.mkdir()
    for clip in [*(ROOT / "Test_Data").glob("*.m*"), *(shared / "clips" / "mer").glob("*.mp4")]:
        shutil.copy(clip, folder / clip.name)
    (folder / "torn.mp4").write_bytes((folder / "demo_en_angry.mp4").read_bytes()[:2000])
    done = run(place, *folders(folder, folder.parent / "whole"))
    assert done.returncode == 0, done.stderr
    return folder


def folders(clips: Path, out: Path) -> tuple[str, ...]:
    return ("--test-data", str(clips), "--results", str(out / "r"), "--supplements", str(out / "s"))


def outcome(out: Path) -> tuple[bytes, list[list[str]]]:
    """The submission's bytes, and the predictions without their seconds."""
    rows = list(csv.reader((out / "s" / "predictions.csv").read_text(encoding="utf-8-sig").splitlines()))
    column = rows[0].index("seconds")
    return (out / "r" / "combined_results.csv").read_bytes(), [row[:column] + row[column + 1 :] for row in rows]


def test_every_clip_has_its_row_and_its_voice(many: Path) -> None:
    whole = many.parent / "whole"
    submission, _ = outcome(whole)
    listed = [row[0] for row in csv.reader(submission.decode().splitlines())][1:]
    assert listed == sorted(path.name for path in many.iterdir())
    heard = [json.loads(path.read_text(encoding="utf-8")) for path in (whole / "s/records/speech").glob("*.json")]
    assert {entry["provider"] for entry in heard} == {"emotion2vec"}
    silent = {entry["clip"] for entry in heard if entry["outcome"] != "ok"}
    assert silent == {"demo_zh_mute.mp4", "torn.mp4"}
    said = [json.loads(path.read_text(encoding="utf-8")) for path in (whole / "s/records/transcribe").glob("*.json")]
    assert sum(entry["outcome"] == "ok" for entry in said) == len(listed) - 2


@pytest.mark.parametrize("stage", ["speech", "fuse"])
def test_killed_after_a_stage_and_resumed_the_submission_is_the_same(
    place: Path, many: Path, tmp_path: Path, stage: str
) -> None:
    words = command(place, *folders(many, tmp_path), script="tests/support/kill_after.py")
    killed = subprocess.run(
        words, capture_output=True, timeout=800, check=False, env={**os.environ, "KILL_AFTER": stage}
    )
    assert killed.returncode == -signal.SIGKILL
    assert not (tmp_path / "r" / "combined_results.csv").exists()
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "s" / "records" / stage).glob("*.json")}
    assert kept
    resumed = run(place, *folders(many, tmp_path))
    assert resumed.returncode == 0, resumed.stderr
    assert outcome(tmp_path) == outcome(many.parent / "whole")
    assert {path: path.stat().st_mtime_ns for path in kept} == kept, "what was done was not done again"


def test_killed_in_the_middle_of_the_work_and_resumed(place: Path, many: Path, tmp_path: Path) -> None:
    with subprocess.Popen(
        command(place, *folders(many, tmp_path)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        heard, deadline = tmp_path / "s" / "records" / "speech", time.monotonic() + 600
        while len(list(heard.glob("*.json"))) < 2 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.05)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert 2 <= len(list(heard.glob("*.json"))) < len(list(many.iterdir()))
    resumed = run(place, *folders(many, tmp_path))
    assert resumed.returncode == 0, resumed.stderr
    assert outcome(tmp_path) == outcome(many.parent / "whole")


def test_a_head_that_does_not_fit_stops_before_any_work(place: Path, tmp_path: Path) -> None:
    names = [str(i) for i in range(48)]
    LinearHead("polarity3", ("negative", "neutral", "positive"), names, feature_key="0" * 64).save(tmp_path / "head")
    refused = run(place, *folders(place / "clips", tmp_path), "--set", f"speech.head={tmp_path / 'head'}")
    assert refused.returncode == 2
    assert "trained on features of another model" in refused.stderr
    missing = run(place, *folders(place / "clips", tmp_path), "--set", f"speech.head={tmp_path / 'nowhere'}")
    assert missing.returncode == 2
    assert "python -m models train" in missing.stderr
    assert not (tmp_path / "s").exists()
