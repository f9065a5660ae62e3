"""The benchmarks that there are: every module of this room that has `BENCHMARKS`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from eval.benchmarks.base import Benchmark
from eval.errors import EvalError


@cache
def benchmarks() -> Mapping[str, Benchmark]:
    """Name → benchmark, by name."""
    found: dict[str, Benchmark] = {}
    for module in pkgutil.iter_modules([str(Path(__file__).parent)]):
        # The verb itself imports this module.
        if module.name not in ("registry", "reproduce"):
            listed = getattr(importlib.import_module(f"eval.benchmarks.{module.name}"), "BENCHMARKS", ())
            found |= {benchmark.name: benchmark for benchmark in listed}
    return dict(sorted(found.items()))


def benchmark_named(name: str) -> Benchmark:
    """The benchmark of that name, whatever its case and hyphens. EvalError names all."""
    by_letters = {_letters(known): benchmark for known, benchmark in benchmarks().items()}
    by_letters |= {_letters(other): benchmarks()[known] for other, known in OTHER_NAMES.items()}
    if _letters(name) not in by_letters:
        raise EvalError(f"{name}: no such benchmark", f"one of {', '.join(benchmarks())}, or --task FILE")
    return by_letters[_letters(name)]


OTHER_NAMES = {"cmu-mosi": "mosi", "cmu-mosei": "mosei", "ch-sims": "sims", "ch-sims-v2": "simsv2"}


def _letters(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
