"""`explanation`: does each chain of thought say why the label was decided as it was?

A text, ours or an omni model's, is held against the clip's measured argument (`reasoning.argument` of its story), whose
shares are effects of interventions. Checks, each with the clips to which it applies:

* decider: the modality with the largest share towards the label is named;
* opposition: a modality that is clearly against the label is not told as its support;
* conflict: modalities that disagree are both named, and something is set against something;
* cues: the cues that are named carry at least half of what all cues moved;
* label: the label that the text answers is the one submitted;
* change: with a second run (`--with`), texts differ wherever the labels do.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.errors import EvalError
from eval.metrics.stats import wilson
from eval.reasoning.named import contrasts, named_cues, names, told_as_support
from eval.stories.form import think_of
from eval.stories.read import Story, polarity_in, read_stories, tell_left_out, worked
from eval.tables.output import deliver, figure, table

SCHEMA = "explanation/1"
CHECKS = ("decider", "opposition", "conflict", "cues", "label", "change")
HALF = 0.5


@dataclass(frozen=True)
class Checked:
    """What was found of one text: check → why it fails, empty where it holds; a check that does not apply is absent."""

    id: str
    language: str
    ours: bool
    results: Mapping[str, str]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `explanation`."""
    parser.add_argument("run_dir", nargs="?", type=Path, default=Path("Test_Supplements"), help="a run's supplements")
    parser.add_argument(
        "--with", dest="other", type=Path, help="another run of the same clips: adds the check `change`"
    )
    parser.add_argument("--json", metavar="OUT", help="write all figures and failures; - prints them")


def run(args: argparse.Namespace) -> int:
    """Check, print and write; 1 when a text of ours fails, else 0.

    Raises:
        EvalError: a run has no story with a measured argument.
    """
    others = {story.id: story for story in _stories(args.other)} if args.other else {}
    checked, malformed = worked(_stories(args.run_dir), lambda story: check_story(story, others.get(story.id)))
    tell_left_out(malformed)
    result = summary(checked)
    deliver(result, args.json, as_text(result))
    return int(any(one.ours and any(one.results.values()) for one in checked))


def check_story(story: Story, other: Story | None = None) -> Checked:
    """Every check on one chain of thought; `other` is the clip's story of a second run."""
    reasoning = story.part("reasoning") or {}
    argument: Mapping[str, Any] = reasoning["argument"]
    text = think_of(story.text("reasoning", "text"))
    language = str(reasoning.get("language") or story.language)
    results = _against_argument(text, argument, language, polarity_in(story, str(argument["label"])))
    results["label"] = (
        "" if story.answer == story.label else f"answers {story.answer or 'nothing'}, submitted {story.label}"
    )
    if other is not None and other.label != story.label:
        same = think_of(other.text("reasoning", "text")) == text
        results["change"] = f"the same text for {story.label} and {other.label}" if same else ""
    return Checked(story.id, language, not reasoning.get("is_language_model", True), results)


def _against_argument(text: str, argument: Mapping[str, Any], language: str, side: int) -> dict[str, str]:
    results: dict[str, str] = {}
    decider = argument.get("decided_by")
    if decider:
        results["decider"] = "" if names(text, decider) else f"{decider} decided and is not named"
    opposed: Sequence[str] = argument.get("opposed_by") or ()
    if opposed:
        told = [f"{m} told as support: {s}" for m in opposed if (s := told_as_support(text, m, side, language))]
        results["opposition"] = "; ".join(told)
    conflicts = argument.get("conflicts") or ()
    if conflicts:
        silent = [m for c in conflicts for m in (c["won"], c["lost"]) if not names(text, m)]
        missing = f"{', '.join(dict.fromkeys(silent))} not named" if silent else ""
        results["conflict"] = missing or ("" if contrasts(text) else "nothing is set against anything")
    views = argument.get("views") or ()
    total = sum(abs(cue["share"]) for view in views for cue in view.get("cues") or ())
    if total > 0:
        named = sum(abs(cue["share"]) for cue in named_cues(text, views))
        results["cues"] = "" if named >= HALF * total else f"the cues named carry {named / total:.2f} of what moved"
    return results


def summary(checked: Sequence[Checked]) -> dict[str, Any]:
    """The figures of a run as the JSON value of schema explanation/1."""
    groups = {"all": list(checked)}
    for one in checked:
        groups.setdefault(one.language or "unknown", []).append(one)
    return {
        "schema": SCHEMA,
        "n": len(checked),
        "ours": sum(one.ours for one in checked),
        "figures": {name: _figures(group) for name, group in groups.items()},
        "failures": [
            {"id": one.id, "check": check, "why": why} for one in checked for check, why in one.results.items() if why
        ],
    }


def _figures(group: Sequence[Checked]) -> dict[str, Any]:
    lines = {check: [not one.results[check] for one in group if check in one.results] for check in CHECKS}
    lines["all of them"] = [not any(one.results.values()) for one in group]
    return {name: _rate(holds) for name, holds in lines.items()}


def _rate(holds: Sequence[bool]) -> dict[str, Any]:
    if not holds:
        return {"holds": 0, "n": 0, "rate": None, "interval": None}
    bounds = wilson(sum(holds), len(holds))
    return {
        "holds": sum(holds),
        "n": len(holds),
        "rate": sum(holds) / len(holds),
        "interval": [bounds.low, bounds.high],
    }


def as_text(result: Mapping[str, Any]) -> str:
    """The figures and failures for people."""
    parts = []
    for name, checks in result["figures"].items():
        rows = [
            [check, f"{r['holds']}/{r['n']}", figure(r["rate"], 3), _interval(r["interval"])]
            for check, r in checks.items()
        ]
        parts.append(table([name, "hold", "rate", "95 %"], rows))
    parts += [f"{f['id']}: {f['check']}: {f['why']}" for f in result["failures"]]
    return "\n\n".join(parts)


def _interval(interval: Sequence[float] | None) -> str:
    return "–" if interval is None else f"{interval[0]:.3f}–{interval[1]:.3f}"


def _stories(run_dir: Path) -> list[Story]:
    read = read_stories(run_dir)
    tell_left_out(read.problems)
    found = [s for s in read.stories if isinstance((s.part("reasoning") or {}).get("argument"), dict)]
    if not found:
        raise EvalError(
            f"{run_dir}: no story has a measured argument", "run `python run_submission.py` again on this folder"
        )
    return found
