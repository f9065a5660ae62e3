"""`codabench`: a scoring program in the layout of CodaLab and Codabench.

`INPUT_DIR/ref` holds the truth, `INPUT_DIR/res` the unpacked submission; one folder around the csv is tolerated in
either. Written to `OUTPUT_DIR`: `scores.json` (flat, numbers only, keys for the leaderboard's columns), `scores.txt`
(`key: value` lines) and `detailed_results.html` (one file, figures inlined, nothing fetched). An undefined figure is
left out of the scores, never written as a number. For a submission that cannot be scored the page says why, no score
is written, and the exit code is not 0.

As `metadata` of the scoring program: `command: python -m eval codabench $input $output`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval.errors import EvalError
from eval.scoring.score import Score, ScoreOptions, score_files
from eval.tables.output import add_policies, add_resampling, add_space, encode, figure
from harness.records.atomic import write_atomic

TEMPLATES = Path(__file__).parent / "templates"
USUAL_NAMES = ("combined_results.csv", "label_prediction.csv", "predictions.csv", "submission.csv", "labels.csv")
HEADLINE = {"accuracy": "accuracy (WAR)", "uar": "UAR", "macro_f1": "macro F1", "weighted_f1": "weighted F1"}
MOST_PROBLEMS = 500


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `codabench`."""
    parser.add_argument("input_dir", type=Path, help="folder with ref/ and res/")
    parser.add_argument("output_dir", type=Path, help="folder for scores.json, scores.txt, detailed_results.html")
    parser.add_argument(
        "--by", action="append", default=[], metavar="COLUMN", help="also a score per value of a column of the truth"
    )
    add_space(parser)
    add_policies(parser)
    add_resampling(parser)


def run(args: argparse.Namespace) -> int:
    """Score, write, print the scores."""
    options = ScoreOptions(
        args.label_space, args.invalid, args.duplicates, tuple(args.by), None, args.bootstrap, args.seed
    )
    scores = score_submission(args.input_dir, args.output_dir, options)
    print("\n".join(f"{name}: {value}" for name, value in scores.items()))
    return 0


def score_submission(input_dir: Path, output_dir: Path, options: ScoreOptions) -> dict[str, float]:
    """Score `res` against `ref` and write the three files; returns what `scores.json` holds.

    Raises:
        EvalError: ref or res is missing, has no csv or several, or cannot be scored.
    """
    try:
        truth = the_csv(input_dir / "ref", "the organiser's true labels")
        submission = the_csv(input_dir / "res", "the submission")
        score = score_files(submission, truth, options)
    except EvalError as fault:
        for name in ("scores.json", "scores.txt"):
            (output_dir / name).unlink(missing_ok=True)
        write_atomic(output_dir / "detailed_results.html", page(None, {}, str(fault)).encode())
        raise
    scores = flat_scores(score.result)
    lines = "".join(f"{name}: {value!r}\n" for name, value in scores.items())
    write_atomic(output_dir / "detailed_results.html", page(score, scores).encode(errors="replace"))
    write_atomic(output_dir / "scores.txt", lines.encode())
    write_atomic(output_dir / "scores.json", encode(scores))
    return scores


def the_csv(folder: Path, what: str) -> Path:
    """The one csv of a folder, or of the one folder inside it.

    Of several, the one that bears a usual name counts. Hidden files and `__MACOSX` do not.

    Raises:
        EvalError: no such folder, no csv, or several of which none can be told to be meant.
    """
    if not folder.is_dir():
        raise EvalError(f"{folder}: no such folder; {what} should be in it", "the input folder needs ref/ and res/")
    for depth in ("*", "*/*"):
        found = [
            path
            for path in sorted(folder.glob(depth))
            if path.suffix.lower() == ".csv" and path.is_file() and not _hidden(path.relative_to(folder))
        ]
        usual = [path for name in USUAL_NAMES for path in found if path.name == name]
        if len(found) == 1 or usual:
            return (usual or found)[0]
        if found:
            names = ", ".join(path.relative_to(folder).as_posix() for path in found)
            raise EvalError(f"{folder.name}: several csv files ({names})", f"leave one, or name it {USUAL_NAMES[0]}")
    raise EvalError(
        f"{folder.name}: no csv file in it", f"put {USUAL_NAMES[0]} into the archive, not deeper than one folder"
    )


def _hidden(path: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)


def flat_scores(result: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a score/1 result under flat names: `uar`, `f1_SNEG`, `qwk`, `uar_low`, `uar_zh`, `missing`."""
    scores = _numbers(result["overall"])
    for name, interval in (result["overall"].get("ci") or {}).items():
        scores |= _numbers({f"{name}_low": interval["low"], f"{name}_high": interval["high"]})
    for label, values in result["overall"]["per_class"].items():
        scores |= _numbers({f"{name}_{label}": value for name, value in values.items() if name != "support"})
    scores |= _numbers({name: value for name, value in (result["overall"]["ordinal"] or {}).items() if name != "n"})
    for values in result["by"].values():
        for value, block in values.items():
            scores |= {f"{name}_{value}": number for name, number in _numbers(block).items()}
    return scores | {name: float(result["counts"][name]) for name in ("missing", "unknown_labels", "duplicates")}


def _numbers(block: Mapping[str, Any]) -> dict[str, float]:
    """The defined numbers of a block."""
    return {
        name: float(value)
        for name, value in block.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and value == value
    }


def page(score: Score | None, scores: Mapping[str, float], fault: str = "") -> str:
    """The HTML of detailed_results.html: the figures, or why there are none."""
    style = (TEMPLATES / "detailed.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES, encoding="utf-8"), undefined=StrictUndefined, autoescape=True
    )
    context: dict[str, Any] = {"style": Markup(style), "style_hash": Markup(f"'sha256-{digest}'"), "fault": fault}
    if score is not None:
        context |= _context(score, scores)
    return environment.get_template("detailed.html").render(context)


def _context(score: Score, scores: Mapping[str, float]) -> dict[str, Any]:
    from eval.scoring.figures import draw_figures, render

    result, overall = score.result, score.result["overall"]
    intervals = overall.get("ci") or {}
    headline = []
    for name, title in HEADLINE.items():
        interval = intervals.get(name)
        low, high = (figure(interval["low"]), figure(interval["high"])) if interval else ("", "")
        headline.append((title, figure(overall[name]), low, high))
    level = next((interval["level"] for interval in intervals.values()), None)
    columns = ("precision", "recall", "f1")
    return {
        "result": result,
        "counts": result["counts"],
        "headline": headline,
        "level": f"{100 * level:g} %" if level else "",
        "classes": [
            (label, *(figure(values[name]) for name in columns), values["support"])
            for label, values in overall["per_class"].items()
        ],
        "confusion": overall["confusion"],
        "figures": [
            (name, base64.b64encode(render(drawn, "png")).decode())
            for name, drawn in draw_figures(result, score.scored).items()
        ],
        "scores": scores,
        "problems": result["problems"][:MOST_PROBLEMS],
        "unlisted": max(0, len(result["problems"]) - MOST_PROBLEMS),
    }
