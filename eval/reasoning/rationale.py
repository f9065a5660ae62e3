"""`rationale`: checks of the saved chains of thought, without any model's help where none is needed.

Rates are over the stories that have a reasoning text; nothing is imputed. Definitions:

* parse: the reasoning was found to answer a label; format / format_strict: `eval.reasoning.rewards.format_reward` and
  R1-Omni's own expression;
* the flaws empty, no_answer, out_of_vocabulary, truncated, duplicate_answer are defined in `eval.reasoning.chain`;
* language: script of the rationale (quotes left out) against the clip's language;
* consistency: the polarity that the rationale argues for, by the judge, against the polarity of its answer; with true
  labels the 4-way table right/wrong × consistent/not and EEA, the share of rationales that argue for the truth's
  polarity (ERV, arXiv 2510.23506, calls the first EPC); clips on which the judge abstains are counted apart;
* quotes: words in quotation marks inside the rationale, found in the transcript or not.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from eval.metrics import kappa
from eval.reasoning.chain import FLAWS, ClipCheck, check_story
from eval.reasoning.judges import JUDGES, Judge, default_judge, judge_named, polarity_of
from eval.stories.read import Stories, read_stories, read_truth
from eval.tables.output import deliver, figure, table
from harness.records.labels import POLARITY3, SENTIMENT5


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `rationale`."""
    parser.add_argument("run_dir", nargs="?", type=Path, default=Path("Test_Supplements"), help="a run's supplements")
    parser.add_argument("--labels", type=Path, help="csv with ID and Label: adds the 4-way table")
    parser.add_argument(
        "--judge",
        choices=JUDGES,
        help="who says what a rationale argues for: the hand-written lexicon, the text head, or both together; "
        "default: both where the head's weights are, else the lexicon",
    )
    parser.add_argument("--json", metavar="OUT", help="write all figures, clip by clip; - prints them")


def run(args: argparse.Namespace) -> int:
    """Check, print and write."""
    stories = read_stories(args.run_dir)
    truth = read_truth(args.labels) if args.labels else None
    judge = args.judge or default_judge()
    result = check(stories, judge_named(judge), truth, judge)
    deliver(result, args.json, as_text(result))
    return 0


def check(
    stories: Stories, judge: Judge, truth: Mapping[str, str] | None = None, judge_name: str = "lexicon"
) -> dict[str, Any]:
    """All figures of a run as the JSON value of schema rationale/1 (see the module's text)."""
    reasoned = [story for story in stories.stories if story.part("reasoning") is not None]
    clips = [check_story(story, judge, (truth or {}).get(story.id, "")) for story in reasoned]
    return {
        "schema": "rationale/1",
        "stories": len(stories.stories),
        "reasoned": len(clips),
        "unreadable": [asdict(problem) for problem in stories.problems],
        "rates": {
            "parse": _rate([bool(clip.answer) for clip in clips]),
            **{flaw: _rate([flaw in clip.flaws for clip in clips]) for flaw in FLAWS},
            "format": _rate([clip.format for clip in clips]),
            "format_strict": _rate([clip.format_strict for clip in clips]),
            "answer_is_submitted": _rate([clip.answer == clip.submitted for clip in clips if clip.answer]),
        },
        "length": _lengths([clip.length for clip in clips]),
        "language": _language(clips),
        "consistency": _consistency(clips, truth is not None, judge_name),
        "quotes": _quotes(clips),
        "clips": [asdict(clip) for clip in clips],
    }


def _rate(hits: Sequence[bool]) -> dict[str, Any]:
    return {"count": sum(hits), "n": len(hits), "rate": sum(hits) / len(hits) if hits else None}


def _lengths(lengths: Sequence[int]) -> dict[str, Any]:
    if not lengths:
        return {"unit": "words or Chinese characters", "median": None, "least": None, "most": None}
    return {
        "unit": "words or Chinese characters",
        "median": statistics.median(lengths),
        "least": min(lengths),
        "most": max(lengths),
    }


def _language(clips: Sequence[ClipCheck]) -> dict[str, Any]:
    told = [clip for clip in clips if clip.language and clip.clip_language]
    return {**_rate([clip.language == clip.clip_language for clip in told]), "not_told": len(clips) - len(told)}


def _consistency(clips: Sequence[ClipCheck], labelled: bool, judge: str) -> dict[str, Any]:
    answered = [clip for clip in clips if clip.answer in SENTIMENT5.labels]
    judged = [clip for clip in answered if clip.argues]
    matrix = np.zeros((3, 4), dtype=np.int64)  # kappa wants a column for invalid rows; it stays empty
    for clip in judged:
        matrix[POLARITY3.rank(polarity_of(clip.answer)), POLARITY3.rank(clip.argues)] += 1
    agreed = float(kappa(matrix)) if judged else float("nan")
    known = [clip for clip in judged if clip.truth]
    cells = {
        f"{'right' if right else 'wrong'}_{'consistent' if same else 'inconsistent'}": sum(
            (clip.answer == clip.truth) == right and (clip.argues == polarity_of(clip.answer)) == same for clip in known
        )
        for right in (True, False)
        for same in (True, False)
    }
    return {
        "judge": judge,
        "abstained": len(answered) - len(judged),
        **_rate([clip.argues == polarity_of(clip.answer) for clip in judged]),
        "kappa": agreed if np.isfinite(agreed) else None,
        "answer_rows_argued_cols": {"labels": list(POLARITY3.labels), "counts": matrix[:, :3].tolist()},
        "table": cells if labelled else None,
        "eea": _rate([clip.argues == polarity_of(clip.truth) for clip in known]) if labelled else None,
    }


def _quotes(clips: Sequence[ClipCheck]) -> dict[str, Any]:
    quotes = [quote for clip in clips for quote in clip.quotes]
    checked = [bool(quote.found) for quote in quotes if quote.found is not None]
    return {
        "quoted": len(quotes),
        "without_transcript": len(quotes) - len(checked),
        "found": _rate(checked),
        "clips_with_quotes": sum(bool(clip.quotes) for clip in clips),
        "clips_with_invented_quotes": sum(any(q.found is False for q in clip.quotes) for clip in clips),
    }


def as_text(result: Mapping[str, Any]) -> str:
    """The figures for people."""
    rows = [[name.replace("_", " "), *_cells(rate)] for name, rate in result["rates"].items()]
    consistency, quotes = result["consistency"], result["quotes"]
    rows.append(["language as the clip's", *_cells(result["language"])])
    rows.append([f"argues for its answer ({consistency['judge']})", *_cells(consistency)])
    if consistency["eea"]:
        rows.append(["argues for the truth (EEA)", *_cells(consistency["eea"])])
    rows.append(["quoted words in the transcript", *_cells(quotes["found"])])
    lines = [
        f"{result['reasoned']} chains of thought in {result['stories']} stories",
        table(["", "count", "of", "rate"], rows),
        f"kappa of argued and answered polarity: {figure(consistency['kappa'])}; "
        f"the judge abstained on {consistency['abstained']}",
    ]
    if consistency["table"]:
        cells = consistency["table"]
        body = [
            [side, str(cells[f"{side}_consistent"]), str(cells[f"{side}_inconsistent"])] for side in ("right", "wrong")
        ]
        lines.append(table(["answer", "consistent", "not"], body))
    lines += [f"not read: {problem['file']}: {problem['message']}" for problem in result["unreadable"]]
    return "\n".join(lines)


def _cells(rate: Mapping[str, Any]) -> list[str]:
    return [str(rate["count"]), str(rate["n"]), figure(rate["rate"])]
