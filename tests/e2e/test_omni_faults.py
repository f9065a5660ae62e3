"""A run against an omni server on a bad day: a fault costs its own clip alone, and the next run mends it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.servers import BEHAVIOURS, BODIES, HEADS, MESSAGES
from tests.support.hostile_server import HostileServer
from tests.support.needs import needs
from tests.support.run_command import predictions, run, submission
from tests.support.scripted_server import ANSWERED, Act, Hang, Http, Reset, ScriptedServer, completion, refusal

needs("cv2")
needs("openai", reason="the client of the omni server needs the package openai")

FAULTS: dict[str, Act] = {
    "fine": completion(ANSWERED),
    "hanging": Hang(),
    "refused": refusal(400, "the prompt is too long"),
    "broken": refusal(500, "engine error"),
    "reset": Reset(b'{"choices": ['),
    "garbled": Http(200, b"<html>"),
    "cut": completion("<think>it goes on and on", "length"),
    "silent": completion(""),
    "foreign": completion("<think>x</think><answer>banana</answer>"),
}
KEY = "k-secret-0123456789"
ANSWERED_AT_ALL = {"fine", "cut", "foreign"}
SETTINGS = (
    "omni.canary=false",
    "omni.timeout=1.5",
    "omni.attempts=2",
    "omni.pause=0.05",
    "omni.start_seconds=2",
    "omni.concurrency=4",
    "omni.label_probabilities=false",
    "fuse.weights.answer=0.6",
)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One clip for each fault; what is said in it names the fault."""
    folder = tmp_path_factory.mktemp("faults") / "clips"
    folder.mkdir()
    demo = Path(__file__).parents[2] / "Test_Data" / "demo_en_neutral.mp4"
    for name in FAULTS:
        shutil.copy(demo, folder / f"{name}.mp4")
        (folder / f"{name}.txt").write_text(f"I am glad that this is {name}.", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def perceived(root: Path, clips: Path, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clips perceived once: what is tried here is what comes after."""
    out = tmp_path_factory.mktemp("perceived") / "out"
    out.mkdir()
    assert run(root, clips, out).returncode == 0
    return out / "supplements"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    server = ScriptedServer(by_words)
    yield server
    server.close()


def said(body: dict[str, Any]) -> str:
    """The fault that a request's clip stands for."""
    text = json.dumps(body["messages"][-1]["content"])
    return next(name for name in FAULTS if f"this is {name}." in text)


def by_words(body: dict[str, Any], number: int) -> Act:
    return FAULTS[said(body)]


def go(root: Path, clips: Path, perceived: Path, out: Path, server: ScriptedServer, *more: str) -> Any:
    if not out.exists():
        shutil.copytree(perceived / "records", out / "supplements" / "records")
    url = server.endpoint().url
    # Ports differ from run to run; the address is part of what a record depends on, so that it is given by the model.
    return run(root, clips, out, "--omni-url", url, "--set", *SETTINGS, *more)


def story(out: Path, name: str) -> dict[str, Any]:
    path = out / "supplements" / "video_emotion_results" / f"{name}.mp4.json"
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def test_every_fault_costs_its_own_clip_and_is_mended_later(
    root: Path, clips: Path, perceived: Path, tmp_path: Path, server: ScriptedServer
) -> None:
    out = tmp_path / "out"
    done = go(root, clips, perceived, out, server, "max_errors=2")
    assert done.returncode == 3, done.stderr  # more than two clips have errors; all have rows
    rows = predictions(out)
    assert sorted(submission(out)) == sorted(f"{name}.mp4" for name in FAULTS)
    for name in FAULTS:
        outcome = story(out, name)["stages"]["reason"]["outcome"]
        assert (name, outcome) == (name, "ok" if name in ANSWERED_AT_ALL else "error")
        assert rows[f"{name}.mp4"]["status"] == ("ok" if name == "fine" else "partial")
    assert story(out, "fine")["answer"]["label"] == "WPOS"
    assert "answer: unparsed: truncated" in rows["cut.mp4"]["reason"]
    assert "answer: unparsed: not in the label set: banana" in rows["foreign.mp4"]["reason"]
    assert "the prompt is too long" in rows["refused.mp4"]["reason"]
    assert "engine error" in rows["broken.mp4"]["reason"]
    assert story(out, "cut")["reasoning"]["text"] == "<think>it goes on and on"
    for name in ("hanging", "refused", "broken", "reset", "garbled", "silent"):
        assert f"{name}.mp4" in story(out, name)["stages"]["reason"]["reason"], name

    answered = story(out, "fine")["stages"]["reason"]["fingerprint"]
    asked = len(server.requests)
    server.script = lambda body, number: completion(ANSWERED)
    done = go(root, clips, perceived, out, server, "max_errors=0")
    assert done.returncode == 0, done.stderr
    again = {said(body) for body in server.requests[asked:]}
    assert again == set(FAULTS) - ANSWERED_AT_ALL
    assert story(out, "fine")["stages"]["reason"]["fingerprint"] == answered
    assert {row["status"] for name, row in predictions(out).items() if Path(name).stem in again} == {"ok"}


def test_no_server_at_all_stops_before_any_work(root: Path, clips: Path, models: Path, tmp_path: Path) -> None:
    server = ScriptedServer(by_words)
    url = server.endpoint().url
    server.close()
    out = tmp_path / "out"
    out.mkdir()
    done = run(root, clips, out, "--omni-url", url, "--set", *SETTINGS)
    assert done.returncode == 2
    assert f"no omni server answers at {url}" in done.stderr
    assert not (out / "supplements" / "records").exists()


SET_UP = {"slow", "forbidden", "redirect"}
"""Left out where every request would wait for them, or where the set-up is at fault and not the reply."""
GETS = ("a permanent redirect", "headers without end")


def test_a_server_that_lists_its_models_like_an_enemy_is_one_line_and_exit_code_2(
    root: Path, clips: Path, models: Path, tmp_path: Path
) -> None:
    enemy = HostileServer([script for _, script in (HEADS | BODIES).values()])
    for number, name in enumerate(HEADS | BODIES):
        if name not in GETS:
            continue
        out = tmp_path / str(number)
        out.mkdir()
        done = run(root, clips, out, "--omni-url", enemy.url_of(number), "--set", *SETTINGS)
        lines = done.stderr.strip().splitlines()
        assert (name, done.returncode, len(lines)) == (name, 2, 1), done.stderr
        assert lines[0].startswith("error: ")
        assert not (out / "supplements" / "records").exists()
    enemy.close()


def test_replies_of_an_enemy_cost_their_clips_answer_and_nothing_else(
    root: Path, clips: Path, perceived: Path, tmp_path: Path
) -> None:
    """What a run with a key writes holds that key nowhere, not even where the enemy repeats it."""
    echoes = [name for name in BEHAVIOURS if name.startswith("the key comes back")]
    others = [name for name, (told, _) in (BODIES | MESSAGES).items() if told not in SET_UP and name not in echoes]
    enemy = HostileServer([BEHAVIOURS[name][1] for name in (*echoes, *others)])
    out = tmp_path / "out"
    shutil.copytree(perceived / "records", out / "supplements" / "records")
    settings = (*SETTINGS, "omni.attempts=9", "max_errors=9", "omni.api_key_env=THE_KEY")
    done = run(root, clips, out, "--omni-url", enemy.url, "--set", *settings, THE_KEY=KEY)
    enemy.close()
    assert done.returncode == 0, done.stderr
    lines = (done.stdout + done.stderr).splitlines()
    assert not any(line.startswith("Traceback") for line in lines)  # one of the enemy's may be quoted
    assert sorted(submission(out)) == sorted(f"{name}.mp4" for name in FAULTS)
    assert any(f"bearer {KEY}" in asked for asked in enemy.asked) and enemy.elsewhere == []
    assert KEY not in done.stdout + done.stderr
    written = [path for path in out.rglob("*") if path.is_file()]
    assert [path for path in written if KEY.encode() in path.read_bytes()] == []
    assert all(enemy.sent[number] for number in range(len(echoes)))
