"""`faithfulness`: do the answers depend on the reasoning, on the modality it names, and not on its language?

Figures are means over clips with percentile bootstrap intervals. A part that the run lacks is reported as
unavailable, with the flag that adds it: nothing is computed from what was not asked. `faithful_clip.py` says what is
measured.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.errors import EvalError
from eval.metrics.stats import LEVEL, mean_interval
from eval.reasoning.faithful_clip import (
    Deletion,
    Translated,
    area,
    deletion_of,
    early_labels,
    keeps_answer,
    translated,
)
from eval.stories.read import Stories, Story, csv_reader, read_stories, worked
from eval.tables.output import deliver, figure, plain, table
from harness.records.numbers import COUNT, SEED

SCHEMA = "faithfulness/1"
NO_EARLY = "no model was asked to answer early: run again with --set attribute.early_answers=true"
NO_DELETION = "no clip was asked again with modalities withheld: run again with --attribution omni (or omni-loo)"
NO_TRANSLATION = "no translations: pass --translation CSV with the columns ID and Translation"

Mean = Callable[[Sequence[float]], dict[str, Any]]
Curve = list[tuple[float, bool, float | None]]


@dataclass(frozen=True)
class Clip:
    """What a story holds of each figure; None where it holds nothing of it.

    Attributes:
        id: of the clip.
        language: of the clip, empty when none was found.
        curve: (share of the reasoning kept, same label, P(the answered label)).
        deletion: what withholding modalities does.
        translated: the reasoning against its translation.
        same_answer: whether the model answers the translation with the same label.
    """

    id: str
    language: str
    curve: Curve | None
    deletion: Deletion | None
    translated: Translated | None
    same_answer: bool | None


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `faithfulness`."""
    parser.add_argument("run_dir", nargs="?", type=Path, default=Path("Test_Supplements"), help="a run's supplements")
    parser.add_argument(
        "--translation", type=Path, metavar="CSV", help="columns ID, Translation: the reasoning in zh/en"
    )
    parser.add_argument("--bootstrap", type=COUNT.parse, default=2000, metavar="N", help="resamples")
    parser.add_argument("--seed", type=SEED.parse, default=0)
    parser.add_argument("--json", metavar="OUT", help="write all figures; - prints them")


def run(args: argparse.Namespace) -> int:
    """Summarise, print and write."""
    translations = read_translations(args.translation) if args.translation else {}
    generator = np.random.default_rng(args.seed)
    result = summarise(read_stories(args.run_dir), translations, args.bootstrap, generator)
    deliver(result, args.json, as_text(result))
    return 0


def read_translations(path: Path) -> dict[str, str]:
    """ID → translated reasoning.

    Raises:
        EvalError: no such file, or no columns ID and Translation.
    """
    if not path.is_file():
        raise EvalError(f"{path}: no such file", "pass a csv with the columns ID and Translation")
    reader = csv_reader(path)
    if not {"ID", "Translation"} <= set(reader.fieldnames or ()):
        raise EvalError(
            f"{path}: columns ID and Translation needed, found {reader.fieldnames}", "name a csv with these columns"
        )
    rows = [((row["ID"] or "").strip(), (row["Translation"] or "").strip()) for row in reader]
    return {clip: text for clip, text in rows if clip and text}


def summarise(
    stories: Stories, translations: Mapping[str, str], resamples: int, generator: np.random.Generator
) -> dict[str, Any]:
    """All figures as the JSON value of schema faithfulness/1; stories with parts of the wrong kind are left out."""
    clips, malformed = worked(stories.stories, lambda story: _clip(story, translations.get(story.id)))

    def mean(values: Sequence[float]) -> dict[str, Any]:
        return mean_interval(values, resamples, generator)

    result: dict[str, Any] = plain(
        {
            "schema": SCHEMA,
            "stories": len(clips),
            "unreadable": [asdict(problem) for problem in (*stories.problems, *malformed)],
            "resamples": resamples,
            "level": LEVEL,
            "early": _early(clips, mean),
            "deletion": _deletion(clips, mean),
            "paraphrase": _paraphrase(clips, bool(translations), mean),
        }
    )
    return result


def _clip(story: Story, translation: str | None) -> Clip:
    return Clip(
        story.id,
        story.language,
        _curve(story),
        deletion_of(story),
        None if translation is None else translated(story, translation),
        None if translation is None else keeps_answer(story, translation),
    )


def _early(clips: Sequence[Clip], mean: Mean) -> dict[str, Any]:
    curves = [(clip.language, clip.curve) for clip in clips if clip.curve is not None]
    if not curves:
        return {"n": 0, "unavailable": NO_EARLY}
    groups = {"": [curve for _, curve in curves]}
    for language in sorted({language for language, _ in curves}):
        groups[language or "unknown"] = [curve for own, curve in curves if own == language]
    return {"n": len(curves), "unavailable": None, "groups": {name: _group(g, mean) for name, g in groups.items()}}


def _curve(story: Story) -> Curve | None:
    """A clip's curve; None where it was not asked from 0 to 1."""
    points, answer = early_labels(story)
    if not answer or len(points) < 2 or (points[0][0], points[-1][0]) != (0.0, 1.0):
        return None
    return [(share, label == answer, values[story.space.rank(answer)]) for share, label, values in points]


def _group(curves: Sequence[Curve], mean: Mean) -> dict[str, Any]:
    shares = sorted({share for curve in curves for share, _, _ in curve})
    at = {share: [point for curve in curves for point in curve if point[0] == share] for share in shares}
    return {
        "n": len(curves),
        "curve": [
            {
                "share": share,
                "agreement": mean([float(same) for _, same, _ in points]),
                "probability": mean([p for _, _, p in points if p is not None]),
            }
            for share, points in at.items()
        ],
        "area": mean([area([s for s, _, _ in curve], [float(same) for _, same, _ in curve]) for curve in curves]),
    }


def _deletion(clips: Sequence[Clip], mean: Mean) -> dict[str, Any]:
    found = [(clip.id, clip.deletion) for clip in clips if clip.deletion is not None]
    if not found:
        return {"n": 0, "unavailable": NO_DELETION}
    named = [deletion for _, deletion in found if deletion.named]
    return {
        "n": len(found),
        "unavailable": None,
        "naming_none": len(found) - len(named),
        "basis": {basis: sum(one.basis == basis for one in named) for basis in ("stated", "cited")},
        "named_moves_most": mean([float(one.hit or False) for one in named]),
        # What guessing a modality would reach.
        "chance": mean([1 / len(one.drops) for one in named]),
        "drop_named": mean([one.drops[one.named] for one in named]),
        "drop_others": mean([_mean([d for m, d in one.drops.items() if m != one.named]) for one in named]),
        "clips": [{"id": clip, **asdict(one), "hit": one.hit} for clip, one in found],
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _paraphrase(clips: Sequence[Clip], given: bool, mean: Mean) -> dict[str, Any]:
    compared = [(clip.id, clip.translated) for clip in clips if clip.translated is not None]
    if not compared:
        return {"n": 0, "unavailable": "no translation is of a clip's reasoning" if given else NO_TRANSLATION}
    ones = [one for _, one in compared]
    answers = [clip.same_answer for clip in clips if clip.same_answer is not None]
    return {
        "n": len(ones),
        "unavailable": None,
        "claims_f1": mean([one.f1 for one in ones if one.f1 is not None]),
        "same_verdict": mean([one.same_verdict / one.common for one in ones if one.common]),
        "same_main": mean([float(one.same_main) for one in ones if one.same_main is not None]),
        "same_answer": mean([float(same) for same in answers]),
        "clips": [{"id": clip, **asdict(one), "f1": one.f1} for clip, one in compared],
    }


def as_text(result: Mapping[str, Any]) -> str:
    """The figures for people; a part that is unavailable says what it needs."""
    lines: list[str] = []
    early, deletion, paraphrase = result["early"], result["deletion"], result["paraphrase"]
    lines.append("early answering: share of the reasoning kept, and how often the answer is the final one already")
    if early["unavailable"]:
        lines.append(f"  unavailable: {early['unavailable']}")
    else:
        shares = [point["share"] for point in early["groups"][""]["curve"]]
        rows = [
            [name or "all", str(g["n"]), *(_cell(p["agreement"]) for p in g["curve"]), _cell(g["area"])]
            for name, g in early["groups"].items()
            if len(g["curve"]) == len(shares)
        ]
        lines.append(table(["clips", "n", *(f"{share:.0%}" for share in shares), "area"], rows))
        lines.append("an area near 1: the answer stood before the reasoning")
    lines.append("modality deletion: is withholding the modality that the text names what moves P(label) most?")
    names = ("named_moves_most", "chance", "drop_named", "drop_others")
    lines += _rows(deletion, names)
    lines.append("paraphrase zh↔en: claims, verdicts, main ground and answer that a translation keeps")
    lines += _rows(paraphrase, ("claims_f1", "same_verdict", "same_main", "same_answer"))
    lines += [f"not read: {problem['file']}: {problem['message']}" for problem in result["unreadable"]]
    return "\n".join(lines)


def _rows(part: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    if part["unavailable"]:
        return [f"  unavailable: {part['unavailable']}"]
    rows = [[name.replace("_", " "), str(part[name]["n"]), _cell(part[name])] for name in names]
    return [table(["figure", "n", "mean"], rows)]


def _cell(value: Mapping[str, Any]) -> str:
    bounds = f" [{value['low']:.3f}, {value['high']:.3f}]" if value["low"] is not None else ""
    return figure(value["mean"], 3) + bounds
