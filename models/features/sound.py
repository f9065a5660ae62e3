"""Sound of a file for extraction and training, by PyAV alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.records.types import SAMPLE_RATE


def decode(path: Path) -> NDArray[np.float32]:
    """The first audio track as 16 kHz mono float32, shape (samples,)."""
    import av

    parts = []
    with av.open(str(path)) as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        for frame in container.decode(audio=0):
            parts += [block.to_ndarray()[0] for block in resampler.resample(frame)]
        parts += [block.to_ndarray()[0] for block in resampler.resample(None)]
    return np.asarray(np.concatenate(parts), dtype=np.float32)
