"""What a run costs in CPU seconds, beside the sequential way and the limit; one table, kept and compared with the last.

    python benchmarks/bench_run.py [--test-data DIR] [--repeats 3] [--compare] [--set KEY=VALUE ...]

| row | what is done |
|---|---|
| sequential | as public entries do it: a process a stage, clip after clip, decoded again in each; then the labels |
| ours | `run_submission.py` |
| decoding | every clip decoded once and nothing else: no way of working is cheaper than that |

The same models and settings in each, so the first two must end with the same submission, and that is checked. All rows
are measured in turn, in every repeat, since machines are shared; seconds are of the processor (user and system, all
processes together), which other work on the machine changes least.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".bench" / "run.json"
STAGES = ("transcribe", "speech", "face")
DECODING = "decoding"
WORSE = 1.10


def cpu_seconds(work: Callable[[], object]) -> float:
    """User and system seconds of the processes that `work` starts and waits for."""
    before = os.times()
    work()
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def ours(data: Path, out: Path, settings: Sequence[str]) -> None:
    """One run; what lies in `out` is kept and goes on."""
    command = [sys.executable, str(ROOT / "run_submission.py"), "--test-data", str(data), "--max-errors", "1000000"]
    command += ["--results", str(out / "results"), "--supplements", str(out / "supplements"), "--set", "seed=0"]
    subprocess.run([*command, *settings], check=True, capture_output=True)


def part_of_sequential(name: str, data: Path, out: Path, settings: Sequence[str]) -> None:
    """A process for one stage over all clips, or for decoding alone."""
    command = [sys.executable, __file__, "--stage", name, "--test-data", str(data), "--out", str(out)]
    subprocess.run([*command, "--set", "seed=0", *settings], check=True)


def sequential(data: Path, out: Path, settings: Sequence[str]) -> None:
    """A process for each stage, and one for what is decided from them."""
    for name in STAGES:
        part_of_sequential(name, data, out, settings)
    ours(data, out, settings)


def one_stage(name: str, data: Path, out: Path, settings: Sequence[str]) -> None:
    """Inside such a process: decode every clip and run the stage on it."""
    sys.path.insert(0, str(ROOT))
    import run_submission
    from harness.context import Context
    from harness.engine.pipeline import decode_clip, perceiving_stages
    from harness.engine.runner import run_clip
    from harness.ingest import ingest
    from harness.records.store import Store
    from models.registry import choose

    places = ["--results", str(out / "results"), "--supplements", str(out / "supplements")]
    flags = run_submission.parse_arguments(["--test-data", str(data), *places, "--set", *settings])
    config = run_submission.configured(flags)
    store = Store(config.records)
    specs = {} if name == DECODING else choose(config.sections, config.models_dir, STAGES)
    stages = [stage for stage in perceiving_stages(config, specs) if stage.name in ("media", name)] if specs else []
    for clip in ingest(config.test_data, ids=config.ids, pairs=config.pairs).clips:
        context = Context(clip, lambda path: decode_clip(config, path))
        if name == DECODING:
            decode_clip(config, Path(clip.path))
        else:
            run_clip(stages, context, store)


def media_seconds(out: Path) -> float:
    """Seconds of media that a run has read."""
    records = (json.loads(p.read_text(encoding="utf-8")) for p in (out / "supplements/records/media").glob("*.json"))
    return sum((record["data"] or {}).get("seconds", 0.0) for record in records)


def measure(data: Path, repeats: int, settings: Sequence[str]) -> tuple[dict[str, list[float]], float]:
    """CPU seconds of each row in each repeat, and seconds of media. Raises ValueError when two submissions differ."""
    rows: dict[str, list[float]] = {"sequential": [], "ours": [], DECODING: []}
    media = 0.0
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            a, b, d = (Path(folder, name) for name in rows)
            rows["sequential"].append(cpu_seconds(lambda a=a: sequential(data, a, settings)))  # type: ignore[misc]
            rows["ours"].append(cpu_seconds(lambda b=b: ours(data, b, settings)))  # type: ignore[misc]
            rows[DECODING].append(cpu_seconds(lambda d=d: part_of_sequential(DECODING, data, d, settings)))  # type: ignore[misc]
            first, second = ((out / "results/combined_results.csv").read_bytes() for out in (a, b))
            if first != second:
                raise ValueError("the two ways end with different submissions: see them with --repeats 1")
            media = media_seconds(b)
    return rows, media


def table(rows: dict[str, list[float]], media: float) -> str:
    """One line a row: median CPU seconds with their spread, a second of media, and beside ours."""
    middle = {name: statistics.median(values) for name, values in rows.items()}
    lines = [f"{'':<12}{'CPU s':>9}{'spread':>16}{'a second of media':>20}{'beside ours':>13}"]
    for name, values in rows.items():
        spread = f"{min(values):.1f} … {max(values):.1f}"
        lines.append(
            f"{name:<12}{middle[name]:>9.1f}{spread:>16}{middle[name] / media:>20.3f}"
            f"{middle[name] / middle['ours']:>12.2f}x"
        )
    return "\n".join(lines)


def compared(now: float, last: float) -> tuple[int, str]:
    """Exit code and a line: 1 when a second of media costs more than a tenth more CPU seconds than last time."""
    change = f"ours: {now:.3f} CPU s a second of media, last time {last:.3f} ({100 * (now / last - 1):+.1f} %)"
    return (1, change + ": worse by more than 10 %") if now > WORSE * last else (0, change)


def main() -> int:
    """Measure, print, compare, keep."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--test-data", type=Path, default=ROOT / "Test_Data")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--compare", action="store_true", help="exit code 1 when worse than the last by more than 10 %%"
    )
    parser.add_argument("--kept", type=Path, default=KEPT, help="where the figures are kept (default: .bench/run.json)")
    parser.add_argument("--set", nargs="+", default=[], dest="settings", metavar="KEY=VALUE")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.stage:
        one_stage(flags.stage, flags.test_data, flags.out, flags.settings)
        return 0
    last = json.loads(flags.kept.read_text(encoding="utf-8")) if flags.kept.is_file() else None
    rows, media = measure(flags.test_data, flags.repeats, flags.settings)
    print(f"{media:.1f} s of media, {flags.repeats} repeats, {len(os.sched_getaffinity(0))} cores")
    print(table(rows, media))
    now = {"cpu_seconds": rows, "media_seconds": media, "settings": flags.settings, "data": flags.test_data.name}
    code = 0
    if flags.compare:
        if last is None or (last["settings"], last["data"]) != (now["settings"], now["data"]):
            print(f"nothing to compare with in {flags.kept}: these figures are kept for the next time")
        else:
            figures = (statistics.median(x["cpu_seconds"]["ours"]) / x["media_seconds"] for x in (now, last))
            code, line = compared(*figures)
            print(line)
    if code == 0:  # the better figures stay what the next are held against
        flags.kept.parent.mkdir(parents=True, exist_ok=True)
        flags.kept.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
