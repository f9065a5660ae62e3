"""`probes`: yes/no questions made from what was measured of a run's clips, and what a model's answers are worth."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from eval.claims.facts import facts_of
from eval.errors import EvalError
from eval.probes.answers import figures_of
from eval.probes.questions import Probe, balanced, probes_of
from eval.stories.read import read_stories, tell_left_out, worked
from eval.tables.json_file import read_json
from eval.tables.output import deliver, figure, table
from eval.tables.signature import signature
from harness.records.atomic import write_atomic
from harness.records.numbers import AT_LEAST_ONE

SCHEMA = "probes/1"
VERSION = "1"
FORM = {
    "en": "{0} Reply with <answer>yes</answer> or <answer>no</answer> and nothing else.",
    "zh": "{0}只回答<answer>yes</answer>（是）或<answer>no</answer>（否），不要写别的。",
}
"""Language → the question with the form of the reply; the words of the answer are the same in both."""
SHOWN = 10


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `probes`."""
    parser.add_argument("run_dir", type=Path, help="a run's supplements: what was measured of its clips")
    parser.add_argument("--out", type=Path, help="where the questions are written (default: RUN/probes.jsonl)")
    parser.add_argument("--most", type=AT_LEAST_ONE.parse, metavar="N", help="at most so many pairs a language")
    parser.add_argument("--answers", type=Path, help="replies to score, as `python -m harness ask` writes them")
    parser.add_argument("--omni-url", help="ask the omni server at this address first: http://host:port/v1")
    parser.add_argument("--test-data", type=Path, help="where the clips lie, to ask about them")
    parser.add_argument("--set", nargs="+", action="append", default=[], metavar="KEY=VALUE", help="for asking")
    parser.add_argument("--json", metavar="OUT", help="write all figures; - prints them")


def run(args: argparse.Namespace) -> int:
    """Write the questions, ask them where a server is named, and score the replies that there are.

    Raises:
        EvalError: nothing in the run can be asked about, or the replies are to other questions.
    """
    found = read_stories(args.run_dir)
    asked, malformed = worked(found.stories, lambda story: probes_of(story.id, facts_of(story)))
    tell_left_out((*found.problems, *malformed))
    probes = balanced([probe for of_story in asked for probe in of_story], args.most)
    if not probes:
        raise EvalError(f"{args.run_dir}: no event is clear enough to be asked for", "take a run of longer clips")
    out = args.out or args.run_dir / "probes.jsonl"
    write_atomic(out, "".join(_line(probe) for probe in probes).encode())
    print(f"{len(probes)} questions in {len(probes) // 2} pairs on {_clips(probes)} clips: {out}", file=sys.stderr)
    answers = args.answers
    if args.omni_url is not None:
        answers = answers or out.with_name("probes_answers.jsonl")
        _ask(args, out, answers)
    if answers is None:
        return 0
    result = result_of(probes, _replies(answers, probes))
    deliver(result, args.json, as_text(result))
    return 0


def _line(probe: Probe) -> str:
    row = {**asdict(probe), "question": FORM[probe.language].format(probe.question), "answers": ["yes", "no"]}
    row["truth"] = row.pop("answer")
    return json.dumps(row, ensure_ascii=False) + "\n"


def _ask(args: argparse.Namespace, questions: Path, answers: Path) -> None:
    """Have a server asked, by the command that a user would give. EvalError when it says that it cannot be."""
    if args.test_data is None:
        raise EvalError("--omni-url needs --test-data", "name the folder in which the clips lie")
    words = [sys.executable, "-m", "harness", "ask", str(questions), "--test-data", str(args.test_data)]
    words += ["--omni-url", args.omni_url, "--out", str(answers)]
    settings = [item for group in args.set for item in group]
    done = subprocess.run([*words, *(["--set", *settings] if settings else [])], check=False)
    if done.returncode not in (0, 3):
        raise EvalError("the server was not asked", "see what is said above")


def _replies(path: Path, probes: Sequence[Probe]) -> dict[str, str]:
    """Probe ID → reply. EvalError when the file has none of the questions."""
    asked = {probe.id for probe in probes}
    form = "the .jsonl that `python -m harness ask` writes"
    rows = [row for row in read_json(path, f"make it first: {form}", form) if isinstance(row, Mapping)]
    replies = {str(row["id"]): row["reply"] for row in rows if "id" in row and isinstance(row.get("reply"), str)}
    if not asked & set(replies):
        raise EvalError(f"{path} answers none of these questions", "ask those of this run: python -m harness ask")
    return {key: reply for key, reply in replies.items() if key in asked}


def result_of(probes: Sequence[Probe], replies: Mapping[str, str]) -> dict[str, Any]:
    """The figures with their signature."""
    figures = figures_of(probes, replies)
    line = signature("probes", VERSION, n=len(probes), pairs=len(probes) // 2, clips=_clips(probes), ci="wilson")
    return {"schema": SCHEMA, "clips": _clips(probes), **figures, "signature": line}


def as_text(result: Mapping[str, Any]) -> str:
    """The figures for people."""
    groups = {"all": result}
    groups |= {f"{name} {value}": row for name, rows in result["by"].items() for value, row in rows.items()}
    head = ["probes", "n", "answered", "accuracy", "95 % interval", "says yes", "pairs right", "95 % interval"]
    rows = []
    for name, row in groups.items():
        cells = [name, str(row["n"]), str(row["answered"])]
        for key in ("accuracy", "yes", "pairs"):
            share = row[key]
            cells.append(figure(share["value"], 3))
            cells += [] if key == "yes" else [f"{figure(share['low'], 3)} … {figure(share['high'], 3)}"]
        rows.append(cells)
    lines = [table(head, rows), "chance: .5 of the questions, .25 of the pairs; always yes: .5 and none"]
    for key, told in (("without_reply", "without a reply"), ("unread", "neither yes nor no")):
        if names := result[key]:
            lines.append(f"{told}: {', '.join(names[:SHOWN])}{' …' if len(names) > SHOWN else ''} ({len(names)})")
    return "\n".join([*lines, result["signature"]])


def _clips(probes: Sequence[Probe]) -> int:
    return len({probe.clip for probe in probes})
