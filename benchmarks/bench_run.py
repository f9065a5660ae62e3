"""What a run costs beside the sequential way and the limit: a table for each profile, kept, compared with the last.

    python benchmarks/bench_run.py [--clips 200] [--repeats 3] [--profiles embedded full] [--compare]

| row | what is done |
|---|---|
| sequential | as public entries do it: a process a stage, clip after clip, decoded again in each; then the decisions |
| ours | `run_submission.py` as it is; also with one worker, and once more when it has finished |
| ours, Ray | the same with `--engine ray`, where Ray is installed |
| decoding | every clip decoded once and nothing else: no way of working is cheaper than that |
| busiest stage | the stage that takes most, by itself, with its clips decoded and its models loaded |

The models and settings are the same in each. With `embedded` all ways must end with the same submission, and that is
checked; an omni server rounds otherwise when it is asked several things at once, so with `full` differences are
counted. All rows are measured in turn, in every repeat, since machines are shared; CPU seconds (user and system, all
processes together) are what other work on the machine changes least, and what `--compare` looks at.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from bench_clips import make_clips, sources_in  # noqa: E402
from bench_table import compared, machine, rows_table, stages_table  # noqa: E402
from measured import Cost, adopt_orphans, cost_of  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".bench" / "run.json"
STAGES = ("transcribe", "speech", "face")
OURS, SEQUENTIAL, ONE, AGAIN, RAY = "ours", "sequential", "ours, one worker", "ours, finished", "ours, Ray"
DECODING, BUSIEST = "decoding", "busiest stage"
INSTALL_RAY = "pip install -r requirements/ray.txt"
SERVE = ROOT / ".venv-serve" / "bin" / "python"
MODELS = ROOT / ".venv-models" / "bin" / "python"


@dataclass(frozen=True)
class Profile:
    """How a profile is run: by which interpreter, with which flags, and what of it is measured.

    Attributes:
        flags: of `run_submission.py`, in every row.
        sequential: settings of the last process of the sequential way.
        rows: what is measured.
        same: whether all ways must end with the same submission.
        lacks: why it cannot be run here, and what mends that; empty where it can.
    """

    name: str
    python: Path
    flags: tuple[str, ...]
    sequential: tuple[str, ...]
    rows: tuple[str, ...]
    same: bool
    lacks: str = ""


@dataclass
class Found:
    """What was measured with a profile."""

    rows: dict[str, list[Cost]] = field(default_factory=dict)
    stages: list[dict[str, dict[str, float]]] = field(default_factory=list)
    media: float = 0.0
    differing: int = 0


def profile_named(name: str, flags: argparse.Namespace) -> Profile:
    """`embedded`, or `full` on tiny random models of the true architectures."""
    if name == "embedded":
        rows = (SEQUENTIAL, ONE, OURS, AGAIN, RAY, DECODING, BUSIEST)
        return Profile(name, Path(sys.executable), ("--set", "seed=0", *flags.settings), (), rows, same=True)
    tiny = flags.tiny_models
    lacks = ""
    if not (flags.models_python.is_file() and flags.serve_python.is_file()):
        lacks = "make .venv-models/.ready .venv-serve/.ready"
    elif not tiny.is_dir():
        lacks = f"{flags.models_python} tests/support/build_models.py --serve-python {flags.serve_python} --out {tiny}"
    given = ["--profile", "full", "--models-dir", str(tiny), "--set", "seed=0", f"omni.python={flags.serve_python}"]
    given += ["omni.extra_flags=[--enforce-eager]", "omni.max_model_len=8192", "omni.max_num_seqs=16"]
    given += ["omni.max_tokens=160", *flags.settings]
    rows = (SEQUENTIAL, OURS, RAY, DECODING, BUSIEST)
    one_by_one = ("omni.concurrency=1", "omni.schedule=staged")
    return Profile("full", flags.models_python, tuple(given), one_by_one, rows, same=False, lacks=lacks)


def words_of(profile: Profile, data: Path, out: Path, more: Sequence[str] = ()) -> list[str]:
    """The flags of a run; `more` are settings."""
    places = ["--test-data", str(data), "--results", str(out / "results"), "--supplements", str(out / "supplements")]
    return [*places, "--max-errors", "1000000", *profile.flags, *more]


def run(profile: Profile, data: Path, out: Path, settings: Sequence[str] = (), flags: Sequence[str] = ()) -> None:
    """One run; what lies in `out` is kept and goes on."""
    words = words_of(profile, data, out, settings)
    command = [str(profile.python), str(ROOT / "run_submission.py"), *flags, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\nended with {done.returncode}:\n{(done.stdout + done.stderr)[-3000:]}")


def part(profile: Profile, what: Sequence[str], data: Path, out: Path) -> str:
    """What a process of `bench_stages.py` prints."""
    script = ROOT / "benchmarks" / "bench_stages.py"
    command = [str(profile.python), str(script), *what, "--", *words_of(profile, data, out)]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def sequential(profile: Profile, data: Path, out: Path) -> None:
    """A process for each stage, and one for what is decided from them."""
    for name in STAGES:
        part(profile, ("stage", name), data, out)
    run(profile, data, out, profile.sequential)


def measure(profile: Profile, data: Path, repeats: int, rows: Sequence[str]) -> Found:
    """Every row in every repeat. SystemExit where two ways end with different submissions and must not."""
    found = Found()
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as scratch:
            outs = {name: Path(scratch, name.replace(", ", "-")) for name in rows}
            ways: dict[str, Callable[[Path], object]] = {
                SEQUENTIAL: lambda out: sequential(profile, data, out),
                ONE: lambda out: run(profile, data, out, ("workers=1",)),
                OURS: lambda out: run(profile, data, out),
                AGAIN: lambda out: run(profile, data, outs[OURS]),  # noqa: B023 - called within this turn
                RAY: lambda out: run(profile, data, out, flags=("--engine", "ray")),
                DECODING: lambda out: part(profile, ("decoding",), data, out),
            }
            for name in rows:
                if name in ways:
                    found.rows.setdefault(name, []).append(cost_of(lambda: ways[name](outs[name])))  # noqa: B023
                    print(f"{name}: {found.rows[name][-1].cpu:.1f} CPU s", file=sys.stderr, flush=True)
            if OURS in rows:
                found.media = media_seconds(outs[OURS])
            if BUSIEST in rows:
                found.stages.append(stages(profile, data, outs, found))
            compare_submissions(profile, outs, found)
    return found


def stages(profile: Profile, data: Path, outs: dict[str, Path], found: Found) -> dict[str, dict[str, float]]:
    """By stage: CPU seconds and bytes by itself, in memory; busy and queueing in our run. Adds the busiest as a row."""
    told = part(profile, ("memory",), data, outs[BUSIEST])
    alone: dict[str, dict[str, float]] = json.loads(told.splitlines()[-1])
    busiest = max((name for name in alone if name != "media"), key=lambda name: alone[name]["cpu"])
    one = alone[busiest]
    found.rows.setdefault(BUSIEST, []).append(Cost(one["wall"], one["cpu"], 0, int(one["read"])))
    if OURS not in outs:
        return alone
    for name, seconds in busy_and_queue(outs[OURS] / "supplements").items():
        alone.setdefault(name, {}).update(seconds)
    return alone


def busy_and_queue(supplements: Path) -> dict[str, dict[str, float]]:
    """By stage: seconds it worked, and seconds its clips waited for it since the record before was written.

    The first stage's clips wait from the start of the run.
    """
    manifest = json.loads((supplements / "run_manifest.json").read_text(encoding="utf-8"))
    began = datetime.fromisoformat(manifest["run"]["started"]).timestamp()
    clips: dict[str, list[tuple[float, float, str]]] = {}
    for path in (supplements / "records").glob("*/*.json"):
        seconds = json.loads(path.read_text(encoding="utf-8"))["seconds"]
        clips.setdefault(path.name, []).append((path.stat().st_mtime, seconds, path.parent.name))
    found: dict[str, dict[str, float]] = {}
    for records in clips.values():
        before = began
        for written, seconds, stage in sorted(records):
            sums = found.setdefault(stage, {"busy": 0.0, "queue": 0.0})
            sums["busy"] += seconds
            sums["queue"] += max(0.0, written - seconds - before)
            before = written
    return found


def media_seconds(out: Path) -> float:
    """Seconds of media that a run has read."""
    records = (json.loads(p.read_text(encoding="utf-8")) for p in (out / "supplements/records/media").glob("*.json"))
    return sum((record["data"] or {}).get("seconds", 0.0) for record in records)


def compare_submissions(profile: Profile, outs: dict[str, Path], found: Found) -> None:
    """Counts the rows in which the submissions differ from ours; SystemExit where there may be none."""
    if OURS not in outs:
        return
    ours = (outs[OURS] / "results/combined_results.csv").read_text(encoding="utf-8").splitlines()
    for name in (SEQUENTIAL, ONE, RAY):
        if name not in outs:
            continue
        other = (outs[name] / "results/combined_results.csv").read_text(encoding="utf-8").splitlines()
        differing = sum(a != b for a, b in zip(ours, other, strict=True))
        found.differing = max(found.differing, differing)
        if differing and profile.same:
            raise SystemExit(f"{name} ends with another submission than ours: {differing} rows differ")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--clips", type=int, default=200, help="how many are made (default: 200; 20 takes minutes)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--profiles", nargs="+", choices=("embedded", "full"), default=["embedded", "full"])
    parser.add_argument("--rows", nargs="+", help="only these rows (default: all)")
    parser.add_argument(
        "--from",
        nargs="+",
        type=Path,
        dest="sources",
        default=[ROOT / "Test_Data", ROOT.parent / "shared" / "clips" / "mer"],
        help="folders whose .mp4 the clips are made of (default: Test_Data, and real clips beside the checkout if any)",
    )
    parser.add_argument("--price", type=float, default=0.05, help="USD a core hour, assumed (default: 0.05)")
    parser.add_argument("--compare", action="store_true", help="exit code 1 when ours is worse than last by over 10 %%")
    parser.add_argument("--kept", type=Path, default=KEPT, help="where the figures are kept (default: .bench/run.json)")
    parser.add_argument("--set", nargs="+", default=[], dest="settings", metavar="KEY=VALUE")
    parser.add_argument("--tiny-models", type=Path, default=ROOT / "checkpoints" / "tiny", help="for the profile full")
    parser.add_argument("--models-python", type=Path, default=MODELS, help="of requirements/models.txt, for full")
    parser.add_argument("--serve-python", type=Path, default=SERVE, help="of the environment of vLLM, for full")
    return parser.parse_args()


def main() -> int:
    """Measure, print, compare, keep."""
    flags, code = arguments(), 0
    adopt_orphans()
    kept = json.loads(flags.kept.read_text(encoding="utf-8")) if flags.kept.is_file() else {}
    sources = sources_in(*flags.sources)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "clips")
        size = make_clips(sources, data, flags.clips)
        for name in flags.profiles:
            profile, here = profile_named(name, flags), machine()
            print(f"\n## {name}: {flags.clips} clips made of {len(sources)}, {size / 1e6:.0f} MB; {here}", flush=True)
            if profile.lacks:
                print(f"unavailable: {profile.lacks}")
                continue
            now = figures(profile, data, flags)
            now |= {"settings": flags.settings, "sources": [path.name for path in sources], "machine": here}
            code = max(code, held_against(kept, name, now, flags))
    return code


def figures(profile: Profile, data: Path, flags: argparse.Namespace) -> dict[str, Any]:
    """Measures a profile, prints its tables, and gives what is kept of it."""
    rows = [row for row in profile.rows if not flags.rows or row in flags.rows]
    lacking = {RAY: f"unavailable: {INSTALL_RAY}"} if RAY in rows and find_spec("ray") is None else {}
    found = measure(profile, data, flags.repeats, [row for row in rows if row not in lacking])
    print(rows_table(found.rows, rows, lacking, found.media, flags.clips, flags.price))
    if found.stages:
        print("\n" + stages_table(found.stages))
    if found.differing:
        print(f"\n{found.differing} of {flags.clips} labels differ between the ways")
    kept = {row: [asdict(cost) for cost in costs] for row, costs in found.rows.items()}
    return {"rows": kept, "stages": found.stages, "media_seconds": found.media, "clips": flags.clips}


def held_against(kept: dict[str, Any], name: str, now: dict[str, Any], flags: argparse.Namespace) -> int:
    """Compares with the last figures where that is asked for; keeps the new ones unless they are worse."""
    last, code = kept.get(name), 0
    if flags.compare and OURS in now["rows"]:
        same = ("clips", "settings", "sources")
        if last is None or OURS not in last["rows"] or any(last[key] != now[key] for key in same):
            print(f"nothing to compare with in {flags.kept}: these figures are kept for the next time")
        else:
            code, line = compared(cpu_of_film(now), cpu_of_film(last))
            print(line)
            now = {**now, "rows": last["rows"] | now["rows"], "stages": now["stages"] or last["stages"]}
    if code == 0:
        kept[name] = now
        flags.kept.parent.mkdir(parents=True, exist_ok=True)
        written = flags.kept.with_suffix(".new")
        written.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        written.replace(flags.kept)
    return code


def cpu_of_film(figures: dict[str, Any]) -> float:
    """CPU seconds of our run a second of film, the median of the repeats."""
    return statistics.median(cost["cpu"] for cost in figures["rows"][OURS]) / float(figures["media_seconds"])


if __name__ == "__main__":
    sys.exit(main())
