"""Labelled recordings as rows of features for the voice heads: prosody and, where fetched, Whisper's layer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.faults import ConfigError
from harness.inputs.table import read_rows
from models.fingerprint import file_sha256
from models.training.train_speech import FEATURES, MIN_SPEECH

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Voices:
    """Recordings of one csv in which enough speech was found.

    Attributes:
        name: of the csv, without suffix.
        names: of the features.
        x: (2, recordings, features): as recorded, and degraded; NaN where not measurable.
        polarity, emotion, intensity, speaker: columns of the csv, empty where it has none.
    """

    name: str
    names: tuple[str, ...]
    x: Floats
    polarity: NDArray[np.str_]
    emotion: NDArray[np.str_]
    intensity: NDArray[np.str_]
    speaker: NDArray[np.str_]


def read_voices(path: Path, whisper: Path | None, seed: int = 0, kept: Path | None = None) -> Voices:
    """Measure every recording of a csv with path, speaker, polarity and emotion.

    `kept` is a folder in which the measurements are looked for and kept, under a name made of the csv, the encoder and
    the seed. ConfigError when the csv has no usable row.
    """
    rows = read_rows(path, "path", "speaker", "polarity", "emotion")
    parts = [file_sha256(path), file_sha256(whisper) if whisper else "", str(seed)]
    mark = hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]
    file = kept / f"voices-{path.stem}-{mark}.npz" if kept else None
    if file is not None and file.is_file():
        with np.load(file, allow_pickle=False) as arrays:
            names, x = tuple(arrays["names"].tolist()), arrays["x"]
    else:
        names, x = _measured(path, [row["path"] for row in rows], whisper, seed)
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.savez(file, names=np.array(names), x=x)
    heard = ~np.isnan(x[0]).all(axis=1)
    if not heard.any():
        raise ConfigError(
            f"{path.name}: in no recording {MIN_SPEECH} s of speech were found", "name recordings of speech"
        )
    columns = (np.array([row.get(name) or "" for row in rows])[heard] for name in ("polarity", "emotion", "intensity"))
    polarity, emotion, intensity = columns
    speaker = np.array([f"{path.stem}/{row['speaker']}" for row in rows])[heard]
    return Voices(path.stem, names, x[:, heard].astype(np.float64), polarity, emotion, intensity, speaker)


def _measured(path: Path, files: Sequence[str], whisper: Path | None, seed: int) -> tuple[tuple[str, ...], Floats]:
    """Names of the features, and (2, recordings, features); a recording with too little speech is all NaN."""
    from tqdm import tqdm

    from models.features.sound import decode
    from models.voice.head import layer_names
    from models.voice.measure import ProsodyEncoder
    from models.voice.prosody.degrade import degrade

    encoder = ProsodyEncoder(None, whisper)
    copies: list[list[dict[str, float]]] = [[], []]
    for number, name in enumerate(tqdm(files, desc=path.stem, unit="recording")):
        audio = decode(path.parent / name)
        for copy, sound in enumerate((audio, degrade(audio, np.random.default_rng([seed, number])))):
            heard = encoder.encode(sound)
            enough = (heard.summary["speech_seconds"] or 0.0) >= MIN_SPEECH
            copies[copy].append({**heard.functionals, **layer_names(heard.layer)} if enough else {})
    known = {name for rows in copies for row in rows for name in row}
    names = tuple(sorted(name for name in known if name.startswith((*FEATURES, "layer_"))))
    return names, np.array([[[row.get(name, np.nan) for name in names] for row in rows] for rows in copies])
