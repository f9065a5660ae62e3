"""Load on the service: many uploads by several clients at once, with GET /health asked all the while.

    .venv/bin/python benchmarks/bench_service.py --clients 16 --uploads 200

Prints one JSON line: uploads finished and lost, refusals (429) that were sent again, p50 and p95 of GET /health in
milliseconds, the server process's own memory before, at its most, and after, and seconds of wall and CPU.
"""

from __future__ import annotations

import argparse
import http.client
import json
import multiprocessing
import os
import queue
import statistics
import sys
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from harness.processes import own_bytes  # noqa: E402
from tests.support.media_clips import tone, write_wav  # noqa: E402
from tests.support.served import Served  # noqa: E402


def client(server: Served, todo: queue.SimpleQueue[bytes | None], jobs: list[str], refused: list[int]) -> None:
    """Send clips until none is left; what is refused for want of room is sent again when the server says so."""
    while (clip := todo.get()) is not None:
        while True:
            answer = server.post("/v1/infer", file=("clip.wav", clip))
            if answer.status != 429:
                break
            refused.append(1)
            time.sleep(int(answer.headers["retry-after"]))
        jobs.append(answer.json["id"] if answer.status == 202 else f"lost: {answer.status} {answer.body[:200]!r}")


def look(port: int, pid: int, ended: Event, found: Connection) -> None:
    """Ask for health ten times a second, from a process of its own: the clients' threads must not delay it."""
    took, held = [], []
    while not ended.wait(0.1):
        started = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/health")
        assert connection.getresponse().read()
        connection.close()
        took.append(time.perf_counter() - started)
        held.append(own_bytes(pid))
    found.send((took, held))


def cpu_seconds(pid: int) -> float:
    """User and system seconds of a process and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Run the load and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--uploads", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=1.0, help="length of each clip, a tone")
    parser.add_argument("--all-models", action="store_true", help="not the face nets alone")
    flags = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-service-") as scratch:
        models = ROOT / "checkpoints" if flags.all_models else None
        server = Served(ROOT, Path(scratch) / "data", models=models)
        try:
            print(json.dumps(measured(server, flags, Path(scratch))))
        finally:
            server.close()


def measured(server: Served, flags: argparse.Namespace, scratch: Path) -> dict[str, object]:
    """Send everything, wait for everything, and count."""
    clip = write_wav(scratch / "clip.wav", tone(flags.seconds, rate=16_000)).read_bytes()
    before = own_bytes(server.pid)
    todo: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    for item in (*[clip] * flags.uploads, *[None] * flags.clients):
        todo.put(item)
    jobs: list[str] = []
    refused: list[int] = []
    ended = multiprocessing.Event()
    receiving, sending = multiprocessing.Pipe()
    looking = multiprocessing.Process(target=look, args=(server.port, server.pid, ended, sending))
    clients = [threading.Thread(target=client, args=(server, todo, jobs, refused)) for _ in range(flags.clients)]
    started = time.perf_counter()
    for thread in (looking, *clients):
        thread.start()
    for thread in clients:
        thread.join()
    sent = time.perf_counter() - started
    lost = [job for job in jobs if job.startswith("lost")]
    states = [server.finished(job, 3600)["state"] for job in jobs if job not in lost]
    wall = time.perf_counter() - started
    ended.set()
    took, held = receiving.recv()
    looking.join()
    return {
        "uploads": flags.uploads,
        "clients": flags.clients,
        "finished": states.count("finished"),
        "lost": lost + [state for state in states if state != "finished"],
        "refused_and_sent_again": len(refused),
        "health_ms_p50": round(1000 * statistics.median(took), 1),
        "health_ms_p95": round(1000 * statistics.quantiles(took, n=20)[-1], 1),
        "health_asked": len(took),
        "server_mb_before_most_after": [round(n / 1e6) for n in (before, max(held), held[-1])],
        "seconds_until_all_sent": round(sent, 1),
        "seconds_until_all_finished": round(wall, 1),
        "server_cpu_seconds": round(cpu_seconds(server.pid), 1),
    }


if __name__ == "__main__":
    main()
