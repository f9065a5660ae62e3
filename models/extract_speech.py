"""`python -m models extract speech`: what a head is trained on, measured once, so that training decodes nothing."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.faults import ClipError, ConfigError
from models.features import About, Writer
from models.folders import default_models_dir, locate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUFFIXES = (".wav", ".flac", ".mp3", ".m4a", ".mp4", ".mkv", ".avi", ".mov", ".webm", ".ogg")
Measure = Callable[["NDArray[np.float32]"], "NDArray[np.floating[Any]]"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    parser.add_argument("--data", type=Path, required=True, help="csv with a column of paths, or a folder")
    parser.add_argument("--path-column", default="path", help="paths are relative to the csv")
    parser.add_argument("--provider", choices=["emotion2vec", "prosody"], default="emotion2vec")
    parser.add_argument("--model", default="emotion2vec/plus_base", help="emotion2vec folder")
    parser.add_argument("--granularity", choices=["utterance", "frame"], default="utterance")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--shard", type=int, default=256, help="items per shard, and the most that a kill can cost")
    parser.add_argument("--models-dir", type=Path, default=None, help="where models lie (default: checkpoints/)")
    parser.add_argument("--out", type=Path, required=True)


def run(args: argparse.Namespace) -> int:
    """Extract what is not there yet; 0 when every item is listed."""
    from tqdm import tqdm

    from models.heads.train_speech import decode

    items = list(read_items(args.data, args.path_column))
    about, measure = _prosody() if args.provider == "prosody" else _emotion2vec(args)
    writer = Writer(args.out, about, args.shard)
    problems = 0
    for item, path in tqdm([pair for pair in items if pair[0] not in writer.done], desc="extract", unit="clip"):
        try:
            writer.add(item, measure(decode(path)))
        except (ClipError, OSError, ValueError, IndexError) as error:
            # av's errors are OSError or ValueError; a file without an audio track gives an IndexError.
            problems += 1
            writer.skip(item, f"{type(error).__name__}: {error}")
    writer.flush()
    print(f"{len(items)} items, {len(about.names)} features per {about.granularity}, {problems} problems → {args.out}")
    return 0


def read_items(data: Path, column: str) -> Iterator[tuple[str, Path]]:
    """Id (the path as written) and file of every item. ConfigError when there is none."""
    if data.is_dir():
        found = [(path.relative_to(data).as_posix(), path) for path in sorted(data.rglob("*"))]
        items = [pair for pair in found if pair[1].suffix.lower() in SUFFIXES]
    elif data.is_file():
        with data.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        if rows and column not in rows[0]:
            raise ConfigError(f"{data} has no column {column}", f"it has {', '.join(rows[0])}")
        items = [(row[column], data.parent / row[column]) for row in rows]
    else:
        raise ConfigError(f"there is no {data}", "--data CSV or FOLDER")
    if not items:
        raise ConfigError(f"{data} holds no recording", f"a folder with {', '.join(SUFFIXES)}, or a csv of paths")
    yield from dict(items).items()


def _prosody() -> tuple[About, Measure]:
    import numpy as np

    from models import speech_prosody
    from models.fingerprint import fingerprint
    from models.prosody.functionals import functionals
    from models.prosody.voice import measure

    names = speech_prosody.ProsodyEncoder().feature_names
    key = fingerprint("prosody-functionals", speech_prosody.VERSION, {"names": list(names)}, {})

    def features(audio: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        found = functionals(measure(speech_prosody.checked(audio)))
        if not found:
            raise ClipError("too little speech for functionals")
        return np.array([found.get(name, np.nan) for name in names], dtype=np.float32)

    return About(key, names, "utterance", None), features


def _emotion2vec(args: argparse.Namespace) -> tuple[About, Measure]:
    import numpy as np

    from models.emotion2vec import checked, features_key
    from models.emotion2vec_files import find, frame_samples, read_config
    from models.emotion2vec_net import Emotion2vecNet

    folder = find(locate(args.model, args.models_dir or default_models_dir()))
    net = Emotion2vecNet(folder, args.device, args.threads)
    by_frame = args.granularity == "frame"
    samples = frame_samples(read_config(folder.config)["modalities"]["audio"]["feature_encoder_spec"])

    def features(audio: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        frames, _ = net.frames(checked(audio))
        return (frames if by_frame else frames.mean(axis=0)).astype(np.float16)

    names = tuple(str(i) for i in range(net.width))
    return About(features_key(folder), names, args.granularity, 16_000 / samples if by_frame else None), features
