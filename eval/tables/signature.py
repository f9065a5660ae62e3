"""The signature of a figure: one short line that says everything another figure must share to be compared with it.

As sacreBLEU prints it: `task:score|v:1|space:sentiment5|invalid:wrong|…|n:300|ci:…|seed:0|harness:…`.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from eval.errors import EvalError

ROOT = Path(__file__).resolve().parents[2]
SHORT = 9


@cache
def harness_commit() -> str:
    """The harness's commit, shortened, with + behind it where files differ from it; `unknown` outside a checkout."""
    said = []
    for arguments in (("rev-parse", f"--short={SHORT}", "HEAD"), ("status", "--porcelain", "--untracked-files=no")):
        try:
            done = subprocess.run(
                ["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, timeout=10, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return "unknown"
        if done.returncode:
            return "unknown"
        said.append(done.stdout.strip())
    return said[0] + ("+" if said[1] else "")


def signature(task: str, version: str, **parts: object) -> str:
    """One line, the parts in the order given; what is None is left out."""
    named = {"task": task, "v": version, **parts, "harness": harness_commit()}
    return "|".join(f"{name}:{_clean(value)}" for name, value in named.items() if value is not None)


def _clean(value: object) -> str:
    return "".join("/" if c in "|\n" else c for c in str(value)) or "-"


def parts_of(line: str) -> dict[str, str]:
    """Name → value.

    >>> parts_of("task:score|v:1|n:3")
    {'task': 'score', 'v': '1', 'n': '3'}
    """
    return dict(part.partition(":")[::2] for part in line.split("|"))


def refuse_different(first: tuple[str, str], second: tuple[str, str], force: bool) -> str:
    """What differs between two signatures, `name` and line each; empty if nothing.

    Raises:
        EvalError: something differs, unless `force`.
    """
    one, other = parts_of(first[1]), parts_of(second[1])
    names = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    said = ", ".join(f"{name} ({one.get(name, 'absent')} and {other.get(name, 'absent')})" for name in names)
    if said and not force:
        raise EvalError(
            f"{first[0]} and {second[0]} carry different signatures: {said}",
            "score both anew with the same options and harness, or add --force",
        )
    return said


def bootstrap_parts(bootstrap: int, seed: int, clustered: bool = False) -> Mapping[str, object]:
    """`ci` and `seed` of a signature, for intervals by resampling."""
    if not bootstrap:
        return {"ci": "none", "seed": None}
    return {"ci": f"{'cluster-' if clustered else ''}bootstrap-percentile@{bootstrap}", "seed": seed}
