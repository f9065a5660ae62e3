"""`python -m models extract speech`: what a head is trained on, measured once, so that training decodes nothing."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.faults import ClipError, ConfigError
from harness.records.numbers import COUNT
from models.features.extract import SOUND, VIDEO, add_flags, add_measuring_flags, extract, read_files
from models.features.table import About
from models.folders import default_models_dir, locate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Measure = Callable[["NDArray[np.float32]"], "NDArray[np.floating[Any]]"]


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser)
    add_measuring_flags(parser)
    parser.add_argument("--provider", choices=["emotion2vec", "prosody"], default="emotion2vec")
    parser.add_argument("--bands", action="store_true", help="prosody: also how the spectrum moves, band by band")
    parser.add_argument("--model", default="emotion2vec/plus_base", help="emotion2vec folder")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--threads", type=COUNT.parse, default=0)


def run(args: argparse.Namespace) -> int:
    """Extract what is not there yet; 0 when every item is listed."""
    from models.features.sound import decode

    items = read_files(args.data, args.path_column, SOUND + VIDEO)
    about, measure = _prosody(args) if args.provider == "prosody" else _emotion2vec(args)
    return extract(items, about, lambda path: measure(decode(path)), args.out, args.shard)


def _prosody(args: argparse.Namespace) -> tuple[About, Measure]:
    import numpy as np

    from models.fingerprint import fingerprint
    from models.voice import measure as speech_prosody
    from models.voice.prosody.dynamics import dynamics
    from models.voice.prosody.functionals import functionals
    from models.voice.prosody.names import dynamic_names, functional_names
    from models.voice.prosody.voice import measure

    if args.granularity != "utterance":
        raise ConfigError("prosody functionals concern the whole clip", "--granularity utterance")
    names = functional_names() + (dynamic_names() if args.bands else ())
    key = fingerprint("prosody-functionals", speech_prosody.VERSION, {"names": list(names)}, {})

    def features(audio: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        voice = measure(speech_prosody.checked(audio))
        found = functionals(voice)
        if not found:
            raise ClipError("too little speech for functionals", "name longer recordings of speech")
        found |= dynamics(voice) if args.bands else {}
        if unknown := found.keys() - set(names):
            raise ValueError(f"functionals without a column: {', '.join(sorted(unknown))}")
        return np.array([found.get(name, np.nan) for name in names], dtype=np.float32)

    return About(key, names, "utterance", None), features


def _emotion2vec(args: argparse.Namespace) -> tuple[About, Measure]:
    import numpy as np

    from models.voice.emotion2vec import checked, features_key
    from models.voice.emotion2vec_files import find, frame_samples, read_config
    from models.voice.emotion2vec_net import Emotion2vecNet

    folder = find(locate(args.model, args.models_dir or default_models_dir()))
    net = Emotion2vecNet(folder, args.device, args.threads)
    by_frame = args.granularity == "frame"
    samples = frame_samples(read_config(folder.config)["modalities"]["audio"]["feature_encoder_spec"])

    def features(audio: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
        frames, _ = net.frames(checked(audio))
        return (frames if by_frame else frames.mean(axis=0)).astype(np.float16)

    names = tuple(str(i) for i in range(net.width))
    return About(features_key(folder), names, args.granularity, 16_000 / samples if by_frame else None), features
