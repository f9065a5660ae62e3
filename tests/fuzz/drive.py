"""Thousands of edited values a second through one reader, what broke made small, and what led further kept."""

from __future__ import annotations

import json
import random
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from harness.records.atomic import write_atomic
from tests.fuzz.lines import Lines
from tests.fuzz.mutate import Mutator
from tests.fuzz.targets import TARGETS

LOOKED_AT = 40
"""One case of so many is followed line by line, which takes about ten times as long."""
MOST_SECONDS = 2.0
"""CPU seconds that a value of at most 4,000 characters may take."""
MOST_FINDINGS = 20
MOST_SHRINKING = 400
"""Calls in which a value that breaks a reader is made smaller."""
KEPT = Path(".fuzz")


class TooSlow(Exception):
    """A case took longer than it may."""


@dataclass(frozen=True)
class Case:
    """What was edited, and the number that all else of the case follows from."""

    made: str | bytes
    number: int = 0


@dataclass
class Tried:
    """How a round went: how many cases, CPU seconds, place → (what broke, smallest case), values that led further."""

    name: str
    cases: int = 0
    seconds: float = 0.0
    broke: dict[str, tuple[str, Case]] = field(default_factory=dict)
    further: list[str | bytes] = field(default_factory=list)


def round_of(name: str, cases: int, seed: int, start: Sequence[Case], at: Path) -> Tried:
    """Try `start`, then edited values, `cases` in all. The same arguments try the same cases.

    `at` is a folder for files.
    """
    target = TARGETS[name][1]()
    mutator: Mutator[Any] = Mutator(seed, [*target.good, *(case.made for case in start)], target.pieces)
    lines, tried, begun = Lines(), Tried(name), time.process_time()

    def read(case: Case) -> None:
        target.check(target.given(case.made, case.number, at))

    signal.signal(signal.SIGVTALRM, _too_slow)
    for place in range(cases):
        case = start[place] if place < len(start) else Case(mutator.value(), mutator.number())
        signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS * (1 if place % LOOKED_AT else 20))
        try:
            if place % LOOKED_AT:
                read(case)
            elif lines.new(lambda case=case: read(case)):  # type: ignore[misc]
                mutator.keep(case.made)
                tried.further.append(case.made)
        except Exception as fault:  # whatever a reader raises is the finding
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
            found = where(fault)
            if found not in tried.broke:
                small = case if isinstance(fault, TooSlow) else smaller(case, found, read, random.Random(seed))
                tried.broke[found] = told(fault), small
        tried.cases += 1
        if len(tried.broke) >= MOST_FINDINGS:
            break
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    tried.seconds = time.process_time() - begun
    return tried


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow(f"more than {MOST_SECONDS:g} CPU seconds")


def where(fault: BaseException) -> str:
    """What kind of fault, and in which line: two cases with the same are one finding."""
    place = traceback.extract_tb(fault.__traceback__)[-1]
    return f"{type(fault).__name__} at {place.filename}:{place.lineno}"


def told(fault: BaseException) -> str:
    """What broke, and the way to it."""
    way = " < ".join(
        f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(fault.__traceback__)[:0:-1][:8]
    )
    return f"{type(fault).__name__}: {str(fault)[:300]} ({way})"


def smaller(case: Case, found: str, read: Callable[[Case], None], source: random.Random) -> Case:
    """The case without what the fault does not need: parts are left out as long as it stays the same fault."""
    best, size = case, max(1, len(case.made) // 2)
    for _ in range(MOST_SHRINKING):
        if not best.made:
            break
        at = int(source.random() * len(best.made))
        shorter = Case(best.made[:at] + best.made[at + size :], best.number)
        if len(shorter.made) < len(best.made) and _breaks(shorter, found, read):
            best = shorter
        else:
            size = max(1, size * 7 // 8)
    return best


def _breaks(case: Case, found: str, read: Callable[[Case], None]) -> bool:
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    try:
        read(case)
    except Exception as fault:  # as above
        return where(fault) == found
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return False


def kept(name: str, folder: Path = KEPT) -> list[Case]:
    """The cases of earlier calls that broke a reader or led further."""
    try:
        rows = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    return [Case(bytes.fromhex(made) if kind == "hex" else made, number) for kind, made, number in rows]


def keep(name: str, cases: Sequence[Case], folder: Path = KEPT) -> None:
    """Write down cases for the next call, each once."""
    folder.mkdir(exist_ok=True)
    rows = [
        ["hex", case.made.hex(), case.number] if isinstance(case.made, bytes) else ["text", case.made, case.number]
        for case in dict.fromkeys(cases)
    ]
    write_atomic(folder / f"{name}.json", json.dumps(rows).encode("ascii"))
