"""When and where an omni model looks and listens: what it answers at once with intervals or regions hidden from it.

The question is the run's own, with all words and measurements, and the reasoning is left out: each answer is a short
request. Hidden sound is silence; a hidden picture, or region of all pictures, is filled with the picture's mean colour.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.context import Context
from harness.faults import Absent
from harness.reasoning.prompting import Prompter
from harness.records.types import SAMPLE_RATE, Frame, Media
from harness.records.verdicts import Areas, HiddenParts

if TYPE_CHECKING:
    from harness.judging.occlusion import Array, Masks, Occlusion

Hide = Callable[[Media, Any], Media]
"""The media and which parts are hidden (parts,) → what is shown."""
NO_LOGPROBS = "the server gives no log-probabilities"


def moments(prompter: Prompter, count: int, context: Context) -> HiddenParts:
    """Over `count` equal intervals of what the model is shown and hears. Absent where it cannot be asked."""
    media = context.load_media()
    start = media.frames[0].time if media.frames else 0.0
    heard = 0.0 if media.audio is None else len(media.audio) / SAMPLE_RATE
    length = max(heard, media.frames[-1].time - start if media.frames else 0.0)
    if not length:
        raise Absent("neither sound nor several pictures to be hidden in part")
    step = length / count
    spans = tuple((round(start + k * step, 3), round(start + (k + 1) * step, 3)) for k in range(count))
    return _asked(prompter, context, media, count, _without_moments(start, step), intervals=spans)


def regions(prompter: Prompter, grid: int, context: Context) -> HiddenParts:
    """Over `grid` × `grid` cells, hidden in all pictures at once. Absent where there are none."""
    media = context.load_media()
    if not media.frames:
        raise Absent("no pictures to be hidden in part")
    return _asked(prompter, context, media, grid**2, _without_regions(grid), grid=grid)


def _without_moments(start: float, step: float) -> Hide:
    def hide(media: Media, gone: Any) -> Media:
        last = len(gone) - 1
        frames = tuple(
            _flat(frame) if gone[min(last, int((frame.time - start) / step))] else frame for frame in media.frames
        )
        audio = media.audio
        if audio is not None:
            audio = audio.copy()
            for k in range(len(gone)):
                if gone[k]:
                    end = len(audio) if k == last else round((k + 1) * step * SAMPLE_RATE)
                    audio[round(k * step * SAMPLE_RATE) : end] = 0
        return replace(media, frames=frames, audio=audio)

    return hide


def _without_regions(grid: int) -> Hide:
    def hide(media: Media, gone: Any) -> Media:
        import numpy as np

        frames = []
        for frame in media.frames:
            rows, columns = (np.linspace(0, side, grid + 1).astype(int) for side in frame.rgb.shape[:2])
            rgb, mean = frame.rgb.copy(), frame.rgb.mean(axis=(0, 1)).astype(np.uint8)
            for k in np.flatnonzero(gone):
                y, x = divmod(int(k), grid)
                rgb[rows[y] : rows[y + 1], columns[x] : columns[x + 1]] = mean
            frames.append(Frame(frame.time, rgb))
        return replace(media, frames=tuple(frames))

    return hide


def _flat(frame: Frame) -> Frame:
    import numpy as np

    rgb = np.empty_like(frame.rgb)
    rgb[:] = frame.rgb.mean(axis=(0, 1))
    return Frame(frame.time, rgb)


def _asked(
    prompter: Prompter,
    context: Context,
    media: Media,
    parts: int,
    hide: Hide,
    intervals: tuple[tuple[float, float], ...] = (),
    grid: int = 0,
) -> HiddenParts:
    """Ask under every mask that the curves need, about none of them twice."""
    import numpy as np

    from harness.judging.occlusion import occlude

    known: dict[bytes, tuple[float, ...]] = {}

    def probabilities(mask: Any) -> tuple[float, ...]:
        key = mask.tobytes()
        if key not in known:
            shown = hide(media, mask)
            found = prompter.after(replace(context, load_media=lambda: shown), "")
            if found is None:
                raise Absent(NO_LOGPROBS, "use vLLM, or another server that has them")
            known[key] = found
        return known[key]

    whole = probabilities(np.zeros(parts, dtype=bool))
    place = max(range(len(whole)), key=whole.__getitem__)

    def answer(masks: Masks) -> Array:
        return np.array([probabilities(np.ascontiguousarray(mask))[place] for mask in masks], dtype=np.float64)

    found = occlude(answer, parts, np.random.default_rng([parts, zlib.crc32(context.clip.id.encode())]))
    return HiddenParts(
        prompter.space.labels[place],
        round(found.whole, 4),
        round(found.hidden, 4),
        tuple(found.effects.round(4).tolist()),
        intervals,
        grid,
        _areas(found, "deletion"),
        _areas(found, "insertion"),
        found.beats_random,
        len(known),
    )


def _areas(found: Occlusion, curve: str) -> Areas:
    drawn = [getattr(control, curve) for control in found.controls]
    values = getattr(found.areas, curve), sum(drawn) / len(drawn), getattr(found, f"{curve}_p")
    return Areas(*(round(float(value), 4) for value in values))
