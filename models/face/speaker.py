"""Which face to follow: in each shot the largest one that is talking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.face.follow import Following, Strand
from models.face.geometry import INNER_LIPS, MOUTH_CORNERS
from models.face.mesh import EYE_OUTER_LEFT, EYE_OUTER_RIGHT

TALKING_R, CLEARER_R = 0.25, 0.2
"""`talk_correlation` from which a mouth counts as moving with the voice, and by how much one must be ahead to win."""
LEAST_SECONDS = 3.0
GRID_SECONDS = 0.08
LEAST_OPENING = 0.02
SAMPLE_RATE = 16_000
SHOTS_TOLD = 6


@dataclass(frozen=True)
class Choice:
    """The strand followed in each shot that has one, and the decision in words."""

    strands: tuple[Strand, ...]
    words: str


def choose(following: Following, times: NDArray[np.float64], audio: NDArray[np.float32] | None) -> Choice:
    """Follow in every shot the largest talking face, or the largest if none talks.

    Args:
        following: all faces.
        times: frame times (n,), s.
        audio: 16 kHz mono, None without sound.
    """
    level = voice_level(audio, times) if audio is not None else None
    chosen, told = [], []
    for shot, (start, end) in enumerate(following.shots):
        here = [strand for strand in following.strands if strand.shot == shot]
        if not here:
            told.append((start, end, "no face"))
            continue
        strand, words = _choose_in_shot(here, end - start, times, level)
        chosen.append(strand)
        told.append((start, end, words))
    if not chosen:
        return Choice((), "no face found")
    if len(told) == 1:
        return Choice(tuple(chosen), told[0][2])
    parts = [f"{times[a]:.1f}–{times[b - 1]:.1f} s: {words}" for a, b, words in told[:SHOTS_TOLD]]
    if len(told) > SHOTS_TOLD:
        parts.append(f"and {len(told) - SHOTS_TOLD} more shots")
    return Choice(tuple(chosen), "; ".join(parts))


def _choose_in_shot(
    here: Sequence[Strand], frames: int, times: NDArray[np.float64], level: NDArray[np.float64] | None
) -> tuple[Strand, str]:
    if len(here) == 1:
        return here[0], "the only face"
    many = f"of {len(here)} faces"
    if level is not None:
        talking = [(strand, r) for strand in here if (r := talk_correlation(strand, times, level)) >= TALKING_R]
        if talking:
            clearest = max(r for _, r in talking)
            talking = [pair for pair in talking if pair[1] > clearest - CLEARER_R]
            strand, r = max(talking, key=lambda pair: pair[0].eye_distance)
            which = "the one" if len(talking) == 1 else f"the largest of {len(talking)}"
            return strand, f"{many}, {which} whose mouth moves with the voice (r = {r:.2f})"
    strand = max(here, key=lambda s: s.eye_distance * np.sqrt(len(s.frames) / frames))
    why = "no sound to tell who talks" if level is None else "no mouth clearly moves with the voice"
    return strand, f"{many}, the largest ({why})"


def talk_correlation(strand: Strand, times: NDArray[np.float64], level: NDArray[np.float64]) -> float:
    """How far the mouth is busy when the voice is loud: a correlation, 0 when it cannot be told.

    Of the logarithm of the speed of the lips (opening and width, mean over 0.4 s) with the voice's level, the best of
    shifts by −1, 0 and 1 step of 0.08 s. A weak sign: on seven clips of one speaker it was .43 .27 .35 .54 .38 .03 .04,
    and .12 ± .32 with the sound of another clip, most by chance in the shortest; so under 3 s nothing is said. A mouth
    whose opening varies by less than 2 % of the outer-eye distance does not talk.
    """
    points = np.stack(strand.points)
    span = np.linalg.norm(points[:, EYE_OUTER_LEFT] - points[:, EYE_OUTER_RIGHT], axis=1)
    opening, width = (
        np.linalg.norm(points[:, a] - points[:, b], axis=1) / span for a, b in (INNER_LIPS, MOUTH_CORNERS)
    )
    when = times[np.array(strand.frames)]
    if when[-1] - when[0] < LEAST_SECONDS or np.percentile(opening, 90) - np.percentile(opening, 10) < LEAST_OPENING:
        return 0.0
    # On an even grid: frames taken from 24 or 25 a second are not evenly spaced, and speed is their difference.
    grid = np.arange(when[0], when[-1], GRID_SECONDS)
    lips = [np.interp(grid, when, values) for values in (opening, width)]
    speed = np.abs(np.gradient(lips[0])) + np.abs(np.gradient(lips[1]))
    busy = np.log(np.convolve(np.pad(speed, 2, mode="edge"), np.ones(5) / 5, mode="valid") + 0.003)
    loud = np.interp(grid, times, level)
    found = []
    for shift in (-1, 0, 1):
        x, y = busy[max(0, shift) : len(busy) + min(0, shift)], loud[max(0, -shift) : len(loud) + min(0, -shift)]
        found.append(float(np.corrcoef(x, y)[0, 1]) if x.std() > 1e-9 and y.std() > 1e-9 else 0.0)
    return max(found)


def voice_level(audio: NDArray[np.float32], times: NDArray[np.float64], window: float = 0.3) -> NDArray[np.float64]:
    """Sound level around each frame, shape (n,): RMS over `window` s, dB re full scale, not below −45."""
    half = max(int(window * SAMPLE_RATE / 2), 1)
    power = np.concatenate([[0.0], np.cumsum(audio.astype(np.float64) ** 2)])
    centre = np.clip((times * SAMPLE_RATE).astype(np.int64), 0, len(audio))
    low, high = np.clip(centre - half, 0, len(audio)), np.clip(centre + half, 0, len(audio))
    mean = (power[high] - power[low]) / np.maximum(high - low, 1)
    return np.asarray(10 * np.log10(np.maximum(mean, 10 ** (-45 / 10))))
