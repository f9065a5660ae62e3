"""Break runs on purpose and print what became of them: `python -m tests.chaos [--clips 200] [--kills 200] [--seed 0]`.

Each fault is made at random moments; then the same command goes on undisturbed, and must end with the submission of the
run that nobody disturbed, to the byte, with no process and no file left over. Exit code 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests.chaos import faults
from tests.chaos.clips import make_clips
from tests.chaos.faults import Trial, Tried
from tests.chaos.run import ROOT, Place

FAULTS: dict[str, tuple[Callable[[Trial, int], Iterator[Tried]], bool]] = {
    "kills": (faults.kills, False),
    "recogniser": (faults.recogniser, False),
    "signals": (faults.signals, False),
    "drivers": (faults.two_drivers, False),
    "disk": (faults.full_disk, True),
    "read-only": (faults.read_only, True),
    "quota": (faults.quota, False),
    "power": (faults.power_loss, False),
    "odd": (faults.odd_systems, False),
}
"""Name → what makes the fault, and whether it has to mount a file system."""


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--kills", type=int, default=200, help="with -9, of whoever is there")
    parser.add_argument("--times", type=int, default=5, help="how often each other fault is made")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=list(FAULTS), default=list(FAULTS))
    parser.add_argument("--folder", type=Path, help="where to work, on the disk that is meant (default: temporary)")
    return parser.parse_args()


def may_mount(scratch: Path) -> bool:
    """Whether a file system can be mounted here."""
    probe = scratch / "probe"
    probe.mkdir()
    done = os.geteuid() == 0 and os.system(f"mount -t tmpfs chaos '{probe}' 2>/dev/null") == 0
    return done and os.system(f"umount '{probe}'") == 0


def table(tried: Iterable[Tried]) -> str:
    """A line a kind of fault: how often it was tried, survived, lost; the longest that a process lived on."""
    rows: dict[str, list[Tried]] = {}
    for one in tried:
        rows.setdefault(one.kind, []).append(one)
    lines = ["| fault | tried | survived | lost | last process gone after |", "|---|---|---|---|---|"]
    for kind, of_kind in rows.items():
        lost = sum(1 for one in of_kind if one.lost)
        gone = max(one.gone for one in of_kind)
        lines.append(
            f"| {kind} | {len(of_kind)} | {len(of_kind) - lost} | {lost} | {f'{gone:.1f} s' if gone else '–'} |"
        )
    return "\n".join(lines)


def main() -> int:
    """Try every fault; 1 when anything was lost."""
    flags = arguments()
    scratch = Path(tempfile.mkdtemp(prefix="chaos-", dir=flags.folder))
    models = scratch / "models"
    models.mkdir()
    fetched = Path(os.environ.get("HARNESS_MODELS") or ROOT / "checkpoints")
    if not (fetched / "face").is_dir():
        print("face nets not fetched: python -m models fetch face", file=sys.stderr)
        return 2
    (models / "face").symlink_to((fetched / "face").resolve())
    make_clips(ROOT / "Test_Data", scratch / "clips", flags.clips)
    place = Place(scratch / "clips", models, scratch)
    started, before = time.monotonic(), os.times()
    trial = Trial(place, place.run("undisturbed").finished(), random.Random(flags.seed))
    tried: list[Tried] = []
    mounts = may_mount(scratch)
    for name in flags.only:
        make, must_mount = FAULTS[name]
        if name == "recogniser" and not (fetched / "whisper").is_dir():
            print("not tried: recogniser (python -m models fetch words)")
            continue
        if must_mount and not mounts:
            print(f"not tried: {name} (needs the right to mount a file system)")
            continue
        for one in make(trial, flags.kills if name == "kills" else flags.times):
            tried.append(one)
            if one.lost:
                print(f"LOST, {one.kind}: {one.lost}", flush=True)
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    print(
        f"{flags.clips} clips, seed {flags.seed}, {len(os.sched_getaffinity(0))} cores, {platform.release()}, ", end=""
    )
    print(f"Python {platform.python_version()}; {time.monotonic() - started:.0f} s, {cpu:.0f} CPU s")
    print(table(tried))
    lost = any(one.lost for one in tried)
    if lost:
        print(f"kept for a look: {scratch}")
    else:
        shutil.rmtree(scratch)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
