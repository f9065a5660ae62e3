"""`python -m models saliency face`: where on a face the expression head's answer lies, by occlusion.

An overlay is written only where the ranking of the cells beats random rankings; for the others it is said that it is
not shown, and why.
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from harness.faults import ClipError, ConfigError
from harness.judging.occlusion import (
    CONTROLS,
    LEVEL,
    Areas,
    Array,
    Masks,
    Occlusion,
    areas,
    centre_first,
    grid_masks,
    occlude,
)
from harness.records.atomic import write_atomic
from harness.records.numbers import AT_LEAST_ONE, SEED
from harness.records.types import Media, MediaInfo
from models.evaluation.face import opened
from models.evaluation.overlay import overlay
from models.face.expression import SIDE
from models.face.tracker import HEAD, WEIGHT_FILES, CvMeshTracker
from models.fingerprint import digests

if TYPE_CHECKING:
    from models.face.reader import ExpressionReader

SCHEMA = "saliency/1"
CELLS = 6
BLUR_PX = 8.0
"""Standard deviation of the blur that a hidden cell is filled with: one cell, so that no feature is left in it."""
BATCH = 64
INTERRUPTED = 130
CURVES = ("deletion", "insertion")
PICTURES = ".npz"
NO_FACE = "no face that the head reads: none was found, or it is too small (24 px between the eyes) or turned away"


@dataclass(frozen=True)
class Face:
    """An aligned crop (48, 48): `time` is the frame's in a clip, s; `found` says whether it could be aligned."""

    id: str
    crop: NDArray[np.uint8]
    time: float | None = None
    found: bool = True


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument(
        "--data",
        type=Path,
        nargs="+",
        required=True,
        metavar="FILE",
        help="pictures, clips, or npz of images 48 × 48",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="for saliency.json and the overlays")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="the head's folder (default: the one that ships)")
    parser.add_argument("--models-dir", type=Path, default=None, help="where the face nets lie (default: checkpoints/)")
    parser.add_argument("--limit", type=AT_LEAST_ONE.parse, metavar="N", help="of an npz: N pictures, drawn at random")
    parser.add_argument("--seed", type=SEED.parse, default=0, help="draws those, and the random rankings")
    parser.add_argument("--json", action="store_true", help="print what is written to saliency.json")


def run(args: argparse.Namespace) -> int:
    """Explain every face; 0 when at least one was read, 130 after an interrupt."""
    folder = args.weights or HEAD
    nets, reader = opened(folder, args.models_dir)
    named = [path.name for path in args.data]
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise ConfigError(f"several inputs are called {', '.join(twice)}", "give each a --out of its own")
    args.out.mkdir(parents=True, exist_ok=True)
    tracker = CvMeshTracker(nets, folder)
    items: list[dict[str, Any]] = []
    unread: dict[str, str] = {}
    code = 0
    try:
        for path in args.data:
            try:
                for face in _faces(path, nets, tracker, args.limit, args.seed):
                    items.append(_explain(face, reader, args.out, args.seed))
                    if not args.json:
                        print(_line(items[-1]), flush=True)
            except (ConfigError, ClipError, OSError, ValueError) as error:  # av's errors are OSError or ValueError
                unread[path.name] = str(error)
                (args.out / f"{path.name}.png").unlink(missing_ok=True)
                print(f"{path.name}: not shown: {error}", file=sys.stderr)
    except KeyboardInterrupt:  # what was measured is kept
        code = INTERRUPTED
    _write(args, folder, items, unread, code == INTERRUPTED)
    return code or (0 if items else 2)


def _write(
    args: argparse.Namespace, head: Path, items: list[dict[str, Any]], unread: dict[str, str], interrupted: bool
) -> None:
    result: dict[str, Any] = {
        "schema": SCHEMA,
        "head": digests({name: head / name for name in WEIGHT_FILES}),
        "settings": {"cells": CELLS, "blur_px": BLUR_PX, "controls": CONTROLS, "level": LEVEL, "seed": args.seed},
        "interrupted": interrupted,
        "summary": summary(items),
        "items": items,
        "unread": unread,
    }
    text = json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    write_atomic(args.out / "saliency.json", text.encode())
    print(text if args.json else _told(result["summary"]), end="" if args.json else "\n")


def summary(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Over all faces: how many are shown, mean areas of all three rankings, and how often the own one wins."""
    found: dict[str, Any] = {"n": len(items), "shown": sum(item["shown"] for item in items)}
    for curve, sign in (("deletion", -1), ("insertion", 1)) if items else ():
        rows = [item[curve] for item in items]
        own = np.array([row["area"] for row in rows])
        found[curve] = {"area": round(float(own.mean()), 4)}
        for name in ("random", "middle_first"):
            other = np.array([row[name] for row in rows])
            found[curve][name] = round(float(other.mean()), 4)
            found[curve][f"better_than_{name}"] = round(float((sign * (own - other) > 0).mean()), 4)
    return found


def hiding(reader: ExpressionReader, crop: NDArray[np.uint8]) -> tuple[Any, int]:
    """What the head says under masks of cells of a crop (48, 48): a function for `occlude`, and its answer's place."""
    import cv2

    blurred = cv2.GaussianBlur(crop, (0, 0), BLUR_PX, borderType=cv2.BORDER_REPLICATE)
    label = int(reader.probabilities(crop[None])[0].argmax())

    def answer(masks: Masks) -> Array:
        crops = np.where(grid_masks(masks, CELLS, SIDE), blurred[None], crop[None])
        parts = [reader.probabilities(crops[at : at + BATCH])[:, label] for at in range(0, len(crops), BATCH)]
        return np.concatenate(parts)

    return answer, label


def _faces(path: Path, nets: Path, tracker: CvMeshTracker, limit: int | None, seed: int) -> Iterator[Face]:
    """The crops of a file: all of an npz, one of a picture or clip. ClipError where a file has no readable face."""
    from models.features.pictures import pictures
    from models.features.sound import decode

    if path.suffix.lower() == PICTURES:
        yield from _stored(path, nets, limit, seed)
        return
    frames = pictures(path)
    try:
        audio = decode(path)
    except IndexError:  # without sound the face is still there
        audio = None
    best = tracker.best_crop(Media(MediaInfo("", 0.0, None, None), audio, frames))
    if best is None:
        raise ClipError(NO_FACE, "name pictures of faces from the front")
    yield Face(path.name, best[1], round(best[0], 4))


def _stored(path: Path, nets: Path, limit: int | None, seed: int) -> Iterator[Face]:
    from models.training.face_data import aligned

    try:
        with np.load(path, allow_pickle=False) as data:
            if "images" not in data.files:
                raise ConfigError(f"{path} lacks images", "it needs an array `images`")
            images = data["images"]
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as npz: {error}", "check the path; it is a numpy archive") from error
    if images.shape[1:] != (SIDE, SIDE) or images.dtype != np.uint8:
        raise ConfigError(
            f"{path}: pictures {images.shape} {images.dtype}, expected n × 48 × 48 uint8",
            "export the pictures as FER2013's are",
        )
    rows = np.arange(len(images))
    if limit is not None and limit < len(rows):
        rows = np.random.default_rng(seed).permutation(rows)[:limit]  # in this order: a part of them is a sample too
    faces = aligned(images[rows], np.zeros(len(rows), dtype=np.intp), nets)
    for row, crop, found in zip(rows, faces.crops, faces.found, strict=True):
        yield Face(f"{path.name}-{row:05d}", crop, None, bool(found))


def _explain(face: Face, reader: ExpressionReader, out: Path, seed: int) -> dict[str, Any]:
    """One face's figures; writes its overlay where that is shown, and removes an earlier one where it is not."""
    answer, place = hiding(reader, face.crop)
    random = np.random.default_rng([seed, zlib.crc32(face.id.encode())])  # other inputs change nothing
    found = occlude(answer, CELLS**2, random)
    middle = areas(answer, centre_first(CELLS), found.whole, found.hidden)
    label, target = reader.facts.labels[place], out / f"{face.id}.png"
    item: dict[str, Any] = {"id": face.id, "time": face.time, "aligned": face.found, "label": label}
    item |= {"probability": round(found.whole, 4), "probability_hidden": round(found.hidden, 4)}
    item |= {name: _curve(name, found, middle) for name in CURVES}
    item["effects"] = found.effects.reshape(CELLS, CELLS).round(4).tolist()
    item |= {"shown": found.beats_random, "overlay": target.name if found.beats_random else None}
    item["why_not"] = None if found.beats_random else why_not(found)
    if found.beats_random:
        strongest = found.effects[np.abs(found.effects).argmax()]
        words = f"{label} {found.whole:.2f}; strongest cell hidden: {-strongest:+.2f}"
        write_atomic(target, overlay(face.crop, found.effects.reshape(CELLS, CELLS), words))
    else:
        target.unlink(missing_ok=True)
    return item


def why_not(found: Occlusion) -> str:
    """Which area does not beat the random rankings."""
    bad = [name for name in CURVES if getattr(found, f"{name}_p") > LEVEL]
    return f"{' and '.join(bad)} no better than random rankings"


def _curve(name: str, found: Occlusion, middle: Areas) -> dict[str, float]:
    drawn = [getattr(control, name) for control in found.controls]
    return {
        "area": round(getattr(found.areas, name), 4),
        "random": round(float(np.mean(drawn)), 4),
        "random_best": round(min(drawn) if name == "deletion" else max(drawn), 4),
        "middle_first": round(getattr(middle, name), 4),
        "p": round(getattr(found, f"{name}_p"), 4),
    }


def _line(item: dict[str, Any]) -> str:
    figures = ", ".join(f"{name} {item[name]['area']:.3f} (random {item[name]['random']:.3f})" for name in CURVES)
    end = item["overlay"] if item["shown"] else f"not shown: {item['why_not']}"
    return f"{item['id']}: {item['label']} {item['probability']:.2f}, {figures} → {end}"


def _told(found: dict[str, Any]) -> str:
    lines = [f"{found['shown']} of {found['n']} overlays shown"]
    for name in CURVES if found["n"] else ():
        row = found[name]
        lines.append(
            f"  {name} {row['area']:.3f}; random {row['random']:.3f} (beaten in {row['better_than_random']:.1%}); "
            f"from the middle outward {row['middle_first']:.3f} (beaten in {row['better_than_middle_first']:.1%})"
        )
    return "\n".join(lines)
