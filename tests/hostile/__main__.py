"""Give every hostile file to what reads it and print what became of it: `python -m tests.hostile`.

Every clip of a folder of hostile files has to have one row, or a named reason why not; every other file is refused in
one message that a user understands; nothing takes longer or more memory than it may, and clips that are in order are
judged as they are alone. Exit code 1 when anything is not so.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from tests.hostile import heads, stories, tables
from tests.hostile.kinds import Kind, attempt
from tests.hostile.run import GROUPS, Folder, carry_out, faults_of, fill, only_good
from tests.hostile.watched import Watched
from tests.support.run_command import face_nets_only

ROOT = Path(__file__).resolve().parents[2]
PRELOADED = (
    *(
        "pandas",
        "cv2",
        "scipy.fft",
        "scipy.ndimage",
        "scipy.linalg.blas",
        "eval.scoring.score",
        "eval.scoring.calibration",
    ),
    *("eval.tables.validate", "eval.report.report", "models.text.head", "models.text.emotions", "models.face.tracker"),
    *("models.voice.measure", "models.voice.head", "models.voice.prosody.voice", "models.heads.linear"),
    *(f"eval.{name}" for name in ("claims.claims", "reasoning.rationale", "reasoning.explanation", "probes.probes")),
    *("eval.reasoning.contributions", "eval.reasoning.faithfulness"),
)
"""What the readers import; calls are copies of this process, and would import it each anew."""


class Counts:
    """Group → how many were tried, and what is not as it has to be."""

    def __init__(self) -> None:
        self.tried: dict[str, int] = {}
        self.wrong: list[str] = []
        self.bytes: dict[str, int] = {}
        self.cpu: dict[str, float] = {}

    def add(self, group: str, tried: int, wrong: Iterable[str], cpu: float, most_bytes: int) -> None:
        """More of a group."""
        self.tried[group] = self.tried.get(group, 0) + tried
        self.cpu[group] = max(self.cpu.get(group, 0.0), cpu)
        self.bytes[group] = max(self.bytes.get(group, 0), most_bytes)
        for one in wrong:
            self.wrong.append(f"{group}: {one}")
            print(f"WRONG, {self.wrong[-1]}", flush=True)

    def table(self) -> str:
        """A line a group."""
        lines = ["| input | kinds | as they have to be | most CPU seconds | most memory |", "|---|---|---|---|---|"]
        for group, tried in self.tried.items():
            wrong = sum(1 for one in self.wrong if one.startswith(f"{group}: "))
            lines.append(
                f"| {group} | {tried} | {tried - wrong} | {self.cpu[group]:.1f} | {self.bytes[group] / 1e6:.0f} MB |"
            )
        return "\n".join(lines)


def runs(counts: Counts, scratch: Path, models: Path, every: int) -> tuple[Folder, Path]:
    """A run over the folder, and one over its clips that are in order; returns the folder and the latter's place."""
    folder = fill(scratch / "clips", every)
    alone, out = scratch / "out-alone", scratch / "out"
    carry_out(only_good(folder, scratch / "alone"), alone, models)
    done = carry_out(folder.path, out, models)
    wrong = faults_of(folder, done, out, alone)
    for group in GROUPS:
        of_group = [name for name, its in folder.rows.items() if its == group]
        counts.add(group, len(of_group), [one for one in wrong if one.startswith(f"{group}/")], done.cpu, done.bytes)
    counts.add(
        "no clips", len(folder.named), [one for one in wrong if not one.startswith(GROUPS)], done.cpu, done.bytes
    )
    return folder, alone


def calls(counts: Counts, scratch: Path, alone: Path, every: int, jobs: int) -> None:
    """Every reader of other files, `jobs` at once."""
    for name in PRELOADED:
        import_module(name)
    stories.warm(alone / "supplements", scratch / "warm")
    made: Iterator[Kind]
    kinds: list[Kind] = []
    for made in (tables.kinds(), heads.kinds(), stories.kinds(alone / "supplements")):
        kinds += list(made)[::every]
    # Copies of this process know the kinds; what a kind writes with could not be sent to them.
    with ProcessPoolExecutor(jobs, get_context("fork"), _know, (kinds, scratch)) as pool:
        for kind, (fault, done) in zip(kinds, pool.map(_attempted, range(len(kinds))), strict=True):
            counts.add(kind.group, 1, [f"{kind.name}: {fault}"] if fault else [], done.cpu, done.bytes)


_known: tuple[list[Kind], Path] = ([], Path())


def _know(kinds: list[Kind], scratch: Path) -> None:
    global _known
    _known = kinds, scratch


def _attempted(place: int) -> tuple[str, Watched]:
    kinds, scratch = _known
    return attempt(kinds[place], scratch / str(place))


def campaign(scratch: Path, models: Path, clips_every: int, calls_every: int, jobs: int) -> Counts:
    """Everything, or every n-th."""
    counts = Counts()
    _, alone = runs(counts, scratch, models, clips_every)
    calls(counts, scratch, alone, calls_every, jobs)
    return counts


def main() -> int:
    """Try every kind; 1 when anything is not as it has to be."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=int, default=1, metavar="N", help="only every n-th kind of clip")
    parser.add_argument("--files", type=int, default=1, metavar="N", help="only every n-th kind of other files")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="calls at once")
    flags = parser.parse_args()
    if not (Path(os.environ.get("HARNESS_MODELS") or ROOT / "checkpoints") / "face").is_dir():
        print("face nets not fetched: python -m models fetch face", file=sys.stderr)
        return 2
    scratch = Path(tempfile.mkdtemp(prefix="hostile-"))
    before = os.times()
    counts = campaign(scratch, face_nets_only(ROOT), flags.clips, flags.files, flags.jobs)
    after = os.times()
    cpu = sum(after[:4]) - sum(before[:4])
    print(f"{platform.release()}, Python {platform.python_version()}; {cpu:.0f} CPU s")
    print(counts.table())
    print(f"{sum(counts.tried.values())} kinds, {len(counts.wrong)} not as they have to be")
    shutil.rmtree(scratch)
    return 1 if counts.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
