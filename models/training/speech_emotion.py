"""`python -m models train speech --space ravdess8`: how far eight acted emotions can be told. Figures only.

No head is written: a voice acted in one studio does not stand for the voices of users' clips, and the polarity head,
which is chosen by its figures across corpora, is what the pipeline asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.inputs.table import read_rows
from models.heads.figures import accuracy, ece, majority, uar
from models.heads.linear import held_out_probabilities
from models.training.card import write_card

if TYPE_CHECKING:
    import argparse

Floats = NDArray[np.float64]
LABELS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
SPELLING = {"fear": "fearful", "surprise": "surprised"}
SHRINKAGE = 0.5
CLIP = 4.0
FOLDS = 5


def run(args: argparse.Namespace) -> int:
    """Measure speaker-disjoint figures on every csv of `--data` that has all eight emotions; write them and a card."""
    figures: dict[str, Any] = {}
    for path in args.data:
        x, y, speakers = read(path)
        p = held_out(x, y, speakers)
        guess = p.argmax(axis=1)
        figures[f"{path.stem}, speakers held out"] = {
            "UAR": uar(y, guess),
            "chance UAR": 1 / len(LABELS),
            "accuracy": accuracy(y, guess),
            "majority": majority(y),
            "ECE": ece(p, y),
            "n": len(y),
            **{f"recall {label}": float(np.mean(guess[y == k] == k)) for k, label in enumerate(LABELS)},
        }
    facts = {
        "What was measured": "Prosody functionals and the statistics of 26 mel bands "
        f"(`models/voice/prosody/dynamics.py`), standardised, in a linear discriminant analysis with shrinkage "
        f"{SHRINKAGE}. The figures only: no head.",
        "Split": f"{FOLDS} folds, no speaker in two of them; the temperature of a fold is that of the others. The "
        "features and the shrinkage were chosen by these very figures, which are therefore a little kind.",
    }
    command = f"python -m models train speech --space ravdess8 --data {' '.join(p.name for p in args.data)} --out DIR"
    write_card(args.out, "Eight acted emotions from the voice: figures", facts, figures, command)
    print((args.out / "figures.json").read_text(encoding="utf-8"))
    return 0


def read(path: Path) -> tuple[Floats, NDArray[np.intp], NDArray[np.str_]]:
    """Features (recordings, features) with NaN where not measurable, label indices, and speakers.

    ConfigError when an emotion of the eight is not in the csv.
    """
    from models.features.sound import decode
    from models.voice.prosody.dynamics import dynamics
    from models.voice.prosody.functionals import functionals
    from models.voice.prosody.voice import measure

    listed = read_rows(path, "path", "emotion", "speaker")
    rows = [row for row in listed if SPELLING.get(row["emotion"], row["emotion"]) in LABELS]
    found = [SPELLING.get(row["emotion"], row["emotion"]) for row in rows]
    if absent := sorted(set(LABELS) - set(found)):
        raise ConfigError(f"{path.name}: no recording is {', '.join(absent)}", "--space ravdess8 needs all eight")
    measured = []
    for row in rows:
        voice = measure(decode(path.parent / row["path"]))
        measured.append(functionals(voice) | dynamics(voice))
    names = sorted({name for values in measured for name in values})
    x = np.array([[values.get(name, np.nan) for name in names] for values in measured])
    return x, np.array([LABELS.index(name) for name in found]), np.array([row["speaker"] for row in rows])


def held_out(x: Floats, y: NDArray[np.intp], speakers: NDArray[np.str_]) -> Floats:
    """Probabilities (recordings, labels) by models that never heard the speaker."""
    from sklearn.model_selection import GroupKFold

    logits, fold = np.zeros((len(y), len(LABELS))), np.zeros(len(y), dtype=np.intp)
    for number, (inside, outside) in enumerate(GroupKFold(FOLDS).split(x, groups=speakers)):
        fold[outside] = number
        middle = np.nan_to_num(np.nanmedian(x[inside], axis=0))
        scale = np.maximum(np.nan_to_num(np.nanstd(x[inside], axis=0)), 1e-9)
        z = np.clip(np.nan_to_num((x - middle) / scale), -CLIP, CLIP)
        weights, bias = discriminant(z[inside], y[inside], len(LABELS))
        logits[outside] = z[outside] @ weights + bias
    return held_out_probabilities(logits, y, fold)


def discriminant(z: Floats, y: Sequence[int] | NDArray[np.intp], classes: int) -> tuple[Floats, Floats]:
    """Weights (features, classes) and bias of a linear discriminant with equal priors.

    The covariance within classes is drawn by `SHRINKAGE` towards its mean variance times the identity (Friedman, 1989).
    """
    from scipy.linalg import solve

    y = np.asarray(y)
    means = np.stack([z[y == k].mean(axis=0) for k in range(classes)])
    within = (z - means[y]).T @ (z - means[y]) / len(z)
    shrunk = (1 - SHRINKAGE) * within + SHRINKAGE * np.trace(within) / len(within) * np.eye(len(within))
    weights = np.asarray(solve(shrunk, means.T, assume_a="pos"))
    return weights, -0.5 * np.einsum("kf,fk->k", means, weights)
