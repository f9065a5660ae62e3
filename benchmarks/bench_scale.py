"""How a finished run grows: resumed, exported, paged and sealed over 1,000 to 100,000 clips; one table.

    python benchmarks/bench_scale.py [--clips 1000 10000] [--export-only 1000 100000] [--test-data DIR] [--folder DIR]

The clips are links to a few real ones under new names, and their records those of a real run under new IDs: equal bytes
have equal fingerprints, so every record is whole and up to date. Seconds are of the processor (user and system), each
step in a process of its own; nothing is decoded after the first run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SETTINGS = ("transcribe.provider=written", "speech.normalise=training", "seed=0")
NO_FLAGS = [None, None, None]
"""What `run_submission.py` adds to a seal's key without --ids, --only and --shard."""
T = TypeVar("T")
Rows = list[tuple[str, float, float]]
"""Step, CPU seconds, wall seconds."""


def command(data: Path, out: Path) -> list[str]:
    """A run over `data`."""
    places = ["--test-data", str(data), "--results", str(out / "results"), "--supplements", str(out / "supplements")]
    return [sys.executable, str(ROOT / "run_submission.py"), *places, "--set", *SETTINGS]


def seconds(words: list[str]) -> tuple[float, float]:
    """CPU and wall seconds of a run that has nothing to do."""
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    assert "nothing to do" in done.stdout, done.stdout
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, time.perf_counter() - started


def grown(base: Path, data: Path, folder: Path, count: int) -> tuple[Path, Path]:
    """A folder of `count` clips, links to those of `data`, and a run's folder with their records and nothing else."""
    from harness.records.store import Store, read_record

    clips, out = folder / f"clips-{count}", folder / f"run-{count}"
    clips.mkdir()
    names = sorted(path.name for path in data.iterdir())
    records = {
        name: [read_record(path) for path in (base / "supplements" / "records").glob(f"*/{name}.json")]
        for name in names
    }
    store = Store(out / "supplements" / "records")
    for number in range(count):
        name = names[number % len(names)]
        new = f"{number:07d}{Path(name).suffix}"
        os.link(data / name, clips / new)
        for record in records[name]:
            path = store.path(record.stage, new)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encoded(replace(record, clip=new)))
    return clips, out


def encoded(record: object) -> bytes:
    """A record as `Store.put` writes it."""
    import msgspec

    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def in_memory(base: Path, data: Path, out: Path, count: int) -> Rows:
    """Two exports over `count` clips, whose records are in memory: those of the few clips, under other IDs."""
    import run_submission
    from harness.output.export import export
    from harness.records.store import read_record
    from harness.records.types import Clip

    config = run_submission.configured(run_submission.parse_arguments(command(data, out)[2:]))
    names = sorted(path.name for path in data.iterdir())
    known = {
        name: {p.parent.name: read_record(p) for p in (base / "supplements" / "records").glob(f"*/{name}.json")}
        for name in names
    }
    chosen = {f"{number:07d}.mp4": names[number % len(names)] for number in range(count)}
    clips = [Clip(new, str(data / name), "0" * 64, 1) for new, name in chosen.items()]
    records = {new: known[name] for new, name in chosen.items()}
    measure = Measure()
    measure("export", lambda: export(config, clips, records))
    measure("export, nothing new", lambda: export(config, clips, records))
    return measure.rows


def resumed(clips: Path, out: Path, page: bool) -> Rows:
    """What a run does that finds all records and no seal, step by step; it ends with a seal."""
    import run_submission
    from eval.report.report import write_report
    from harness.engine.pipeline import Pipeline
    from harness.ingest import ingest
    from harness.output.export import Exporter, write_json
    from harness.output.seal import begin, seal_up
    from models.registry import choose

    config = run_submission.configured(run_submission.parse_arguments(command(clips, out)[2:]))
    pipeline, measure, now = Pipeline(config, choose), Measure(), time.time_ns()
    begun = begin(config, pipeline.fingerprints(), NO_FLAGS, now)
    found = measure("clips listed and hashed", lambda: ingest(clips, ids=config.ids, pairs=config.pairs))
    exporter, told = Exporter(config, found.clips), Measure()

    def judge() -> None:
        for clip, kept in pipeline.run(found.clips):
            told("", partial(exporter.add, clip, kept))

    measure("records read and checked, and stories", judge)
    measure.rows.append(("of it stories", sum(row[1] for row in told.rows), sum(row[2] for row in told.rows)))
    measure("csv files", exporter.finish)
    write_json(config.supplements / "run_manifest.json", {})
    if page:
        measure("page", lambda: write_report(config.supplements, config.supplements / "report.html"))
    now = time.time_ns()
    whole = measure("records read back", lambda: pipeline.complete(found.clips))
    assert begun is not None and whole
    assert measure("seal", lambda: seal_up(config, begun, now, len(found.clips), [], "")), "the clips are too new"
    return measure.rows


class Measure:
    """CPU and wall seconds of steps."""

    def __init__(self) -> None:
        self.rows: Rows = []

    def __call__(self, step: str, work: Callable[[], T]) -> T:
        cpu, wall = time.process_time(), time.perf_counter()
        found = work()
        self.rows.append((step, time.process_time() - cpu, time.perf_counter() - wall))
        return found


def main() -> int:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test-data", type=Path, default=ROOT / "Test_Data")
    parser.add_argument("--clips", type=int, nargs="*", default=[1000, 10000])
    parser.add_argument("--export-only", type=int, nargs="*", default=[1000, 10000, 100000])
    parser.add_argument("--most-paged", type=int, default=1000, help="no page over more clips")
    parser.add_argument("--folder", type=Path, help="where to work, on the disk that is meant (default: temporary)")
    parser.add_argument("--in-memory", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("--resumed", nargs=3, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.in_memory:
        base, data, out, count = flags.in_memory
        print(json.dumps([in_memory(Path(base), Path(data), Path(out), int(count)), peak()]))
    elif flags.resumed:
        clips, out, page = flags.resumed
        print(json.dumps([resumed(Path(clips), Path(out), page == "page"), peak()]))
    else:
        with tempfile.TemporaryDirectory(dir=flags.folder) as scratch:
            table(Path(scratch), flags)
    return 0


def table(folder: Path, flags: argparse.Namespace) -> None:
    """Every row, in processes of their own."""
    data, base = folder / "data", folder / "base"
    data.mkdir()
    for path in sorted(flags.test_data.glob("*.mp4")):  # without transcripts, whose names are in fingerprints
        shutil.copy(path, data / path.name)
    subprocess.run(command(data, base), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(f"{'clips':>8} {'step':34} {'CPU s':>8} {'wall s':>8} {'CPU ms a clip':>14}")
    for count in flags.export_only:
        rows("--in-memory", base, data, folder / "export", count, count=count)
        shutil.rmtree(folder / "export")
    for count in flags.clips:
        clips, out = grown(base, data, folder, count)
        time.sleep(0.1)  # what has just been written is not sealed
        rows("--resumed", clips, out, "page" if count <= flags.most_paged else "none", count=count)
        line(count, "finished run started again", *seconds(command(clips, out)))


def rows(*words: object, count: int) -> None:
    """The rows that a process of its own measures."""
    done = subprocess.run([sys.executable, __file__, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True)
    found, most = json.loads(done.stdout.splitlines()[-1])
    for step, cpu, wall in found:
        line(count, step, cpu, wall)
    print(f"{count:8} {'peak memory of that process':34} {most:8.2f} GB", flush=True)


def peak() -> float:
    """Gigabytes that this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def line(count: int, step: str, cpu: float, wall: float) -> None:
    """One row."""
    print(f"{count:8} {step:34} {cpu:8.2f} {wall:8.2f} {1000 * cpu / count:14.3f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
