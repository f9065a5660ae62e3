"""Try readers of outside text and files with made-up input: `python -m tests.fuzz [--cases N] [--only NAME …]`.

What a case breaks is kept in the folder `.hypothesis`, tried again first the next time, and printed small; it then
becomes a test. Exit code 1 when there is one, or when a reader's time grows faster than the length of what it reads.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz import files, growth, texts
from tests.fuzz.found import FILES, FOUND, PLACED

TARGETS: dict[str, Callable[[Path], tuple[Callable[[Any], None], st.SearchStrategy[Any]]]] = {
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
"""Name → what is tried with what; `at` is a folder for files."""
SHARES = {"answers": 8, "transcripts": 6, "claims": 6, "csv rows": 4, "settings": 1, "requests": 1, "features": 1}
"""Of the cases, how many times those of a reader that is given files; as they are quick."""


def _heads(at: Path) -> st.SearchStrategy[tuple[bytes, bytes, Path]]:
    config, tensors = files.good_head()
    either = st.tuples(files.damaged([config]), st.just(tensors)) | st.tuples(st.just(config), files.damaged([tensors]))
    return either.map(lambda pair: (*pair, at))


def tried(name: str, cases: int, number: int, at: Path) -> str:
    """Try a target; what broke, or nothing."""
    check, made = TARGETS[name](at)
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
        return "\n".join(map(_told, getattr(fault, "exceptions", [fault])))
    return ""


def _told(fault: BaseException) -> str:
    """What broke, where, and the smallest case."""
    place = traceback.extract_tb(fault.__traceback__)[-1]
    notes = "\n".join(getattr(fault, "__notes__", []))
    return f"{type(fault).__name__} at {place.filename}:{place.lineno}: {str(fault)[:500]}\n{notes[:1500]}"


def main() -> int:
    """Try all targets; 1 when something broke."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=1_000_000, metavar="N", help="in all")
    parser.add_argument("--only", nargs="+", choices=[*TARGETS, "growth"], default=[*TARGETS, "growth"])
    parser.add_argument("--seed", type=int, default=0)
    flags = parser.parse_args()
    broken = total = 0
    shares = sum(SHARES.get(name, 2) for name in TARGETS)
    with tempfile.TemporaryDirectory(prefix="fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as at:
        for name in flags.only:
            if name == "growth":
                continue
            before, cases = time.process_time(), max(1, flags.cases * SHARES.get(name, 2) // shares)
            found = tried(name, cases, flags.seed, Path(at))
            total += cases
            broken += bool(found)
            print(
                f"{name}: {cases} cases, {time.process_time() - before:.1f} CPU s{f': {found}' if found else ''}",
                flush=True,
            )
    if "growth" in flags.only:
        for one in growth.quadratic():
            broken += 1
            print(f"{one.reader} over {one.unit!r}: {one.seconds} s at {growth.LENGTHS}, power {one.power:.1f}")
    print(f"{total} cases, {broken} findings")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
