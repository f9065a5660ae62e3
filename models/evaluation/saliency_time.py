"""`python -m models saliency time`: when in a clip a head's answer lies, by hiding intervals of it.

For each clip and head the effects of the intervals, and whether their ranking beats random ones; where it does not, the
report shows nothing of it. Written into `saliency/` of a run's folder, the lanes stand in the run's report.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.faults import ClipError, ConfigError
from harness.judging.occlusion import CONTROLS, LEVEL, occlude
from harness.records.atomic import write_atomic
from harness.records.numbers import SEED
from harness.records.store import SUFFIX, file_stem
from harness.records.types import SAMPLE_RATE, Media, MediaInfo, Opinion
from harness.records.verdicts import SALIENCY_SCHEMA
from models.evaluation.face import opened
from models.evaluation.saliency import CURVES, INTERRUPTED, NO_FACE, why_not
from models.evaluation.time_answers import Interval, Judged, face_says, intervals, judged, voice_says
from models.face.tracker import HEAD, CvMeshTracker
from models.features.pictures import pictures
from models.features.sound import decode
from models.fingerprint import file_sha256
from models.voice.measure import HEAD as VOICE
from models.voice.measure import ProsodyEncoder

HEADS = ("face", "voice")
NO_VOICE = "no opinion on the voice: less than .3 s of speech"


@dataclass(frozen=True)
class Heads:
    """The heads that are asked; None where one is not."""

    face: CvMeshTracker | None
    voice: ProsodyEncoder | None


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument("--data", type=Path, nargs="+", required=True, metavar="FILE", help="clips")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="RUN/saliency puts lanes into its report"
    )
    parser.add_argument("--heads", nargs="+", choices=HEADS, default=HEADS, help="which are asked (default: both)")
    parser.add_argument("--models-dir", type=Path, default=None, help="where the face nets lie (default: checkpoints/)")
    parser.add_argument("--seed", type=SEED.parse, default=0, help="draws the random rankings")


def run(args: argparse.Namespace) -> int:
    """Explain every clip; 0 when a head was asked about at least one, 130 after an interrupt."""
    named = [path.name for path in args.data]
    if twice := sorted({name for name in named if named.count(name) > 1}):
        raise ConfigError(f"several clips are called {', '.join(twice)}", "give each a --out of its own")
    face = CvMeshTracker(opened(HEAD, args.models_dir)[0], HEAD) if "face" in args.heads else None
    heads = Heads(face, ProsodyEncoder(VOICE) if "voice" in args.heads else None)
    args.out.mkdir(parents=True, exist_ok=True)
    asked = 0
    for path in args.data:
        target = args.out / (file_stem(path.name) + SUFFIX)
        try:
            found = explain(path, heads, args.seed)
        except KeyboardInterrupt:  # what was measured is kept
            return INTERRUPTED
        except (ClipError, OSError, ValueError) as error:  # av's errors are OSError or ValueError
            target.unlink(missing_ok=True)
            print(f"{path.name}: not shown: {error}", file=sys.stderr)
            continue
        write_atomic(target, (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode())
        asked += any("label" in item for item in found["heads"].values())
        for name, item in found["heads"].items():
            print(f"{path.name}: {name}: {_line(item)}", flush=True)
    return 0 if asked else 2


def explain(path: Path, heads: Heads, seed: int) -> dict[str, Any]:
    """What is written of one clip. ClipError where it holds neither pictures nor sound."""
    media = _media(path)
    lengths = [
        media.frames[-1].time if media.frames else 0.0,
        0.0 if media.audio is None else len(media.audio) / SAMPLE_RATE,
    ]
    parts = intervals(max(lengths))
    found: dict[str, Any] = {
        "schema": SALIENCY_SCHEMA,
        "clip": path.name,
        "sha256": file_sha256(path),
        "intervals": [list(part) for part in parts],
        "settings": {"controls": CONTROLS, "level": LEVEL, "seed": seed},
        "heads": {},
    }
    for name, asked in (("face", _face), ("voice", _voice)):
        if getattr(heads, name) is None:
            continue
        started = time.process_time()
        found["heads"][name] = _head(asked(heads, media, parts), len(parts), [seed, zlib.crc32(path.name.encode())])
        found["heads"][name]["cpu_seconds"] = round(time.process_time() - started, 2)
    return found


def _media(path: Path) -> Media:
    """Pictures and sound, as far as there are any."""
    try:
        frames = pictures(path)
    except ClipError:
        frames = ()
    try:
        audio = decode(path)
    except IndexError:
        audio = None
    if not frames and audio is None:
        raise ClipError(f"{path.name} holds neither pictures nor sound", "name clips")
    return Media(MediaInfo("", 0.0, None, None), audio, frames)


def _face(heads: Heads, media: Media, parts: tuple[Interval, ...]) -> Judged | str:
    readings = heads.face.readings(media) if heads.face is not None and media.frames else None
    if readings is None:
        return NO_FACE if media.frames else "no pictures"
    return judged(readings.labels, face_says(readings, parts), len(parts)) or NO_FACE


def _voice(heads: Heads, media: Media, parts: tuple[Interval, ...]) -> Judged | str:
    voice, audio = heads.voice, media.audio
    if voice is None or audio is None:
        return "no sound"

    def opinion(samples: Any) -> Opinion | None:
        try:
            return voice.encode(samples).opinion
        except ClipError:  # what is left is too short to be heard
            return None

    return judged(voice.labels, voice_says(audio, parts, opinion), len(parts)) or NO_VOICE


def _head(asked: Judged | str, parts: int, seed: list[int]) -> dict[str, Any]:
    if isinstance(asked, str):
        return {"shown": False, "why_not": asked}
    found = occlude(asked.answer, parts, np.random.default_rng(seed))
    curves = {}
    for name in CURVES:
        drawn = [getattr(control, name) for control in found.controls]
        figures = {
            "area": getattr(found.areas, name),
            "random": float(np.mean(drawn)),
            "p": getattr(found, f"{name}_p"),
        }
        curves[name] = {key: round(value, 4) for key, value in figures.items()}
    return {
        "label": asked.label,
        "probability": round(found.whole, 4),
        "probability_hidden": round(found.hidden, 4),
        "effects": found.effects.round(4).tolist(),
        **curves,
        "shown": found.beats_random,
        "why_not": None if found.beats_random else why_not(found),
    }


def _line(item: Mapping[str, Any]) -> str:
    if "label" not in item:
        return f"not shown: {item['why_not']}"
    figures = ", ".join(f"{name} {item[name]['area']:.3f} (random {item[name]['random']:.3f})" for name in CURVES)
    end = "shown" if item["shown"] else f"not shown: {item['why_not']}"
    return f"{item['label']} {item['probability']:.2f}, {figures} → {end}"
