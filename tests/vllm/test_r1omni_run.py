"""The profile `r1-omni` whole, with its language model on a real vLLM: the run killed, then its server."""

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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="torch is not installed: requirements/models.txt")
pytest.importorskip("transformers", reason="transformers is not installed: requirements/models.txt")

from models.omni.server.process_group import members, notes_folder  # noqa: E402
from tests.support import tiny_r1omni  # noqa: E402

pytestmark = pytest.mark.timeout(1800)  # a server is started three times
ROOT = Path(__file__).resolve().parents[2]
CLIPS = 8
LABELS = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, models: Path) -> Path:
    place = tmp_path_factory.mktemp("r1")
    shutil.copytree(models / "face", place / "models" / "face")
    # A token is a byte here, so that questions are long.
    tiny_r1omni.build(place / "models" / "r1-omni", model={"max_position_embeddings": 16384})
    (place / "clips").mkdir()
    demo = sorted((ROOT / "Test_Data").glob("demo_*.mp4"))
    for number in range(CLIPS):
        clip = demo[number % len(demo)]
        shutil.copy(clip, place / "clips" / f"{number}_{clip.name}")
    converted = subprocess.run(
        [sys.executable, "-m", "models", "convert", "r1-omni", "--models-dir", str(place / "models")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert converted.returncode == 0, converted.stderr
    return place


def command(place: Path, serve_python: Path, out: str, *settings: str) -> list[str]:
    words = [sys.executable, str(ROOT / "run_submission.py"), "--profile", "r1-omni"]
    words += ["--models-dir", str(place / "models"), "--test-data", str(place / "clips")]
    words += ["--results", str(place / out / "r"), "--supplements", str(place / out / "s"), "--set"]
    words += ["omni.provider=r1-omni-vllm", f"omni.python={serve_python}", "omni.extra_flags=[--enforce-eager]"]
    words += [f"omni.frames={tiny_r1omni.FRAMES}", "omni.device=cpu", "omni.dtype=float32", "omni.start_seconds=800"]
    words += ["omni.max_model_len=8192", "omni.max_tokens=160", "omni.prompt=clmer-en", "workers=1"]
    return [*words, "omni.label_probabilities=true", *settings]


def run(
    words: list[str], while_it_runs: Callable[[subprocess.Popen[Any]], None] = lambda _: None
) -> subprocess.CompletedProcess[str]:
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        thread = threading.Thread(target=while_it_runs, args=(process,))
        thread.start()
        out, err = process.communicate(timeout=1700)
        thread.join()
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def records(folder: Path, stage: str) -> list[dict[str, Any]]:
    files = sorted((folder / "s" / "records" / stage).glob("[!.]*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in files]


def until_reasoned(folder: Path, count: int, process: subprocess.Popen[Any]) -> None:
    """Wait until so many clips have their reply, or the run is over."""
    reasoned = folder / "s" / "records" / "reason"
    while process.poll() is None and len(list(reasoned.glob("[!.]*.json"))) < count:
        time.sleep(0.02)


@dataclass(frozen=True)
class Run:
    """A run that was killed after two replies and begun again, and whose server was killed then.

    Attributes:
        folder: of the run.
        kept: clip → digest of its reply when the run was killed.
        left: the session of the server that the killed run left.
        done: the second try, which went to the end.
        lost: the session of the server that was killed during it.
        before, after: notes of running servers.
    """

    folder: Path
    kept: Mapping[str, str]
    left: int
    done: subprocess.CompletedProcess[str]
    lost: int
    before: frozenset[Path]
    after: frozenset[Path]


def digests(folder: Path) -> dict[str, str]:
    return {record["clip"]: record["digest"] for record in records(folder, "reason")}


def servers() -> frozenset[Path]:
    return frozenset(notes_folder().glob("*.json"))


@pytest.fixture(scope="module")
def ended(place: Path, serve_python: Path) -> Run:
    before, folder = servers(), place / "out"
    words = command(place, serve_python, "out", "omni.concurrency=1")
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT) as process:
        until_reasoned(folder, 2, process)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    (left,) = servers() - before
    kept, lost = digests(folder), []

    def kill_the_server(process: subprocess.Popen[Any]) -> None:
        until_reasoned(folder, len(kept) + 1, process)
        for note in servers() - before - {left}:
            lost.append(int(note.stem))
            for pid in members(lost[-1]):
                os.kill(pid, signal.SIGKILL)

    done = run(words, kill_the_server)
    assert len(lost) == 1, done.stderr[-3000:]
    return Run(folder, kept, int(left.stem), done, lost[0], before, servers())


def test_what_was_answered_before_the_run_was_killed_stays_to_the_byte(ended: Run) -> None:
    """The rest is asked of another server, whose last digits are its own."""
    assert 2 <= len(ended.kept) < CLIPS
    assert ended.kept.items() <= digests(ended.folder).items()
    assert members(ended.left) == [], "the server of the killed run was found and ended"


def test_a_server_killed_in_the_middle_costs_nothing(place: Path, ended: Run) -> None:
    assert ended.done.returncode == 0, ended.done.stderr[-3000:]
    rows = list(csv.DictReader((ended.folder / "r" / "combined_results.csv").open(encoding="utf-8")))
    assert [row["ID"] for row in rows] == sorted(path.name for path in (place / "clips").iterdir())
    reasons = records(ended.folder, "reason")
    assert [record["outcome"] for record in reasons] == ["ok"] * CLIPS
    for record in reasons:
        assert record["provider"] == "r1-omni-vllm" and record["data"]["facts"]["structured"] == "regex"
        assert sum(record["data"]["label_probabilities"]) == pytest.approx(1)
        sent = record["data"]["facts"]["sent"]
        assert sent["video"] == "ok" and len(sent["frame_times"]) == tiny_r1omni.FRAMES
        assert sum(sent["gate"].values()) == pytest.approx(1, abs=1e-5)
    assert {record["data"]["label"] for record in records(ended.folder, "parse")} <= set(LABELS)
    omni = json.loads((ended.folder / "s" / "run_manifest.json").read_text(encoding="utf-8"))["run"]["omni"]
    assert len(omni["server"]["restarts"]) == 1
    assert omni["server"]["runner"] == {"asked": "auto", "answered": "v1"}, "the CPU build has no Triton"
    moved = omni["server"]["probe"]
    assert min(moved["gate"], moved["picture"], moved["sound"]) > 1e-4 > moved["nothing"]
    assert omni["model"]["tower_tensors_compared"]["audio"] > 10
    assert ended.after == ended.before
    assert members(ended.lost) == []
