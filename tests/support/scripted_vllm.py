"""What `vllm serve` looks like from outside, by a script: for the faults that a real server shows too rarely.

`install` writes an interpreter that runs this file in place of vLLM. Its acts, one per start, the last again and again:

- `well`: answers, and its log-probabilities follow the picture and the sound;
- `blind`, `deaf`: the picture or the sound does not reach them;
- `noisy`: they differ from one request to the next, whatever is sent, most between the first two;
- `plain`: it gives none;
- `open`: well, but it does not ask for the key;
- `dies`: ends at once, with a line in its log;
- `silent`: runs, and never listens;
- `hangs`: is healthy, and never answers a request.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import shlex
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

NOISE = itertools.cycle((-1.0, -1.9, -1.4, -1.6))


def install(folder: Path, *acts: str) -> Path:
    """An executable to give as the server's interpreter; it counts its starts in `folder`."""
    path = folder / "python"
    words = [sys.executable, str(Path(__file__).resolve()), str(folder / "starts"), ",".join(acts)]
    path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return path


def log_probabilities(body: dict[str, Any], act: str) -> list[dict[str, Any]]:
    """Of three tokens, from what was sent."""
    kinds = {part["type"]: json.dumps(part) for part in body["messages"][-1]["content"]}
    if act == "blind":
        del kinds["image_url"]
    if act == "deaf":
        del kinds["input_audio"]
    digest = hashlib.sha256("".join(kinds.values()).encode()).digest()
    if act == "noisy":
        return [{"token": "t0", "logprob": next(NOISE)}]
    return [{"token": f"t{n}", "logprob": -1 - digest[n] / 256} for n in range(3)]


class Handler(BaseHTTPRequestHandler):
    """The four addresses that are asked."""

    act = "well"

    def do_GET(self) -> None:
        if self.path.startswith("/v1") and not self.is_let_in():
            self.reply(401, {"error": "unauthorised"})
        else:
            known = {"/health": None, "/version": {"version": "0.0-scripted"}, "/v1/models": {"data": []}}
            self.reply(200, known[self.path])

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.is_let_in():
            self.reply(401, {"error": "unauthorised"})
            return
        while self.act == "hangs":
            time.sleep(1)
        choice: dict[str, Any] = {"message": {"role": "assistant", "content": "t0"}}
        if body.get("logprobs") and self.act != "plain":
            choice["logprobs"] = {"content": [{"top_logprobs": log_probabilities(body, self.act)}]}
        self.reply(200, {"choices": [choice]})

    def is_let_in(self) -> bool:
        return self.act == "open" or self.headers.get("Authorization") == f"Bearer {os.environ['VLLM_API_KEY']}"

    def reply(self, status: int, value: Any) -> None:
        data = b"" if value is None else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def main(starts: Path, acts: list[str], words: list[str]) -> None:
    """One start."""
    number = len(starts.read_text(encoding="utf-8")) if starts.exists() else 0
    starts.write_text("x" * (number + 1), encoding="utf-8")
    act = acts[min(number, len(acts) - 1)]
    print(
        f"start {number}: {act}; key {os.environ['VLLM_API_KEY']}; offline {os.environ['HF_HUB_OFFLINE']}", flush=True
    )
    if act == "dies":
        sys.exit("RuntimeError: no memory")
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    if act == "silent":
        time.sleep(600)
    Handler.act = act
    ThreadingHTTPServer(("127.0.0.1", int(words[words.index("--port") + 1])), Handler).serve_forever()


def notes(place: Path) -> list[int]:
    """The servers that are noted below a test's own temporary folder."""
    return [int(note.stem) for note in place.glob("omni-servers-*/*.json")]


def end_all(running: list[subprocess.Popen[str]], place: Path) -> None:
    """End what a test started, and the servers of one that failed."""
    from models.omni.server.process_group import end_session  # not at the top: this file also runs outside the project

    for process in running:
        process.kill()
        process.communicate()
    for session in notes(place):
        end_session(session)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3:])
