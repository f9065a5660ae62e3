"""`python -m harness ask`: the same server and the same media as a run, for questions of a user's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tests.support.needs import needs
from tests.support.run_command import python
from tests.support.scripted_server import ScriptedServer, completion

needs("cv2")
needs("openai", reason="the client of the omni server needs the package openai")


def test_questions_are_asked_once(root: Path, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    shutil.copy(root / "Test_Data" / "demo_en_happy.mp4", tmp_path / "clips" / "a.mp4")
    questions, out = tmp_path / "q.jsonl", tmp_path / "out" / "answers.jsonl"
    rows = [{"id": f"{n}", "clip": "a.mp4", "question": f"Question {n}?", "answers": ["yes", "no"]} for n in (1, 2)]
    questions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    server = ScriptedServer(lambda body, number: completion("<answer>no</answer>"))
    words = ["-m", "harness", "ask", str(questions), "--test-data", str(tmp_path / "clips")]
    words += ["--out", str(out), "--omni-url", server.endpoint().url, "--set", "omni.canary=false", "omni.frames=2"]
    try:
        for asked in (2, 0):
            done = python(words, root)
            assert done.returncode == 0, done.stderr
            assert f"2 of 2 questions answered, {asked} asked now" in done.stdout
    finally:
        server.close()
    answers = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], row["answer"], row["reply"]) for row in answers] == [
        ("1", "no", "<answer>no</answer>"),
        ("2", "no", "<answer>no</answer>"),
    ]
    sent = json.dumps(server.requests[0]["messages"])
    assert len(server.requests) == 2 and sent.count("image_url") >= 2 and "input_audio" in sent
