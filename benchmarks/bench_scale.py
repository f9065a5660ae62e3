"""How a run grows without its clips being looked at: stored, exported, paged, scored and sealed; one table, and a fit.

    python benchmarks/bench_scale.py [--clips 1000 10000] [--export-only 1000 100000] [--most-paged 1000] [--folder DIR]

The clips are links to a few real ones under new names, and their records those of a real run under new IDs: equal bytes
have equal fingerprints, so every record is whole and up to date. Seconds are of the processor (user and system), each
step in a process of its own; nothing is decoded after the first run.
At the end stands how each step grows: the exponent b of time ~ clips^b, by least squares over the logarithms, and the
same of the peak memory. Over a tenfold size, a step that grows faster than clips^1.15 makes the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import math
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
PEAK = "peak memory,"
TOO_FAST = 1.15
MOST_MEMORY = 0.5
"""Peak memory may grow with names of clips, but not as clips do."""
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
    cpu, wall = time.process_time(), time.perf_counter()
    for number in range(count):
        name = names[number % len(names)]
        new = f"{number:07d}{Path(name).suffix}"
        os.link(data / name, clips / new)
        for record in records[name]:
            store.put(replace(record, clip=new))
    line(count, "records stored", time.process_time() - cpu, time.perf_counter() - wall)
    return clips, out


def scored(out: Path) -> tuple[float, float]:
    """CPU and wall seconds of scoring a submission against labels made up for it."""
    submission, labels = out / "results" / "combined_results.csv", out / "labels.csv"
    ids = [row.partition(",")[0] for row in submission.read_text(encoding="utf-8").splitlines()[1:]]
    told = ("SNEG", "WNEG", "NEUT", "WPOS", "SPOS")
    rows = "".join(f"{name},{told[place % 5]}\n" for place, name in enumerate(ids))
    labels.write_text("ID,Label\n" + rows, encoding="utf-8")
    before, started = os.times(), time.perf_counter()
    words = [sys.executable, "-m", "eval", "score", str(submission), str(labels)]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return cpu, time.perf_counter() - started


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
        return growth()
    return 0


def table(folder: Path, flags: argparse.Namespace) -> None:
    """Every row, in processes of their own."""
    data, base = folder / "data", folder / "base"
    data.mkdir()
    for path in sorted(flags.test_data.glob("*.mp4")):  # without transcripts, whose names are in fingerprints
        shutil.copy(path, data / path.name)
    subprocess.run(command(data, base), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(f"{'clips':>8} {'step':38} {'CPU s':>8} {'wall s':>8} {'CPU ms a clip':>14}")
    for count in flags.export_only:
        rows("--in-memory", base, data, folder / "export", count, count=count)
        shutil.rmtree(folder / "export")
    for count in flags.clips:
        clips, out = grown(base, data, folder, count)
        time.sleep(0.1)  # what has just been written is not sealed
        rows("--resumed", clips, out, "page" if count <= flags.most_paged else "none", count=count)
        line(count, "finished run started again", *seconds(command(clips, out)))
        line(count, "score", *scored(out))
        shutil.rmtree(out)


def rows(*words: object, count: int) -> None:
    """The rows that a process of its own measures."""
    done = subprocess.run([sys.executable, __file__, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True)
    found, most = json.loads(done.stdout.splitlines()[-1])
    for step, cpu, wall in found:
        line(count, step, cpu, wall)
    step = f"{PEAK} {words[0]}".replace("--", "").replace("-", " ")
    GROWN.setdefault(step, []).append((count, most))
    print(f"{count:8} {step:38} {most:8.3f} GB", flush=True)


def peak() -> float:
    """Gigabytes that this process held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def line(count: int, step: str, cpu: float, wall: float) -> None:
    """One row, which is remembered for the fit."""
    GROWN.setdefault(step, []).append((count, cpu))
    print(f"{count:8} {step:38} {cpu:8.2f} {wall:8.2f} {1000 * cpu / count:14.3f}", flush=True)


GROWN: dict[str, list[tuple[int, float]]] = {}
"""Step → (clips, CPU seconds, or gigabytes of memory)."""


def exponent(points: list[tuple[int, float]]) -> float:
    """The b of y ~ x^b, by least squares over the logarithms."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(max(y, 1e-6)) for _, y in points]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - middle_x) ** 2 for x in xs)
    return sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / spread


def growth() -> int:
    """How each step grows, where it was measured at two sizes or more; 1 where one grows too fast."""
    code = 0
    for step, points in GROWN.items():
        if len(points) < 2 or min(y for _, y in points) <= 0:
            continue
        found, most = exponent(points), MOST_MEMORY if step.startswith(PEAK) else TOO_FAST
        fast = found > most and points[-1][0] >= 10 * points[0][0]
        code = max(code, int(fast))
        sizes = f"{points[0][0]} to {points[-1][0]} clips"
        print(f"{step:38} grows as clips^{found:.2f} ({sizes}){': too fast' if fast else ''}")
    return code


if __name__ == "__main__":
    sys.exit(main())
