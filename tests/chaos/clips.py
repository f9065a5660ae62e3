"""Many clips out of a few: demo clips with a number behind their last byte, which no decoder reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

CHEAP = ("media.fps=1", "media.max_side=160", "transcribe.provider=written", "speech.normalise=training", "seed=0")
"""Settings with which a clip costs a fifth of a CPU second: what is tried is the machinery, not the models."""
PICTURED = 8
"""Every so many clips one has pictures; the others are sound alone."""


def make_clips(demo: Path, folder: Path, count: int) -> list[str]:
    """Fill `folder` with `count` clips of distinct bytes, some with a transcript; returns their names."""
    folder.mkdir(parents=True)
    pictured = sorted(demo.glob("*.mp4"))
    sound = next(demo.glob("*.m4a"))
    names = []
    for number in range(count):
        source = pictured[number // PICTURED % len(pictured)] if number % PICTURED == 0 else sound
        path = folder / f"{number:04d}{source.suffix}"
        path.write_bytes(source.read_bytes() + b"\0\0\0\x0cfree" + number.to_bytes(4, "big"))
        if number % 3 == 0:
            path.with_suffix(".txt").write_text("I am glad that you came.\n", encoding="utf-8")
        names.append(path.name)
    return names


def settings(extra: Sequence[str] = ()) -> list[str]:
    """The flags of a run over them."""
    return ["--set", *CHEAP, *extra]
