"""Time against length: what takes a reader more than its share of time when it becomes longer."""

from __future__ import annotations

import contextlib
import math
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from eval.claims.find import find_claims
from harness.faults import ClipError
from harness.inputs.encoding import NotText, decode_text
from harness.inputs.spoken import spoken, without_markup
from harness.records.answers import read_answer
from models.transcription.sidecar import parse_sidecar
from tests.fuzz.texts import CLAIM_PIECES, REPLY_PIECES, TIMED_PIECES

LENGTHS = (4_000, 16_000, 64_000)
MOST_POWER = 1.5
"""Time may grow with this power of the length; a quadratic reader has 2."""
MIXED = 40
"""Units that are put together at random."""
NOTICED = 0.05
"""CPU seconds below which nothing can be told."""
UNITS = (
    *(
        "a",
        " ",
        "\n",
        ".",
        ",",
        '"',
        "'",
        "<",
        ">",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "*",
        "_",
        "#",
        ":",
        "-",
        "\\",
        "&",
        "|",
        "♪",
    ),
    *(
        "<think>",
        "</think>",
        "<answer>",
        "</answer>",
        "\\boxed{",
        "Answer: ",
        "答案：",
        "the sentiment is ",
        "I'm sorry ",
    ),
    *(
        "1\n00:00:01,000 --> 00:00:02,000\nword\n\n",
        "00:00:01,000 --> ",
        "[00:01.00]",
        "Dialogue: 0,0:0:1,0:0:2,x\n",
        "NOTE\n",
    ),
    *(
        "{\\p1}",
        "{\\k1}",
        "<i>",
        "</i>",
        "&amp;",
        "<00:00:01>",
        "Ann: ",
        "[掌声]",
        "- ",
        "a, ",
        "not ",
        "嘴角上扬，",
        "没有",
        "和",
    ),
    *(
        "the corners of the mouth rise and ",
        "lips are pressed, ",
        "at 2 s ",
        "1",
        "0.",
        "ab ",
        "Aa",
        "\u0301",
        "“",
        "”",
        "如果",
    ),
)
READERS: dict[str, Callable[[str], object]] = {
    "answer": read_answer,
    "claims": find_claims.__wrapped__,
    "markup": without_markup,
    "spoken": spoken,
    "encoding": lambda text: _read(lambda: decode_text("x", text.encode("gbk", "replace"))),
    **{
        suffix: (lambda text, suffix=suffix: _read(lambda: parse_sidecar(f"x{suffix}", text.encode())))
        for suffix in (".srt", ".vtt", ".ass", ".lrc", ".txt")
    },
}
"""Reader → what it does with a text."""


@dataclass(frozen=True)
class Growth:
    """A reader over a repeated unit: seconds at each length, and the power that they grow with."""

    reader: str
    unit: str
    seconds: tuple[float, ...]
    power: float


def _read(work: Callable[[], object]) -> None:
    with contextlib.suppress(ClipError, NotText):
        work()


def measured(reader: str, unit: str, lengths: tuple[int, ...] = LENGTHS) -> Growth:
    """How the time of a reader grows over `unit`, repeated; lengths above what takes a second are left out."""
    found: list[float] = []
    for length in lengths:
        text = ("[Events]\n" if reader == ".ass" else "") + unit * (length // len(unit))
        before = time.process_time()
        READERS[reader](text)
        found.append(time.process_time() - before)
        if found[-1] > 1.0:
            break
    if len(found) < 2 or found[-1] < NOTICED:
        return Growth(reader, unit, tuple(found), 0.0)
    used = lengths[: len(found)]
    power = math.log(found[-1] / max(found[-2], 1e-4)) / math.log(used[-1] / used[-2])
    return Growth(reader, unit, tuple(found), power)


def mixed(number: int, count: int = MIXED) -> list[str]:
    """Units of two to four pieces that some reader looks for, in any order."""
    source = random.Random(number)
    pieces = [*UNITS, *REPLY_PIECES, *TIMED_PIECES, *CLAIM_PIECES]
    return ["".join(source.choices(pieces, k=source.randint(2, 4))) for _ in range(count)]


def quadratic(
    readers: Iterable[str] = tuple(READERS), units: Sequence[str] = UNITS, lengths: tuple[int, ...] = LENGTHS
) -> Iterator[Growth]:
    """What grows faster than it may, measured twice."""
    for reader in readers:
        for unit in units:
            if (
                measured(reader, unit, lengths).power > MOST_POWER
                and (again := measured(reader, unit, lengths)).power > MOST_POWER
            ):
                yield again
