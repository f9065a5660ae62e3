"""`models train fusion --opinions FILE`: the pool `joint`, from people's labels and our heads' measured skill.

Two things are learned. How words, voice and picture make the whole is learned from people's labels alone. How far each
head can be relied on is learned from what the heads said of samples that they had not seen.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.records.atomic import write_atomic
from harness.records.labels import SENTIMENT5
from models.heads.figures import accuracy, ece, majority, uar
from models.heads.linear import softmax
from models.training.card import Licensed, data_sha256, write_card
from models.training.fusion.data import (
    CUTS,
    PARTS,
    HeldOut,
    Judged,
    experts,
    graded,
    opinions,
    read_held_out,
    read_judged,
)

Floats = NDArray[np.float64]
TRIPLES = np.array(list(product(range(5), repeat=3)))
VALUES = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
SMOOTHING = 50.0
"""Clips' worth of an even spread that is added to the counts of (t, v, p)."""
PENALTY = 0.3
"""C of the regression of the whole on its parts."""
FOLDS = 5
FLOOR = 1e-6
CERTAINTY = 0.8
SPREAD = 0.15
"""Of a person's value on the scale −1 … 1: chosen by the folds of `measure`."""
STEP = 0.05
"""To which weights are rounded."""


@dataclass(frozen=True)
class Learned:
    """P(t, v, p) of shape (125,), P(y | t, v, p) of (125, 5), and π of each source (5,)."""

    together: Floats
    given: Floats
    priors: Mapping[str, Floats]


def run(flags: argparse.Namespace) -> int:
    """Learn, measure by folds over videos, and write fusion.json with its card into the folder `--out`."""
    judged = read_judged(flags.opinions)
    paths = named(flags.heads)
    heads = {name: read_held_out(path) for name, path in paths.items()}
    said = opinions(judged, heads, flags.seed)
    priors = {name: _prior(heads[name], name) for name in PARTS}
    weights = _weights(judged, said, priors)
    figures = measure(judged, said, priors, weights)
    learned = learn(judged.labels, priors)
    content = {
        "schema": "fusion/2",
        "labels": SENTIMENT5.labels,
        "weights": weights,
        "together": [float(f"{value:.6g}") for value in learned.together],
        "given": [[float(f"{value:.6g}") for value in row] for row in learned.given],
        "priors": {name: [float(f"{value:.6g}") for value in row] for name, row in learned.priors.items()},
    }
    flags.out.mkdir(parents=True, exist_ok=True)
    write_atomic(flags.out / "fusion.json", (json.dumps(content, indent=1) + "\n").encode())
    facts = _facts(judged, heads, flags)
    command = "python -m models train fusion --opinions DATA/" + flags.opinions.name
    command += " --heads text=FILE audio=FILE video=DIR --out models/weights/fusion"
    sources = [Licensed("EmoS' labels per modality of CH-SIMS v2", "academic, non-commercial")]
    title = "Fusion: how words, voice and picture make the whole"
    write_card(flags.out, title, facts, figures, command, [flags.opinions], sources)
    print(json.dumps({"weights": weights, **figures}, indent=1, ensure_ascii=False))
    print(f"use it with: --set fuse.strategy=joint fuse.learned={flags.out / 'fusion.json'}")
    return 0


def learn(labels: Mapping[str, NDArray[np.intp]], priors: Mapping[str, Floats]) -> Learned:
    """From people's labels; `priors` are those of the heads."""
    from sklearn.linear_model import LogisticRegression

    parts = np.stack([labels[name] for name in PARTS], axis=1)
    counts = np.bincount(parts @ [25, 5, 1], minlength=len(TRIPLES)).astype(np.float64)
    together = (counts + SMOOTHING / len(TRIPLES)) / (counts.sum() + SMOOTHING)
    model = LogisticRegression(C=PENALTY, max_iter=2000).fit(_described(parts), labels["whole"])
    given = np.full((len(TRIPLES), 5), FLOOR)
    given[:, model.classes_] = np.maximum(model.predict_proba(_described(TRIPLES)), FLOOR)
    whole = (np.bincount(labels["whole"], minlength=5) + 1) / (len(parts) + 5)
    return Learned(together, given / given.sum(axis=1, keepdims=True), {**priors, "whole": whole})


def pool(learned: Learned, said: Mapping[str, Floats], weights: Mapping[str, float]) -> Floats:
    """`harness/judging/joint.py` over many clips at once: probabilities (clips, 5)."""
    clips = len(next(iter(said.values())))
    likely = np.tile(learned.together, (clips, 1))
    for at, name in enumerate(PARTS):
        if name in said:
            ratio = np.maximum(said[name], FLOOR) / np.maximum(learned.priors[name], FLOOR)
            likely *= (ratio ** weights[name])[:, TRIPLES[:, at]]
    p = likely @ learned.given
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def measure(
    judged: Judged, said: Mapping[str, Floats], priors: Mapping[str, Floats], weights: Mapping[str, float]
) -> dict[str, Any]:
    """Figures on videos that were not learned from; weights and their choice are the shipped ones."""
    even = dict.fromkeys(PARTS, 1.0)
    as_people = {name: np.bincount(judged.labels[name], minlength=5) / len(judged.ids) for name in PARTS}
    perfect, values = experts(judged, CERTAINTY), graded(judged, SPREAD)
    on_average = {name: p.mean(axis=0) for name, p in values.items()}
    truth = judged.labels["whole"]
    rows: dict[str, Any] = {}
    for title, given, shares, exponents in (
        ("people's values", values, on_average, even),
        ("people's values, weights of our heads", values, on_average, weights),
        ("people's labels", perfect, as_people, even),
        ("people's labels, π and weights of our heads", perfect, priors, weights),
        ("our heads", said, priors, weights),
        ("our heads, weights 1", said, priors, even),
        ("our heads, words left out", {k: v for k, v in said.items() if k != "text"}, priors, weights),
        ("our heads, voice left out", {k: v for k, v in said.items() if k != "audio"}, priors, weights),
        ("our heads, picture left out", {k: v for k, v in said.items() if k != "video"}, priors, weights),
    ):
        rows[f"joint, {title}"] = _row(_held_out(judged, given, shares, exponents), truth)
    rows["least squares on people's values"] = _least_squares(judged)
    for title, given in (("people's values", values), ("people's labels", perfect), ("our heads", said)):
        logs = np.log(np.maximum(np.stack([given[name] for name in PARTS]), FLOOR))
        former = softmax(np.tensordot([0.6, 0.2, 0.2], logs, 1))
        rows[f"log_pool .6 / .2 / .2, {title}"] = _row(former, truth)
        rows[f"log_pool, even, {title}"] = _row(softmax(logs.mean(axis=0)), truth)
        for name in PARTS:
            rows[f"{name} alone, {title}"] = _row(given[name], truth)
    return rows


def _least_squares(judged: Judged) -> dict[str, float]:
    """The whole's value as a weighted sum of its parts' values, cut into labels: what the pool is held against."""
    from sklearn.linear_model import LinearRegression

    parts = np.stack([judged.values[name] for name in PARTS], axis=1)
    guess = np.zeros(len(parts), np.intp)
    for seen, unseen in _folds(judged):
        model = LinearRegression().fit(parts[seen], judged.values["whole"][seen])
        guess[unseen] = np.digitize(model.predict(parts[unseen]), CUTS)
    truth = judged.labels["whole"]
    figures = {"accuracy": accuracy(truth, guess), "UAR": uar(truth, guess), "majority": majority(truth)}
    return {**{name: round(value, 4) for name, value in figures.items()}, "n": len(truth)}


def _held_out(
    judged: Judged, said: Mapping[str, Floats], priors: Mapping[str, Floats], weights: Mapping[str, float]
) -> Floats:
    p = np.zeros((len(judged.ids), 5))
    for seen, unseen in _folds(judged):
        learned = learn({name: values[seen] for name, values in judged.labels.items()}, priors)
        p[unseen] = pool(learned, {name: values[unseen] for name, values in said.items()}, weights)
    return p


def _weights(judged: Judged, said: Mapping[str, Floats], priors: Mapping[str, Floats]) -> dict[str, float]:
    """The exponents w ≥ 0 with the smallest log-loss on videos that were not learned from."""
    from scipy.optimize import minimize

    parts = []
    for seen, unseen in _folds(judged):
        learned = learn({name: values[seen] for name, values in judged.labels.items()}, priors)
        here = {name: values[unseen] for name, values in said.items()}
        parts.append((learned, here, judged.labels["whole"][unseen]))

    def loss(exponents: Floats) -> float:
        weights = dict(zip(PARTS, exponents.tolist(), strict=True))
        lost = [-np.log(pool(learned, here, weights)[np.arange(len(y)), y]) for learned, here, y in parts]
        return float(np.concatenate(lost).mean())

    found = minimize(loss, np.ones(len(PARTS)), method="L-BFGS-B", bounds=[(0.0, 3.0)] * len(PARTS))
    return {name: round(round(value / STEP) * STEP, 2) for name, value in zip(PARTS, found.x.tolist(), strict=True)}


def _folds(judged: Judged) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    from sklearn.model_selection import GroupKFold

    return list(GroupKFold(FOLDS).split(judged.group, groups=judged.group))


def _prior(held: HeldOut, name: str) -> Floats:
    """What a head says on average: as it was tried, or with polarities weighed evenly, as the voice was trained."""
    if name != "audio":
        return np.asarray(held.five.mean(axis=0))
    means = [held.five[held.polarity == polarity].mean(axis=0) for polarity in (-1, 0, 1)]
    return np.asarray(np.mean(means, axis=0))


def _described(parts: NDArray[np.intp]) -> Floats:
    """Values, their sizes, and each label by itself: (samples, 21)."""
    values = VALUES[parts]
    single = [np.eye(5)[parts[:, at]] for at in range(len(PARTS))]
    return np.concatenate([values, np.abs(values), *single], axis=1)


def _row(p: Floats, y: NDArray[np.intp]) -> dict[str, float]:
    guess = p.argmax(axis=1)
    return {
        "accuracy": round(accuracy(y, guess), 4),
        "UAR": round(uar(y, guess), 4),
        "log-loss": round(float(-np.log(np.maximum(p[np.arange(len(y)), y], 1e-9)).mean()), 4),
        "ECE": round(ece(p, y), 4),
        "majority": round(majority(y), 4),
        "n": len(y),
    }


def named(pairs: Sequence[str]) -> dict[str, Path]:
    """`SOURCE=FILE` pairs. ConfigError unless they name all three modalities."""
    found = dict(pair.partition("=")[::2] for pair in pairs)
    if set(found) != set(PARTS):
        raise ConfigError(f"--heads names {', '.join(found) or 'nothing'}", "text=FILE audio=FILE video=FILE")
    return {name: Path(path) for name, path in found.items()}


def _facts(judged: Judged, heads: Mapping[str, HeldOut], flags: argparse.Namespace) -> dict[str, str]:
    joined = [name for name, held in heads.items() if set(judged.ids) <= set(held.ids)]
    drawn = [name for name in PARTS if name not in joined]
    return {
        "What it is": "P(t, v, p) and P(y | t, v, p) of the pool `joint` (`harness/judging/joint.py` has its formula): "
        f"counts of people's labels with {SMOOTHING:g} clips of an even spread, and a multinomial logistic regression "
        f"of the whole on the values, their sizes and the labels of its parts (C = {PENALTY}). π of each source and "
        "the exponents (`weights`, which the profile repeats) come from what our heads said of samples that they had "
        "not seen.",
        "Data": f"{flags.opinions.name}: {len(judged.ids)} clips of {len(set(judged.group.tolist()))} videos "
        f"(SHA-256 {data_sha256([flags.opinions])}). "
        + ", ".join(f"{name}: {len(held.five)} held-out opinions" for name, held in heads.items())
        + f". Of {', '.join(joined) or 'no modality'} they are of these very clips; of {', '.join(drawn) or 'none'} "
        "they are drawn among those whose truth has the polarity, and where known the strength, that people gave (the "
        "clips themselves are not here).",
        "Split": f"{FOLDS} folds by video for what is learned from people's labels. The exponents were fitted on the "
        "held-out parts together: three numbers.",
        "Limits": "Voice and picture are drawn: how good our heads are on these clips' own voices and faces was not "
        "measured, and acted speech and posed faces are easier than television. Chinese clips only.",
    }
