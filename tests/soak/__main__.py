"""Watch the memory of long runs: `python -m tests.soak [--clips 2000] [--hours 2]`.

Many clips: the driver holds no more after the last of them than after the first 200, and workers are replaced. A long
clip: its worker stays below its ceiling, and the clip has its row. Exit code 1 when anything is not so.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.clips import make_clips
from tests.chaos.run import ROOT, Place, Run
from tests.soak.long_clip import write_long_clip
from tests.soak.looks import Look, flatness, watched
from tests.support.run_command import face_nets_only

WARM = 200
"""Clips after which the driver holds what it holds."""
MOST_DRIFT = 0.05
RECYCLED = 40
"""Clips after which a worker is replaced (`recycle_after` of the embedded profile)."""
LONG = ("media.max_seconds=14400", "media.max_frames=20000", "clip_time_limit=3600")


def ended(run: Run) -> tuple[list[Look], float]:
    """Start a run, look at it until it ends, and say how much it computed; RuntimeError where it is no success."""
    before = os.times()
    process = run.start()
    looks = watched(run, process)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    if process.returncode != 0 or "Traceback" in run.said():
        raise RuntimeError(f"the run ended with {process.returncode}: {run.said()[-600:]}")
    return looks, cpu


def many(scratch: Path, count: int) -> list[str]:
    """A run over `count` clips; what is not as it has to be."""
    make_clips(ROOT / "Test_Data", scratch / "clips", count)
    run = Place(scratch / "clips", face_nets_only(ROOT), scratch).run("many")
    looks, cpu = ended(run)
    flat = flatness(looks, WARM, count)
    pids = {pid for look in looks for pid in look.workers}
    rows = len(run.predictions())
    print(f"{count} clips, {rows} rows, {cpu:.0f} CPU s; {len(pids)} worker processes were seen")
    for first, value in flat.medians.items():
        print(f"  clips {first:5} to {first + 99:5}: the driver holds {value / 1e6:.1f} MB (median, PSS)")
    print(f"  largest difference from the first of these: {100 * flat.drift:.1f} %")
    print(f"  most of a worker: {most_of_workers(looks):.0f} MB; of the driver, results included: {peak(looks):.0f} MB")
    wrong = [f"the driver's memory moves by {100 * flat.drift:.1f} %"] if flat.drift > MOST_DRIFT else []
    wrong += [f"{count} clips and {rows} rows"] if rows != count else []
    wrong += ["workers are not replaced"] if len(pids) < count // (2 * RECYCLED) else []
    return wrong


def long(scratch: Path, hours: float) -> list[str]:
    """A run over one clip of `hours`; what is not as it has to be."""
    folder = scratch / "long"
    folder.mkdir()
    seconds = write_long_clip(ROOT / "Test_Data" / "demo_en_happy.mp4", folder / "long.mp4", 3600 * hours)
    size = (folder / "long.mp4").stat().st_size
    run = Place(folder, face_nets_only(ROOT), scratch, LONG).run("one")
    looks, cpu = ended(run)
    (row,) = run.predictions()
    print(f"a clip of {seconds:.0f} s ({size / 1e6:.0f} MB): status {row['status']}, {cpu:.0f} CPU s")
    print(f"  most of the worker: {most_of_workers(looks):.0f} MB; of the driver: {peak(looks):.0f} MB")
    print(f"  reason: {row['reason'][:300] or 'none'}")
    unheard = [what for what in ("audio", "video") if not row[f"p_{what}_SNEG"]]
    return [f"the {what} of the long clip was not judged: {row['reason'][:300]}" for what in unheard]


def most_of_workers(looks: Sequence[Look]) -> float:
    """Megabytes."""
    return max((held for look in looks for held in look.workers.values()), default=0) / 1e6


def peak(looks: Sequence[Look]) -> float:
    """Megabytes of the driver."""
    return max((look.driver for look in looks), default=0) / 1e6


def main() -> int:
    """Both; 1 when anything is not as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=int, default=2000, help=f"more than {WARM}; 0 for none")
    parser.add_argument("--hours", type=float, default=2.0, help="of the long clip; 0 for none")
    parser.add_argument("--folder", type=Path, help="where to work, on the disk that is meant (default: temporary)")
    flags = parser.parse_args()
    scratch = Path(tempfile.mkdtemp(prefix="soak-", dir=flags.folder))
    print(f"{platform.release()}, Python {platform.python_version()}", flush=True)
    wrong = many(scratch, flags.clips) if flags.clips else []
    wrong += long(scratch, flags.hours) if flags.hours else []
    for one in wrong:
        print(f"WRONG: {one}")
    shutil.rmtree(scratch)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
