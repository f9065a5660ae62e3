"""Results that were written with `--json`, side by side, if their signatures allow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from eval.errors import EvalError
from eval.tables.output import figure, table
from eval.tables.signature import refuse_different


def compare_results(paths: Sequence[Path], force: bool = False) -> dict[str, Any]:
    """The JSON value of schema compare-results/1: every figure of `overall` (or `metrics`) in each of the files.

    Raises:
        EvalError: a file that is no result with a signature, or signatures that differ without `force`.
    """
    if len(paths) < 2:
        raise EvalError("one result alone is nothing to compare", "name A.json B.json")
    results = [_read(path) for path in paths]
    differences = [
        refuse_different((paths[0].name, results[0]["signature"]), (path.name, result["signature"]), force)
        for path, result in zip(paths[1:], results[1:], strict=True)
    ]
    figures = [_figures(result) for result in results]
    names = [name for name in figures[0] if all(name in each for each in figures)]
    return {
        "schema": "compare-results/1",
        "signature": results[0]["signature"] if not any(differences) else None,
        "differences": [said for said in differences if said],
        "files": [str(path) for path in paths],
        "figures": {name: [each[name] for each in figures] for name in names},
    }


def _read(path: Path) -> dict[str, Any]:
    try:
        result = msgspec.json.decode(path.read_bytes())
    except OSError as fault:
        raise EvalError(f"{path}: {fault.strerror}", "name files that `eval score --json` wrote") from fault
    except msgspec.DecodeError as fault:
        raise EvalError(f"{path}: {fault}", "name files that `eval score --json` wrote") from fault
    if not isinstance(result, dict) or not isinstance(result.get("signature"), str):
        raise EvalError(f"{path}: a result without a signature", "score it anew: python -m eval score … --json OUT")
    return result


def _figures(result: Mapping[str, Any]) -> dict[str, float | None]:
    known = (result[key] for key in ("overall", "metrics", "corrected") if isinstance(result.get(key), dict))
    block: Mapping[str, Any] = next(known, {})
    flat = {**block, **(block.get("ordinal") or {})}
    return {name: value for name, value in flat.items() if value is None or isinstance(value, int | float)}


def results_text(result: Mapping[str, Any]) -> str:
    """The figures for people."""
    names = [Path(path).name for path in result["files"]]
    rows = [[name, *(figure(value) for value in values)] for name, values in result["figures"].items()]
    notes = [f"the signatures differ: {said}" for said in result["differences"]]
    return "\n".join([table(["figure", *names], rows), *notes, result["signature"] or "compared by force"])
