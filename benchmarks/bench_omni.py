"""What the harness costs around an omni server: per request, per clip, and as a pipeline.

A scripted server that answers after a fixed time stands for the model where the harness itself is measured; where a
server environment is there (`make .venv-serve/.ready`), a real vLLM with a tiny random model says whether the client
keeps it as busy as it can be. Compare the ratios of one run of this script, not seconds of two.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from models.omni.client import ClientSettings, OmniClient  # noqa: E402
from models.omni.protocol.dialect import DIALECTS, body  # noqa: E402
from models.omni.protocol.http import ask  # noqa: E402
from models.omni.protocol.types import EncodedMedia, Endpoint, Question, Server  # noqa: E402
from models.omni.reply import Attempts  # noqa: E402
from models.omni.server.canary import picture, tone  # noqa: E402
from models.omni.server.remote import RemoteServer  # noqa: E402

SLOTS = 8
REPLY = "<think>The voice is louder at 1.2 s.</think><answer>WPOS</answer>"
PATTERN = r"<think>[^<]{1,60}</think>\n?<answer>(SNEG|WNEG|NEUT|WPOS|SPOS)</answer>"


class TimedServer:
    """Answers each request `seconds` after it got one of `SLOTS` places."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        slots = threading.Semaphore(SLOTS)
        outer = self
        message = {"role": "assistant", "content": REPLY}
        answer = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
        listed = json.dumps({"data": [{"id": "timed", "owned_by": "bench"}]}).encode()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args: Any) -> None:
                return None

            def send(self, content: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                self.send(listed)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                with slots:
                    time.sleep(outer.seconds)
                self.send(answer)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"


def question(picture_count: int, max_tokens: int) -> Question:
    """A question with pictures and one second of sound."""
    media = EncodedMedia((picture(striped=True),) * picture_count, tuple(map(float, range(picture_count))), tone(220.0))
    messages = ({"role": "system", "content": "You judge."}, {"role": "user", "content": "What does the speaker feel?"})
    return Question(messages, media, PATTERN, max_tokens)


def client_of(server: Server, most: int) -> OmniClient:
    """A client as a run has it."""
    return OmniClient(server, ClientSettings("auto", True, 120.0, 2, most))


def seconds_of(work: Callable[[int], object], count: int, threads: int) -> float:
    """Wall seconds of `count` calls in `threads` threads."""
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        list(pool.map(work, range(count)))
        return time.perf_counter() - started


def per_request(count: int = 300) -> None:
    """Our client against a bare POST of the same body, on a server that answers at once."""
    server = TimedServer(0.0)
    remote = RemoteServer(server.url)
    client, asked = client_of(remote, 1), question(1, 200)
    raw = body(DIALECTS["openai"], asked, "timed", structured=True)
    client.ask(asked, Attempts("warm"))
    bare = seconds_of(lambda _: ask(server.url + "/chat/completions", "", 30, raw), count, 1) / count
    cpu = time.process_time()
    ours = seconds_of(lambda n: client.ask(asked, Attempts(str(n))), count, 1) / count
    cpu = time.process_time() - cpu
    client.close()
    print(f"per request        client {1000 * ours:.2f} ms, bare POST of the same body {1000 * bare:.2f} ms")
    print(f"CPU per request    {1000 * cpu / count:.2f} ms, the scripted server's included")


def run(clips: Path, out: Path, *more: str) -> tuple[float, float]:
    """Wall and CPU seconds of a run."""
    command = [sys.executable, str(ROOT / "run_submission.py"), "--test-data", str(clips), "--max-errors", "1000000"]
    command += ["--results", str(out / "r"), "--supplements", str(out / "s"), *more]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, cpu


def as_a_pipeline(count: int) -> None:
    """Perceiving alone, asking alone, and both streamed, over `count` clips."""
    demo = sorted(p for p in (ROOT / "Test_Data").glob("*.mp4"))
    with tempfile.TemporaryDirectory() as folder:
        clips = Path(folder, "clips")
        clips.mkdir()
        for number in range(count):
            shutil.copy(demo[number % len(demo)], clips / f"{number:04d}.mp4")
        perceiving, _ = run(clips, Path(folder, "apart"))
        server = TimedServer(0.9 * SLOTS * perceiving / count)
        flags = ("--omni-url", server.url, "--set", "omni.canary=false", f"omni.concurrency={2 * SLOTS}")
        # What was perceived is there; only what hangs on the model's answer is left.
        asking, cpu = run(clips, Path(folder, "apart"), *flags)
        streamed, _ = run(clips, Path(folder, "streamed"), *flags)
    whole, slowest = perceiving + asking, max(perceiving, asking)
    print(f"client CPU         {cpu / count:.3f} s per clip: decoding, encoding, asking, deciding, writing")
    print(
        f"pipeline           {count} clips: perceiving {perceiving:.1f} s, asking {asking:.1f} s, both {streamed:.1f} s"
    )
    print(f"                   {streamed / slowest:.3f} of the slower one, {streamed / whole:.3f} of the sum")


def on_vllm(count: int = 96) -> None:
    """Does the client's gain from 1 to 16 at once match the server's own?"""
    python = ROOT / ".venv-serve" / "bin" / "python"
    if not python.is_file():
        print("vLLM               unavailable: make .venv-serve/.ready")
        return
    from models.omni.server.command import ServerSettings
    from models.omni.server.vllm import VllmServer
    from tests.support.build_models import build_omni

    with tempfile.TemporaryDirectory() as folder:
        model = build_omni(Path(folder, "tiny"), python)
        flags = ("--enforce-eager", "--no-enable-prefix-caching", "--mm-processor-cache-gb", "0")
        server = VllmServer(
            ServerSettings(python, model, max_model_len=8192, max_num_seqs=16, extra_flags=flags),
            Path(folder, "log"),
            print,
        )
        try:
            report(server, server.endpoint(), count)
        finally:
            server.stop()


def report(server: Server, endpoint: Endpoint, count: int) -> None:
    """Requests per second, bare and through the client, one and sixteen at once, in turns."""
    asked = question(2, 100)
    raw = body(DIALECTS["vllm"], asked, endpoint.model, structured=True)

    def bare(_: int) -> object:
        return ask(endpoint.url + "/chat/completions", endpoint.api_key, 120, raw)

    seconds: dict[str, list[float]] = {}
    for _ in range(3):
        for threads in (1, 16):
            client = client_of(server, threads)

            def ours(number: int, client: OmniClient = client) -> object:
                with client.place():
                    return client.ask(asked, Attempts(str(number)))

            for name, work in (("bare", bare), ("client", ours)):
                seconds.setdefault(f"{name} {threads}", []).append(seconds_of(work, count, threads))
            client.close()
    best = {name: min(values) for name, values in seconds.items()}
    print("vLLM requests/s    " + ", ".join(f"{name} at once {count / value:.2f}" for name, value in best.items()))
    gains: Sequence[float] = [best[f"{name} 1"] / best[f"{name} 16"] for name in ("bare", "client")]
    print(f"vLLM gain 1 → 16   server's own {gains[0]:.2f}, through the client {gains[1]:.2f}")
    print(f"                   {gains[1] / gains[0]:.3f} of the server's own")


def main() -> int:
    """Print a line per measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=200, help="for the pipeline's figures")
    parser.add_argument("--only", choices=["request", "pipeline", "vllm"])
    flags = parser.parse_args()
    if flags.only in (None, "request"):
        per_request()
    if flags.only in (None, "pipeline"):
        as_a_pipeline(flags.clips)
    if flags.only in (None, "vllm"):
        on_vllm()
    return 0


if __name__ == "__main__":
    sys.exit(main())
