"""The profile `full`, whole: tiny Whisper, tiny emotion2vec and a tiny omni model behind a real vLLM server."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.omni.server.process_group import members, notes_folder

ROOT = Path(__file__).resolve().parents[2]
CLIPS = 20
OMNI = (
    "omni.extra_flags=[--enforce-eager]",
    "omni.max_model_len=8192",
    "omni.max_num_seqs=16",
    "omni.max_tokens=160",
    "omni.start_seconds=400",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty clips: the demo clips, some of them under two or three names."""
    place = tmp_path_factory.mktemp("run")
    (place / "clips").mkdir()
    demo = sorted(p for p in (ROOT / "Test_Data").iterdir() if p.suffix in (".mp4", ".m4a"))
    for number in range(CLIPS):
        clip = demo[number % len(demo)]
        shutil.copy(clip, place / "clips" / f"{number:02d}_{clip.name}")
        for sidecar in clip.parent.glob(f"{clip.stem}.*"):
            if sidecar != clip and sidecar.suffix != clip.suffix:
                shutil.copy(sidecar, place / "clips" / f"{number:02d}_{sidecar.name}")
    return place


def run(
    place: Path, models: Path, serve_python: Path, *more: str, while_it_runs: Callable[[], Any] = lambda: None
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "run_submission.py"), "--profile", "full", "--models-dir", str(models)]
    command += ["--test-data", str(place / "clips"), "--results", str(place / "r"), "--supplements", str(place / "s")]
    command += ["--set", *OMNI, f"omni.python={serve_python}", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        thread = threading.Thread(target=while_it_runs)
        thread.start()
        out, err = process.communicate(timeout=800)
        thread.join()
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def records(place: Path, stage: str) -> list[dict[str, Any]]:
    return [
        json.loads(p.read_text(encoding="utf-8")) for p in sorted((place / "s" / "records" / stage).glob("[!.]*.json"))
    ]


def sound(place: Path) -> str:
    check = subprocess.run(
        [sys.executable, "-m", "eval", "schemas", str(place / "s")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert check.returncode == 0, check.stdout
    return check.stdout


def test_a_server_killed_in_the_middle_of_a_run_costs_nothing(
    place: Path, tiny_models: Path, serve_python: Path
) -> None:
    before = set(notes_folder().glob("*.json"))
    killed: list[int] = []

    def kill_the_server() -> None:
        folder = place / "s" / "records" / "reason"
        until = time.monotonic() + 600
        while time.monotonic() < until and len(list(folder.glob("[!.]*.json"))) < 3:
            time.sleep(0.05)
        for note in set(notes_folder().glob("*.json")) - before:
            killed.append(int(note.stem))
            for pid in members(killed[-1]):
                os.kill(pid, signal.SIGKILL)

    done = run(
        place, tiny_models, serve_python, "attribute.by=omni-loo", "attribute.early_answers=true",
        while_it_runs=kill_the_server,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(killed) == 1
    rows = list(csv.DictReader((place / "r" / "combined_results.csv").open(encoding="utf-8")))
    assert [row["ID"] for row in rows] == sorted(
        p.name for p in (place / "clips").iterdir() if p.suffix in (".mp4", ".m4a")
    )
    reasons = records(place, "reason")
    assert [r["outcome"] for r in reasons] == ["ok"] * CLIPS
    assert all(r["data"]["is_language_model"] and r["data"]["text"] for r in reasons)
    assert all(abs(sum(r["data"]["label_probabilities"]) - 1) < 1e-6 for r in reasons)
    assert {r["data"]["facts"]["structured"] for r in reasons} == {"regex"}
    labelled = [r["data"]["label"] for r in records(place, "parse")]
    assert sum(label is not None for label in labelled) == CLIPS
    with_picture_and_sound = [r for r in reasons if r["data"]["facts"]["sent"]["heard"][-2:] == ["audio", "video"]]
    assert with_picture_and_sound and all(
        len(r["data"]["facts"]["sent"]["frame_times"]) == 8 for r in with_picture_and_sound
    )
    assert [r["outcome"] for r in records(place, "reask")] == ["ok"] * CLIPS
    assert [len(r["data"]["probabilities"]) for r in records(place, "early")] == [5] * CLIPS
    omni = json.loads((place / "s" / "run_manifest.json").read_text(encoding="utf-8"))["run"]["omni"]
    assert len(omni["server"]["restarts"]) == 1
    assert omni["schedule"] == "streamed"
    assert omni["server"]["version"] == "0.32.0"
    assert set(notes_folder().glob("*.json")) == before
    assert members(killed[0]) == []
    assert "0 faults" in sound(place)


def test_the_same_command_again_asks_nothing(place: Path, tiny_models: Path, serve_python: Path) -> None:
    submission = (place / "r" / "combined_results.csv").read_bytes()
    stored = {r["clip"]: r["digest"] for r in records(place, "reason")}
    log = place / "s" / "omni_server.log"
    written = log.stat().st_mtime_ns
    done = run(place, tiny_models, serve_python, "attribute.by=omni-loo", "attribute.early_answers=true")
    assert done.returncode == 0, done.stderr[-3000:]
    assert log.stat().st_mtime_ns == written, "no server was started"
    omni = json.loads((place / "s" / "run_manifest.json").read_text(encoding="utf-8"))["run"]["omni"]
    assert omni["asked"] == "nothing in this run"
    assert (place / "r" / "combined_results.csv").read_bytes() == submission
    assert {r["clip"]: r["digest"] for r in records(place, "reason")} == stored


def test_an_interrupted_run_leaves_no_server(place: Path, tiny_models: Path, serve_python: Path) -> None:
    before = set(notes_folder().glob("*.json"))
    command = [sys.executable, str(ROOT / "run_submission.py"), "--profile", "full", "--models-dir", str(tiny_models)]
    command += ["--test-data", str(place / "clips"), "--results", str(place / "r2"), "--supplements", str(place / "s2")]
    command += ["--limit", "3", "--set", *OMNI, f"omni.python={serve_python}", "omni.schedule=staged"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 300
        while time.monotonic() < until and not (new := set(notes_folder().glob("*.json")) - before):
            time.sleep(0.2)
        assert len(list((place / "s2" / "records" / "face").glob("[!.]*.json"))) == 3  # staged: all perceived by then
        session = int(new.pop().stem)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)  # it was starting, and no more is waited for
    assert process.returncode == 130, err
    assert members(session) == []
    assert set(notes_folder().glob("*.json")) == before


def test_without_its_model_the_profile_is_an_error(
    place: Path, tiny_models: Path, tmp_path: Path, serve_python: Path
) -> None:
    shutil.copytree(tiny_models, tmp_path / "models", ignore=shutil.ignore_patterns("model.safetensors"))
    done = run(place, tmp_path / "models", serve_python)
    assert done.returncode == 2
    assert "lacks *.safetensors" in done.stderr
    assert "python -m models fetch omni" in done.stderr


def test_without_an_omni_model_when_that_is_asked_for(
    place: Path, tiny_models: Path, tmp_path: Path, serve_python: Path
) -> None:
    other = tmp_path / "place"
    other.mkdir()
    (other / "clips").symlink_to(place / "clips")
    done = run(other, tiny_models, serve_python, "omni.provider=none")
    assert done.returncode == 0, done.stderr[-3000:]
    reasons = records(other, "reason")
    assert {r["provider"] for r in reasons} == {"evidence"}
    assert not any(r["data"] and r["data"]["is_language_model"] for r in reasons)
