"""The tables of `bench_run.py`, in Markdown, and how the figures of two days are held against each other."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from measured import Cost

WORSE = 1.10
OURS = "ours"


def machine() -> str:
    """The kind of machine, and how much waits for its cores."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = os.getloadavg()[1]
    return f"{len(os.sched_getaffinity(0))} cores of {model}, {gigabytes:.0f} GB, load {load:.1f} as the table began"


def rows_table(
    rows: Mapping[str, Sequence[Cost]],
    order: Sequence[str],
    missing: Mapping[str, str],
    media: float,
    clips: int,
    price: float,
) -> str:
    """A line for each row of `order`: medians, and in brackets the least and the most.

    Args:
        rows: what each repeat cost.
        order: the rows to print.
        missing: row → why it was not measured.
        media: seconds of film; 0 where it is not known.
        clips: how many.
        price: USD a core hour.
    """
    head = "| way | wall s | CPU s | CPU s a s of film | clips/s | peak MB | read MB | USD a 1,000 | wall : ours |"
    lines = [head, "|---" * 9 + "|"]
    ours = middle(rows[OURS], lambda cost: cost.wall) if rows.get(OURS) else None
    for name in order:
        if name in missing:
            lines.append(f"| {name} | {missing[name]} |" + " |" * 7)
            continue
        costs = rows.get(name, ())
        if not costs:
            continue
        wall, cpu = middle(costs, lambda cost: cost.wall), middle(costs, lambda cost: cost.cpu)
        cells = [name, spread([cost.wall for cost in costs]), spread([cost.cpu for cost in costs])]
        cells += [f"{cpu / media:.3f}" if media else "", f"{clips / wall:.2f}"]
        cells += [f"{max(cost.peak for cost in costs) / 1e6:.0f}" if costs[0].peak else ""]
        cells += [f"{middle(costs, lambda cost: cost.read) / 1e6:.0f}", f"{1000 / clips * cpu / 3600 * price:.3f}"]
        cells += [f"{wall / ours:.2f}" if ours else ""]
        lines.append("| " + " | ".join(cells) + " |")
    repeats = max((len(costs) for costs in rows.values()), default=0)
    lines.append(f"\n{media:.1f} s of film, {repeats} repeats, {price:g} USD a core hour assumed.")
    return "\n".join(lines)


def stages_table(repeats: Sequence[Mapping[str, Mapping[str, float]]]) -> str:
    """A line for each stage, medians over the repeats: in our run busy and queueing, by itself CPU and bytes read."""
    lines = ["| stage | busy s | queue s | CPU s by itself | read MB by itself |", "|---" * 5 + "|"]
    for name in repeats[0]:
        cells = [name]
        for key, scale in (("busy", 1.0), ("queue", 1.0), ("cpu", 1.0), ("read", 1e-6)):
            values = [one[name][key] * scale for one in repeats if key in one.get(name, {})]
            cells.append(f"{statistics.median(values):.1f}" if values else "")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def middle(costs: Sequence[Cost], of: Callable[[Cost], float]) -> float:
    """The median."""
    return statistics.median(map(of, costs))


def spread(values: Sequence[float]) -> str:
    """Median, and the least and the most where there are several."""
    told = f"{statistics.median(values):.1f}"
    return told if len(values) == 1 else f"{told} ({min(values):.1f}–{max(values):.1f})"


def compared(now: float, last: float) -> tuple[int, str]:
    """Exit code and a line: 1 when a second of film costs more than a tenth more CPU seconds than last time."""
    change = f"ours: {now:.3f} CPU s a second of film, last time {last:.3f} ({100 * (now / last - 1):+.1f} %)"
    return (1, change + ": worse by more than 10 %") if now > WORSE * last else (0, change)
