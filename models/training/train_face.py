"""Train the face head: an npz of labelled face pictures → aligned crops → a calibrated net with its card."""

from __future__ import annotations

import importlib.util
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.faults import ConfigError
from harness.records.numbers import AT_LEAST_ONE, SEED
from models.face import files
from models.face.expression import SIDE, ZOOMS, detail, stretched
from models.face.reader import NET, ExpressionReader, HeadFacts
from models.fingerprint import file_sha256
from models.folders import default_models_dir
from models.heads.figures import accuracy, ece, majority, uar
from models.heads.files import DAMAGED
from models.heads.linear import fit_temperature
from models.training import face_curves
from models.training.card import Licensed, data_sha256, write_card
from models.training.face_data import (
    LABELS,
    Faces,
    aligned,
    held_out_rows,
    near_pairs,
    picture_bits,
    picture_groups,
    read_pictures,
)
from models.training.face_net import Plan, export, train

if TYPE_CHECKING:
    import argparse

    from numpy.typing import NDArray

ALIGNMENT = 1
"""Raised when alignment changes what it returns, so that kept crops are made again."""
SOURCES = (
    Licensed("FER2013", "for research (Goodfellow et al., 2013; Kaggle)"),
    Licensed("MediaPipe's landmark net", "Apache-2.0; it aligned the faces and is not part of the weights", True),
)
HELD_OUT = 0.1
PARTS = 2_000
LARGEST_GAP = 1e-3
"""Logit difference between torch and OpenCV beyond which a net is not written."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `python -m models train face`."""
    parser.add_argument("--data", type=Path, required=True, metavar="TRAIN.npz", help="images, labels, classes")
    parser.add_argument("--valid", type=Path, required=True, metavar="VALID.npz", help="pictures to measure on")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the head and its card go")
    parser.add_argument("--models-dir", type=Path, default=None, help="where the face nets lie (default: checkpoints/)")
    parser.add_argument(
        "--work", type=Path, default=None, metavar="DIR", help="crops and checkpoint of a run, to resume"
    )
    parser.add_argument("--keep-net", action="store_true", help="no training: measure the net in --out once more")
    parser.add_argument("--epochs", type=AT_LEAST_ONE.parse, default=Plan.epochs, help="passes over the pictures")
    parser.add_argument("--seed", type=SEED.parse, default=Plan.seed, help="of weights, order, augmentation and split")


def run(args: argparse.Namespace) -> int:
    """Train on `--data`, measure on `--valid`, write net, head, figures and card. 0 on success."""
    absent = [name for name in ("torch", "onnx") if importlib.util.find_spec(name) is None]
    if absent and not args.keep_net:
        raise ConfigError(f"training needs {', '.join(absent)}", "pip install -r requirements/train.txt")
    models_dir = args.models_dir or default_models_dir()
    nets = models_dir / "face"
    wrong = files.problems(nets)
    if wrong:
        raise ConfigError(f"face nets in {nets}: {', '.join(wrong)}", files.COMMAND)
    plan = Plan(epochs=args.epochs, seed=args.seed)
    work = args.work or models_dir / "training" / "face"
    faces, valid = (kept_faces(path, nets, work) for path in (args.data, args.valid))
    held = held_out_rows(picture_groups(faces.images), HELD_OUT, args.seed)
    start = time.monotonic()
    facts, gap = fit(faces, held, plan, work / f"net-{file_sha256(args.data)[:16]}.pt", args)
    print(f"trained in {time.monotonic() - start:.0f} s")
    reader = ExpressionReader(args.out)
    unlike = np.ones(len(valid.target), dtype=bool)
    unlike[near_pairs(picture_bits(valid.images), picture_bits(faces.images))[:, 0]] = False
    rows = {"all": slice(None), "face found": valid.found, "unlike any training picture": unlike}
    figures: dict[str, Any] = {
        "pictures trained on": int((~held).sum()),
        "temperature": facts.temperature,
        "largest logit difference, torch against OpenCV": f"{gap:.1e}",
        "net, MB": round((args.out / NET).stat().st_size / 1e6, 2),
        "milliseconds of processor time a face": milliseconds(reader, valid.crops[:100]),
    }
    figures |= {f"validation: {name}": scores(reader, valid, chosen) for name, chosen in rows.items()}
    figures["held-out training pictures"] = scores(reader, faces, held)
    figures |= face_curves.degraded(reader, valid, nets) | face_curves.turned(reader, valid)
    about = words(args, faces, valid, plan, facts)
    write_card(args.out, "Face head: expression of one face", about, figures, retrain(args), [args.data], SOURCES)
    print((args.out / "figures.json").read_text(encoding="utf-8"))
    return 0


def kept_faces(path: Path, nets: Path, work: Path) -> Faces:
    """Aligned pictures of an npz, from `work` where an earlier run left them there."""
    file = work / f"aligned-{ALIGNMENT}-{file_sha256(path)[:16]}.npz"
    if not file.is_file():
        images, target = read_pictures(path)
        work.mkdir(parents=True, exist_ok=True)
        aligned(images, target, nets).save(file)
    faces = Faces.load(file)
    print(f"{path.name}: {len(faces.target)} pictures, {faces.found.mean():.1%} aligned", flush=True)
    return faces


def fit(
    faces: Faces, held: NDArray[np.bool_], plan: Plan, checkpoint: Path, args: argparse.Namespace
) -> tuple[HeadFacts, float]:
    """Train on all but the held-out pictures, calibrate on these, write the net and head.json.

    Temperature and reliability are measured with the exported net. The second value is the largest difference between
    its logits and those of the trained one.
    """
    gap = kept_gap(args.out) if args.keep_net else new_net(faces, held, plan, checkpoint, args.out)
    usual = float(np.median(detail(faces.crops[faces.found & ~held])))
    data, sha = data_sha256([args.data, args.valid]), file_sha256(args.out / NET)
    draft = HeadFacts("fer7", LABELS, SIDE, 1.0, usual, ((0.0, 0.0), (1.0, 1.0)), sha, data, ZOOMS)
    draft.save(args.out)
    reader = ExpressionReader(args.out)
    found = held & faces.found
    temperature = fit_temperature(_logits(reader, faces.crops[held]), faces.target[held])
    knots = face_curves.reliability(reader, faces.crops[found], faces.target[found])
    facts = replace(draft, temperature=round(temperature, 4), reliability=knots)
    facts.save(args.out)
    return facts, gap


def new_net(faces: Faces, held: NDArray[np.bool_], plan: Plan, checkpoint: Path, out: Path) -> float:
    """Train a net on all but the held-out pictures and write it; the largest difference of its logits to torch's."""
    views = np.stack([_stretched(faces.crops), _stretched(faces.images)])
    kept_out = (views[0][held], faces.target[held])
    net = train(views[:, ~held], faces.target[~held], kept_out, len(LABELS), plan, checkpoint)
    out.mkdir(parents=True, exist_ok=True)
    gap = export(net, out / NET)
    if not gap < LARGEST_GAP:
        raise ConfigError(
            f"OpenCV reads {out / NET} otherwise than torch: logits differ by {gap:.2g}",
            "use the package versions of requirements/train.txt",
        )
    return gap


def kept_gap(out: Path) -> float:
    """That difference as the run that made the net measured it; ConfigError when `out` holds no measured net."""
    try:
        figures = json.loads((out / "figures.json").read_text(encoding="utf-8"))
        return float(figures["largest logit difference, torch against OpenCV"])
    except DAMAGED as error:
        raise ConfigError(f"{out} holds no net with figures: {error}", "train one: leave --keep-net out") from error


def scores(reader: ExpressionReader, faces: Faces, chosen: Any) -> dict[str, Any]:
    """Figures of the written net on the chosen pictures."""
    truth = faces.target[chosen]
    p = face_curves.probabilities(reader, faces.crops[chosen])
    guess = p.argmax(axis=1)
    row: dict[str, Any] = {
        "accuracy": accuracy(truth, guess),
        "majority": majority(truth),
        "UAR": uar(truth, guess),
        "chance UAR": 1 / len(LABELS),
        "ECE": ece(p, truth),
        "n": len(truth),
    }
    return row | {f"recall {label}": float(np.mean(guess[truth == k] == k)) for k, label in enumerate(LABELS)}


def milliseconds(reader: ExpressionReader, crops: NDArray[np.uint8]) -> float:
    """Median processor time of a single face's verdict on one thread, stretching, sizes and mirror images included."""
    import cv2

    cv2.setNumThreads(1)
    reader.probabilities(crops[:1])
    times = []
    for i in range(len(crops)):
        start = time.process_time()
        reader.probabilities(crops[i : i + 1])
        times.append(time.process_time() - start)
    return float(np.median(times) * 1e3)


def words(args: argparse.Namespace, faces: Faces, valid: Faces, plan: Plan, facts: HeadFacts) -> dict[str, str]:
    """The card's sections before its figures."""
    return {
        "What it does": "Seven expressions of one face on a still picture. Landmarks turn the face upright on "
        "48 × 48 grey pixels, whose grey levels are stretched; a small residual net (He et al., 2016) run by OpenCV "
        f"gives seven logits, the mean over the picture at {' and '.join(f'{z:g}' for z in ZOOMS)} times its size and "
        "their mirror images, divided by a temperature. In a clip: the mean of log-probabilities over at most 16 "
        "frames, to which movements of mouth corners and brows add a stated prior (`models/face/temporal.py`), at most "
        "0.5 in log-probability each. It was learned from nothing, for lack of labelled clips, and is not in the "
        "figures below, which are of still pictures.",
        "Confidence": "Beside the probabilities a clip's opinion carries a confidence: outer-eye distance / 60 px (at "
        "most 1) × how far the face looks into the camera (1 − yaw / 45°) × sharpness × share of frames with a face × "
        "frames / 6 (at most 1). Sharpness comes from the fine detail of the crops: blurring and reducing the held-out "
        "pictures showed how much of the accuracy above the majority is left at each share of the usual detail: "
        + ", ".join(f"{place:.2f} → {factor:.2f}" for place, factor in facts.reliability)
        + f". The curve below blurs, or reduces and enlarges, every {face_curves.SHARE}rd validation picture before "
        "the face is aligned, and counts those in which a face is still found; of a single picture, frames / 6 is left "
        "out.",
        "Data": f"{args.data.name}: {len(faces.target)} pictures, a face found in {faces.found.mean():.1%}; "
        f"{args.valid.name}: {len(valid.target)}, {valid.found.mean():.1%}. SHA-256 over both files: "
        f"`{facts.data_sha256}`",
        "Split": f"{HELD_OUT:.0%} of the first file, near-duplicates and mirror images kept on one side, gave the "
        "temperature, the sharpness curve and the choice of sizes; the net was trained on the rest for a number of "
        "passes fixed beforehand. "
        "The second file chose nothing of this net; the place of the eyes on the crop had been compared on it for "
        "an earlier head. FER2013 names no people: the same person may be on both sides.",
        "Repeatable": f"{plan!r}. One processor type and one version of torch give the same net to the last bit, after "
        "an interruption too (a test holds this). Another processor may round bfloat16 differently and so end at "
        "another net; how far apart two such nets lie has not been measured.",
        "Limits": "Web pictures of posed and acted faces, labelled by few people (human agreement is about 65 %), with "
        "disgust rare. Nobody in them is speaking: on a talking face an open mouth can look like surprise or fear. No "
        "figure here holds for video, for faces turned by more than 45°, or for any group of people in particular.",
    }


def retrain(args: argparse.Namespace) -> str:
    """The command that makes this head again."""
    command = f"python -m models train face --data {args.data.name} --valid {args.valid.name} --out models/weights/face"
    changed = {"epochs": Plan.epochs, "seed": Plan.seed}
    return command + "".join(f" --{k} {getattr(args, k)}" for k, v in changed.items() if getattr(args, k) != v)


def _stretched(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.concatenate([stretched(pictures[s : s + PARTS]) for s in range(0, len(pictures), PARTS)])


def _logits(reader: ExpressionReader, crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.concatenate([reader.logits(crops[s : s + PARTS]) for s in range(0, len(crops), PARTS)])
