"""Several channels of sound → one, so that the speech survives it: the plain mean does not always let it.

Channels that hold nothing would halve the level, channels of inverted phase would cancel each other, and the bass of
a surround track is no voice. What is done depends on the samples alone and is said in words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SILENT_DB = -40.0
"""A channel this far below the loudest one holds no speech of its own."""
SILENT_RMS = 1e-4
INVERTED = -0.5
"""A channel that correlates with the loudest one like this, or worse, is its opposite."""
CENTRE_DB = -10.0
"""A centre channel at least this strong against the loudest carries the dialogue alone."""
SURROUND = 5
"""Channels from which on the centre is the dialogue's by convention."""
UNDECODABLE = "cannot be decoded at all."
"""How the sentence on a track of sound ends that is there and gives none."""
MOST_CHANNELS = 8
"""More than these are not looked at one by one; their mean is taken as they come."""


@dataclass(frozen=True)
class Mix:
    """Weight of each channel, and what that amounts to, in words (empty for a single channel or a plain mean)."""

    weights: tuple[float, ...]
    said: str = ""


class Levels:
    """Sums over a track's channels, piece by piece: what `chosen_mix` goes by.

    Args:
        names: short names of the channels as FFmpeg has them (FL, FR, FC, LFE …).
    """

    def __init__(self, names: Sequence[str]) -> None:
        import numpy as np

        self.names = tuple(names)
        self.count = 0
        self.sums = np.zeros(len(self.names))
        self.products = np.zeros((len(self.names), len(self.names)))

    def add(self, samples: NDArray[np.float32]) -> None:
        """Take in a piece, (samples, channels)."""
        import numpy as np

        wide = samples.astype(np.float64)
        self.count += len(wide)
        self.sums += wide.sum(axis=0)
        self.products += wide.T @ wide

    def covariance(self) -> NDArray[Any]:
        """(channels, channels), without the channels' constant part."""
        import numpy as np

        if not self.count:
            return np.zeros_like(self.products)
        mean = self.sums / self.count
        return np.asarray(self.products / self.count - np.outer(mean, mean))


def chosen_mix(levels: Levels) -> Mix:
    """How a track's channels are to become one."""
    import numpy as np

    names, count = levels.names, len(levels.names)
    if count == 1:
        return Mix((1.0,))
    covariance = levels.covariance()
    power = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    loudest = int(np.argmax(power))
    if power[loudest] < SILENT_RMS:
        return Mix((1 / count,) * count)
    decibels = 20 * np.log10(np.maximum(power, 1e-12) / power[loudest])
    heard = [i for i in range(count) if decibels[i] > SILENT_DB]
    if len(heard) > 1:
        heard = [i for i in heard if not names[i].startswith("LFE")] or heard
    said = []
    if count >= SURROUND and "FC" in names and (centre := names.index("FC")) in heard and decibels[centre] >= CENTRE_DB:
        heard = [centre]
        said.append("the centre channel alone, where the dialogue is")
    elif len(heard) < count:
        said.append(f"channel {_listed(heard)} of {count}; the others are silent or bass")
    if loudest not in heard:
        loudest = max(heard, key=lambda i: power[i])
    weights = np.zeros(count)
    turned = []
    for i in heard:
        inverted = covariance[i, loudest] < INVERTED * power[i] * power[loudest]
        weights[i] = (-1.0 if inverted else 1.0) / len(heard)
        turned += [i] if inverted else []
    if turned:
        said.append(f"channel {_listed(turned)} is inverted and was turned over")
    return Mix(tuple(float(weight) for weight in weights), "; ".join(said))


def _listed(channels: Sequence[int]) -> str:
    return ", ".join(str(i + 1) for i in channels)


Piece = tuple[tuple[str, ...], "NDArray[np.float32]"]
"""The channels' names, and (samples, channels)."""


def to_mono(pieces: Sequence[Piece]) -> tuple[list[NDArray[np.float32]], str]:
    """Pieces of sound as mono pieces, and what was done, in words."""
    mixes, said = mixes_of(pieces)
    return [mixed(samples, mixes[names]) for names, samples in pieces], said


def mixes_of(pieces: Iterable[Piece]) -> tuple[Mapping[tuple[str, ...], Mix], str]:
    """Names of channels → how they become one, for which all their pieces are weighed; and what that is in words."""
    levels: dict[tuple[str, ...], Levels] = {}
    for names, samples in pieces:
        levels.setdefault(names, Levels(names)).add(samples)
    mixes = {names: chosen_mix(found) for names, found in levels.items()}
    plain = {names: f"mean of {len(names)} channels" if len(names) > 1 else "" for names in mixes}
    said = dict.fromkeys(mix.said or plain[names] for names, mix in mixes.items())
    return mixes, "; then ".join(text for text in said if text)


def mixed(samples: NDArray[np.float32], mix: Mix) -> NDArray[np.float32]:
    """Samples of several channels, (samples, channels), as one, (samples,)."""
    import numpy as np

    return samples[:, 0] if samples.shape[1] == 1 else samples @ np.asarray(mix.weights, np.float32)
