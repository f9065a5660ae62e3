"""`reproduce`: a published benchmark's score as its own scorer gives it, and corrected.

Every quirk of the published scorer has a name; `moves` says for each figure how far it is from the corrected one, and
for each quirk alone how far the published figure moves when that quirk is taken away. Of a judge's five runs
(`--runs`, four more files of predictions) a figure is the mean of the middle three.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.benchmarks.base import Benchmark, Figures, Given, Item
from eval.benchmarks.counts import middle_mean
from eval.benchmarks.registry import benchmark_named, benchmarks
from eval.benchmarks.rows import join
from eval.benchmarks.task import read_task
from eval.errors import EvalError
from eval.tables.csvtext import Problem
from eval.tables.output import deliver, figure, plain, table, warn_problems
from eval.tables.signature import signature

SCHEMA = "reproduce/1"
RUNS = 5
LIST = "list"


def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the verb."""
    parser.add_argument("name", nargs="?", help="a benchmark; `list` names all; left out with --task")
    parser.add_argument(
        "files",
        type=Path,
        nargs="*",
        metavar="FILE",
        help="PREDICTIONS (csv, .json, .jsonl, a run's supplements) LABELS",
    )
    parser.add_argument("--task", type=Path, metavar="FILE", help="a benchmark of your own: YAML of 20 lines, or .py")
    parser.add_argument("--wheels", type=Path, metavar="DIR", help="the emotion_wheel folder of your MER download")
    parser.add_argument("--runs", type=Path, nargs="+", default=[], metavar="FILE", help="a judge's four other runs")
    parser.add_argument("--json", metavar="OUT", help="write all figures; - prints them")


def run(args: argparse.Namespace) -> int:
    """Score in both forms, print and write."""
    files = list(args.files)
    if args.task is not None:
        files = [Path(args.name), *files] if args.name and len(files) < 2 else files
        benchmark = read_task(args.task)
    elif args.name in (None, LIST):
        print("\n".join(f"{b.name:<26}{b.headline:<18}{b.source}" for b in benchmarks().values()))
        return 0
    else:
        benchmark = benchmark_named(args.name)
    if len(files) != 2:
        raise EvalError(f"{len(files)} files given", "name PREDICTIONS and LABELS")
    if args.runs and len(args.runs) != RUNS - 1:
        raise EvalError(f"--runs names {len(args.runs)} files", "a judge runs five times: PREDICTIONS and four more")
    result = reproduce([files[0], *args.runs], files[1], benchmark, Given(args.wheels))
    warn_problems([Problem(**problem) for problem in result["problems"]], args.json)
    deliver(result, args.json, as_text(result))
    return 0


def reproduce(predictions: Sequence[Path], labels: Path, benchmark: Benchmark, given: Given) -> dict[str, Any]:
    """The JSON value of schema reproduce/1. `predictions` are one file, or the five runs of a judge.

    Raises:
        EvalError: a file that cannot be read, or with nothing in common with the labels.
    """
    runs, problems = [], []
    for path in predictions:
        items, odd = join(benchmark, path, labels)
        runs.append(items)
        problems += odd
    every = frozenset(benchmark.quirks)
    published = _figures(benchmark, runs, every, given)
    corrected = _figures(benchmark, runs, frozenset(), given)
    alone = {quirk: _minus(published, _figures(benchmark, runs, every - {quirk}, given)) for quirk in benchmark.quirks}
    items = runs[0]
    return {
        "schema": SCHEMA,
        "benchmark": benchmark.name,
        "version": benchmark.version,
        "source": benchmark.source,
        "headline": benchmark.headline,
        "signature": signature(
            f"reproduce/{benchmark.name}",
            benchmark.version,
            space=benchmark.labels or None,
            invalid="wrong",
            dup="last",
            n=len(items),
            runs=len(runs),
            ci="none",
        ),
        "n": len(items),
        "missing": sum(item.said is None for item in items),
        "as_published": plain(published),
        "corrected": plain(corrected),
        "moves": {"all": plain(_minus(published, corrected)), **{name: plain(move) for name, move in alone.items()}},
        "quirks": dict(benchmark.quirks),
        "others": {name: dict(figures) for name, figures in benchmark.published.items()},
        "problems": [{"line": p.line, "id": p.id, "kind": p.kind, "message": p.message} for p in problems],
    }


def _figures(benchmark: Benchmark, runs: Sequence[Sequence[Item]], quirks: frozenset[str], given: Given) -> Figures:
    found = [benchmark.score(items, quirks, given) for items in runs]
    if len(found) == 1:
        return found[0]
    return {name: middle_mean([figures.get(name, float("nan")) for figures in found]) for name in found[0]}


def _minus(first: Mapping[str, float], second: Mapping[str, float]) -> Figures:
    return {name: value - second.get(name, float("nan")) for name, value in first.items()}


def as_text(result: Mapping[str, Any]) -> str:
    """The figures for people."""
    names = list(result["as_published"])
    rows = [
        [
            name,
            figure(result["as_published"][name]),
            figure(result["corrected"].get(name)),
            figure(result["moves"]["all"][name]),
        ]
        + [figure(system.get(name), 2) for system in result["others"].values()]
        for name in names
    ]
    head = result["headline"]
    lines = [
        f"{result['benchmark']}, n = {result['n']}, {result['missing']} without a prediction; {result['source']}",
        table(["figure", "as published", "corrected", "quirks move", *result["others"]], rows),
        "",
        f"quirks of the published scorer, and how far each moves {head}:",
    ]
    for name, text in result["quirks"].items():
        lines.append(f"  {name}  {figure(result['moves'][name].get(head))}  {text}")
    return "\n".join([*lines, "", result["signature"]])
