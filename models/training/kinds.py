"""The heads that can be trained over extracted features: their knobs, and how one is made and fitted."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.records.numbers import AT_LEAST_ONE, SHARE, Number
from models.heads.figures import scores
from models.heads.fit_network import Recipe
from models.heads.folds import group_folds
from models.training.labelled import Features, Labelled

Knobs = Mapping[str, float]
_NETWORK = {"epochs": 40, "patience": 8, "batch": 32, "rate": 1e-3, "decay": 1e-2}
KNOBS: Mapping[str, Mapping[str, float]] = {
    "logreg": {"penalty": 1.0},
    "bilstm": {**_NETWORK, "focal": 0.0},
    "lstm": {**_NETWORK, "focal": 0.0},
    "cnn": {**_NETWORK, "focal": 0.0},
    "attention": {**_NETWORK, "focal": 2.0, "modality_dropout": 0.2},
}
"""Kind of head → its knobs and what they are unless said otherwise."""
MEANING: Mapping[str, str] = {
    "penalty": "inverse strength C of the L2 penalty",
    "epochs": "at most this many",
    "patience": "epochs without gain before training stops",
    "batch": "clips per step",
    "rate": "learning rate of the first epoch",
    "decay": "weight decay",
    "focal": "exponent of the focal loss, 0 for cross-entropy",
    "modality_dropout": "probability of withholding a modality in training",
}

_COUNTED = ("epochs", "patience", "batch")
_ANY = Number(0)
_RANGE: Mapping[str, Number] = {
    "penalty": Number(1e-9),
    "modality_dropout": SHARE,
    **dict.fromkeys(_COUNTED, AT_LEAST_ONE),
}


def add_knobs(parser: argparse.ArgumentParser, kind: str) -> None:
    """A flag for every knob of a kind."""
    for name, usual in KNOBS[kind].items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(
            flag, type=_RANGE.get(name, _ANY).parse, default=usual, help=f"{MEANING[name]} (default {usual:g})"
        )


def make_head(kind: str, data: Labelled, space: str, labels: Sequence[str], knobs: Knobs) -> Any:
    """An untrained head that fits the features. ConfigError when the kind cannot read such features."""
    inputs = data.inputs
    if kind == "attention":
        from models.heads.attention import AttentionHead

        return AttentionHead(space, labels, inputs, knobs["modality_dropout"])
    if len(inputs) != 1:
        raise ConfigError(f"{kind} reads one folder of features, not {len(inputs)}", "train attention reads several")
    (source,) = inputs
    if kind == "bilstm":
        from models.heads.bilstm import BiLstmHead

        return BiLstmHead(space, labels, source.width, source.granularity, source.feature_key)
    if kind in ("lstm", "cnn"):
        from models.heads.sequence import CnnHead, LstmHead

        if source.granularity != "frame":
            raise ConfigError(f"{kind} reads rows in time", "extract with --granularity frame, or extract mfcc")
        made = LstmHead if kind == "lstm" else CnnHead
        return made(space, labels, source.width, source.granularity, source.feature_key)
    if source.granularity != "utterance":
        raise ConfigError("logreg reads one row per clip", "extract with --granularity utterance")
    from models.heads.linear import LinearHead

    return LinearHead(space, labels, data.abouts[0].names, knobs["penalty"], feature_key=source.feature_key)


def given(head: Any, clips: Sequence[Features]) -> Any:
    """Clips as the head takes them: mappings where it reads modalities by name, else the arrays themselves."""
    if head.inputs[0].modality:
        return list(clips)
    arrays = [next(iter(clip.values())) for clip in clips]
    return np.stack(arrays) if head.inputs[0].granularity == "utterance" else arrays


def fitted(kind: str, data: Labelled, space: str, labels: Sequence[str], knobs: Knobs, recipe: Recipe) -> Any:
    """A head trained on all of `data`; `recipe` gives seed, threads and state, `knobs` the rest."""
    head = make_head(kind, data, space, labels, knobs)
    x = given(head, data.clips)
    if kind == "logreg":
        return head.fit(x, data.labels, data.groups)
    return head.fit(x, data.labels, data.groups, _recipe(recipe, knobs))


def _recipe(recipe: Recipe, knobs: Knobs) -> Recipe:
    own = {field.name for field in fields(Recipe)}
    return replace(recipe, **{name: value for name, value in knobs.items() if name in own})  # type: ignore[arg-type]


def held_out(
    kind: str,
    data: Labelled,
    space: str,
    labels: Sequence[str],
    knobs: Knobs,
    folds: int,
    recipe: Recipe,
    states: Path,
) -> tuple[dict[str, float], NDArray[np.float64]]:
    """Figures and probabilities of heads that never met the group they are tested on, temperature included."""
    probabilities = np.zeros((len(data.clips), len(labels)))
    for number, (inside, outside) in enumerate(group_folds(data.labels, data.groups, folds)):
        state = states / f"seed-{recipe.seed}-fold-{number}.pt"
        head = fitted(kind, data.take(inside), space, labels, knobs, replace(recipe, state=state))
        probabilities[outside] = head.predict_proba(given(head, data.take(outside).clips))
    return scores(probabilities, np.array(data.labels), labels), probabilities
