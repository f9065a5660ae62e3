"""How a finished run grows: resumed, exported, paged and sealed over 1,000 to 100,000 clips; one table.

    python benchmarks/bench_scale.py [--clips 1000 10000] [--export-only 100000] [--test-data DIR] [--keep DIR]

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
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
SETTINGS = ("transcribe.provider=written", "speech.normalise=training", "seed=0")
EXPORT = "export"


def command(data: Path, out: Path) -> list[str]:
    """A run over `data`."""
    places = ["--test-data", str(data), "--results", str(out / "results"), "--supplements", str(out / "supplements")]
    return [sys.executable, str(ROOT / "run_submission.py"), *places, "--set", *SETTINGS]


def seconds(words: list[str]) -> tuple[float, float]:
    """CPU and wall seconds of a command."""
    before, started = os.times(), time.perf_counter()
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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


def export_alone(base: Path, data: Path, out: Path, count: int) -> None:
    """Prints the CPU and wall seconds of two exports over `count` clips, whose records are in memory."""
    import run_submission
    from harness.output.export import export
    from harness.records.store import read_record
    from harness.records.types import Clip

    flags = run_submission.parse_arguments(command(data, out)[2:])
    config = run_submission.configured(flags)
    names = sorted(path.name for path in data.iterdir())
    known = {
        name: {p.parent.name: read_record(p) for p in (base / "supplements" / "records").glob(f"*/{name}.json")}
        for name in names
    }
    chosen = {f"{number:07d}.mp4": names[number % len(names)] for number in range(count)}
    clips = [Clip(new, str(data / name), "0" * 64, 1) for new, name in chosen.items()]
    records = {new: {s: replace(r, clip=new) for s, r in known[name].items()} for new, name in chosen.items()}
    found = []
    for _ in range(2):
        cpu, wall = time.process_time(), time.perf_counter()
        export(config, clips, records)
        found.append((time.process_time() - cpu, time.perf_counter() - wall))
    print(json.dumps(found))


def main() -> int:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test-data", type=Path, default=ROOT / "Test_Data")
    parser.add_argument("--clips", type=int, nargs="*", default=[1000, 10000])
    parser.add_argument("--export-only", type=int, nargs="*", default=[1000, 10000, 100000])
    parser.add_argument("--folder", type=Path, help="where to work, on the disk that is meant (default: temporary)")
    parser.add_argument(f"--{EXPORT}", nargs=4, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.export:
        base, data, out, count = flags.export
        export_alone(Path(base), Path(data), Path(out), int(count))
        return 0
    with tempfile.TemporaryDirectory(dir=flags.folder) as scratch:
        folder = Path(scratch)
        data, base = folder / "data", folder / "base"
        data.mkdir()
        for path in sorted(flags.test_data.glob("*.mp4")):  # without transcripts, whose names are in fingerprints
            shutil.copy(path, data / path.name)
        subprocess.run(command(data, base), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        print(f"{'clips':>8} {'step':34} {'CPU s':>8} {'wall s':>8} {'CPU ms a clip':>14}")
        for count in flags.export_only:
            words = [
                sys.executable,
                __file__,
                f"--{EXPORT}",
                str(base),
                str(data),
                str(folder / f"e{count}"),
                str(count),
            ]
            done = subprocess.run(words, check=True, capture_output=True, text=True)
            for step, (cpu, wall) in zip(("export", "export, nothing new"), json.loads(done.stdout), strict=True):
                line(count, step, cpu, wall)
            shutil.rmtree(folder / f"e{count}")
        for count in flags.clips:
            clips, out = grown(base, data, folder, count)
            line(count, "records read, export, page, seal", *seconds(command(clips, out)))
            line(count, "finished run started again", *seconds(command(clips, out)))
            (out / "supplements" / ".seal.json").unlink()
            line(count, "the same without its seal", *seconds(command(clips, out)))
            page = out / "supplements" / "report.html"
            line(count, "page alone", *seconds([sys.executable, "-m", "eval", "report", str(out / "supplements")]))
            print(f"{count:8} page {page.stat().st_size / 1e6:.1f} MB")
        most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        print(f"largest process {most / 1e6:.2f} GB")
    return 0


def line(count: int, step: str, cpu: float, wall: float) -> None:
    """One row."""
    print(f"{count:8} {step:34} {cpu:8.2f} {wall:8.2f} {1000 * cpu / count:14.3f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
