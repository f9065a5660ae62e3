"""`score`: predictions against labels, with intervals, groups and baselines."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.exports.given import Exported, Sample
from eval.exports.write import KINDS, export
from eval.metrics.classification import Floats
from eval.scoring.blocks import Scored, baselines, block
from eval.scoring.scoretext import as_markdown, as_text
from eval.tables.align import Aligned, Duplicates, align, column_values, policy_of
from eval.tables.output import add_policies, add_resampling, add_space, deliver, space_named, warn_problems
from eval.tables.read import LabelTable, Problem, Strings, read_labels, read_predictions
from eval.tables.signature import bootstrap_parts, signature
from harness.records.atomic import write_atomic
from harness.records.labels import LabelSpace

VERSION = "1"
"""Of the rules of `score`, for its signature: raised when a figure changes."""


@dataclass(frozen=True)
class ScoreOptions:
    """The flags of `score`. `bootstrap` 0 leaves the intervals out."""

    label_space: str = "sentiment5"
    invalid: str = "wrong"
    duplicates: Duplicates = "last"
    by: tuple[str, ...] = ()
    cluster: str | None = None
    bootstrap: int = 10_000
    seed: int = 0


@dataclass(frozen=True)
class Score:
    """`result` is the JSON value of schema score/1; `scored` the clips behind its `overall`, `ids` their names."""

    result: dict[str, Any]
    scored: Scored
    ids: Strings

    @property
    def samples(self) -> list[Sample]:
        """The scored clips in words; an invalid or missing answer is empty."""
        names = [*self.result["labels"], ""]
        codes = zip(self.ids.tolist(), self.scored.truth.tolist(), self.scored.predicted.tolist(), strict=True)
        return [Sample(str(clip), names[truth], names[said]) for clip, truth, said in codes]


def score_files(predictions: Path, labels: Path, options: ScoreOptions | None = None) -> Score:
    """Score a predictions file against a labels file.

    Raises:
        EvalError: a file that cannot be read, a true label outside the space, a column that is not there.
    """
    options = options or ScoreOptions()
    space = space_named(options.label_space)
    policy, _ = policy_of(options.invalid, space)
    columns = [*dict.fromkeys((*options.by, *([options.cluster] if options.cluster else [])))]
    truth = read_labels(labels, space, columns)
    said = read_predictions(predictions, space, exact=policy == "strict", columns=columns)
    return score_tables(said, truth, space, options)


def score_tables(predictions: LabelTable, labels: LabelTable, space: LabelSpace, options: ScoreOptions) -> Score:
    """Score tables that were read already (see `score_files`)."""
    policy, _ = policy_of(options.invalid, space)
    aligned = align(predictions, labels, space, options.invalid, options.duplicates)
    problems = list(aligned.problems)
    clusters = None
    if options.cluster is not None:
        clusters = _clusters(column_values(options.cluster, aligned, labels, predictions), options.cluster, problems)
    scored = Scored(aligned.truth, aligned.predicted, clusters, _forecasts(predictions, aligned, space))
    generator = np.random.default_rng(options.seed)
    result: dict[str, Any] = {
        "schema": "score/1",
        "label_space": space.name,
        "labels": list(space.labels),
        "policy": policy,
        "signature": signature(
            "score",
            VERSION,
            space=space.name,
            invalid=policy,
            dup=options.duplicates,
            n=len(aligned.truth),
            **bootstrap_parts(options.bootstrap, options.seed, options.cluster is not None),
        ),
        "counts": aligned.counts,
        "overall": block(scored, space, options.bootstrap, generator),
        "by": {},
    }
    for name in options.by:
        values = column_values(name, aligned, labels, predictions)
        result["by"][name] = _groups(values, scored, space, options.bootstrap, generator)
    result["baselines"] = baselines(aligned.truth, space)
    result["problems"] = problems
    return Score(result, scored, labels.ids[aligned.label_rows])


def _groups(
    values: Strings, scored: Scored, space: LabelSpace, bootstrap: int, generator: np.random.Generator
) -> dict[str, Any]:
    import pandas as pd

    group, distinct = pd.factorize(values)
    order = sorted(range(len(distinct)), key=lambda g: str(distinct[g]))
    return {str(distinct[g]): block(scored.subset(group == g), space, bootstrap, generator) for g in order}


def _clusters(values: Strings, name: str, problems: list[Problem]) -> NDArray[np.int64]:
    """Cluster numbers; a clip with an empty cell is a cluster by itself."""
    import pandas as pd

    numbers = pd.factorize(values)[0].astype(np.int64)
    empty = np.asarray(values == "", bool)
    if empty.any():
        message = f"{int(empty.sum())} clips have no {name}: each is taken as a cluster by itself"
        problems.append(Problem(None, "", "cluster", message))
        numbers[empty] = numbers.max() + 1 + np.arange(int(empty.sum()))
        numbers = np.unique(numbers, return_inverse=True)[1].astype(np.int64)
    return numbers


def _forecasts(predictions: LabelTable, aligned: Aligned, space: LabelSpace) -> Floats | None:
    """Probabilities of the scored clips, NaN for a clip without."""
    if predictions.probabilities is None:
        return None
    rows = np.append(predictions.probabilities, np.full((1, len(space.labels)), np.nan), axis=0)
    forecasts: Floats = rows[aligned.prediction_rows]
    return forecasts


# ── command ───────────────────────────────────────────────────────────────────────────────────────────────
def configure(parser: argparse.ArgumentParser) -> None:
    """Flags of the verb."""
    parser.add_argument("predictions", type=Path, help="csv with ID,Label (and p_LABEL columns, if any)")
    parser.add_argument("labels", type=Path, help="csv with ID,Label and any further columns")
    add_space(parser)
    add_policies(parser)
    parser.add_argument("--by", action="append", default=[], metavar="COLUMN", help="figures per value of a column")
    parser.add_argument(
        "--cluster", metavar="COLUMN", help="resample whole groups (speaker, source video) for intervals"
    )
    parser.add_argument("--json", metavar="OUT", help="write all figures; - prints them")
    parser.add_argument("--markdown", metavar="OUT", help="write the tables as Markdown")
    parser.add_argument("--figures", metavar="DIR", type=Path, help="write figures (png and svg) into a folder")
    parser.add_argument(
        "--export",
        nargs="+",
        action="extend",
        default=[],
        metavar="KIND=PATH",
        help=f"also in the form of {', '.join(KINDS)}",
    )
    parser.add_argument("--model-name", default="unknown", help="of the model, for --export")
    parser.add_argument("--dataset-name", default="unknown", help="of the data, for --export")
    add_resampling(parser)


def run(args: argparse.Namespace) -> int:
    """Score, print and write."""
    options = ScoreOptions(
        args.label_space, args.invalid, args.duplicates, _columns(args.by), args.cluster, args.bootstrap, args.seed
    )
    score = score_files(args.predictions, args.labels, options)
    warn_problems(score.result["problems"], args.json)
    deliver(score.result, args.json, as_text(score.result))
    if args.markdown:
        write_atomic(Path(args.markdown), as_markdown(score.result).encode())
    if args.export:
        given = Exported(score.result, score.samples, args.model_name, args.dataset_name, datetime.now(UTC))
        for path in export(given, args.export):
            if args.json != "-":
                print(f"written: {path}")
    if args.figures:
        from eval.scoring.figures import write_figures

        for path in write_figures(score.result, score.scored, args.figures):
            if args.json != "-":
                print(f"written: {path}")
    return 0


def _columns(asked: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.strip() for each in asked for name in each.split(",") if name.strip())
