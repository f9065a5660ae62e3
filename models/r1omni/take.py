"""A file as the published inference reads it: pictures by index and sound at 16 kHz, both by decord.

The run decodes with the driver's own reader, which chooses the same pictures; this one serves the proof and users of
the room without a run. Unlike the published reader it crops pictures and sound alike, and tells absence from silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.faults import ClipError
from harness.inputs.sampling import WHOLE, Stretch, middles
from harness.records.types import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Taken:
    """What is taken of a file.

    Attributes:
        pictures: RGB, (height, width, 3) uint8 each.
        frames: their indices in the file.
        times: the same in seconds.
        wave: mono float32 at 16 kHz; None without sound.
        why_silent: why there is no sound: `none` (no track) or what the decoder says; empty where there is.
    """

    pictures: tuple[NDArray[np.uint8], ...]
    frames: tuple[int, ...]
    times: tuple[float, ...]
    wave: NDArray[np.float32] | None
    why_silent: str = ""


def take(path: Path, count: int, crop: Stretch = WHOLE) -> Taken:
    """`count` pictures and the sound of a file, or of a stretch of it.

    Raises:
        ClipError: neither pictures nor sound can be read.
    """
    frames, times, pictures, blind = _pictures(path, count, crop)
    wave, deaf = _sound(path, crop)
    if not pictures and wave is None:
        message = f"{path.name}: no pictures ({blind}) and no sound ({deaf})"
        raise ClipError(message, "play the file to see what it holds")
    return Taken(pictures, frames, times, wave, deaf)


def _pictures(
    path: Path, count: int, crop: Stretch
) -> tuple[tuple[int, ...], tuple[float, ...], tuple[NDArray[np.uint8], ...], str]:
    import decord

    decord.logging.set_level(decord.logging.QUIET)
    try:
        reader = decord.VideoReader(str(path.absolute()), num_threads=1)
        rate = float(reader.get_avg_fps())
        kept = crop.pictures([k / rate for k in range(len(reader))], 1 / rate)
        chosen = tuple(kept[k] for k in middles(len(kept), count))
        batch = reader.get_batch(list(chosen)).asnumpy()
    except (decord.DECORDError, RuntimeError, ValueError, IndexError) as fault:
        return (), (), (), str(fault).splitlines()[0][:200] if str(fault) else type(fault).__name__
    return chosen, tuple(round(k / rate, 3) for k in chosen), tuple(batch), ""


def _sound(path: Path, crop: Stretch) -> tuple[NDArray[np.float32] | None, str]:
    import decord
    import numpy as np

    try:
        reader = decord.AudioReader(str(path.absolute()), sample_rate=SAMPLE_RATE, mono=True)
        wave = np.asarray(reader[:].asnumpy(), np.float32).mean(axis=0)
    except (decord.DECORDError, RuntimeError, ValueError, IndexError) as fault:
        told = str(fault)
        return None, "none" if "find audio stream" in told.lower() or "audio stream" in told.lower() else told[:200]
    kept = wave[crop.samples(len(wave), float(SAMPLE_RATE))]
    return (kept, "") if len(kept) else (None, "none")
