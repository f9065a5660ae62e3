"""`python -m models extract mfcc`: a voice frame by frame as cepstra, for the heads that read sequences."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from harness.faults import ClipError
from models.features.extract import SOUND, VIDEO, add_flags, extract, read_files
from models.features.table import About
from models.fingerprint import fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1
RATE = 50.0
JOINED = 2
"""Frames of 10 ms that one row is the mean of."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add this command's flags."""
    add_flags(parser)


def run(args: argparse.Namespace) -> int:
    """Extract what is not there yet; 0 when every item is listed."""
    from models.features.sound import decode
    from models.voice.prosody.frames import CEPSTRA

    names = tuple(f"mfcc{k + 1}" for k in range(CEPSTRA)) + tuple(f"mfcc{k + 1}_change" for k in range(CEPSTRA))
    key = fingerprint("mfcc", VERSION, {"names": list(names), "rate": RATE}, {})
    items = read_files(args.data, args.path_column, SOUND + VIDEO)
    about = About(key, names, "frame", RATE, "audio")
    return extract(items, about, lambda path: mfcc(decode(path)), args.out, args.shard)


def mfcc(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """MFCC 1–12 and their change from row to row (rows, 24), `RATE` rows a second, of 16 kHz sound (samples,).

    Raises:
        ClipError: the sound is too short, or silent.
    """
    import numpy as np

    from models.voice.prosody.frames import WINDOW, Spectra, cepstra, mel_energies

    if len(audio) < 4 * WINDOW or not np.abs(audio).any():
        raise ClipError("too short, or silent, for cepstra", "name longer recordings")
    found = cepstra(np.concatenate([mel_energies(power) for _, power in Spectra(audio)][::-1]))
    whole = len(found) // JOINED * JOINED
    rows = found[:whole].reshape(-1, JOINED, found.shape[1]).mean(axis=1)
    change = np.diff(rows, axis=0, prepend=rows[:1])
    return np.hstack([rows, change]).astype(np.float32)
