"""`compare`: is one submission better than another, and where do they differ."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.errors import EvalError
from eval.metrics import stats
from eval.metrics.classification import CLASSIFICATION, Floats
from eval.metrics.ordinal import qwk
from eval.scoring.blocks import INVALID
from eval.scoring.compare_results import compare_results, results_text
from eval.tables.align import Aligned, Duplicates, align, policy_of
from eval.tables.output import (
    add_policies,
    add_resampling,
    add_space,
    deliver,
    figure,
    plain,
    space_named,
    table,
    warn_problems,
)
from eval.tables.read import LabelTable, Problem, read_labels, read_predictions
from eval.tables.signature import bootstrap_parts, signature
from harness.records.labels import LabelSpace

COMPARED = ("accuracy", "uar", "macro_f1", "weighted_f1", "mcc")
TESTABLE = ("accuracy", "uar", "uar_all_labels", "macro_f1", "macro_f1_present", "weighted_f1", "mcc")
SHOWN_CHANGES = 30


@dataclass(frozen=True)
class CompareOptions:
    """The flags of `compare`. `metric` is the one of the permutation test."""

    label_space: str = "sentiment5"
    invalid: str = "wrong"
    duplicates: Duplicates = "last"
    metric: str = "macro_f1"
    bootstrap: int = 10_000
    seed: int = 0


@dataclass(frozen=True)
class Submission:
    """One submission's answers for the clips of the labels file, in its order."""

    path: Path
    aligned: Aligned


def compare_files(submissions: Sequence[Path], labels: Path, options: CompareOptions | None = None) -> dict[str, Any]:
    """The JSON value of schema compare/1: of two submissions, or of all pairs of more with Holm's correction.

    Raises:
        EvalError: fewer than two submissions, or a file that cannot be read.
    """
    options = options or CompareOptions()
    if len(submissions) < 2:
        raise EvalError("compare needs at least two submissions and the labels", "name A B LABELS")
    space = space_named(options.label_space)
    policy, _ = policy_of(options.invalid, space)
    if policy == "drop":
        raise EvalError(
            "compare --invalid drop: two submissions would be scored on different clips",
            "choose wrong, strict or a label",
        )
    truth = read_labels(labels, space)
    read = []
    for path in submissions:
        said = read_predictions(path, space, exact=policy == "strict")
        read.append(Submission(path, align(said, truth, space, options.invalid, options.duplicates)))
    generator = np.random.default_rng(options.seed)
    pairs = [_pair(a, b, truth, space, options, generator) for a, b in combinations(read, 2)]
    problems = [p for submission in read for p in _named(submission, truth)]
    line = signature(
        "compare",
        "1",
        space=space.name,
        invalid=policy,
        dup=options.duplicates,
        n=pairs[0]["n"],
        **bootstrap_parts(options.bootstrap, options.seed),
    )
    if len(pairs) == 1:
        return {"schema": "compare/1", "signature": line, **pairs[0], "problems": problems}
    # A test that could not be made is none of the tests that Holm counts.
    for test, key in (("mcnemar", "p_exact"), ("permutation", "p")):
        made = [pair for pair in pairs if pair[test][key] is not None]
        for pair in pairs:
            pair[test]["p_holm"] = None
        for pair, p in zip(made, stats.holm([pair[test][key] for pair in made]), strict=True):
            pair[test]["p_holm"] = p
    return {"schema": "compare/1", "signature": line, "n": pairs[0]["n"], "pairs": pairs, "problems": problems}


def _named(submission: Submission, truth: LabelTable) -> list[Problem]:
    """A submission's own problems, under its name; those of the labels file would repeat with each."""
    of_labels = {id(problem) for problem in truth.problems}
    return [
        Problem(p.line, p.id, p.kind, f"{submission.path.name}: {p.message}")
        for p in submission.aligned.problems
        if id(p) not in of_labels
    ]


def _pair(
    a: Submission,
    b: Submission,
    labels: LabelTable,
    space: LabelSpace,
    options: CompareOptions,
    generator: np.random.Generator,
) -> dict[str, Any]:
    true, of_a, of_b = a.aligned.truth, a.aligned.predicted, b.aligned.predicted
    size = len(space.labels)
    pairs = _pair_counts(true, of_a, of_b, size)
    metrics: dict[str, stats.Metric] = {name: CLASSIFICATION[name] for name in COMPARED}
    if space.ordinal:
        metrics["qwk"] = qwk
    result: dict[str, Any] = {"a": str(a.path), "b": str(b.path), "n": len(true), "metrics": list(metrics)}
    for name, metric in metrics.items():
        result[f"{name}_a"] = plain(float(metric(pairs.sum(2))))
        result[f"{name}_b"] = plain(float(metric(pairs.sum(1))))
        if name == "accuracy":
            result["difference"] = _minus(result["accuracy_a"], result["accuracy_b"])
    right_a, right_b = of_a == true, of_b == true
    only_a, only_b = int((right_a & ~right_b).sum()), int((right_b & ~right_a).sum())
    result["mcnemar"] = {"b": only_a, "c": only_b, "p_exact": stats.mcnemar_exact(only_a, only_b)}
    observed, p = stats.permutation_test(pairs, CLASSIFICATION[options.metric], options.bootstrap, generator)
    tested = bool(options.bootstrap)
    result["permutation"] = {
        "metric": options.metric,
        "difference": plain(observed),
        "p": plain(p) if tested else None,
        "resamples": options.bootstrap,
    }
    result["bootstrap"] = _bootstrap(pairs, metrics, result, options.bootstrap, generator)
    result["agreement"] = _agreement(of_a, of_b, size)
    result["changed"] = _changed(a.aligned, of_b, labels, space)
    return result


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def _pair_counts(true: NDArray[np.int64], a: NDArray[np.int64], b: NDArray[np.int64], labels: int) -> NDArray[np.int64]:
    """Clips by (true label, answer of A, answer of B), shape (K, K + 1, K + 1)."""
    side = labels + 1
    counts = np.bincount((true * side + a) * side + b, minlength=labels * side * side)
    return counts.reshape(labels, side, side).astype(np.int64)


def _bootstrap(
    pairs: NDArray[np.int64],
    metrics: dict[str, stats.Metric],
    point: dict[str, Any],
    resamples: int,
    generator: np.random.Generator,
) -> dict[str, Any]:
    """Interval of A − B of each metric: both submissions are scored on the same resampled clips."""

    def difference(metric: stats.Metric) -> stats.Metric:
        def of(sample: Floats) -> Floats:
            return metric(sample.sum(-1)) - metric(sample.sum(-2))

        return of

    samples = stats.resampled_tables(pairs, resamples, generator)
    found = {}
    for name, values in stats.evaluate({name: difference(m) for name, m in metrics.items()}, samples).items():
        interval = stats.percentile_interval(values, "paired-bootstrap-percentile")
        found[name] = {
            "difference": _minus(point[f"{name}_a"], point[f"{name}_b"]),
            "low": interval.low if interval else None,
            "high": interval.high if interval else None,
        }
    return found


def _agreement(a: NDArray[np.int64], b: NDArray[np.int64], labels: int) -> dict[str, float | None]:
    """Rate of equal answers and Cohen's kappa, an invalid or missing answer being a class of its own."""
    if not len(a):
        return {"rate": None, "kappa": None}
    side = labels + 1
    table = np.bincount(a * side + b, minlength=side * side).reshape(side, side) / len(a)
    rate, expected = float(np.trace(table)), float((table.sum(0) * table.sum(1)).sum())
    return {"rate": float((a == b).mean()), "kappa": (rate - expected) / (1 - expected) if expected < 1 else None}


def _changed(a: Aligned, of_b: NDArray[np.int64], labels: LabelTable, space: LabelSpace) -> list[dict[str, str]]:
    """Every clip that the two answer differently."""
    names = [*space.labels, INVALID]
    changed = []
    for row in np.flatnonzero(a.predicted != of_b).tolist():
        true, one, other = int(a.truth[row]), int(a.predicted[row]), int(of_b[row])
        better = "a" if one == true else "b" if other == true else "neither"
        changed.append(
            {
                "id": labels.ids[a.label_rows[row]],
                "truth": names[true],
                "a": names[one],
                "b": names[other],
                "right": better,
            }
        )
    return changed


# ── command ───────────────────────────────────────────────────────────────────────────────────────────────
def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the verb."""
    parser.add_argument(
        "files", type=Path, nargs="+", metavar="FILE", help="A B [C …] LABELS, or A.json B.json of `score --json`"
    )
    parser.add_argument("--force", action="store_true", help="compare results whose signatures differ")
    add_space(parser)
    add_policies(parser)
    parser.add_argument("--metric", default="macro_f1", choices=TESTABLE, help="of the permutation test")
    parser.add_argument("--json", metavar="OUT", help="write all figures; - prints them")
    add_resampling(parser)


def run(args: argparse.Namespace) -> int:
    """Compare, print and write."""
    options = CompareOptions(args.label_space, args.invalid, args.duplicates, args.metric, args.bootstrap, args.seed)
    if all(path.suffix.lower() == ".json" for path in args.files):
        compared = compare_results(args.files, args.force)
        deliver(compared, args.json, results_text(compared))
        return 0
    result = compare_files(args.files[:-1], args.files[-1], options)
    warn_problems(result["problems"], args.json)
    pairs = result.get("pairs", [result])
    deliver(result, args.json, "\n\n".join([*(_text(pair) for pair in pairs), result["signature"]]))
    return 0


def _text(pair: dict[str, Any]) -> str:
    rows = []
    for name in pair["metrics"]:
        interval = pair["bootstrap"].get(name)
        span = f"{figure(interval['low'])} … {figure(interval['high'])}" if interval else ""
        a, b = pair[f"{name}_a"], pair[f"{name}_b"]
        rows.append([name, figure(a), figure(b), figure(_minus(a, b)), span])
    lines = [
        f"A = {pair['a']}\nB = {pair['b']}\nn = {pair['n']}",
        table(["metric", "A", "B", "A − B", "95 % interval"], rows),
    ]
    mcnemar, permutation, agreement = pair["mcnemar"], pair["permutation"], pair["agreement"]
    tests = (
        f"McNemar, exact: only A right {mcnemar['b']}, only B right {mcnemar['c']}, p = {figure(mcnemar['p_exact'])}"
    )
    if "p_holm" in mcnemar:
        tests += f" (Holm: {figure(mcnemar['p_holm'])})"
    tests += f"\npermutation test of {permutation['metric']}: p = {figure(permutation['p'])}"
    if "p_holm" in permutation:
        tests += f" (Holm: {figure(permutation['p_holm'])})"
    tests += f"\nagreement of A and B: {figure(agreement['rate'])}, kappa {figure(agreement['kappa'])}"
    lines.append(tests)
    changed = pair["changed"]
    if changed:
        cells = [[row["id"], row["truth"], row["a"], row["b"], row["right"]] for row in changed[:SHOWN_CHANGES]]
        text = table(["clip", "truth", "A", "B", "right"], cells)
        more = len(changed) - SHOWN_CHANGES
        lines.append(f"answered differently: {len(changed)}\n{text}" + (f"\n… and {more} more" if more > 0 else ""))
    return "\n\n".join(lines)
