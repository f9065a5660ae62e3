"""`python -m models evaluate fusion`: every strategy of the pool on clips whose modalities people judged apart."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.judging.attribute import coalitions, shapley
from harness.judging.fuse import STRATEGIES, FuseSettings, Source, fuse
from harness.judging.fuse_settings import SHIPPED, read_settings
from harness.records.labels import SENTIMENT5
from harness.records.numbers import SEED, SHARE, Number
from models.evaluation.files import Case, Evaluated, add_flags, deliver
from models.heads.figures import accuracy, uar
from models.hub.catalogue import sections_of
from models.training.fusion.data import PARTS, POLARITY, Judged, experts, graded, opinions, read_held_out, read_judged
from models.training.fusion.joint import CERTAINTY, SPREAD, named

Floats = NDArray[np.float64]
POSITIVE = Number(0.01, 1)
RESAMPLES = 2000
OTHERS = {"text": 0.6, "audio": 0.2, "video": 0.2}
"""Shares with which strategies other than the profile's are tried as well: those of the profile before `joint`."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser, "csv with id, score, text_score, voice_score, picture_score (−1..1), and where known video_id")
    parser.add_argument("--profile", default="embedded", help="whose strategy and weights are judged")
    parser.add_argument("--spread", type=POSITIVE.parse, default=SPREAD, help="of the values that people gave")
    parser.add_argument(
        "--certainty",
        type=SHARE.parse,
        default=CERTAINTY,
        help="probability of the label that people gave, in the rows that know labels only",
    )
    parser.add_argument(
        "--heads",
        nargs="+",
        default=(),
        metavar="SOURCE=FILE",
        help="text=, audio=, video= of held-out opinions: also judge what our heads would have said",
    )
    parser.add_argument("--seed", type=SEED.parse, default=0, help="of the opinions that are drawn")


def run(args: argparse.Namespace) -> int:
    """Judge people's own values as opinions by the profile's strategy, and every strategy beside it; 0 on success."""
    judged = read_judged(args.data, args.limit)
    section = sections_of(args.profile)["fuse"]
    settings = read_settings(section)
    given = graded(judged, args.spread)
    people = said_by(given, settings)
    p = pooled(given, people)
    cases = [
        Case(clip, SENTIMENT5.labels[label], tuple(row), None, group)
        for clip, label, row, group in zip(
            judged.ids, judged.labels["whole"].tolist(), p.tolist(), judged.group.tolist(), strict=True
        )
    ]
    labels = experts(judged, args.certainty)
    apart = np.flatnonzero(POLARITY[judged.labels["text"]] * POLARITY[judged.labels["video"]] < 0)
    more = {
        "clips whose words and picture disagree in sign": disagreeing(judged, given, people, apart),
        "strategies, people's values as opinions": table(judged, given, people),
        "strategies, people's labels as opinions": table(judged, labels, said_by(labels, settings)),
    }
    if args.heads:
        heads = {name: read_held_out(path) for name, path in named(args.heads).items()}
        more["strategies, opinions of our heads"] = table(judged, opinions(judged, heads, args.seed), settings)
    folder = args.weights or (Path(section["learned"]).parent if section["learned"] else SHIPPED.parent)
    return deliver(args, Evaluated("sentiment5", SENTIMENT5.labels, cases), folder, more)


def said_by(said: Mapping[str, Floats], settings: FuseSettings) -> FuseSettings:
    """The settings for sources that are not our heads: π of each is what it says on average, no truth being asked."""
    if settings.joint is None:
        return settings
    shares = {name: tuple(p.mean(axis=0).tolist()) for name, p in said.items()}
    return replace(settings, joint=replace(settings.joint, priors={**settings.joint.priors, **shares}))


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
    rows = {f"{settings.strategy}, the profile's weights": _figures(pooled(said, settings), truth, judged.group)}
    even = dict.fromkeys(PARTS, 1.0)
    for name in STRATEGIES:
        if name not in (settings.strategy, "learned", "joint"):
            for title, weights in (("even weights", even), ("words .6", OTHERS)):
                tried = replace(settings, strategy=name, weights=weights)
                rows[f"{name}, {title}"] = _figures(pooled(said, tried), truth, judged.group)
    for name in PARTS:
        rows[f"{name} alone"] = _figures(said[name], truth, judged.group)
        if settings.joint is not None:
            rest = {other: p for other, p in said.items() if other != name}
            rows[f"{settings.strategy} without {name}"] = _figures(pooled(rest, settings), truth, judged.group)
    return rows


def disagreeing(
    judged: Judged, said: Mapping[str, Floats], settings: FuseSettings, apart: NDArray[np.intp]
) -> dict[str, dict[str, Any]]:
    """The same for the clips `apart` alone, and how often each modality moves the whole to the side that people saw.

    A modality's share in the expected polarity P(positive) − P(negative) is its exact Shapley value over the pool, as
    in a story; where people called it neutral no side is expected.
    """
    if not len(apart):
        return {}
    here = {name: p[apart] for name, p in said.items()}
    truth, group = judged.labels["whole"][apart], judged.group[apart]
    whole = _figures(pooled(here, settings), truth, group)
    rows = {f"{settings.strategy}, the profile's weights": {**whole, "n": len(apart)}}
    rows |= {f"{name} alone": _figures(here[name], truth, group) for name in PARTS}
    worth = {
        names: pooled({name: here[name] for name in names}, settings) @ POLARITY if names else np.zeros(len(apart))
        for names in coalitions(PARTS)
    }
    shares = [shapley(PARTS, {names: p[i] for names, p in worth.items()}.__getitem__) for i in range(len(apart))]
    for name in PARTS:
        side = POLARITY[judged.labels[name][apart]]
        sided = side != 0
        follows = np.sign([share[name] for share in shares])[sided] == side[sided]
        rows[f"{name} moves to its own side"] = {"share": round(float(follows.mean()), 4), "n": int(sided.sum())}
    return rows


def _figures(p: Floats, y: NDArray[np.intp], group: NDArray[np.str_]) -> dict[str, Any]:
    """Accuracy with its 95 % interval (videos drawn again and again), UAR, accuracy of three polarities, log-loss."""
    guess = p.argmax(axis=1)
    chance = np.maximum(p[np.arange(len(y)), y], 1e-9)
    sides = np.stack([p[:, :2].sum(axis=1), p[:, 2], p[:, 3:].sum(axis=1)]).argmax(axis=0) - 1
    low, high = _interval(guess == y, group)
    figures = {
        "accuracy": accuracy(y, guess),
        "low": low,
        "high": high,
        "UAR": uar(y, guess),
        "three-class": accuracy(POLARITY[y], sides),
        "log-loss": float(-np.log(chance).mean()),
    }
    return {name: round(value, 4) for name, value in figures.items()}


def _interval(right: NDArray[np.bool_], group: NDArray[np.str_]) -> tuple[float, float]:
    """Percentile bootstrap over groups of the share that is right."""
    _, where = np.unique(group, return_inverse=True)
    hits, sizes = np.bincount(where, right), np.bincount(where)
    drawn = np.random.default_rng(0).integers(0, len(sizes), (RESAMPLES, len(sizes)))
    shares = hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(shares, (0.025, 0.975)).tolist()
    return low, high
