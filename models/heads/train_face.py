"""Train the face head: an npz of labelled face pictures → aligned crops → scores → a calibrated head with its card."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from models import fetch_face
from models.face import appearance as looks
from models.face.appearance import Appearance, Floats
from models.face.expression import SHAPE_POINTS, SIDE, crop, detail, shape
from models.folders import default_models_dir
from models.heads.card import accuracy, data_sha256, ece, majority, uar, write_card
from models.heads.linear import LinearHead

if TYPE_CHECKING:
    import argparse

LABELS = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
FOLDS = 5
FILTERS = 100
PENALTIES = (3_000.0, 10_000.0, 30_000.0)
ALIGNED = 0.3
"""Face score of the landmark net below which a picture is used as it is, without alignment."""


@dataclass(frozen=True)
class Faces:
    """Aligned pictures: `crops` (n, 48, 48), `shapes` (n, 165) with NaN where no face was found, `target` (n,)."""

    crops: NDArray[np.uint8]
    shapes: Floats
    target: NDArray[np.intp]
    found: NDArray[np.bool_]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `python -m models train face`."""
    parser.add_argument("--data", type=Path, required=True, metavar="TRAIN.npz", help="images, labels, classes")
    parser.add_argument("--valid", type=Path, required=True, metavar="VALID.npz", help="pictures to measure on")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the head and its card go")
    parser.add_argument("--models-dir", type=Path, default=None, help="where the face nets lie (default: checkpoints/)")
    parser.add_argument("--seed", type=int, default=0, help="of the dictionary and the folds")


def run(args: argparse.Namespace) -> int:
    """Train on `--data`, measure on `--valid`, write head, features, figures and card. 0 on success."""
    nets = (args.models_dir or default_models_dir()) / "face"
    wrong = fetch_face.problems(nets)
    if wrong:
        raise ConfigError(f"face nets in {nets}: {', '.join(wrong)}", fetch_face.COMMAND)
    train, valid = (read_faces(path, nets) for path in (args.data, args.valid))
    print(f"aligned {len(train.crops)} + {len(valid.crops)} pictures")
    appearance, head, chosen = fit(train, args.seed)
    appearance.save(args.out)
    head.save(args.out)
    write_figures(args, train, valid, evaluate(appearance, head, valid), chosen)
    print((args.out / "figures.json").read_text(encoding="utf-8"))
    return 0


def read_faces(path: Path, nets: Path) -> Faces:
    """Read an npz with `images` (n, 48, 48) uint8, `labels` (n,) and `classes`, and align every picture.

    Raises:
        ConfigError: the file lacks an array or has other classes or sizes.
    """
    import cv2

    from models.face.mesh import FaceMesh, Region, region_of_points

    cv2.setNumThreads(1)
    with np.load(path, allow_pickle=False) as data:
        absent = {"images", "labels", "classes"} - set(data.files)
        if absent:
            raise ConfigError(f"{path} lacks {', '.join(sorted(absent))}")
        images, labels, classes = data["images"], data["labels"], [str(name) for name in data["classes"]]
    if sorted(classes) != sorted(LABELS) or images.shape[1:] != (SIDE, SIDE):
        raise ConfigError(f"{path}: classes {classes} and pictures {images.shape}, expected {LABELS}, 48 × 48")
    mesh = FaceMesh(nets / "face_landmark.tflite")
    crops, shapes = images.copy(), np.full((len(images), 3 * len(SHAPE_POINTS)), np.nan, dtype=np.float32)
    found = np.zeros(len(images), dtype=bool)
    for i, image in enumerate(images):
        rgb = np.repeat(image[:, :, None], 3, axis=2)
        # The pictures are cut around a face already: the whole picture with a margin is its region.
        face = mesh.landmarks(rgb, Region(SIDE / 2, SIDE / 2, SIDE * 7 / 6, 0.0))
        if face.score >= ALIGNED:
            face = mesh.landmarks(rgb, region_of_points(face.points))
        found[i] = face.score >= ALIGNED
        if found[i]:
            crops[i], shapes[i] = crop(cv2, image, face.points), shape(face.points)
    target = np.array([LABELS.index(classes[label]) for label in labels], dtype=np.intp)
    return Faces(crops, shapes, target, found)


def fit(train: Faces, seed: int) -> tuple[Appearance, LinearHead, float]:
    """Learn dictionary, ridge and head. The penalty and the head see only scores made across folds.

    Every picture counts twice, as it is and mirrored; both fall into one fold.
    """
    filters, offset = looks.learn_filters(train.crops, FILTERS, seed)
    plain = looks.features(train.crops, train.shapes, filters, offset)
    mean, scale = np.nanmean(plain, axis=0), np.nanstd(plain, axis=0) + np.float32(1e-3)
    plain = looks.standardise(plain, mean, scale)
    mirror = looks.features(train.crops[:, :, ::-1], looks.mirrored_shapes(train.shapes), filters, offset)
    mirror = looks.standardise(mirror, mean, scale)
    fold = np.random.default_rng(seed).permutation(len(plain)) % FOLDS
    wanted = np.full((len(plain), len(LABELS)), -1 / (len(LABELS) - 1), dtype=np.float32)
    wanted[np.arange(len(plain)), train.target] = 1.0
    bias = wanted.mean(axis=0)
    grams, sides = zip(*(_normal(plain, mirror, wanted - bias, fold == f) for f in range(FOLDS)), strict=True)
    print(f"features: {plain.shape[1]} per picture")
    gram, side = sum(grams[1:], grams[0]), sum(sides[1:], sides[0])
    both = (plain + mirror) / 2
    best: tuple[float, float, NDArray[np.float64]] | None = None
    for penalty in PENALTIES:
        scores = np.empty((len(plain), len(LABELS)))
        for f in range(FOLDS):
            weights = _solve(gram - grams[f], side - sides[f], penalty * (FOLDS - 1) / FOLDS)
            scores[fold == f] = both[fold == f] @ weights + bias
        hit = accuracy(train.target, scores.argmax(axis=1))
        print(f"ridge penalty {penalty:g}: accuracy across folds {hit:.4f}")
        if best is None or hit > best[0]:
            best = (hit, penalty, scores)
    assert best is not None
    head = LinearHead("fer7", LABELS, [f"score_{label}" for label in LABELS], penalty=1.0, balanced=False)
    head.fit(best[2], [LABELS[t] for t in train.target], [str(f) for f in fold])
    usual = float(np.median(detail(train.crops[train.found])))
    appearance = Appearance(filters, offset, mean, scale, _solve(gram, side, best[1]), bias, usual)
    return appearance, head, best[1]


def evaluate(appearance: Appearance, head: LinearHead, valid: Faces) -> dict[str, dict[str, Any]]:
    """Figures on pictures that training has not seen: all of them, and those in which a face was found."""
    probabilities = head.predict_proba(appearance.scores(valid.crops, valid.shapes))
    rows = {}
    for name, chosen in (("all", np.ones(len(valid.target), dtype=bool)), ("face found", valid.found)):
        truth, p = valid.target[chosen], probabilities[chosen]
        guess = p.argmax(axis=1)
        row: dict[str, Any] = {
            "accuracy": accuracy(truth, guess),
            "majority": majority(truth),
            "UAR": uar(truth, guess),
            "chance UAR": 1 / len(LABELS),
            "ECE": ece(p, truth),
            "n": len(truth),
        }
        row |= {f"recall {label}": float(np.mean(guess[truth == k] == k)) for k, label in enumerate(LABELS)}
        rows[name] = row
    return rows


def write_figures(
    args: argparse.Namespace, train: Faces, valid: Faces, figures: dict[str, dict[str, Any]], penalty: float
) -> None:
    """Write CARD.md and figures.json."""
    facts = {
        "What it does": f"Seven expressions of one face on a still picture. Landmarks turn the face upright on "
        f"48 × 48 grey pixels; {FILTERS} learned patch filters pooled over a {looks.GRID} × {looks.GRID} grid, HOG and "
        f"the places of {len(SHAPE_POINTS)} landmarks go through a ridge regression (penalty {penalty:g}) to seven "
        "scores, and these through a logistic regression whose temperature was fitted across folds. In a clip: the "
        "mean of log-probabilities over at most 16 frames.",
        "Data": f"{args.data.name}: {len(train.crops)} pictures, a face found in {train.found.mean():.1%}; "
        f"{args.valid.name}: {len(valid.crops)}, {valid.found.mean():.1%}. SHA-256 over both files: "
        f"`{data_sha256([args.data, args.valid])}`",
        "Licence of the weights": "They follow from their data: FER2013 (Goodfellow et al., 2013; Kaggle) is for "
        "research use. The landmark net that aligns the faces is Apache-2.0 and not part of the weights.",
        "Split": "Trained on the first file only. Penalty and calibration come from five random folds of it, as "
        "FER2013 names no people: the same person may be in two folds. The figures are of the second file, "
        "which training did not see; a few kinds of features were compared on it while this was built, so they are a "
        "little kind.",
        "Limits": "Web pictures of posed and acted faces, labelled by few people (human agreement is about 65 %), with "
        "disgust rare. Nobody in them is speaking: on a talking face an open mouth can look like surprise or fear. No "
        "figure here holds for video, for faces turned by more than 45°, or for any group of people in particular.",
    }
    retrain = (
        f"python -m models train face --data {args.data.name} --valid {args.valid.name} --out models/weights/face"
        + (f" --seed {args.seed}" if args.seed else "")
    )
    write_card(args.out, "Face head: expression of one face", facts, figures, retrain)


def _normal(
    plain: Floats, mirror: Floats, wanted: Floats, chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """XᵀX and XᵀY over the chosen pictures and their mirror images."""
    x, z, y = plain[chosen], mirror[chosen], wanted[chosen]
    return np.asarray(x.T @ x + z.T @ z), np.asarray(x.T @ y + z.T @ y)


def _solve(gram: NDArray[np.float32], side: NDArray[np.float32], penalty: float) -> NDArray[np.float32]:
    """Ridge weights (features, labels)."""
    from scipy.linalg import solve

    ridge = gram + penalty * np.eye(len(gram), dtype=np.float32)
    return np.asarray(solve(ridge, side, assume_a="pos", overwrite_a=True), dtype=np.float32)
