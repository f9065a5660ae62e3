"""`python -m models evaluate face`: the expression head on labelled pictures."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from harness.faults import ConfigError
from models.evaluation.files import Case, Evaluated, add_flags, deliver
from models.face import files
from models.face.tracker import HEAD
from models.folders import default_models_dir
from models.heads.files import DAMAGED

if TYPE_CHECKING:
    from models.face.reader import ExpressionReader

SPACE = "fer7"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser, "npz of images (n, 48, 48) uint8, labels (n,) and classes")
    parser.add_argument("--models-dir", type=Path, default=None, help="where the face nets lie (default: checkpoints/)")
    parser.add_argument(
        "--labels", default="labels", metavar="NAME", help="the array that holds the truth (default: labels)"
    )


def run(args: argparse.Namespace) -> int:
    """Judge and deliver; 0 on success."""
    folder = args.weights or HEAD
    return deliver(args, evaluate(args.data, folder, args.models_dir, args.labels, args.limit), folder)


def evaluate(
    data: Path, weights: Path, models_dir: Path | None, labels: str = "labels", limit: int | None = None
) -> Evaluated:
    """What the head says of every picture, aligned as in training.

    Raises:
        ConfigError: the file or the head does not fit, or the face nets are not there.
    """
    from models.training.face_data import LABELS, aligned, read_pictures

    nets, reader = opened(weights, models_dir)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / data.name
        _select(data, plain, labels, limit)
        faces = aligned(*read_pictures(plain), nets)
    cases = []
    for number, target in enumerate(faces.target):
        said = tuple(reader.probabilities(faces.crops[number : number + 1])[0].tolist())
        cases.append(Case(f"picture {number}", LABELS[int(target)], said))
    return Evaluated(SPACE, LABELS, cases)


def opened(weights: Path, models_dir: Path | None) -> tuple[Path, ExpressionReader]:
    """The face nets' folder, checked, and the head in `weights`. ConfigError names what is wrong and what mends it."""
    from models.face.reader import ExpressionReader

    nets = (models_dir or default_models_dir()) / "face"
    if wrong := files.problems(nets):
        raise ConfigError(f"face nets in {nets}: {', '.join(wrong)}", files.COMMAND)
    try:
        return nets, ExpressionReader(weights)
    except DAMAGED as error:
        raise ConfigError(
            f"face head in {weights} cannot be read: {error}", "python -m models train face, or another --weights"
        ) from error


def _select(data: Path, out: Path, labels: str, limit: int | None) -> None:
    """Copy the first `limit` pictures with the truth under the name that training reads."""
    try:
        with np.load(data, allow_pickle=False) as arrays:
            absent = {"images", labels, "classes"} - set(arrays.files)
            if absent:
                raise ConfigError(f"{data} lacks {', '.join(sorted(absent))}", f"it has {', '.join(arrays.files)}")
            chosen = {"images": arrays["images"][:limit], "labels": arrays[labels][:limit]}
            np.savez(out, classes=arrays["classes"], **chosen)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{data} cannot be read as npz: {error}", "check the path; it is a numpy archive") from error
