"""Try readers of outside text and files with made-up input: `python -m tests.fuzz [--cases N] [--only NAME …]`.

Two makers: good values edited at random, thousands a second (`tests.fuzz.drive`), and values made by hypothesis, about
a hundred a second, which knows of their structure. What breaks a reader is kept in the folders `.fuzz` and
`.hypothesis`, tried again first the next time, and printed small; it then becomes a test. Exit code 1 when there is
one, or when a reader's time grows faster than the length of what it reads.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import signal
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from time import monotonic, process_time
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz import drive, files, growth, texts
from tests.fuzz.found import FILES, FOUND, PLACED
from tests.fuzz.targets import TARGETS as EDITED

MADE: dict[str, Callable[[Path], tuple[Callable[[Any], None], st.SearchStrategy[Any]]]] = {
    "answers": lambda at: (texts.answer, texts.ANSWERS),
    "transcripts": lambda at: (texts.sidecar, texts.SIDECARS),
    "claims": lambda at: (texts.claims, texts.CLAIMS),
    "csv": lambda at: (texts.csv_file, st.tuples(texts.TABLES | st.binary(max_size=60), st.just(at))),
    "csv rows": lambda at: (texts.csv_rows, texts.ROWS),
    "settings": lambda at: (texts.setting, texts.SETTINGS),
    "profiles": lambda at: (files.profile, st.tuples(files.PROFILES, st.just(at))),
    "records": lambda at: (files.record, st.tuples(files.damaged([files.good_record()]), st.just(at))),
    "heads": lambda at: (files.head, _heads(at)),
    "features": lambda at: (files.features, files.damaged_features().map(lambda made: (*made, at))),
    "checkpoints": lambda at: (
        files.checkpoint,
        st.tuples(files.LAYERS, st.integers(0, 6), files.SCALERS, st.just(at)),
    ),
    "requests": lambda at: (files.request, files.REQUESTS),
}
"""Name → what is tried with what hypothesis makes; `at` is a folder for files."""
SHARES = {"answers": 4, "transcripts": 4, "claims": 2, "csv rows": 6, "settings": 1, "requests": 3, "checkpoints": 3}
"""Of hypothesis' cases, how many times those of a reader that is not named."""
LAP = 200_000
"""Cases of all readers together, after which what led further is shared and kept."""
ROUND = 10_000
"""Cases of one reader that a process tries in one go; short, so that no process waits long at a lap's end."""
MOST_KEPT = 500
MOST_BYTES = 3_000_000_000
"""Memory that a process may take: a case that needs more is a finding."""


def _heads(at: Path) -> st.SearchStrategy[tuple[bytes, bytes, Path]]:
    config, tensors = files.good_head()
    either = st.tuples(files.damaged([config]), st.just(tensors)) | st.tuples(st.just(config), files.damaged([tensors]))
    return either.map(lambda pair: (*pair, at))


def made_by_hypothesis(name: str, cases: int, number: int) -> tuple[str, float]:
    """Try a reader; what broke, or nothing, and the CPU seconds."""
    begun, at = process_time(), Path(tempfile.gettempdir())
    check, made = MADE[name](at)
    phases = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
    unhurried = settings(
        max_examples=cases, deadline=None, suppress_health_check=list(HealthCheck), phases=phases, print_blob=False
    )

    @seed(number)
    @unhurried
    @given(made)
    def case(value: Any) -> None:
        check(value)

    try:
        for value in FOUND.get(name, ()):
            check((value, at) if name in FILES else (*value, at) if name in PLACED else value)
        case()
    except Exception as fault:  # whatever a reader raises is the finding
        return "\n".join(map(_told, getattr(fault, "exceptions", [fault]))), process_time() - begun
    return "", process_time() - begun


def _told(fault: BaseException) -> str:
    """What broke, where, and the smallest case."""
    place = traceback.extract_tb(fault.__traceback__)[-1]
    notes = "\n".join(getattr(fault, "__notes__", []))
    return f"{type(fault).__name__} at {place.filename}:{place.lineno}: {str(fault)[:500]}\n{notes[:1500]}"


def edited(name: str, cases: int, number: int, start: Sequence[drive.Case]) -> drive.Tried:
    """A round in this process's own folder."""
    return drive.round_of(name, cases, number, start, Path(tempfile.gettempdir()))


def grown(reader: str, number: int) -> list[growth.Growth]:
    """What a reader's time grows too fast over."""
    return list(growth.quadratic((reader,), [*growth.UNITS, *growth.mixed(number)]))


def _begin(folder: str) -> None:
    """In a process of the pool: a folder of its own, memory bounded, ended at once by an interrupt."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    tempfile.tempdir = tempfile.mkdtemp(dir=folder)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))


class Campaign:
    """What was tried so far, and what broke."""

    def __init__(self, pool: ProcessPoolExecutor, names: Sequence[str], number: int) -> None:
        self._pool, self._number = pool, number
        self.edited = {name: drive.Tried(name) for name in EDITED if name in names}
        self._kept = {name: drive.kept(name) for name in self.edited}
        self.made = [name for name in MADE if name in names]
        self.cases = self.findings = 0

    def laps(self, cases: int, until: float) -> None:
        """Edit and try about `cases` values, lap by lap; no lap begins when `monotonic` is past `until`."""
        shares = sum(EDITED[name][0] for name in self.edited)
        done = 0
        while self.edited and done < cases and monotonic() < until:
            lap = min(LAP, cases - done)
            for name, tried in self._lap(lap, shares, self._number * 1_000_003 + done):
                self._add(name, tried)
            done += lap
            print(f"{done:,} of {cases:,} edited cases, {self.findings} findings", file=sys.stderr, flush=True)

    def _lap(self, lap: int, shares: int, number: int) -> Iterator[tuple[str, drive.Tried]]:
        """Each round of a lap as it ends; all begin with what was kept before the lap."""
        rounds: dict[Future[drive.Tried], str] = {}
        for name in self.edited:
            share = max(1, lap * EDITED[name][0] // shares)
            for begun in range(0, share, ROUND):
                count = min(ROUND, share - begun)
                rounds[self._pool.submit(edited, name, count, number + begun, self._kept[name])] = name
        for one in as_completed(rounds):
            yield rounds[one], one.result()

    def _add(self, name: str, tried: drive.Tried) -> None:
        whole = self.edited[name]
        whole.cases += tried.cases
        whole.seconds += tried.seconds
        self.cases += tried.cases
        for place, (told, case) in tried.broke.items():
            if place not in whole.broke:
                whole.broke[place] = told, case
                self.findings += 1
                print(f"{name}: {place}: {told}\n  {case.made!r:.1500}, {case.number}", flush=True)
        cases = [case for _, case in whole.broke.values()]
        further = dict.fromkeys([*map(drive.Case, tried.further), *self._kept[name]])
        self._kept[name] = [*cases, *further][:MOST_KEPT]
        drive.keep(name, self._kept[name])

    def with_hypothesis(self, cases: int) -> None:
        """Have hypothesis make about `cases` values."""
        if cases < 1:
            return
        shares = sum(SHARES.get(name, 2) for name in self.made)
        counts = {name: max(1, cases * SHARES.get(name, 2) // shares) for name in self.made}
        rounds = {
            self._pool.submit(made_by_hypothesis, name, count, self._number): name for name, count in counts.items()
        }
        for one in as_completed(rounds):
            name, (broke, seconds) = rounds[one], one.result()
            self.cases += counts[name]
            self.findings += bool(broke)
            print(f"{name}, made by hypothesis: {counts[name]} cases, {seconds:.1f} CPU s{broke and ': '}{broke}")

    def growth(self) -> None:
        """Fit every reader's time against length."""
        for found in self._pool.map(grown, growth.READERS, [self._number] * len(growth.READERS)):
            for one in found:
                self.findings += 1
                print(f"{one.reader} over {one.unit!r}: {one.seconds} s at {growth.LENGTHS}, power {one.power:.1f}")

    def table(self) -> str:
        """A line a reader."""
        lines = ["| reader | cases | CPU seconds | findings |", "|---|---|---|---|"]
        lines += [f"| {t.name} | {t.cases:,} | {t.seconds:.0f} | {len(t.broke)} |" for t in self.edited.values()]
        return "\n".join(lines)


def main() -> int:
    """Try all readers; 1 when something broke."""
    names = sorted({*EDITED, *MADE, "growth"})
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=10_000_000, metavar="N", help="edited at random, in all")
    parser.add_argument("--made", type=int, default=100_000, metavar="N", help="made by hypothesis, in all")
    parser.add_argument("--minutes", type=float, default=math.inf, metavar="N", help="edit no longer than that")
    parser.add_argument("--only", nargs="+", choices=names, default=names)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=min(8, os.cpu_count() or 1))
    flags, begun = parser.parse_args(), monotonic()
    room = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with (
        tempfile.TemporaryDirectory(prefix="fuzz-", dir=room) as at,
        ProcessPoolExecutor(flags.jobs, get_context("fork"), _begin, (at,)) as pool,
    ):
        campaign = Campaign(pool, flags.only, flags.seed)
        try:
            campaign.with_hypothesis(flags.made)
            campaign.laps(flags.cases, begun + 60 * flags.minutes)
            if "growth" in flags.only:
                campaign.growth()
        except KeyboardInterrupt:  # what was tried until then is told
            pool.shutdown(wait=False, cancel_futures=True)
        print(campaign.table())
    print(f"{campaign.cases} cases, {campaign.findings} findings")
    return 1 if campaign.findings else 0


if __name__ == "__main__":
    sys.exit(main())
