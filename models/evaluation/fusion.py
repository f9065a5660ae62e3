"""`python -m models evaluate fusion`: every strategy of the pool on clips whose modalities people judged apart."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.judging.fuse import STRATEGIES, FuseSettings, Source, fuse
from harness.judging.fuse_settings import SHIPPED, read_settings
from harness.records.labels import SENTIMENT5
from harness.records.numbers import SEED, SHARE
from models.evaluation.files import Case, Evaluated, add_flags, deliver
from models.heads.figures import accuracy, uar
from models.hub.catalogue import sections_of
from models.training.fusion.data import PARTS, Judged, experts, opinions, read_held_out, read_judged
from models.training.fusion.joint import named

Floats = NDArray[np.float64]
OTHERS = {"text": 0.6, "audio": 0.2, "video": 0.2}
"""Shares with which strategies other than the profile's are tried as well: those of the profile before `joint`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser, "csv with id, score, text_score, voice_score, picture_score (−1..1), and where known video_id")
    parser.add_argument("--profile", default="embedded", help="whose strategy and weights are judged")
    parser.add_argument("--certainty", type=SHARE.parse, default=0.8, help="probability of the label that people gave")
    parser.add_argument(
        "--heads",
        nargs="+",
        default=(),
        metavar="SOURCE=FILE",
        help="text=, audio=, video= of held-out opinions: also judge what our heads would have said",
    )
    parser.add_argument("--seed", type=SEED.parse, default=0, help="of the opinions that are drawn")


def run(args: argparse.Namespace) -> int:
    """Judge people's own labels as opinions by the profile's strategy, and every strategy beside it; 0 on success."""
    judged = read_judged(args.data, args.limit)
    section = sections_of(args.profile)["fuse"]
    settings = read_settings(section)
    given = experts(judged, args.certainty)
    p = pooled(given, settings)
    cases = [
        Case(clip, SENTIMENT5.labels[label], tuple(row), None, group)
        for clip, label, row, group in zip(
            judged.ids, judged.labels["whole"].tolist(), p.tolist(), judged.group.tolist(), strict=True
        )
    ]
    more = {"strategies, people's labels as opinions": table(judged, given, settings)}
    if args.heads:
        heads = {name: read_held_out(path) for name, path in named(args.heads).items()}
        more["strategies, opinions of our heads"] = table(judged, opinions(judged, heads, args.seed), settings)
    folder = args.weights or (Path(section["learned"]).parent if section["learned"] else SHIPPED.parent)
    return deliver(args, Evaluated("sentiment5", SENTIMENT5.labels, cases), folder, more)


def pooled(said: Mapping[str, Floats], settings: FuseSettings) -> Floats:
    """The pool of opinions, modality → (clips, 5)."""
    rows = zip(*(said[name].tolist() for name in said), strict=True)
    found = [
        fuse({n: Source(tuple(q)) for n, q in zip(said, row, strict=True)}, settings).probabilities for row in rows
    ]
    return np.array(found)


def table(judged: Judged, said: Mapping[str, Floats], settings: FuseSettings) -> dict[str, dict[str, Any]]:
    """Every strategy that needs no file beside the profile's own, and each modality alone."""
    truth = judged.labels["whole"]
    rows = {f"{settings.strategy}, the profile's weights": _figures(pooled(said, settings), truth)}
    even = dict.fromkeys(PARTS, 1.0)
    for name in STRATEGIES:
        if name not in (settings.strategy, "learned", "joint"):
            for title, weights in (("even weights", even), ("words .6", OTHERS)):
                tried = replace(settings, strategy=name, weights=weights)
                rows[f"{name}, {title}"] = _figures(pooled(said, tried), truth)
    for name in PARTS:
        rows[f"{name} alone"] = _figures(said[name], truth)
        if settings.joint is not None:
            rest = {other: p for other, p in said.items() if other != name}
            rows[f"{settings.strategy} without {name}"] = _figures(pooled(rest, settings), truth)
    return rows


def _figures(p: Floats, y: NDArray[np.intp]) -> dict[str, Any]:
    guess = p.argmax(axis=1)
    chance = np.maximum(p[np.arange(len(y)), y], 1e-9)
    figures = {"accuracy": accuracy(y, guess), "UAR": uar(y, guess), "log-loss": float(-np.log(chance).mean())}
    return {name: round(value, 4) for name, value in figures.items()}
